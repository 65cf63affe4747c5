package pose

import (
	"math"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/network/networktest"
)

// tape feeds a follower one frame after another.
type tape struct {
	t  *testing.T
	f  analyze.Follower
	of analyze.Moment
}

func newTape(t *testing.T, query string) *tape {
	t.Helper()
	f, err := networktest.Spec(t, Kind(nets), query).Follow()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return &tape{t, f, analyze.Moment{Captured: networktest.Start, Width: 640, Height: 480}}
}

func (p *tape) next(ds ...analyze.Detection) analyze.Result {
	p.t.Helper()
	p.of.Seq++
	p.of.Captured = p.of.Captured.Add(100 * time.Millisecond)
	r := analyze.Result{Count: len(ds), Detections: ds}
	if err := p.f.Follow(p.of, &r); err != nil {
		p.t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// person is the figure shifted by dx, its hips and all above them lowered by down, 0 to 1.
func person(dx, down float64) analyze.Detection {
	d := analyze.Detection{Label: "person", Score: 0.9}
	for i, p := range figure {
		y := float64(p[1])
		if i <= RightHip {
			y += 0.15 * down
		}
		d.Landmarks = append(d.Landmarks, [3]float64{float64(p[0]) + dx, y, 0.9})
	}
	d.Box = [4]float64{0.43 + dx, 0.19 + 0.15*down, 0.14, 0.61 - 0.15*down}
	return d
}

func TestSquatsAreCounted(t *testing.T) {
	p := newTape(t, "")
	var r analyze.Result
	for range 10 {
		r = p.next(person(0, 0))
	}
	if d := r.Detections[0]; d.Action != "standing" || d.Track != 1 || r.Values["squats"] != 0 {
		t.Fatalf("standing: %+v", r)
	}
	for n := range 3 {
		for i := range 40 {
			r = p.next(person(0, (1-math.Cos(2*math.Pi*float64(i)/40))/2))
			if i == 20 && r.Detections[0].Action != "squatting" {
				t.Errorf("down: %+v", r.Detections[0].Action)
			}
		}
		for range 5 {
			r = p.next(person(0, 0))
		}
		if r.Values["squats"] != float64(n+1) || r.Values["falls"] != 0 {
			t.Errorf("after %d squats: %v", n+1, r.Values)
		}
	}
	// The counts are of all, whoever is there.
	if r = p.next(); r.Values["squats"] != 3 || r.Count != 0 {
		t.Errorf("nobody there: %+v", r)
	}
	p.of.Captured = p.of.Captured.Add(time.Minute)
	if r = p.next(person(0, 0)); r.Values["squats"] != 3 || r.Detections[0].Track != 2 || r.Detections[0].Action != "" {
		t.Errorf("somebody else: %+v", r)
	}
}

func TestWhoIsTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*tape) analyze.Detection
		want   uint64
	}{
		"a step aside": {func(*tape) analyze.Detection { return person(0.1, 0) }, 1},
		"unseen for a second": {func(p *tape) analyze.Detection {
			p.of.Captured = p.of.Captured.Add(time.Second)
			return person(0.1, 0)
		}, 1},
		"on the other side": {func(*tape) analyze.Detection { return person(-0.6, 0) }, 2},
		"later": {func(p *tape) analyze.Detection {
			p.of.Captured = p.of.Captured.Add(2 * time.Second)
			return person(0, 0)
		}, 2},
		"back in time": {func(p *tape) analyze.Detection {
			p.of.Captured = p.of.Captured.Add(-time.Hour)
			return person(0, 0)
		}, 2},
		"another size": {func(p *tape) analyze.Detection { p.of.Width = 320; return person(0, 0) }, 2},
	} {
		p := newTape(t, "")
		for range 5 {
			p.next(person(0, 0))
		}
		if r := p.next(c.change(p)); r.Detections[0].Track != c.want {
			t.Errorf("%s: person %d, want %d", name, r.Detections[0].Track, c.want)
		}
	}
}

func TestWithoutActions(t *testing.T) {
	p := newTape(t, "actions=off")
	for range 10 {
		if r := p.next(person(0, 0)); r.Detections[0].Action != "" || r.Values != nil || r.Detections[0].Track != 1 {
			t.Fatalf("%+v", r)
		}
	}
}

// A person who walks has a speed, an age and a trail; one who comes back says so once.
func TestWhatIsKnownOfThePerson(t *testing.T) {
	p := newTape(t, "")
	x := 0.0
	walk := func() analyze.Detection {
		x += 0.02 // at 10 frames a second
		return p.next(person(x, 0)).Detections[0]
	}
	if d := walk(); d.Velocity != [2]float64{} || d.Age != 0 || len(d.Trail) != 1 || d.Refound {
		t.Errorf("at first: %+v", d)
	}
	var d analyze.Detection
	for range 19 {
		d = walk()
	}
	if math.Abs(d.Velocity[0]-0.2) > 0.01 || math.Abs(d.Velocity[1]) > 1e-9 || d.Age != 1900*time.Millisecond || len(d.Trail) != follow.TrailPoints || d.Refound {
		t.Errorf("walking: %+v", d)
	}
	middle := [2]float64{d.Box[0] + d.Box[2]/2, d.Box[1] + d.Box[3]/2}
	if d.Trail[len(d.Trail)-1] != middle {
		t.Errorf("the trail %v does not end at %v", d.Trail, middle)
	}
	before := d.Trail[0]
	p.next()
	if e := walk(); !e.Refound || d.Trail[0] != before {
		t.Errorf("back: %+v, the old trail begins at %v", e, d.Trail[0])
	}
	if d = walk(); d.Refound {
		t.Error("back twice")
	}
	// One look that errs by a tenth of the picture is no speed of one picture a second.
	x += 0.1
	if d = walk(); d.Velocity[0] > 0.6 {
		t.Errorf("velocity %v", d.Velocity)
	}
	p.of.Captured = p.of.Captured.Add(time.Minute)
	if d = walk(); d.Velocity != [2]float64{} || d.Age != 0 || len(d.Trail) != 1 || d.Refound {
		t.Errorf("somebody else: %+v", d)
	}
}
