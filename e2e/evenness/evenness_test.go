package evenness_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"freshframe/e2e/evenness"
)

const ms = time.Millisecond

// beat is a camera's every 30 ms, released after the ages.
func beat(ages ...time.Duration) (out []evenness.Result) {
	for i, age := range ages {
		captured := time.Duration(i) * 30 * ms
		out = append(out, evenness.Result{Seq: uint64(i + 1), Captured: captured, Released: captured + age})
	}
	return out
}

func TestOf(t *testing.T) {
	swapped := beat(100*ms, 100*ms, 100*ms)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	gap := beat(50*ms, 50*ms, 50*ms)
	gap[2].Captured, gap[2].Released = gap[2].Captured+30*ms, gap[2].Released+30*ms
	for _, c := range []struct {
		name string
		out  []evenness.Result
		want evenness.Figures
	}{
		{"nothing", nil, evenness.Figures{}},
		{"one", beat(9 * ms), evenness.Figures{}},
		{"even", beat(100*ms, 100*ms, 100*ms), evenness.Figures{Mean: 100 * ms, P50: 100 * ms, P99: 100 * ms}},
		{"to and fro", beat(100*ms, 110*ms, 100*ms), evenness.Figures{Mean: 103333333, P50: 100 * ms, P99: 110 * ms, Intervals: 10 * ms, Movement: 10 * ms}},
		// A frame that the camera did not give makes an interval longer, but nothing stutters.
		{"a gap", gap, evenness.Figures{Mean: 50 * ms, P50: 50 * ms, P99: 50 * ms, Intervals: 15 * ms}},
		{"backwards", swapped, evenness.Figures{Mean: 100 * ms, P50: 100 * ms, P99: 100 * ms, Intervals: 45 * ms, Backwards: 1}},
	} {
		got := evenness.Of(c.out)
		got.Mean = got.Mean.Round(time.Microsecond)
		c.want.Mean = c.want.Mean.Round(time.Microsecond)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Whatever the analyses took: the bound keeps the order, releases nothing before its end, is not
// older than asked, and is no less even than leaving in order at once.
func TestHindsight(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		ages := make([]time.Duration, 200)
		for i := range ages {
			ages[i] = time.Duration(100 * math.Exp(0.3*r.NormFloat64()) * float64(ms))
		}
		ended := beat(ages...)
		ordered := make([]evenness.Result, len(ended))
		var last time.Duration
		for i, e := range ended {
			last = max(last, e.Released)
			ordered[i] = evenness.Result{Seq: e.Seq, Captured: e.Captured, Released: last}
		}
		inOrder := evenness.Of(ordered)
		age := inOrder.Mean + 5*ms
		out := evenness.Hindsight(ended, age)
		best := evenness.Of(out)
		if best.Mean > age || best.Intervals > inOrder.Intervals || best.Backwards > 0 {
			t.Errorf("seed %d: %+v of %+v", seed, best, inOrder)
		}
		for i := range out {
			if out[i].Released < ended[i].Released {
				t.Fatalf("seed %d: result %d leaves %v before its end", seed, i, ended[i].Released-out[i].Released)
			}
		}
	}
}
