package zone

import (
	"math"
	"slices"
	"time"

	"freshframe/backend/analyze"
)

const (
	// forget is how long a track may be unseen before it counts as vanished.
	forget = 2 * time.Second
	// margin is how far a thing must be from a border, as a share of the picture, to have
	// left a zone or to have crossed a line: boxes tremble, and a thing on the border must
	// not count again and again.
	margin = 0.01
	// mostTracks and mostLabels bound the memory, whatever a detector gives.
	mostTracks = 1024
	mostLabels = 128
	// Others stands for the classes beyond the first mostLabels.
	Others = "others"
)

// Happening is what an event tells.
type Happening string

// The happenings. Right and left are those of who walks from the line's first point to its
// second, in the picture.
const (
	Entered  Happening = "entered"  // came into the zone over its border
	Appeared Happening = "appeared" // was first seen inside
	Left     Happening = "left"     // went out over the border
	Vanished Happening = "vanished" // was last seen inside
	Dwelt    Happening = "dwelt"    // has been inside for the zone's dwell; once a visit
	ToRight  Happening = "to_right" // crossed the line to its right side
	ToLeft   Happening = "to_left"
)

// Event is one thing that happened.
type Event struct {
	At    time.Time
	Area  string
	What  Happening
	Track uint64
	Class string
	Stay  time.Duration // how long inside: Left, Vanished, Dwelt
}

// Count is what happened so far in one area to things of one class. For a zone it balances:
// Entered + Appeared = Left + Vanished + Inside.
type Count struct {
	Inside   int // now
	Entered  uint64
	Appeared uint64
	Left     uint64
	Vanished uint64
	Dwelt    uint64
	Stayed   time.Duration // sum over ended visits, Left + Vanished of them
	Longest  time.Duration // ended visit
	ToRight  uint64
	ToLeft   uint64
}

// Counter follows tracks through areas. It is for one goroutine.
type Counter struct {
	areas  []Area
	counts []map[string]*Count // by area, by class
	labels map[string]bool     // those counted by their own name
	tracks map[uint64]*track
	stale  []uint64 // of one update, kept for the next
	events []Event  // of the last update, and what was forgotten since
	told   bool     // the events have been returned
	at     time.Time
}

// track is one thing where it was last seen.
type track struct {
	seen  time.Time
	class string  // of the first sight: labels flicker, counts must balance
	spots []point // by area, as anchors differ
	in    []visit // by area
}

// visit is a track's relation to one area.
type visit struct {
	inside bool
	dwelt  bool
	since  time.Time
	over   int // crossings of a line not yet settled, to the right minus to the left
}

// NewCounter checks the areas as Validate does.
func NewCounter(areas []Area) (*Counter, error) {
	if err := Validate(areas); err != nil {
		return nil, err
	}
	c := &Counter{
		areas:  slices.Clone(areas),
		counts: make([]map[string]*Count, len(areas)),
		labels: map[string]bool{},
		tracks: map[uint64]*track{},
	}
	for i := range c.counts {
		c.counts[i] = map[string]*Count{}
	}
	return c, nil
}

// Update takes the detections seen at the given time and returns what happened, in a slice
// that the next Update reuses. Only tracked things count. A predicted one keeps its track
// alive and moves nowhere: nobody saw it there. A track unseen for more than 2 s has
// vanished, with the time of its last sight; so have all when time steps back, for that is
// another stream.
func (c *Counter) Update(at time.Time, seen []analyze.Detection) []Event {
	c.fresh()
	if at.Before(c.at) {
		c.vanish(func(*track) bool { return true })
	}
	c.at = at
	c.vanish(func(t *track) bool { return at.Sub(t.seen) > forget })
	for i := range seen {
		d := &seen[i]
		if d.Track == 0 || !usable(d.Box) {
			continue
		}
		t := c.tracks[d.Track]
		switch {
		case t == nil && (d.Predicted || len(c.tracks) == mostTracks):
		case t == nil:
			c.begin(d)
		case d.Predicted:
			t.seen = at
		case t.seen.Before(at): // else this track is given twice; the first one counts
			c.move(d, t)
		}
	}
	c.dwell()
	c.told = true
	return c.events
}

// fresh begins a list of events, unless there is one that nobody was told of.
func (c *Counter) fresh() {
	if c.told {
		c.events, c.told = c.events[:0], false
	}
}

// usable refuses boxes that are not numbers.
func usable(box [4]float64) bool {
	for _, v := range box {
		if !(math.Abs(v) <= 1e6) {
			return false
		}
	}
	return true
}

func (a Anchor) of(box [4]float64) point {
	x, y := box[0]+box[2]/2, box[1]+box[3]/2
	if a == Foot {
		y = box[1] + box[3]
	}
	return point{x, y}
}

// begin follows a new track.
func (c *Counter) begin(d *analyze.Detection) {
	t := &track{seen: c.at, class: c.label(d.Label), spots: make([]point, len(c.areas)), in: make([]visit, len(c.areas))}
	c.tracks[d.Track] = t
	for i, a := range c.areas {
		t.spots[i] = a.Anchor.of(d.Box)
		if a.Kind == Zone && a.counts(t.class) && inside(a.Points, t.spots[i]) {
			t.in[i] = visit{inside: true, since: c.at}
			c.count(i, t.class).Appeared++
			c.count(i, t.class).Inside++
			c.tell(i, Appeared, d.Track, t.class, 0)
		}
	}
}

// move takes a track to where it is seen now.
func (c *Counter) move(d *analyze.Detection, t *track) {
	t.seen = c.at
	for i, a := range c.areas {
		from, to := t.spots[i], a.Anchor.of(d.Box)
		t.spots[i] = to
		if !a.counts(t.class) {
			continue
		}
		v := &t.in[i]
		if a.Kind == Line {
			v.over += crosses(a.Points[0], a.Points[1], from, to)
			if away(a.Points[0], a.Points[1], to) > margin {
				c.cross(i, d.Track, t)
			}
			continue
		}
		switch in := inside(a.Points, to); {
		case in && !v.inside:
			*v = visit{inside: true, since: c.at}
			c.count(i, t.class).Entered++
			c.count(i, t.class).Inside++
			c.tell(i, Entered, d.Track, t.class, 0)
		case !in && v.inside && beside(a.Points, to) > margin:
			c.leave(i, Left, d.Track, t)
		}
	}
}

// cross counts what a track did to a line since it was last clear of it: trembling on the
// line cancels out.
func (c *Counter) cross(area int, id uint64, t *track) {
	v := &t.in[area]
	switch {
	case v.over > 0:
		c.count(area, t.class).ToRight++
		c.tell(area, ToRight, id, t.class, 0)
	case v.over < 0:
		c.count(area, t.class).ToLeft++
		c.tell(area, ToLeft, id, t.class, 0)
	}
	v.over = 0
}

// leave ends a visit.
func (c *Counter) leave(area int, what Happening, id uint64, t *track) {
	stay := t.seen.Sub(t.in[area].since)
	t.in[area] = visit{}
	n := c.count(area, t.class)
	n.Inside--
	n.Stayed += stay
	n.Longest = max(n.Longest, stay)
	if what == Left {
		n.Left++
	} else {
		n.Vanished++
	}
	c.tell(area, what, id, t.class, stay)
}

// vanish ends the tracks that are gone, in the order of their ids.
func (c *Counter) vanish(gone func(*track) bool) {
	c.stale = c.stale[:0]
	for id, t := range c.tracks {
		if gone(t) {
			c.stale = append(c.stale, id)
		}
	}
	slices.Sort(c.stale)
	for _, id := range c.stale {
		t := c.tracks[id]
		delete(c.tracks, id)
		now := c.at
		c.at = t.seen
		for i, a := range c.areas {
			if a.Kind == Line {
				c.cross(i, id, t)
			} else if t.in[i].inside {
				c.leave(i, Vanished, id, t)
			}
		}
		c.at = now
	}
}

// dwell tells of those who have stayed for long enough, in the order of their ids.
func (c *Counter) dwell() {
	for i, a := range c.areas {
		if a.Dwell == 0 {
			continue
		}
		c.stale = c.stale[:0]
		for id, t := range c.tracks {
			if v := &t.in[i]; v.inside && !v.dwelt && t.seen.Sub(v.since) >= a.Dwell {
				v.dwelt = true
				c.stale = append(c.stale, id)
			}
		}
		slices.Sort(c.stale)
		for _, id := range c.stale {
			t := c.tracks[id]
			c.count(i, t.class).Dwelt++
			c.tell(i, Dwelt, id, t.class, t.seen.Sub(t.in[i].since))
		}
	}
}

func (c *Counter) tell(area int, what Happening, id uint64, class string, stay time.Duration) {
	c.events = append(c.events, Event{At: c.at, Area: c.areas[area].Name, What: what, Track: id, Class: class, Stay: stay})
}

// label is the name a class is counted by.
func (c *Counter) label(class string) string {
	if !c.labels[class] {
		if len(c.labels) == mostLabels {
			return Others
		}
		c.labels[class] = true
	}
	return class
}

func (c *Counter) count(area int, class string) *Count {
	n := c.counts[area][class]
	if n == nil {
		n = &Count{}
		c.counts[area][class] = n
	}
	return n
}

// Forget ends every track where it was last seen: the ids that come are not those that were. The
// next Update tells of it.
func (c *Counter) Forget() {
	c.fresh()
	c.vanish(func(*track) bool { return true })
}

// Tally is what happened in an area so far.
type Tally struct {
	Area
	Counts map[string]Count // by class; classes without any are left out
	Total  Count            // of all classes
}

// Totals are the tallies of all areas, in their order, without the counts by class.
func (c *Counter) Totals() []Tally {
	all := make([]Tally, len(c.areas))
	for i, a := range c.areas {
		all[i].Area = a
		for _, n := range c.counts[i] {
			all[i].Total.add(n)
		}
	}
	return all
}

// Tallies are those of all areas, in their order. The maps are the caller's.
func (c *Counter) Tallies() []Tally {
	all := c.Totals()
	for i := range all {
		all[i].Counts = make(map[string]Count, len(c.counts[i]))
		for class, n := range c.counts[i] {
			all[i].Counts[class] = *n
		}
	}
	return all
}

// add counts what another class did too.
func (n *Count) add(o *Count) {
	n.Inside += o.Inside
	n.Entered += o.Entered
	n.Appeared += o.Appeared
	n.Left += o.Left
	n.Vanished += o.Vanished
	n.Dwelt += o.Dwelt
	n.Stayed += o.Stayed
	n.Longest = max(n.Longest, o.Longest)
	n.ToRight += o.ToRight
	n.ToLeft += o.ToLeft
}
