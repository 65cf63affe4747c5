package pool

import "time"

// Results leave in the order of their tickets. A frame that takes long holds up those behind it;
// when it is done they all leave at once, and the picture, which stood still, leaps. Two rules
// take the edge off:
//
//   - A result is held back until it has stayed as long as the fastest of the slower ones
//     (Config.Even). So the early ones, which nobody needs early, make no gap behind them.
//   - After a frame that stayed long, the next may stay at the least half as much over that. So a
//     gap is followed by some short intervals instead of one of zero.
//
// Both know only what has been, and spend age. Simulated (e2e/poolsim; 30 fps, 4 workers, 100 ms
// varying by 30 %, deadline 200 ms), the mean age and the standard deviation of the intervals:
//
//	Even         0    0.2    0.5    0.7    0.9
//	age        106    110    116    124    144 ms
//	intervals   33     28     23     18     10 ms
//	the best    28     23     17     11      4 ms
//
// The last line is what somebody could do at that age who knew all service times beforehand, so
// little is left to cleverness. Tried and no better at the same age: a constant age instead of
// one that shrinks; release times that would be even if what runs ended when its peers did
// (their conditional mean or a quantile of it); holding only while the next result is not there.

// easing is the share of what the frame before stayed too long that the next one stays, too.
const easing = 0.5

// warmUp is how long a result waits for frames before it while no service time is known.
const warmUp = time.Second

// collect gives the frames at the head of the order their outcomes and says when to ask again;
// zero: not before an event.
func (p *Plan) collect() time.Time {
	for i := range p.flights {
		head := &p.flights[i]
		if head.settled {
			continue
		}
		due := p.deadline(head, p.flights[i+1:])
		if !head.done.IsZero() {
			due = Earliest(due, p.releaseDue(head))
		}
		if due.IsZero() || p.now.Before(due) {
			p.sweep()
			return due
		}
		if head.done.IsZero() {
			p.settle(head, Late)
			continue
		}
		p.lastStay = p.now.Sub(head.started)
		p.settle(head, Release)
	}
	p.sweep()
	return time.Time{}
}

// deadline is when the head must be gone, with its result or without it: when its own age or that
// of a result behind it reaches the budget, or when a result has waited long enough. Zero: never.
func (p *Plan) deadline(head *flight, behind []flight) time.Time {
	var due time.Time
	if p.cfg.MaxAge > 0 {
		due = head.captured.Add(p.cfg.MaxAge)
	}
	wait := p.reorderWait()
	if !p.drained.IsZero() {
		due = Earliest(due, p.drained.Add(max(wait, p.service.Mean())*5/4))
	}
	if !head.done.IsZero() {
		due = Earliest(due, head.done.Add(wait))
	}
	for i := range behind {
		f := &behind[i]
		if f.settled || f.done.IsZero() {
			continue
		}
		due = Earliest(due, f.done.Add(wait))
		if p.cfg.MaxAge > 0 {
			due = Earliest(due, f.captured.Add(p.cfg.MaxAge))
		}
	}
	return due
}

func (p *Plan) reorderWait() time.Duration {
	switch {
	case p.cfg.MaxReorderWait > 0:
		return p.cfg.MaxReorderWait
	case p.service.Samples() == 0:
		return warmUp
	}
	return p.service.Quantile(0.9)
}

// releaseDue is when a result at the head leaves so that the output is even. A single worker's
// results leave at once: its gaps are those between its starts.
func (p *Plan) releaseDue(head *flight) time.Time {
	if p.cfg.Even == 0 || p.cfg.Workers < 2 {
		return head.done
	}
	stay := p.service.Quantile(p.cfg.Even)
	if over := p.lastStay - stay; over > 0 {
		stay += time.Duration(easing * float64(over))
	}
	return head.started.Add(stay)
}
