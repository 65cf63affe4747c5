package analyze_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// fake is an analyzer and follower that tells of what happens to it.
type fake struct {
	name   string
	told   *[]string
	err    error
	follow error
}

func (a *fake) Analyze(_ context.Context, f *frame.Frame) (analyze.Result, error) {
	if a.err != nil {
		return analyze.Result{}, a.err
	}
	*a.told = append(*a.told, a.name)
	return analyze.Result{
		Count:      1,
		Detections: []analyze.Detection{{Box: [4]float64{0.1, 0.1, 0.2, 0.2}, Label: a.name, Score: 1, Landmarks: [][3]float64{{0.1, 0.2, 1}}}},
		Values:     map[string]float64{a.name: float64(f.Seq)},
	}, nil
}

func (a *fake) Follow(_ analyze.Moment, r *analyze.Result) error {
	for i := range r.Detections {
		r.Detections[i].Track, r.Detections[i].Velocity = 3, [2]float64{0.5, 0}
	}
	return a.follow
}

func (a *fake) Close() error {
	*a.told = append(*a.told, a.name+" closed")
	return nil
}

func fakes(told *[]string) (analyze.Kinds, map[string]*fake) {
	var ks analyze.Kinds
	all := map[string]*fake{}
	for _, name := range []string{"a", "b", "c"} {
		f := &fake{name: name, told: told}
		all[name] = f
		k := analyze.Kind{Name: name, New: func(option.Values) (analyze.Analyzer, error) { return f, f.err }}
		if name != "c" {
			k.Follow = func(option.Values) (analyze.Follower, error) { return f, f.follow }
		}
		ks = append(ks, k)
	}
	return ks, all
}

// run takes frames that lie so far apart through the spec, and returns what each gave; nil for those
// that nobody wants.
func run(t *testing.T, s analyze.Spec, frames int, every time.Duration) (all []*analyze.Result) {
	t.Helper()
	a, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Follow()
	if err != nil {
		t.Fatal(err)
	}
	wants := s.Wants()
	start := time.Now()
	for i := range frames {
		at := start.Add(time.Duration(i) * every)
		if wants != nil && !wants(at) {
			all = append(all, nil)
			continue
		}
		r, err := a.Analyze(t.Context(), &frame.Frame{Seq: uint64(i + 1), Captured: at, Width: 100, Height: 100})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Follow(analyze.Moment{Seq: uint64(i + 1), Captured: at, Width: 100, Height: 100}, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, &r)
	}
	if err := errors.Join(a.Close(), f.Close()); err != nil {
		t.Error(err)
	}
	return all
}

func TestJointMerges(t *testing.T) {
	var told []string
	ks, _ := fakes(&told)
	s, err := ks.Parse("b+c+a")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, s, 1, 0)[0]
	if want := []string{"b", "c", "a", "b closed", "c closed", "a closed", "b closed", "a closed"}; !slices.Equal(told, want) {
		t.Errorf("happened: %v, want %v", told, want)
	}
	if r.Count != 3 || len(r.Values) != 3 || len(r.Parts) != 3 || r.Parts[1].Analyzer != "c" || !r.Parts[1].Ran {
		t.Errorf("merged to %+v", r)
	}
	var labels string
	tracks := map[uint64]bool{}
	for _, d := range r.Detections {
		labels += d.Label
		tracks[d.Track] = true
	}
	if labels != "bca" || len(tracks) != 3 || !tracks[0] {
		t.Errorf("detections of %s with the tracks %v; want three, of c none", labels, tracks)
	}
}

func TestJointRates(t *testing.T) {
	var told []string
	ks, _ := fakes(&told)
	s, err := ks.Parse("a@5fps+b")
	if err != nil {
		t.Fatal(err)
	}
	results := run(t, s, 300, time.Second/30)
	ran := 0
	var last *analyze.Result
	for i, r := range results {
		p := r.Parts[0]
		if p.Ran {
			ran, last = ran+1, r
			continue
		}
		d, was := r.Detections[0], last.Detections[0]
		if !d.Predicted || d.Track != was.Track || r.Parts[1].Result.Detections[0].Predicted || r.Count != 2 || r.Values["a"] != last.Values["a"] {
			t.Fatalf("frame %d: %+v", i, r)
		}
		if moved := d.Box[0] - was.Box[0]; moved <= 0 || math.Abs(d.Landmarks[0][0]-was.Landmarks[0][0]-moved) > 1e-9 {
			t.Fatalf("frame %d: the box moved by %v, the landmark by %v", i, moved, d.Landmarks[0][0]-was.Landmarks[0][0])
		}
	}
	if ran != 50 {
		t.Errorf("a ran %d times in 10 s, want 50", ran)
	}
}

// Frames that nobody wants are known beforehand, and the analyzers agree.
func TestRateAlone(t *testing.T) {
	for _, c := range []struct {
		rate  string
		every time.Duration
		want  int // of 300 frames
	}{
		{"10", 33 * time.Millisecond, 99},
		{"10", 34 * time.Millisecond, 102},
		{"20", time.Second / 30, 200},
		{"30", 33 * time.Millisecond, 300}, // a camera that is a little fast
		{"60", time.Second / 30, 300},
		{"1", time.Second / 30, 10},
		{"5", time.Second, 300}, // slower than the rate
	} {
		var told []string
		ks, _ := fakes(&told)
		s, err := ks.Parse("a@" + c.rate + "fps")
		if err != nil {
			t.Fatal(err)
		}
		ran := 0
		for _, r := range run(t, s, 300, c.every) {
			if r == nil {
				continue
			}
			if ran++; !r.Parts[0].Ran {
				t.Fatalf("%s fps, a frame every %v: the analyzer did not run on a frame that it wants", c.rate, c.every)
			}
		}
		if ran < c.want-3 || ran > c.want+3 {
			t.Errorf("%s fps, a frame every %v: %d of 300 frames, want about %d", c.rate, c.every, ran, c.want)
		}
	}
}

func TestJointErrors(t *testing.T) {
	broken := errors.New("broken")
	var told []string
	ks, all := fakes(&told)
	s, err := ks.Parse("a+b")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	all["b"].err = broken
	// One that fails costs its own results.
	r, err := a.Analyze(t.Context(), &frame.Frame{})
	if err != nil || !r.Parts[0].Ran || r.Parts[1].Ran || !errors.Is(r.Trouble(), broken) || !strings.HasPrefix(r.Trouble().Error(), "b: ") {
		t.Errorf("analyzing: %+v, %v", r, err)
	}
	all["b"].err = fmt.Errorf("bad: %w", frame.ErrCorrupt)
	if _, err := a.Analyze(t.Context(), &frame.Frame{}); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a damaged picture: %v", err)
	}
	all["a"].err, all["b"].err = broken, broken
	if _, err := a.Analyze(t.Context(), &frame.Frame{}); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "a: ") {
		t.Errorf("all fail: %v", err)
	}
	all["a"].err = nil
	if _, err := s.New(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "b: ") || !slices.Contains(told, "a closed") {
		t.Errorf("making: %v; %v", err, told)
	}
	all["b"].err = nil
	f, err := s.Follow()
	if err != nil {
		t.Fatal(err)
	}
	all["b"].follow = broken
	r = analyze.Result{Parts: []analyze.Part{{Analyzer: "a", Ran: true}, {Analyzer: "b", Ran: true}}}
	if err := f.Follow(analyze.Moment{}, &r); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "b: ") {
		t.Errorf("following: %v", err)
	}
	if _, err := s.Follow(); !errors.Is(err, broken) {
		t.Errorf("making a follower: %v", err)
	}
	if err := f.Follow(analyze.Moment{}, &analyze.Result{}); err == nil {
		t.Error("took a result of no parts")
	}
}

func TestMissing(t *testing.T) {
	lacks := errors.New("no runtime")
	ks := analyze.Kinds{{Name: "a"}, {Name: "b", Missing: func() error { return lacks }}, {Name: "c", Missing: func() error { return nil }}}
	for text, want := range map[string]error{"a+b": lacks, "a+c": nil, "b@5fps": lacks} {
		s, err := ks.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Kind.Missing(); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// An error is known until the part's next turn, so that trouble does not come and go with each frame.
func TestJointRemembersTrouble(t *testing.T) {
	var told []string
	ks, all := fakes(&told)
	s, err := ks.Parse("a@5fps+b")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	at := time.Now()
	for i := range 12 {
		all["a"].err = nil
		if i < 3 {
			all["a"].err = broken
		}
		r, err := a.Analyze(t.Context(), &frame.Frame{Captured: at.Add(time.Duration(i) * time.Second / 30)})
		if err != nil || !r.Parts[1].Ran {
			t.Fatal(err)
		}
		if i < 6 != (r.Trouble() != nil) {
			t.Errorf("frame %d: %v", i, r.Trouble())
		}
	}
}
