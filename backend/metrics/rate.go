package metrics

import (
	"slices"
	"sync"
	"time"
)

// Rate measures events a second over a sliding window of the last N events: N-1
// intervals over the time they took. It is safe for concurrent use.
type Rate struct {
	mu sync.Mutex
	at []time.Time // ring
	n  int         // events so far
}

// NewRate makes a Rate over the last n events, n ≥ 2.
func NewRate(n int) *Rate { return &Rate{at: make([]time.Time, n)} }

// paused is a silence after which measuring starts anew: at least that long, and that many
// intervals. Otherwise a camera that was off for a minute would seem slow when it is back.
const (
	pausedFor       = 2 * time.Second
	pausedIntervals = 10
)

// Tick records an event and returns the rate with it.
func (r *Rate) Tick(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, last, k := r.span(); k >= 2 {
		mean := last.Sub(first) / time.Duration(k-1)
		if now.Sub(last) > max(pausedFor, pausedIntervals*mean) {
			r.n = 0
		}
	}
	r.at[r.n%len(r.at)] = now
	r.n++
	return r.perSecond(now)
}

// PerSecond is the rate as seen at the moment now, 0 before the second event. When events
// stop coming it falls without a jump: what has been silent for a while, less the one
// interval that any moment between two events shows, cannot be faster than that.
func (r *Rate) PerSecond(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.perSecond(now)
}

func (r *Rate) perSecond(now time.Time) float64 {
	first, last, k := r.span()
	if k < 2 {
		return 0
	}
	mean := last.Sub(first).Seconds() / float64(k-1)
	if mean <= 0 {
		return 0
	}
	return 1 / max(mean, now.Sub(last).Seconds()-mean)
}

// span is the oldest and the newest event of the window, and how many are in it.
func (r *Rate) span() (first, last time.Time, k int) {
	k = min(r.n, len(r.at))
	if k == 0 {
		return
	}
	return r.at[(r.n-k)%len(r.at)], r.at[(r.n-1)%len(r.at)], k
}

// Window keeps the last N durations for percentiles. It is safe for concurrent use.
type Window struct {
	mu      sync.Mutex
	last    []time.Duration // ring
	n       int
	scratch []time.Duration
}

// NewWindow makes a Window over the last n durations, n ≥ 1.
func NewWindow(n int) *Window {
	return &Window{last: make([]time.Duration, n), scratch: make([]time.Duration, 0, n)}
}

// Add records one duration.
func (w *Window) Add(d time.Duration) {
	w.mu.Lock()
	w.last[w.n%len(w.last)] = d
	w.n++
	w.mu.Unlock()
}

// Percentiles are the nearest-rank percentiles of a Window, zero while it is empty: the
// smallest duration that at least that share of them does not exceed.
type Percentiles struct {
	P50, P95, P99 time.Duration
	Samples       int
}

// Percentiles computes them from what the window holds now.
func (w *Window) Percentiles() Percentiles {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := min(w.n, len(w.last))
	if k == 0 {
		return Percentiles{}
	}
	s := append(w.scratch[:0], w.last[:k]...)
	slices.Sort(s)
	rank := func(percent int) time.Duration { return s[(percent*k+99)/100-1] } // the ⌈percent·k/100⌉th
	return Percentiles{P50: rank(50), P95: rank(95), P99: rank(99), Samples: k}
}
