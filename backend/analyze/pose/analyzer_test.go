package pose

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/network/networktest"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// Of 640x480 pixels the tensor shows all, with an eighth of its side of padding above and
// below.
func TestPersonInThePicture(t *testing.T) {
	points := figure
	points[Nose] = [2]float32{0.5, 0.1} // in the padding
	f := newFake(showing(points, 0.5))
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), ""))
	r := networktest.Analyzed(t, a, networktest.Gray(640, 480))
	if r.Count != 1 || len(r.Detections) != 1 {
		t.Fatalf("%+v", r)
	}
	d := r.Detections[0]
	if d.Label != "person" || !near(d.Score, 0.5) || len(d.Landmarks) != NumPoints {
		t.Errorf("%+v", d)
	}
	y := func(v float64) float64 { return (v - 0.125) / 0.75 }
	if l := d.Landmarks[LeftAnkle]; math.Abs(l[0]-0.53)+math.Abs(l[1]-y(0.8)) > 1e-4 || l[2] != 0.5 {
		t.Errorf("left ankle %v", l)
	}
	if l := d.Landmarks[Nose]; math.Abs(l[1]-y(0.1)) > 1e-4 || l[2] != 0 {
		t.Errorf("a nose above the picture: %v", l)
	}
	want := [4]float64{0.43, y(0.19), 0.14, y(0.8) - y(0.19)}
	for i := range want {
		if math.Abs(d.Box[i]-want[i]) > 1e-4 {
			t.Fatalf("the box is %v, want %v", d.Box, want)
		}
	}
	for _, c := range []struct {
		query string
		score float32
		want  int
	}{{"", 0.19, 0}, {"", 0.21, 1}, {"threshold=0.6", 0.5, 0}, {"threshold=0.05", 0.1, 0}} {
		f.see = showing(figure, c.score)
		if r := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, Kind(f.Store()), c.query)), networktest.Gray(640, 480)); r.Count != c.want || len(r.Detections) != c.want {
			t.Errorf("%s with %v: %+v, want %d", c.query, c.score, r, c.want)
		}
	}
}

// The next picture is looked at where the person was; one that shows nobody, is another one's
// or comes late, as a whole.
func TestLooksWhereThePersonWas(t *testing.T) {
	f := newFake(showing(figure, 0.9))
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), "")).(*analyzer)
	side := func(shot *frame.Frame) float64 { // of the part looked at, in picture pixels
		m, err := a.fill(shot)
		if err != nil {
			t.Fatal(err)
		}
		return m.XX * size
	}
	shot := networktest.Gray(640, 480)
	later := func(d time.Duration) *frame.Frame {
		s := networktest.Gray(640, 480)
		s.Captured = networktest.Start.Add(d)
		return s
	}
	if got := side(shot); !near(got, 640) {
		t.Errorf("at first %v pixels", got)
	}
	first := networktest.Analyzed(t, a, shot).Detections[0]
	if got := side(later(memory)); got >= 600 || got < 100 {
		t.Errorf("then %v pixels", got)
	}
	for name, s := range map[string]*frame.Frame{
		"late": later(memory + 1), "back in time": later(-1), "another size": networktest.Gray(480, 640),
	} {
		if got := side(s); !near(got, 640) {
			t.Errorf("%s: %v pixels", name, got)
		}
	}
	// The same place in the crop is another one in the picture.
	second := networktest.Analyzed(t, a, later(30*time.Millisecond)).Detections[0]
	if second.Box == first.Box || second.Box[3] > first.Box[3] {
		t.Errorf("in the crop: %v, in the whole: %v", second.Box, first.Box)
	}
	f.see = showing(figure, 0)
	networktest.Analyzed(t, a, later(60*time.Millisecond))
	if got := side(later(90 * time.Millisecond)); !near(got, 640) {
		t.Errorf("after nobody %v pixels", got)
	}
}

func TestTrouble(t *testing.T) {
	f := newFake(func([]int32, []float32) error { return errFake })
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), ""))
	if _, err := a.Analyze(t.Context(), networktest.Gray(64, 64)); !errors.Is(err, errFake) {
		t.Errorf("a failing run: %v", err)
	}
	f.see = showing(figure, float32(math.NaN()))
	if _, err := a.Analyze(t.Context(), networktest.Gray(64, 64)); err == nil || !strings.Contains(err.Error(), "with score NaN") {
		t.Errorf("NaN: %v", err)
	}
	short := networktest.Gray(64, 64)
	short.Data = short.Data[:99]
	if _, err := a.Analyze(t.Context(), short); !errors.Is(err, frame.ErrCorrupt) || !strings.Contains(err.Error(), "frame 1") {
		t.Errorf("a short frame: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Analyze(ended, networktest.Gray(64, 64)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	f.see = showing(figure, 0.9)
	f.see = showing([NumPoints][2]float32{}, 0.9) // all in one corner, or on one line
	if r := networktest.Analyzed(t, a, networktest.Gray(64, 64)); r.Count != 0 {
		t.Errorf("a person of no size: %+v", r)
	}
}

// The result is fresh each time, and nothing else is.
func TestAllocations(t *testing.T) {
	f := newFake(showing(figure, 0.9))
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), ""))
	shot := networktest.Gray(640, 480)
	for range 3 {
		networktest.Analyzed(t, a, shot)
	}
	if n := testing.AllocsPerRun(20, func() { networktest.Analyzed(t, a, shot) }); n > 2 {
		t.Errorf("%v allocations a frame, want those of the detection and its landmarks", n)
	}
}
