package gesture

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// hand is the first posture of a gesture as a camera sees it.
func hand(g Gesture) Hand { return postures[g][0].hand(nil).seen(6, 80, 320, 240, false) }

// Moving, scaling and mirroring change no score; rotating changes none but those of
// gestures that point somewhere.
func TestInvariance(t *testing.T) {
	const seed = 9
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		g := Gesture(rng.IntN(int(shapes)))
		h := postures[g][0].hand(rng)
		want := Read(&h)
		k := math.Exp(rng.NormFloat64() * 3)
		dx, dy := rng.NormFloat64()*k, rng.NormFloat64()*k
		moved := h
		for i, p := range moved {
			moved[i] = Point{dx - p.X*k, dy + p.Y*k, p.Z * k}
		}
		turned := h.turned(360*rng.Float64(), 0, 0)
		a, b := Read(&moved), Read(&turned)
		for s := range shapes {
			if math.Abs(a[s]-want[s]) > 1e-6 {
				t.Fatalf("%v of %v: %v, moved, scaled by %v and mirrored %v", s, g, want[s], k, a[s])
			}
			points := s == None || s == ThumbUp || s == ThumbDown || s == PointingUp
			if !points && math.Abs(b[s]-want[s]) > 1e-6 {
				t.Fatalf("%v of %v: %v, turned %v", s, g, want[s], b[s])
			}
		}
	}
}

// Scores are numbers from 0 to 1 whatever the landmarks are, and a hand that is none has
// no shape and disturbs no movement.
func TestBadHands(t *testing.T) {
	const seed = 10
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 0, 5e-324}
	var m Motion
	var steady Steady
	now := noon
	for range 20_000 {
		h := hand(Gesture(rng.IntN(int(shapes))))
		finite := true
		for range 1 + rng.IntN(60) {
			v := bad[rng.IntN(len(bad))]
			finite = finite && v-v == 0
			p := &h[rng.IntN(len(h))]
			*[]*float64{&p.X, &p.Y, &p.Z}[rng.IntN(3)] = v
		}
		s := Read(&h)
		for g, v := range s {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%v scores %v for %v", Gesture(g), v, h)
			}
		}
		now = now.Add(time.Duration(rng.IntN(1e8)))
		if g, v := steady.Update(now, s); g >= shapes || !(v >= 0 && v <= 1) {
			t.Fatalf("steady says %v %v", g, v)
		}
		m.Update(now, &h)
	}
	for _, h := range []Hand{{}, {0: {X: math.NaN()}}} {
		s := Read(&h)
		if g, v := s.Best(); g != None || v != 1 {
			t.Errorf("of nothing: %v %v", g, v)
		}
	}
	// What a bad hand leaves behind is gone with it.
	h := hand(Victory)
	for range 10 {
		now = now.Add(50 * time.Millisecond)
		steady.Update(now, Read(&h))
	}
	if steady.current != Victory {
		t.Errorf("then a hand is read as %v", steady.current)
	}
	// The memory cannot grow: it holds no pointer to anything.
	if n := unsafe.Sizeof(m) + unsafe.Sizeof(steady); n > 8192 {
		t.Errorf("a hand takes %d bytes", n)
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for g := range Pinch + 1 {
		if seen[g.String()] || (g == None) != (g.String() == "") {
			t.Errorf("gesture %d is called %q", g, g)
		}
		seen[g.String()] = true
	}
	if Pinch.String() != "pinch" || SwipeLeft.String() != "swipe left" || (Pinch+1).String() != "" {
		t.Error("names are shifted")
	}
}

// A shape appears within a third of a second at every rate, one slip of the landmarks
// changes nothing, and it vanishes as soon.
func TestSteady(t *testing.T) {
	fist, palm := hand(Fist), hand(OpenPalm)
	for _, fps := range []int{5, 10, 30, 120} {
		var s Steady
		at, step := noon, time.Second/time.Duration(fps)
		settle := max(300*time.Millisecond, 2*step)
		show := func(h *Hand, lasts time.Duration) (g Gesture) {
			for end := at.Add(lasts); at.Before(end); {
				at = at.Add(step)
				g, _ = s.Update(at, Read(h))
			}
			return g
		}
		if g := show(&palm, step); g != None {
			t.Errorf("%d fps: one picture already makes %v", fps, g)
		}
		if g := show(&palm, settle); g != OpenPalm {
			t.Errorf("%d fps: after %v: %v", fps, settle, g)
		}
		if fps >= 10 {
			if g := show(&fist, step); g != OpenPalm {
				t.Errorf("%d fps: one slip makes it %v", fps, g)
			}
		}
		show(&palm, settle)
		if g := show(&fist, settle); g != Fist {
			t.Errorf("%d fps: after the change: %v", fps, g)
		}
		if g := show(&Hand{}, settle); g != None {
			t.Errorf("%d fps: of a hand that is gone: %v", fps, g)
		}
		show(&fist, settle)
		at = at.Add(2 * forget)
		if g := show(&fist, step); g != None {
			t.Errorf("%d fps: after a gap: %v", fps, g)
		}
	}
}

func TestAllocates(t *testing.T) {
	var m Motion
	var s Steady
	now, h := noon, hand(OpenPalm)
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(33 * time.Millisecond)
		s.Update(now, Read(&h))
		m.Update(now, &h)
	}); n != 0 {
		t.Errorf("%v allocations a hand", n)
	}
}

func BenchmarkRead(b *testing.B) {
	h := hand(Victory)
	b.ReportAllocs()
	for b.Loop() {
		Read(&h)
	}
}

func BenchmarkMotion(b *testing.B) {
	var m Motion
	h := hand(OpenPalm)
	b.ReportAllocs()
	for now := noon; b.Loop(); now = now.Add(16 * time.Millisecond) {
		h[8].X += 0.01
		m.Update(now, &h)
	}
}
