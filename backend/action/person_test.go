package action

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// figure is a stick figure on the ground, by a few numbers; its pose is what a camera sees.
type figure struct {
	thigh float64    // how much of the thigh's length hangs: 1 standing, 0 level
	front bool       // seen from the front: level thighs point at the camera
	tilt  float64    // of the torso, degrees
	upper [2]float64 // arms: degrees from hanging, outwards
	fore  [2]float64
}

func (f figure) pose(size float64) (p Pose) {
	const torso, bone, arm = 0.5, 0.42, 0.28
	put := func(i int, x, y float64) { p[i] = Point{x * size, y * size, 0.9} }
	toes := 0.0
	if !f.front {
		toes = bone * math.Sqrt(max(0, 1-f.thigh*f.thigh))
	}
	st, ct := math.Sincos(f.tilt * math.Pi / 180)
	hipY := -bone - bone*f.thigh
	for side, out := range []float64{-1, 1} {
		x := out * 0.1
		put(hip+side, x, hipY)
		put(knee+side, x+toes, -bone)
		put(ankle+side, x+toes, 0)
		sx, sy := x*ct+torso*st, hipY-torso*ct+x*st
		put(shoulder+side, sx, sy)
		su, cu := math.Sincos(f.upper[side] * math.Pi / 180)
		ex, ey := sx+out*su*arm, sy+cu*arm
		put(elbow+side, ex, ey)
		sf, cf := math.Sincos(f.fore[side] * math.Pi / 180)
		put(wrist+side, ex+out*sf*arm, ey+cf*arm)
	}
	for i := range 5 { // nose, eyes, ears
		put(i, (torso+0.2)*st+0.02*float64(i-2), hipY-(torso+0.2)*ct)
	}
	return p
}

// play shows a figure that changes in time at the given rate, with points that tremble by a
// share of the size and go missing, and calls see with each state.
func play(p *Person, rng *rand.Rand, size, fps, missing float64, from time.Time, lasts time.Duration, f func(t float64) figure, see func(t float64, s State)) time.Time {
	n := int(lasts.Seconds() * fps)
	for i := range n {
		t := float64(i) / fps
		pose := f(t).pose(size)
		for j := range pose {
			pose[j].X += rng.NormFloat64() * 0.01 * size
			pose[j].Y += rng.NormFloat64() * 0.01 * size
			if rng.Float64() < missing {
				pose[j].Score = 0.1
			}
		}
		s := p.Update(from.Add(time.Duration(t*float64(time.Second))), pose)
		if see != nil {
			see(t, s)
		}
	}
	return from.Add(lasts)
}

func still(f figure) func(float64) figure { return func(float64) figure { return f } }

var (
	stands = figure{thigh: 1}
	sits   = figure{thigh: 0.05}
	lain   = figure{tilt: 88}
)

func squats(t float64) figure {
	return figure{thigh: 0.5 + 0.5*math.Cos(2*math.Pi*t/2), tilt: 15 - 15*math.Cos(2*math.Pi*t/2)}
}

func waves(t float64) figure {
	return figure{thigh: 1, upper: [2]float64{60, 0}, fore: [2]float64{180 + 35*math.Sin(2*math.Pi*1.5*t), 0}}
}

// Each rule holds near and far, from the front and the side, at slow and fast rates, with
// one point in ten missing.
func TestActions(t *testing.T) {
	const seed = 5
	t.Logf("seed %d", seed)
	raised := figure{thigh: 1, upper: [2]float64{150, 150}, fore: [2]float64{170, 170}}
	one := raised
	one.upper[1], one.fore[1] = 10, 10
	for _, c := range []struct {
		name string
		f    func(t float64) figure
		want State
	}{
		{"standing", still(stands), State{Posture: Standing}},
		{"leaning", still(figure{thigh: 1, tilt: 25}), State{Posture: Standing}},
		{"sitting", still(sits), State{Posture: Sitting}},
		{"lying", still(lain), State{Posture: Lying}},
		{"lying the other way", still(figure{tilt: -85}), State{Posture: Lying}},
		{"bent over", still(figure{thigh: 1, tilt: 85}), State{}},
		{"arms raised", still(raised), State{Posture: Standing, Arms: ArmsRaised}},
		{"one arm raised", still(one), State{Posture: Standing}},
		{"waving", waves, State{Posture: Standing, Arms: Waving}},
		{"crouching, neither up nor down", still(figure{thigh: 0.58}), State{}},
		{"four squats", func(t float64) figure {
			if t > 8 {
				return stands
			}
			return squats(t)
		}, State{Posture: Standing, Squats: 4}},
	} {
		for _, front := range []bool{false, true} {
			for _, fps := range []float64{8, 15, 30, 60} {
				for _, size := range []float64{0.3, 90, 900} {
					for _, missing := range []float64{0, 0.1} {
						t.Run(fmt.Sprintf("%s/front=%v/%vfps/size=%v/missing=%v", c.name, front, fps, size, missing), func(t *testing.T) {
							var p Person
							var last State
							play(&p, rand.New(rand.NewPCG(seed, 0)), size, fps, missing, noon, 9500*time.Millisecond, func(t float64) figure {
								f := c.f(t)
								f.front = front
								return f
							}, func(_ float64, s State) { last = s })
							if last != c.want {
								t.Errorf("it ends as %+v, want %+v", last, c.want)
							}
						})
					}
				}
			}
		}
	}
}

// A fall is told while it happens, counted once, and becomes lying; lying down slowly, or
// bending for something, is none.
func TestFalls(t *testing.T) {
	const seed = 6
	t.Logf("seed %d", seed)
	tip := func(takes float64) func(float64) figure {
		return func(t float64) figure {
			k := max(0, min(1, (t-1)/takes))
			return figure{thigh: 1 - k, tilt: 90 * k}
		}
	}
	bend := func(t float64) figure { return figure{thigh: 1, tilt: 42 - 42*math.Cos(math.Pi*t)} }
	for _, c := range []struct {
		name  string
		f     func(float64) figure
		falls int
		ends  Action
	}{
		{"falling", tip(0.6), 1, Lying},
		{"lying down", tip(3), 0, Lying},
		{"squatting", squats, 0, None},
		{"bending for something", bend, 0, None},
	} {
		for _, fps := range []float64{10, 30, 60} {
			t.Run(fmt.Sprintf("%s/%vfps", c.name, fps), func(t *testing.T) {
				var p Person
				var seen []Action
				var last State
				play(&p, rand.New(rand.NewPCG(seed, 0)), 200, fps, 0.05, noon, 6*time.Second, c.f, func(_ float64, s State) {
					if last = s; !slices.Contains(seen, s.Posture) {
						seen = append(seen, s.Posture)
					}
				})
				if last.Falls != c.falls || slices.Contains(seen, Falling) != (c.falls > 0) {
					t.Errorf("%d falls, want %d; seen %v", last.Falls, c.falls, seen)
				}
				if c.ends != None && last.Posture != c.ends {
					t.Errorf("it ends as %v, want %v", last.Posture, c.ends)
				}
			})
		}
	}
}

// Sitting down is no squat: who stays down sits, and standing up then counts nothing.
func TestSittingDownIsNoSquat(t *testing.T) {
	var p Person
	rng := rand.New(rand.NewPCG(1, 1))
	var s State
	keep := func(_ float64, now State) { s = now }
	at := play(&p, rng, 100, 20, 0, noon, 2*time.Second, still(stands), keep)
	at = play(&p, rng, 100, 20, 0, at, 2*time.Second, still(sits), keep)
	if s.Posture != Squatting {
		t.Errorf("just down: %v", s.Posture)
	}
	at = play(&p, rng, 100, 20, 0, at, 4*time.Second, still(sits), keep)
	if s.Posture != Sitting {
		t.Errorf("down for long: %v", s.Posture)
	}
	play(&p, rng, 100, 20, 0, at, 2*time.Second, still(stands), keep)
	if want := (State{Posture: Standing}); s != want {
		t.Errorf("up again: %+v, want %+v", s, want)
	}
}

// A head and shoulders alone tell no posture, but the arms still speak.
func TestMissingLegs(t *testing.T) {
	var p Person
	var last State
	for i := range 100 {
		pose := waves(float64(i) / 20).pose(100)
		for j := hip; j < len(pose); j++ {
			pose[j] = Point{}
		}
		last = p.Update(noon.Add(time.Duration(i)*50*time.Millisecond), pose)
	}
	if want := (State{Arms: Waving}); last != want {
		t.Errorf("%+v, want %+v", last, want)
	}
	if last.Action() != Waving || (State{Posture: Lying, Arms: Waving}).Action() != Lying {
		t.Error("the caption is not the most telling action")
	}
}

// One bad pose, a gap, and a step back in time.
func TestTime(t *testing.T) {
	var p Person
	rng := rand.New(rand.NewPCG(2, 2))
	at := play(&p, rng, 100, 20, 0, noon, 9*time.Second, squats, nil)
	counted := p.state.Squats
	if counted == 0 {
		t.Fatal("no squats")
	}
	at = play(&p, rng, 100, 20, 0, at, time.Second, still(stands), nil)
	if s := p.Update(at, lain.pose(100)); s.Posture != Standing && s.Posture != Falling {
		t.Errorf("after one lying pose: %v", s.Posture)
	}
	at = at.Add(10 * time.Second)
	if s := p.Update(at, stands.pose(100)); s.Posture != None || s.Squats < counted {
		t.Errorf("after a gap: %+v", s)
	}
	play(&p, rng, 100, 20, 0, at, time.Second, still(sits), nil)
	if s := p.Update(noon, stands.pose(100)); s.Posture != None || s.Squats < counted {
		t.Errorf("after a step back: %+v", s)
	}
}

// Numbers that are none, huge ones, and hours of nothing: no panic, no claim, and a memory
// that cannot grow, for it holds no pointer to anything.
func TestBadPoses(t *testing.T) {
	const seed = 8
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 0, 5e-324}
	var p Person
	now := noon
	for range 20_000 {
		pose := stands.pose(100)
		for range 1 + rng.IntN(40) {
			i, v := rng.IntN(17), bad[rng.IntN(len(bad))]
			switch rng.IntN(3) {
			case 0:
				pose[i].X = v
			case 1:
				pose[i].Y = v
			case 2:
				pose[i].Score = v
			}
		}
		now = now.Add(time.Duration(rng.IntN(100)) * time.Millisecond)
		if s := p.Update(now, pose); s.Action() >= actionCount {
			t.Fatalf("%+v", s)
		}
	}
	falls := p.state.Falls
	for range 100_000 {
		now = now.Add(100 * time.Millisecond)
		if s := p.Update(now, Pose{}); now.Sub(noon) > time.Hour && (s.Posture != None || s.Arms != None || s.Falls != falls) {
			t.Fatalf("of nothing: %+v", s)
		}
	}
	var end State
	play(&p, rng, 100, 20, 0, now, 2*time.Second, still(stands), func(_ float64, s State) { end = s })
	if end.Posture != Standing {
		t.Errorf("then a person stands, read as %v", end.Posture)
	}
	if n := unsafe.Sizeof(p); n > 4096 {
		t.Errorf("a person takes %d bytes", n)
	}
}

func TestNames(t *testing.T) {
	for a := range actionCount {
		if (a.String() == "") != (a == None) {
			t.Errorf("action %d is called %q", a, a)
		}
	}
	if actionCount.String() != "" {
		t.Error("an unknown action has a name")
	}
}

func TestUpdateAllocates(t *testing.T) {
	var p Person
	now, pose := noon, stands.pose(100)
	if n := testing.AllocsPerRun(100, func() { now = now.Add(33 * time.Millisecond); p.Update(now, pose) }); n != 0 {
		t.Errorf("%v allocations an update", n)
	}
}

func BenchmarkUpdate(b *testing.B) {
	var p Person
	b.ReportAllocs()
	pose := waves(0.1).pose(100)
	for now := noon; b.Loop(); now = now.Add(33 * time.Millisecond) {
		p.Update(now, pose)
	}
}
