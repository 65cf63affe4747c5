// Package track follows things from picture to picture. In: the detections of each picture
// and its time. Out: tracks with stable ids, velocity and trail, the lost ones where they
// should be at that time. It must never read a clock or look at pixels.
package track

import (
	"fmt"
	"slices"
	"time"

	"freshframe/backend/track/assign"
)

// Detection is one thing found in a picture.
type Detection struct {
	Box   Box
	Label string  // a track takes only detections of its own label
	Score float64 // 0..1
}

// Tracker keeps the tracks of one camera. It is for one goroutine at a time, and allocates
// nothing once it has seen as many things as it will.
type Tracker struct {
	opts Options
	last time.Time // of the newest update, zero before the first
	ids  uint64    // given so far

	held []*thing // what is followed, oldest first
	free []*thing // to be used again

	// The memory of one update.
	out          []Track
	known, fresh []*thing
	high, low    []int
	cost         []float64
	solver       assign.Solver
	votes        []vote
}

// thing is a track, or what may become one: its ID is 0 until then.
type thing struct {
	motion
	Track
	hits    int     // updates that saw it
	matched int     // the index of its detection in this update, −1 for none
	path    []Point // its trail and as many points before
}

// show takes the filter's estimate over.
func (h *thing) show(at time.Time) {
	h.At, h.Box, h.Velocity = at, h.box(), [2]float64{h.x.vel, h.y.vel}
	h.Detection = h.matched
}

// New makes a tracker, or says which option is out of range.
func New(o Options) (*Tracker, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Tracker{opts: o}, nil
}

// Reset forgets every track; ids go on rising. It is for a new scene or a step back in time.
func (t *Tracker) Reset() {
	t.keep(func(*thing) bool { return false })
	t.last = time.Time{}
}

// Len is the number of things in memory: tracks, and what may become one.
func (t *Tracker) Len() int { return len(t.held) }

// Update takes in the detections of the picture of the given time, in any order, and returns
// every track, the lost ones included, by rising id. The answer is valid until the next
// call. A detection that is in no track yet waits for MinHits updates to see it.
//
// The order of matching is ByteTrack's (Y. Zhang et al., "ByteTrack: Multi-Object Tracking
// by Associating Every Detection Box", 2022): good detections to all tracks, then weak ones
// to the tracks that were seen until now, then what is left of the good ones to what may
// become a track.
//
// An error means that a number cannot be one of a box or score, or that time did not go on;
// nothing has changed then.
func (t *Tracker) Update(at time.Time, found []Detection) ([]Track, error) {
	if err := t.check(at, found); err != nil {
		return nil, err
	}
	dt := at.Sub(t.last).Seconds() // meaningless before the first, when nothing is held
	t.last = at

	for _, h := range t.held {
		h.predict(dt, t.opts.Agility)
	}
	if t.opts.Moving {
		t.followCamera(found)
	}
	t.known, t.fresh = t.known[:0], t.fresh[:0]
	for _, h := range t.held {
		h.matched = -1
		if h.ID != 0 {
			t.known = append(t.known, h)
		} else {
			t.fresh = append(t.fresh, h)
		}
	}
	t.high, t.low = t.high[:0], t.low[:0]
	for i, d := range found {
		switch {
		case d.Score >= t.opts.High:
			t.high = append(t.high, i)
		case d.Score >= t.opts.Low:
			t.low = append(t.low, i)
		}
	}

	left, high := t.match(t.known, found, t.high, goodMatch)
	left = slices.DeleteFunc(left, func(h *thing) bool { return h.Lost })
	t.match(left, found, t.low, weakMatch)
	_, high = t.match(t.fresh, found, high, goodMatch)

	t.settle(at, found)
	for _, i := range high {
		t.begin(at, found[i], i)
	}
	return t.tracks(), nil
}

// check says which input cannot be taken.
func (t *Tracker) check(at time.Time, found []Detection) error {
	if !t.last.IsZero() && !at.After(t.last) {
		return fmt.Errorf("track: time went from %v to %v; updates come in rising time, or Reset first", t.last, at)
	}
	for i, d := range found {
		if !d.Box.sound() {
			return fmt.Errorf("track: detection %d (%s) has the box %v; want sides of %g to %g and a corner within ±%g: drop it first", i, d.Label, d.Box, smallest, largest, largest)
		}
		if !(d.Score >= 0 && d.Score <= 1) {
			return fmt.Errorf("track: detection %d (%s) has the score %v; want 0 to 1: drop it first", i, d.Label, d.Score)
		}
	}
	return nil
}

// settle brings every held thing to the present, and drops what will not be seen again.
func (t *Tracker) settle(at time.Time, found []Detection) {
	t.keep(func(h *thing) bool {
		return h.matched >= 0 || h.ID != 0 && at.Sub(h.Seen) <= t.opts.MaxLost
	})
	for _, h := range t.held {
		if h.matched >= 0 {
			t.saw(h, at, found[h.matched])
		} else {
			h.Lost, h.Refound = true, false
		}
		h.show(at)
	}
}

// begin holds what may become a track.
func (t *Tracker) begin(at time.Time, d Detection, index int) {
	h := t.spare()
	h.motion = newMotion(d.Box)
	h.Track = Track{Label: d.Label, First: at}
	h.hits, h.matched, h.path = 0, index, h.path[:0]
	t.held = append(t.held, h)
	t.saw(h, at, d)
	h.show(at)
}

// saw notes a detection.
func (t *Tracker) saw(h *thing, at time.Time, d Detection) {
	h.Score, h.Seen = d.Score, at
	h.Refound, h.Lost = h.Lost, false
	if h.hits++; h.ID == 0 && h.hits >= t.opts.MinHits {
		t.ids++
		h.ID = t.ids
	}
	if n := t.opts.Trail; n > 0 {
		if len(h.path) == cap(h.path) { // twice as long as the trail, so that this is rare
			h.path = h.path[:copy(h.path, h.path[len(h.path)-n+1:])]
		}
		h.path = append(h.path, Point{h.x.pos, h.y.pos, at})
		h.Trail = h.path[max(0, len(h.path)-n):]
	}
}

// keep drops the held things that wanted refuses, in their order.
func (t *Tracker) keep(wanted func(*thing) bool) {
	t.held = slices.DeleteFunc(t.held, func(h *thing) bool {
		if wanted(h) {
			return false
		}
		t.free = append(t.free, h)
		return true
	})
}

// spare is a thing to be overwritten, except for the memory of its path.
func (t *Tracker) spare() *thing {
	if n := len(t.free); n > 0 {
		h := t.free[n-1]
		t.free = t.free[:n-1]
		return h
	}
	return &thing{path: make([]Point, 0, 2*t.opts.Trail)}
}

// tracks is what is held and has an id.
func (t *Tracker) tracks() []Track {
	t.out = t.out[:0]
	for _, h := range t.held {
		if h.ID != 0 {
			t.out = append(t.out, h.Track)
		}
	}
	return t.out
}
