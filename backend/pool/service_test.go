package pool_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"freshframe/backend/pool"
)

func TestServiceEmpty(t *testing.T) {
	var s pool.Service
	if s.Samples() != 0 || s.Mean() != 0 || s.Quantile(0.5) != 0 || s.Spread() != 0 {
		t.Errorf("%+v", s)
	}
}

// The quantiles are those of the last 64, whatever came before and however often a value occurs.
func TestServiceQuantiles(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewPCG(seed, 1))
	var s pool.Service
	var all []time.Duration
	for n := range 500 {
		d := time.Duration(r.IntN(40)) * ms
		s.Add(d)
		all = append(all, d)
		last := slices.Sorted(slices.Values(all[max(0, len(all)-64):]))
		if s.Samples() != len(last) {
			t.Fatalf("%d samples after %d", s.Samples(), n+1)
		}
		for _, q := range []float64{-1, 0, 0.01, 0.25, 0.5, 0.9, 1, 2} {
			rank := min(max(int(math.Ceil(q*float64(len(last)))), 1), len(last))
			if got := s.Quantile(q); got != last[rank-1] {
				t.Fatalf("seed %d, after %d: quantile %g is %v, want %v", seed, n+1, q, got, last[rank-1])
			}
		}
	}
}

func TestServiceMean(t *testing.T) {
	near := func(what string, got, want, tolerance time.Duration) {
		t.Helper()
		if (got - want).Abs() > tolerance {
			t.Errorf("%s: %v, want %v ± %v", what, got, want, tolerance)
		}
	}
	var s pool.Service
	s.Add(-ms)
	near("a negative one", s.Mean(), 0, 0)

	s = pool.Service{}
	s.Add(2000 * ms) // loads the model
	near("the first", s.Mean(), 2000*ms, 0)
	for range 9 {
		s.Add(100 * ms)
	}
	near("after ten", s.Mean(), 135*ms, 1*ms)
	for range 20 {
		s.Add(100 * ms)
	}
	near("after thirty", s.Mean(), 104*ms, 1*ms)
	for range 22 {
		s.Add(200 * ms)
	}
	near("after a sudden change", s.Mean(), 175*ms, 2*ms)
}

func TestServiceSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var s pool.Service
	for range 64 {
		s.Add(time.Duration((100 + 20*r.NormFloat64()) * float64(ms)))
	}
	if v := s.Spread(); v < 0.15 || v > 0.25 {
		t.Errorf("the spread is %.2f, want about 0.2", v)
	}
	s = pool.Service{}
	for range 60 {
		s.Add(100 * ms)
	}
	s.Add(5000 * ms)
	if v := s.Spread(); v != 0 {
		t.Errorf("one outlier makes a spread of %.2f", v)
	}
}
