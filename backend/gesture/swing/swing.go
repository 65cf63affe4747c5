// Package swing counts how often something swings to and fro. In: one number and its
// moment, again and again. Out: the turns of the last moments. It must never know what
// swings, nor read a clock.
package swing

import (
	"math"
	"time"
)

// Counter finds turning points in a number over time: the number has turned when it comes
// back from an extreme by Least. Between two turns that count lie at least Shortest (less
// is noise) and at most Longest (more is no swinging). Set the three before the first Add.
// Its memory is a few numbers.
type Counter struct {
	Least             float64
	Shortest, Longest time.Duration

	begun   bool
	dir     float64 // +1 rising, -1 falling, 0 not known yet
	lo, hi  float64 // before dir is known
	extreme float64 // the farthest in the direction of dir
	at      time.Time
	turned  time.Time // when it last turned
	turns   int
}

// Add takes the number at the given time and returns how many turns in a row there were, 0
// once it no longer swings. A number that is not finite, or a time not after the last one,
// is ignored.
func (c *Counter) Add(at time.Time, x float64) int {
	if math.IsNaN(x) || math.IsInf(x, 0) || c.begun && !at.After(c.at) {
		return c.turns
	}
	if !c.begun || at.Sub(c.at) > c.Longest {
		c.Reset()
		c.begun, c.lo, c.hi = true, x, x
	}
	c.at = at
	if c.turns > 0 && at.Sub(c.turned) > c.Longest {
		c.turns = 0
	}
	switch {
	case c.dir == 0:
		c.lo, c.hi = min(c.lo, x), max(c.hi, x)
		if c.hi-c.lo >= c.Least {
			c.dir, c.extreme = 1, x
			if x == c.lo {
				c.dir = -1
			}
			c.turned = at
		}
	case (x-c.extreme)*c.dir >= 0:
		c.extreme = x
	case (c.extreme-x)*c.dir >= c.Least:
		if at.Sub(c.turned) < c.Shortest {
			c.turns = 0
		} else {
			c.turns++
		}
		c.dir, c.extreme, c.turned = -c.dir, x, at
	}
	return c.turns
}

// Reset forgets everything but the settings.
func (c *Counter) Reset() {
	*c = Counter{Least: c.Least, Shortest: c.Shortest, Longest: c.Longest}
}
