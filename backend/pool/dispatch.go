package pool

import "time"

// Starts should come a service time ÷ workers apart, so that results do. If they always did, a
// worker that ends early would idle until its turn, and one that ends late could not make up for
// it: with a service time that varies by 30 %, a pool that is the bottleneck would lose 11 % of
// its rate. So a start is only shifted a little towards its place. Where the service time is
// steady, the little shifts of a few rounds add up to even starts, which then need no shift at
// all. The more it varies, the less is shifted, for the less it is worth: chance spreads the
// starts again, and what does not start together does not end together either. If the camera is
// the bottleneck, its frames are the pace.
const (
	// maxHold is the longest that pacing keeps a frame and a free worker apart, as a share of
	// the service time.
	maxHold = 0.05
	// chaos is the spread of the service time from which on it does not at all.
	chaos = 0.2
)

// dispatch starts the waiting frame, or says when to ask again.
func (p *Plan) dispatch() Action {
	busy := p.Busy()
	if p.held || p.waiting.ticket == 0 || busy >= p.cfg.Workers || p.hopeless(busy) {
		p.ready = time.Time{}
		return Action{}
	}
	if p.ready.IsZero() {
		p.ready = p.now
	}
	if due := p.startDue(); p.now.Before(due) {
		return Action{At: due}
	}
	f := p.waiting
	p.waiting, p.ready, p.lastStart = frame{}, time.Time{}, p.now
	p.flights = append(p.flights, flight{frame: f, started: p.now, running: true})
	return Action{Kind: Start, Ticket: f.ticket}
}

// startDue is when the waiting frame has its place between the starts. A single worker has
// nobody to keep a distance from.
func (p *Plan) startDue() time.Time {
	if p.cfg.Workers < 2 {
		return p.ready
	}
	mean := p.service.Mean()
	place := p.lastStart.Add(mean / time.Duration(p.cfg.Workers))
	hold := maxHold * max(0, 1-p.service.Spread()/chaos)
	return Earliest(place, p.ready.Add(time.Duration(hold*float64(mean))))
}

// hopeless says whether the waiting frame can hardly be done within the age budget: then a
// newer one is waited for. While no worker is busy a frame is tried if it is within the budget at
// all, for nothing else would show that analyses have become faster.
func (p *Plan) hopeless(busy int) bool {
	if p.cfg.MaxAge == 0 {
		return false
	}
	left := p.waiting.captured.Add(p.cfg.MaxAge).Sub(p.now)
	return left <= 0 || busy > 0 && left < p.service.Mean()
}
