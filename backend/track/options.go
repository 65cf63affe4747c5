package track

import (
	"errors"
	"fmt"
	"time"
)

// Options are how a tracker decides; a zero field means its default.
type Options struct {
	// Low is the least score of a detection that can keep a track alive: 0.1. A weak one is
	// often a thing half hidden.
	Low float64
	// High is the least score of a detection that can begin a track or find a lost one: 0.5.
	High float64
	// MinHits is the number of updates in a row that must see a thing before it becomes a
	// track: 2. 1 makes every detection of High one at once.
	MinHits int
	// MaxLost is how long a track waits to be seen again: 1 s. It should span several updates.
	MaxLost time.Duration
	// Agility is how much the velocity changes within a second, in sizes of the box per
	// second: 1, for people. Hands want 10.
	Agility float64
	// Moving is for a camera that pans or shakes: where most things are shifted together, by
	// much of their size, they are taken to stand still and the camera to have moved. It takes
	// three tracks.
	Moving bool
	// Trail is the number of points that a trail holds: 32. Negative means none.
	Trail int
}

// withDefaults fills in what was not given.
func (o Options) withDefaults() Options {
	o.Low = given(o.Low, 0.1)
	o.High = given(o.High, 0.5)
	o.MinHits = given(o.MinHits, 2)
	o.MaxLost = given(o.MaxLost, time.Second)
	o.Agility = given(o.Agility, 1)
	o.Trail = max(0, given(o.Trail, 32))
	return o
}

func given[T comparable](x, otherwise T) T {
	if x == *new(T) {
		return otherwise
	}
	return x
}

// check names every option out of range; NaN is out of every range.
func (o Options) check() error {
	var errs []error
	within := func(name string, x, lo, hi float64) {
		if !(x >= lo && x <= hi) {
			errs = append(errs, fmt.Errorf("track: %s %v is out of range; want %v to %v", name, x, lo, hi))
		}
	}
	within("Low", o.Low, 0, 1)
	within("High", o.High, 0, 1)
	if o.Low > o.High {
		errs = append(errs, fmt.Errorf("track: Low %v is above High %v; want it at most as high", o.Low, o.High))
	}
	within("MinHits", float64(o.MinHits), 1, 1000)
	within("MaxLost (seconds)", o.MaxLost.Seconds(), 0, 3600)
	within("Agility", o.Agility, 0.01, 1000)
	within("Trail", float64(o.Trail), 0, 10_000)
	return errors.Join(errs...)
}
