package follow

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"freshframe/backend/analyze"
)

// tape feeds a follower one frame after another.
type tape struct {
	t  *testing.T
	f  analyze.Follower
	of analyze.Moment
}

const step = 50 * time.Millisecond

var usual = Options{Threshold: 0.4, Weak: 0.5, Max: 20}

func newTape(t *testing.T, o Options) *tape {
	t.Helper()
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return &tape{t, f, analyze.Moment{Captured: time.Unix(1_763_870_000, 0), Width: 640, Height: 480}}
}

func (p *tape) next(ds ...analyze.Detection) analyze.Result {
	p.t.Helper()
	p.of.Seq++
	p.of.Captured = p.of.Captured.Add(step)
	r := analyze.Result{Count: len(ds), Detections: ds}
	if err := p.f.Follow(p.of, &r); err != nil {
		p.t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		p.t.Fatal(err)
	}
	return r
}

func at(x, score float64) analyze.Detection {
	return analyze.Detection{Box: [4]float64{x, 0.4, 0.1, 0.2}, Label: "person", Score: score}
}

func TestTracksKeepTheirNumber(t *testing.T) {
	p := newTape(t, Options{Threshold: 0.5, Weak: 0.5, Max: 20})
	if r := p.next(at(0.1, 0.8), at(0.7, 0.3)); r.Count != 1 || r.Detections[0].Track != 0 {
		t.Errorf("at first: %+v", r)
	}
	for i := range 10 { // side by side, one of them weak at times
		x := 0.1 + 0.01*float64(i)
		r := p.next(at(0.8-x, 0.9), at(x, []float64{0.8, 0.3}[i%2]))
		if i == 0 {
			continue // the second is new
		}
		if r.Count != 2 || r.Detections[0].Track != 2 || r.Detections[1].Track != 1 || r.Detections[1].Box[0] != x {
			t.Fatalf("frame %d: %+v", i, r)
		}
	}
}

// Who goes out of sight goes on, for half a second, and is the same on return.
func TestLostThingsGoOn(t *testing.T) {
	p := newTape(t, usual)
	x := 0.1
	var id uint64
	for range 10 {
		x += 0.01
		id = p.next(at(x, 0.9)).Detections[0].Track
	}
	if id == 0 {
		t.Fatal("no track")
	}
	frames := 0
	for {
		r := p.next()
		if len(r.Detections) == 0 {
			break
		}
		frames++
		x += 0.01
		d := r.Detections[0]
		if r.Count != 0 || !d.Predicted || d.Track != id || d.Label != "person" || math.Abs(d.Box[0]-x) > 0.02 {
			t.Fatalf("%d frames out of sight, at about %v: %+v", frames, x, r)
		}
	}
	if want := int(shown / step); frames != want {
		t.Errorf("shown for %d frames, want %d", frames, want)
	}
	x += 0.02
	if r := p.next(at(x, 0.9)); len(r.Detections) != 1 || r.Detections[0].Track != id || r.Detections[0].Predicted {
		t.Errorf("back again: %+v, want track %d", r, id)
	}
}

// What is lost is not shown where something else is, nor beside the picture.
func TestLostThingsHide(t *testing.T) {
	p := newTape(t, usual)
	for range 4 {
		p.next(at(0.3, 0.9))
	}
	chair := at(0.31, 0.9)
	chair.Label = "chair"
	if r := p.next(chair); len(r.Detections) != 1 || r.Detections[0].Label != "chair" {
		t.Errorf("behind a chair: %+v", r)
	}
	p = newTape(t, usual)
	for i := range 10 {
		d := at(0.82+0.02*float64(i), 0.9)
		d.Box[2] = min(0.1, 1-d.Box[0])
		if d.Box[2] > 0.001 {
			p.next(d)
		}
	}
	for range 12 {
		for _, d := range p.next().Detections {
			if d.Box[0] < 0 || d.Box[0]+d.Box[2] > 1+1e-9 || d.Box[2] <= 0 {
				t.Errorf("beside the picture: %+v", d)
			}
		}
	}
}

func TestAnotherScene(t *testing.T) {
	for name, change := range map[string]func(*tape){
		"back in time": func(p *tape) { p.of.Captured = p.of.Captured.Add(-time.Hour) },
		"the same":     func(p *tape) { p.of.Captured = p.of.Captured.Add(-step) },
		"another size": func(p *tape) { p.of.Width, p.of.Height = 480, 640 },
		"hours later":  func(p *tape) { p.of.Captured = p.of.Captured.Add(5 * time.Hour) },
	} {
		p := newTape(t, usual)
		var id uint64
		for range 3 {
			id = p.next(at(0.3, 0.9)).Detections[0].Track
		}
		change(p)
		p.next(at(0.3, 0.9))
		if got := p.next(at(0.3, 0.9)).Detections[0].Track; got != id+1 {
			t.Errorf("%s: track %d, want a new one after %d", name, got, id)
		}
	}
}

func TestMostAndNone(t *testing.T) {
	p := newTape(t, Options{Threshold: 0.4, Weak: 0.5, Max: 2})
	for range 3 {
		p.next(at(0.1, 0.9), at(0.4, 0.8), at(0.7, 0.7))
	}
	if r := p.next(at(0.1, 0.9), at(0.4, 0.8), at(0.7, 0.7)); r.Count != 2 || len(r.Detections) != 2 || r.Detections[1].Box[0] != 0.4 {
		t.Errorf("at most two: %+v", r)
	}
	if r := p.next(at(0.7, 0.9)); r.Count != 1 || len(r.Detections) != 2 || !r.Detections[1].Predicted {
		t.Errorf("at most two with the lost: %+v", r)
	}
	p = newTape(t, usual)
	for range 1000 {
		if r := p.next(); r.Count != 0 || len(r.Detections) != 0 {
			t.Fatalf("nothing there: %+v", r)
		}
	}
	if n := testing.AllocsPerRun(100, func() { p.next() }); n > 1 {
		t.Errorf("%v allocations for nothing", n)
	}
}

// BenchmarkFollow is a frame with as many things as there may be.
func BenchmarkFollow(b *testing.B) {
	f, err := New(Options{Threshold: 0.4, Weak: 0.5, Max: Most})
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	things := make([]analyze.Detection, Most)
	for i := range things {
		things[i] = at(0.9*random.Float64(), 0.9)
		things[i].Box[1] = 0.8 * random.Float64()
	}
	of := analyze.Moment{Captured: time.Unix(1_763_870_000, 0), Width: 640, Height: 480}
	b.ReportAllocs()
	for b.Loop() {
		of.Captured = of.Captured.Add(step)
		r := analyze.Result{Detections: slices.Clone(things)}
		for i := range r.Detections {
			r.Detections[i].Box[0] += 0.01 * random.Float64()
		}
		if err := f.Follow(of, &r); err != nil {
			b.Fatal(err)
		}
	}
}

// A thing that a detector cannot name for sure keeps the name it had first.
func TestOneName(t *testing.T) {
	p := newTape(t, usual)
	ball := func(score float64) analyze.Detection {
		d := at(0.3, score)
		d.Label = "ball"
		return d
	}
	p.next(at(0.3, 0.9))
	for range 10 { // the other name is the surer one from now on
		r := p.next(ball(0.9), at(0.301, 0.6))
		if len(r.Detections) != 1 || r.Count != 1 || r.Detections[0].Label != "person" {
			t.Fatalf("reported %+v", r.Detections)
		}
	}
	if r := p.next(ball(0.9), at(0.36, 0.6)); len(r.Detections) != 2 {
		t.Errorf("two things beside one another became %+v", r.Detections)
	}
	for range 20 { // not a person after all
		p.next(ball(0.9))
	}
	if r := p.next(ball(0.9), at(0.3, 0.45)); len(r.Detections) != 1 || r.Detections[0].Label != "ball" {
		t.Errorf("after a while: %+v", r.Detections)
	}
}
