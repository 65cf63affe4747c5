package swing

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// count feeds f at 50 a second and returns the turns at the end.
func count(lasts time.Duration, f func(t float64) float64) int {
	c := Counter{Least: 1, Shortest: 80 * time.Millisecond, Longest: 700 * time.Millisecond}
	n := 0
	for at := time.Duration(0); at <= lasts; at += 20 * time.Millisecond {
		n = c.Add(noon.Add(at), f(at.Seconds()))
	}
	return n
}

func TestCounter(t *testing.T) {
	sine := func(amplitude, hertz float64) func(float64) float64 {
		return func(t float64) float64 { return amplitude * math.Sin(2*math.Pi*hertz*t) }
	}
	for _, c := range []struct {
		name        string
		f           func(float64) float64
		least, most int
	}{
		{"still", func(float64) float64 { return 3 }, 0, 0},
		{"swinging", sine(1, 2), 6, 8}, // of 8 turning points the first may be the start, and the last is not over yet
		{"swinging from the other side", sine(-1, 2), 6, 8},
		{"too small", sine(0.45, 2), 0, 0},
		{"too slow", sine(1, 0.4), 0, 1},
		{"too fast", sine(1, 10), 0, 1},
		{"drifting", func(t float64) float64 { return 5 * t }, 0, 0},
		{"swinging while drifting", func(t float64) float64 { return t/2 + math.Sin(4*math.Pi*t) }, 6, 8},
		{"over", func(t float64) float64 { return sine(1, 2)(min(t, 1)) }, 0, 0},
		{"there and back once", func(t float64) float64 { return sine(2, 1)(min(t, 0.5)) }, 0, 1},
	} {
		if n := count(2*time.Second, c.f); n < c.least || n > c.most {
			t.Errorf("%s: %d turns, want %d to %d", c.name, n, c.least, c.most)
		}
	}
}

func TestGap(t *testing.T) {
	c := Counter{Least: 1, Longest: time.Second}
	for i, x := range []float64{0, 2, 0, 2} {
		c.Add(noon.Add(time.Duration(i)*100*time.Millisecond), x)
	}
	if n := c.Add(noon.Add(2*time.Second), 0); n != 0 {
		t.Errorf("%d turns after a gap", n)
	}
}

func TestBadNumbers(t *testing.T) {
	const seed = 3
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	good, bad := Counter{Least: 0.5, Longest: time.Second}, Counter{Least: 0.5, Longest: time.Second}
	now := noon
	for range 10_000 {
		x := rng.NormFloat64()
		now = now.Add(time.Duration(1 + rng.IntN(1e8)))
		want, got := good.Add(now, x), bad.Add(now, x)
		if got != want {
			t.Fatalf("%d turns, want %d", got, want)
		}
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if n := bad.Add(now.Add(1), x); n != want {
				t.Fatalf("%v makes %d turns of %d", x, n, want)
			}
		}
		if n := bad.Add(now.Add(-time.Hour), 9); n != want {
			t.Fatalf("a number from the past makes %d turns of %d", n, want)
		}
	}
}
