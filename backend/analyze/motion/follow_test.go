package motion

import (
	"fmt"
	"math"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/option"
)

// watch sees frames as the pipeline does: found, then followed.
func watch(t *testing.T, s *scene) func(...shape) analyze.Result {
	t.Helper()
	a := newAnalyzer(t, "")
	v, err := option.Parse(Kind().Params, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Kind().Follow(v)
	if err != nil {
		t.Fatal(err)
	}
	learn(t, a, s)
	return func(shapes ...shape) analyze.Result {
		t.Helper()
		r := see(t, a, s.next(shapes...))
		count := r.Count
		if err := f.Follow(analyze.Moment{Seq: s.seq, Captured: s.now, Width: s.size.X, Height: s.size.Y}, &r); err != nil {
			t.Fatal(err)
		}
		for i, d := range r.Detections {
			if d.Label != "motion" || d.Predicted != (i >= r.Count) {
				t.Fatalf("detection %d of %d seen: %+v", i, r.Count, d)
			}
		}
		if err := r.Check(); err != nil || r.Count != count {
			t.Fatalf("%d regions, then %d, %v", count, r.Count, err)
		}
		return r
	}
}

// What moves keeps its number, and its velocity is its own.
func TestTracks(t *testing.T) {
	for _, c := range []struct {
		every time.Duration
		step  float64 // pixels a frame
	}{{33 * time.Millisecond, 3}, {33 * time.Millisecond, 10}, {100 * time.Millisecond, 5}, {100 * time.Millisecond, 20}, {200 * time.Millisecond, 15}} {
		t.Run(fmt.Sprintf("%v pixels each %v", c.step, c.every), func(t *testing.T) {
			s := newScene(640, 480, 4)
			s.every = c.every
			next := watch(t, s)
			o := shape{true, 60, 120, 30, 220}
			var d analyze.Detection
			for i := range 25 {
				r := next(o)
				o.x, o.y = o.x+c.step, o.y+c.step/2
				if r.Count != 1 || len(r.Detections) != 1 {
					t.Fatalf("frame %d: %+v", i, r)
				}
				if d = r.Detections[0]; i > 0 && d.Track != 1 {
					t.Fatalf("frame %d: track %d", i, d.Track)
				}
			}
			speed := c.step / c.every.Seconds()
			x, y := d.Velocity[0]*640, d.Velocity[1]*480
			t.Logf("%.0f, %.0f pixels a second, truly %.0f, %.0f", x, y, speed, speed/2)
			if math.Hypot(x-speed, y-speed/2) > 0.15*speed || d.Age < 20*c.every || len(d.Trail) < 10 {
				t.Errorf("%+v, want %.0f, %.0f pixels a second", d, speed, speed/2)
			}
		})
	}
}

// Two that pass each other are one region for a while. Each is itself again afterwards.
func TestTracksPass(t *testing.T) {
	for _, every := range []time.Duration{33 * time.Millisecond, 100 * time.Millisecond} {
		s := newScene(640, 480, 4)
		s.every = every
		next := watch(t, s)
		var left, right uint64 // whose track the one from the left has, and the one from the right
		merged := 0
		for x := 60.0; x < 560; x += 200 * every.Seconds() {
			p, q := shape{true, x, 230, 30, 220}, shape{false, 620 - x, 260, 24, 10}
			r := next(p, q)
			if r.Count < 2 {
				merged++
				continue
			}
			of := func(o shape) uint64 {
				for _, d := range r.Detections[:r.Count] {
					if iou(o.box(s.size), d.Box) > 0.5 {
						return d.Track
					}
				}
				t.Fatalf("x=%v: %+v is not seen", x, o)
				return 0
			}
			if merged == 0 {
				left, right = of(p), of(q)
			} else if x > 420 && (of(p) != left || of(q) != right) {
				t.Fatalf("each %v, x=%v: tracks %d and %d, before they met %d and %d", every, x, of(p), of(q), left, right)
			}
		}
		if merged == 0 || left == 0 || right == 0 {
			t.Errorf("each %v: %d frames as one, tracks %d and %d", every, merged, left, right)
		}
	}
}
