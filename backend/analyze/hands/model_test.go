package hands

import (
	"fmt"
	"os"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/track"
)

// nets are the real networks.
var nets = new(network.Store)

// picture is a frame of testdata, whose README.md says what it shows.
func picture(tb testing.TB, name string, nth int) *frame.Frame {
	tb.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	f := new(frame.Pool).Get()
	f.Seq, f.Format, f.Data = uint64(nth+1), frame.JPEG, data
	f.Captured = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(nth) * 33 * time.Millisecond)
	if err := f.Check(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.Release)
	return f
}

func newReal(tb testing.TB, query string) *analyzer {
	tb.Helper()
	onnxtest.Need(tb)
	a, err := networktest.Spec(tb, Kind(nets), query).New()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	return a.(*analyzer)
}

// The networks find the hand, follow it without searching again, and its gesture is named.
func TestModelsFindTheHand(t *testing.T) {
	for _, c := range []struct{ file, gesture string }{
		{"raised-hand.jpg", "open palm"},
		{"thumbs-up.jpg", "thumb up"},
		{"pointing-up.jpg", "pointing up"},
	} {
		t.Run(c.file, func(t *testing.T) {
			a := newReal(t, "max=1")
			var d analyze.Detection
			searches := 0.0
			for i := range 15 {
				r, err := a.Analyze(t.Context(), picture(t, c.file, i))
				if err != nil || len(r.Detections) != 1 {
					t.Fatalf("frame %d: %+v, %v; want one hand", i, r, err)
				}
				searches += r.Values["palm_search"]
				d = r.Detections[0]
			}
			t.Logf("%s, score %.3f, box %.2f, %q", d.Label, d.Score, d.Box, d.Gesture)
			if searches != 1 {
				t.Errorf("%v searches for a hand at rest", searches)
			}
			if d.Gesture != c.gesture || d.Score < 0.9 || d.Track != 1 {
				t.Errorf("%s %d, score %v, %q; want %q", d.Label, d.Track, d.Score, d.Gesture, c.gesture)
			}
			if got, want := (track.Box(d.Box)), (track.Box{170. / 640, 90. / 480, 300. / 640, 300. / 480}); got.IoU(want) < 0.3 || got[1]+got[3] > 390./480 {
				t.Errorf("the hand is at %.2f, its picture at %.2f", got, want)
			}
		})
	}
}

// Where there is no hand none is found, and nothing fails.
func TestModelsFindNothing(t *testing.T) {
	a := newReal(t, "")
	for i, s := range [][2]int{{640, 480}, {1, 1}, {1920, 1080}} {
		f := new(frame.Pool).Get()
		f.Seq, f.Format, f.Width, f.Height = uint64(i+1), frame.I420, s[0], s[1]
		for range s[0]*s[1] + 2*((s[0]+1)/2)*((s[1]+1)/2) {
			f.Data = append(f.Data, 128)
		}
		if r, err := a.Analyze(t.Context(), f); err != nil || r.Count != 0 {
			t.Errorf("%v: %+v, %v", s, r, err)
		}
		f.Release()
	}
}

// BenchmarkAnalyze is a frame with a hand that is followed, from decoded planes to its result;
// its twin without the networks is what the bar of 1 ms is for.
func BenchmarkAnalyze(b *testing.B) {
	a, f := newReal(b, "max=1"), picture(b, "raised-hand.jpg", 0)
	run := func(name string) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Captured = f.Captured.Add(33 * time.Millisecond)
				if r, err := a.Analyze(b.Context(), f); err != nil || r.Count != 1 {
					b.Fatal(fmt.Sprintf("%+v", r), err)
				}
			}
		})
	}
	run("followed")
	n := a.hand
	n.Runner = still{n.Runner}
	run("followed, without the network")
}

// still leaves the outputs as they are.
type still struct{ network.Runner }

func (still) Run() error { return nil }
