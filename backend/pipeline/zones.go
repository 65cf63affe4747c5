package pipeline

import (
	"slices"
	"sync"

	"freshframe/backend/analyze"
	"freshframe/backend/zone"
)

// zones counts what the tracks do in the areas, across changes of the analyzer.
type zones struct {
	mu      sync.Mutex
	counter *zone.Counter
	areas   int
	of      *edition // whose tracks the counter knows
}

// set replaces the areas; what they counted is over.
func (z *zones) set(areas []zone.Area) error {
	c, err := zone.NewCounter(areas)
	if err != nil {
		return err
	}
	z.mu.Lock()
	z.counter, z.areas = c, len(areas)
	z.mu.Unlock()
	return nil
}

// count takes in a result, in the order of capture. It returns what happened, and the state of
// all areas; nothing where there are none.
func (z *zones) count(ed *edition, of analyze.Moment, seen []analyze.Detection) (happened []zone.Event, all []zone.Tally) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.areas == 0 {
		return nil, nil
	}
	if ed != z.of {
		z.of = ed
		z.counter.Forget()
	}
	happened = slices.Clone(z.counter.Update(of.Captured, seen))
	return happened, z.counter.Totals()
}

// forget ends the tracks: their ids are to be given to others.
func (z *zones) forget() {
	z.mu.Lock()
	z.counter.Forget()
	z.mu.Unlock()
}

// Zones are the areas with what was counted in them so far.
func (p *Pipeline) Zones() []zone.Tally {
	p.zones.mu.Lock()
	defer p.zones.mu.Unlock()
	return p.zones.counter.Tallies()
}
