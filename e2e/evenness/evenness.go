// Package evenness tells how evenly results came, of a simulation or of a measurement. In: when
// each frame was captured and its result released. Out: ages, jitter, order. It must not care
// which clock the times are from, as long as it is one.
package evenness

import (
	"math"
	"slices"
	"time"
)

// Result is one frame's. The times are since any moment, the same for all.
type Result struct {
	Seq                uint64
	Captured, Released time.Duration
}

// Figures are what is to be told of some results.
type Figures struct {
	Mean, P50, P99 time.Duration // ages at release

	// Intervals is the standard deviation of the times between results.
	Intervals time.Duration
	// Movement is that of what RFC 3550 calls jitter, D = (Rj − Ri) − (Sj − Si), the time
	// between two results less the time between their captures: what a viewer sees as movement
	// that stutters, or runs backwards.
	Movement time.Duration

	Backwards int // results that follow one of a later frame
}

// Of computes them of results in the order of their release; of less than two they are zero.
func Of(out []Result) (f Figures) {
	n := len(out)
	if n < 2 {
		return f
	}
	ages := make([]time.Duration, n)
	var intervals, movement []float64
	newest := uint64(0)
	for i, o := range out {
		ages[i] = o.Released - o.Captured
		if o.Seq < newest {
			f.Backwards++
		}
		newest = max(newest, o.Seq)
		if i > 0 {
			intervals = append(intervals, float64(o.Released-out[i-1].Released))
			movement = append(movement, float64(ages[i]-ages[i-1]))
		}
		f.Mean += ages[i] / time.Duration(n)
	}
	slices.Sort(ages)
	f.P50, f.P99 = ages[n/2], ages[n*99/100]
	f.Intervals, f.Movement = deviation(intervals), deviation(movement)
	return f
}

func deviation(x []float64) time.Duration {
	var sum, squares float64
	for _, v := range x {
		sum += v
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	return time.Duration(math.Sqrt(squares / float64(len(x))))
}
