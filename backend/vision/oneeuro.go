package vision

import (
	"fmt"
	"math"
	"time"
)

// OneEuro smooths numbers that come in time: strongly while they rest, little while they
// move. It is the filter of Casiez, Roussel and Vogel, "1€ Filter: A Simple Speed-based
// Low-pass Filter for Noisy Input in Interactive Systems" (CHI 2012), over several numbers
// at once.
type OneEuro struct {
	cutoff, beta, slope float64
	last                time.Time
	started             bool
	value, speed        []float64
}

// NewOneEuro makes a filter for n numbers. cutoff is the frequency in Hz above which a
// resting number is smoothed: less means calmer. beta is how many Hz that grows by per
// unit of speed: more means less lag. slope is the cutoff for the speed itself, usually 1.
func NewOneEuro(n int, cutoff, beta, slope float64) *OneEuro {
	return &OneEuro{cutoff: cutoff, beta: beta, slope: slope, value: make([]float64, n), speed: make([]float64, n)}
}

// Reset forgets everything: the next numbers pass as they are.
func (f *OneEuro) Reset() { f.started = false }

// Smooth replaces xs, seen at the given time, by the smoothed numbers. unit is the length
// in which beta measures speed, such as the width of what moves, so that near and far
// things are treated alike; it must be positive. A number that is none is replaced by the
// latest good one. At a time that does not advance the previous numbers hold. Another
// length than the filter's is a mistake in the program.
func (f *OneEuro) Smooth(at time.Time, unit float64, xs []float64) {
	if len(xs) != len(f.value) {
		panic(fmt.Sprintf("vision: a OneEuro filter for %d numbers got %d", len(f.value), len(xs)))
	}
	if !f.started {
		for i, x := range xs {
			if !finite(x) {
				xs[i] = 0
			}
		}
		f.last, f.started = at, true
		copy(f.value, xs)
		clear(f.speed)
		return
	}
	elapsed := at.Sub(f.last).Seconds()
	if elapsed <= 0 {
		copy(xs, f.value)
		return
	}
	f.last = at
	for i, x := range xs {
		if finite(x) {
			speed := (x - f.value[i]) / elapsed / unit
			f.speed[i] += share(f.slope, elapsed) * (speed - f.speed[i])
			f.value[i] += share(f.cutoff+f.beta*math.Abs(f.speed[i]), elapsed) * (x - f.value[i])
		}
		xs[i] = f.value[i]
	}
}

// share is the weight of a new value in a low pass of that cutoff in Hz.
func share(cutoff, elapsed float64) float64 {
	r := 2 * math.Pi * cutoff * elapsed
	return r / (r + 1)
}
