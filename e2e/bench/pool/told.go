package main

import (
	"cmp"
	"slices"
	"time"

	"freshframe/e2e/bench/watch"
	"freshframe/e2e/client"
	"freshframe/e2e/evenness"
)

// published are the results when they were published, as the server tells.
func published(s *watch.Seen) evenness.Figures {
	return evenness.Of(results(s, "dequeue", "wait", "analysis", "draw", "encode", "publish"))
}

// completions are the same results when their analyses ended, in the order of the frames. Those
// of late frames are unknown: they are not told.
func completions(s *watch.Seen) []evenness.Result { return results(s, "dequeue", "wait", "analysis") }

// byArrival puts them in the order in which they ended.
func byArrival(ended []evenness.Result) []evenness.Result {
	out := slices.Clone(ended)
	slices.SortFunc(out, func(a, b evenness.Result) int { return cmp.Compare(a.Released, b.Released) })
	return out
}

// results are those that were told of, after so many stages.
func results(s *watch.Seen, stages ...string) []evenness.Result {
	var out []evenness.Result
	for _, f := range s.Told {
		out = append(out, after(f, stages))
	}
	return out
}

func after(f client.Frame, stages []string) evenness.Result {
	us := f.CapturedUs
	for _, stage := range stages {
		us += f.BudgetUs[stage]
	}
	return evenness.Result{Seq: f.Seq, Captured: time.Duration(f.CapturedUs) * time.Microsecond, Released: time.Duration(us) * time.Microsecond}
}
