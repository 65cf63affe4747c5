package main

import (
	"testing"
	"time"

	"freshframe/e2e/bench/watch"
	"freshframe/e2e/client"
)

const msec = time.Millisecond

// A frame whose analysis took long and held up the next one: they came out together, though the
// second had ended first.
func TestTold(t *testing.T) {
	frame := func(seq uint64, capturedMS, waitMS, analysisMS, drawMS int64) client.Frame {
		return client.Frame{Seq: seq, CapturedUs: 1000 * capturedMS, BudgetUs: map[string]int64{
			"dequeue": 1000, "wait": 1000 * waitMS, "analysis": 1000 * analysisMS, "draw": 1000 * drawMS, "encode": 2000, "publish": 0, "age": 1000 * (3 + waitMS + analysisMS + drawMS),
		}}
	}
	s := &watch.Seen{Told: []client.Frame{frame(1, 0, 9, 150, 1), frame(2, 40, 9, 80, 31)}}
	if got := published(s); got.Mean != (163+123)*msec/2 || got.Backwards != 0 {
		t.Errorf("published: %+v", got)
	}
	ended := completions(s)
	if ended[0].Released != 160*msec || ended[1].Released != 130*msec {
		t.Errorf("ended: %+v", ended)
	}
	if arrived := byArrival(ended); arrived[0].Seq != 2 || arrived[1].Seq != 1 || ended[0].Seq != 1 {
		t.Errorf("by arrival: %+v", arrived)
	}
}
