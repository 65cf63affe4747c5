package pool_test

import (
	"fmt"
	"slices"
	"time"

	"freshframe/backend/pool"
)

const ms = time.Millisecond

// epoch is the tests' time zero.
var epoch = time.Unix(1000, 0)

// referee drives a plan as a pipeline does, and knows the rules.
type referee struct {
	plan *pool.Plan
	cfg  pool.Config
	now  time.Time
	// punctual: Next is asked at every moment that it named, so that its bounds hold exactly.
	punctual bool
	// steadyConfig: cfg has been the same from the beginning, and nothing was relearned.
	steadyConfig bool

	frames   map[pool.Ticket]*life
	waiting  pool.Ticket // 0: none
	released pool.Ticket // last
	wake     time.Time
	foul     error // the first rule that was broken
}

// life is what has become of a frame.
type life struct {
	captured, started, ended time.Time
	running, ok              bool
	outcome                  pool.Kind // Wait: none yet
}

func newReferee(cfg pool.Config) *referee {
	return &referee{plan: pool.New(cfg), cfg: cfg, now: epoch, steadyConfig: true, frames: map[pool.Ticket]*life{}}
}

func (r *referee) call(format string, args ...any) {
	if r.foul == nil {
		r.foul = fmt.Errorf("%v: "+format, append([]any{r.now.Sub(epoch)}, args...)...)
	}
}

func (r *referee) configure(cfg pool.Config) {
	r.plan.Configure(cfg)
	r.cfg, r.steadyConfig = cfg, false
}

func (r *referee) frame(captured time.Time) pool.Ticket {
	t := r.plan.Frame(r.now, captured)
	if r.frames[t] != nil {
		r.call("ticket %d was given twice", t)
	}
	r.frames[t] = &life{captured: captured}
	r.waiting = t
	return t
}

func (r *referee) withdraw() {
	t, ok := r.plan.Withdraw()
	if t != r.waiting || ok != (t != 0) {
		r.call("withdrew %d, %v; %d waits", t, ok, r.waiting)
	}
	delete(r.frames, t)
	r.waiting = 0
}

func (r *referee) done(t pool.Ticket, ok bool) {
	if f := r.frames[t]; f != nil && f.running {
		f.running, f.ok, f.ended = false, ok, r.now
	}
	r.plan.Done(r.now, t, ok)
}

func (r *referee) running() []pool.Ticket {
	var all []pool.Ticket
	for t, f := range r.frames {
		if f.running {
			all = append(all, t)
		}
	}
	slices.Sort(all)
	return all
}

// act does what the plan says until it says Wait, and returns what was started.
func (r *referee) act() (started []pool.Ticket) {
	for range 10_000 {
		a := r.plan.Next(r.now)
		if r.one(a); r.foul != nil || a.Kind == pool.Wait {
			return started
		}
		if a.Kind == pool.Start {
			started = append(started, a.Ticket)
		}
	}
	r.call("no end of actions")
	return started
}

// one checks and does one action.
func (r *referee) one(a pool.Action) {
	if a.Kind == pool.Wait {
		r.wake = a.At
		r.wait(a.At)
		return
	}
	f := r.frames[a.Ticket]
	switch {
	case f == nil:
		r.call("%v of unknown ticket %d", a.Kind, a.Ticket)
		return
	case f.outcome != pool.Wait:
		r.call("%v of %d, which had outcome %v", a.Kind, a.Ticket, f.outcome)
		return
	}
	never, age := f.started.IsZero(), r.now.Sub(f.captured)
	switch a.Kind {
	case pool.Start:
		switch busy := len(r.running()); {
		case a.Ticket != r.waiting:
			r.call("start of %d, but %d waits", a.Ticket, r.waiting)
		case busy >= r.cfg.Workers:
			r.call("start of %d, with %d of %d workers busy", a.Ticket, busy, r.cfg.Workers)
		case r.cfg.MaxAge > 0 && age >= r.cfg.MaxAge:
			r.call("start of %d, which is %v old", a.Ticket, age)
		}
		f.started, f.running, r.waiting = r.now, true, 0
		return
	case pool.Displace:
		if !never || a.Ticket >= r.waiting && r.waiting != 0 {
			r.call("%d displaced; started: %v, waiting: %d", a.Ticket, !never, r.waiting)
		}
	case pool.Release:
		r.release(a.Ticket, f)
	case pool.Late:
		if never || !f.running && !f.ok {
			r.call("%d late: %+v", a.Ticket, f)
		}
	case pool.Fail:
		if never || f.running || f.ok {
			r.call("%d failed: %+v", a.Ticket, f)
		}
	default:
		r.call("unknown action %v", a.Kind)
	}
	f.outcome = a.Kind
}

func (r *referee) release(t pool.Ticket, f *life) {
	if f.running || !f.ok {
		r.call("%d released without a result: %+v", t, f)
	}
	if t <= r.released {
		r.call("%d released after %d", t, r.released)
	}
	r.released = t
	for earlier, e := range r.frames {
		if earlier < t && !e.started.IsZero() && e.outcome == pool.Wait {
			r.call("%d released before %d had an outcome", t, earlier)
		}
	}
	if !r.punctual || !r.steadyConfig {
		return
	}
	if age := r.now.Sub(f.captured); r.cfg.MaxAge > 0 && age > r.cfg.MaxAge {
		r.call("%d released at an age of %v", t, age)
	}
	if held := r.now.Sub(f.ended); r.cfg.MaxReorderWait > 0 && held > r.cfg.MaxReorderWait {
		r.call("%d released %v after its result came", t, held)
	}
}

// wait checks the state in which the plan wants to wait.
func (r *referee) wait(at time.Time) {
	if !at.IsZero() && !at.After(r.now) {
		r.call("wait until %v ago", r.now.Sub(at))
	}
	for t, f := range r.frames {
		if f.started.IsZero() && f.outcome == pool.Wait && t != r.waiting {
			r.call("%d and %d both wait", t, r.waiting)
		}
	}
	busy := len(r.running())
	if got := r.plan.Busy(); got != busy {
		r.call("the plan says that %d workers are busy, not %d", got, busy)
	}
	// No starvation: a free worker and a frame that can be done in time are kept apart for a
	// twentieth of a service time at most.
	if r.waiting == 0 || busy >= r.cfg.Workers {
		return
	}
	service := r.plan.Service()
	if r.cfg.MaxAge > 0 {
		left := r.cfg.MaxAge - r.now.Sub(r.frames[r.waiting].captured)
		if left <= 0 || busy > 0 && left < service.Mean() {
			return
		}
	}
	if most := r.now.Add(service.Mean() / 20); at.IsZero() || at.After(most) {
		r.call("%d waits beside a free worker until %v, want %v at most", r.waiting, at.Sub(epoch), most.Sub(epoch))
	}
}

// end withdraws what waits and demands that every frame has its outcome.
func (r *referee) end() {
	if r.waiting != 0 {
		r.withdraw()
	}
	r.act()
	for t, f := range r.frames {
		if f.outcome == pool.Wait {
			r.call("%d has no outcome: %+v", t, f)
		}
	}
}

// count is how many frames had the outcome.
func (r *referee) count(k pool.Kind) (n int) {
	for _, f := range r.frames {
		if f.outcome == k {
			n++
		}
	}
	return n
}
