package main

import (
	"math"
	"slices"
	"time"
)

// figures are what is to be told of a run.
type figures struct {
	fps                 float64
	late, displaced     float64 // shares of the frames started, of those captured
	backwards           float64 // share of the results that follow one of a later frame
	mean, p50, p99      time.Duration
	intervals, movement time.Duration
}

// measure computes them.
//
// intervals is the standard deviation of the times between results. movement is that of what
// RFC 3550 calls jitter, D = (Rj − Ri) − (Sj − Si), the time between two results less the time
// between their captures: what a viewer sees as movement that stutters, or runs backwards.
func measure(w *world) figures {
	f := evenness(w.out)
	f.fps = float64(len(w.out)) / w.now.Seconds()
	f.late = float64(w.late) / float64(max(w.started, 1))
	f.displaced = 1 - float64(w.started)/float64(len(w.captured))
	return f
}

// evenness computes those that need the results alone.
func evenness(out []output) (f figures) {
	n := len(out)
	if n < 2 {
		return f
	}
	ages := make([]time.Duration, n)
	var intervals, movement []float64
	newest, back := -1, 0
	for i, o := range out {
		ages[i] = o.released - o.captured
		if o.seq < newest {
			back++
		}
		newest = max(newest, o.seq)
		if i > 0 {
			intervals = append(intervals, float64(o.released-out[i-1].released))
			movement = append(movement, float64(ages[i]-ages[i-1]))
		}
		f.mean += ages[i] / time.Duration(n)
	}
	slices.Sort(ages)
	f.p50, f.p99 = ages[n/2], ages[n*99/100]
	f.backwards = float64(back) / float64(n)
	f.intervals, f.movement = deviation(intervals), deviation(movement)
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
