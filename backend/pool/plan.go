// Package pool decides for workers that analyze frames side by side: which frame is started
// when, and which result leaves when. In: frames, ends of analyses, the time. Out: one action
// after another. It must never wait, start a goroutine, read a clock or hold a frame.
package pool

import (
	"slices"
	"time"
)

// Config is what may change at run time. The zero value starts nothing and lets what is in
// flight finish.
type Config struct {
	// Workers is how many analyses may run at once. Fewer than run now: none is stopped, but
	// none starts until so many have ended.
	Workers int
	// MaxAge is the age budget: no frame is started that can hardly be done by then, none is
	// released that was not. 0: none.
	MaxAge time.Duration
	// MaxReorderWait is the longest that a result waits for frames before it; then they are
	// late. 0: as long as all but the slowest tenth of the analyses take.
	MaxReorderWait time.Duration
	// Even is the share of analyses, 0 to 1, whose results are held back until they have taken
	// as long as the fastest of the others, so that results leave at more even intervals. Each
	// costs a little age: collect.go has the price. 0: none are held back.
	Even float64
}

// DefaultEven spends 4 to 5 % of the service time on even output where that varies by 30 %, and
// nothing where it is constant.
const DefaultEven = 0.2

// Ticket names a frame from Plan.Frame to its outcome. Tickets count up in the order in which
// results leave; a frame that goes back to wait gets another one.
type Ticket uint64

// Kind says what is to be done.
type Kind uint8

// The kinds. Displace, Release, Late and Fail are outcomes: every ticket gets exactly one of
// them, unless Withdraw took it out or the plan is given up before.
const (
	Wait     Kind = iota // nothing until Action.At, or until the next event
	Start                // analyze this frame now, on a free worker
	Displace             // it never started: a newer one came
	Release              // its result leaves now, before all results with higher tickets
	Late                 // its result is not waited for any longer; its worker is still busy
	Fail                 // Done said so
)

func (k Kind) String() string {
	names := [...]string{"wait", "start", "displace", "release", "late", "fail"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Action is what is to be done now.
type Action struct {
	Kind   Kind
	Ticket Ticket    // except with Wait
	At     time.Time // with Wait: when to ask again at the latest; zero: not before an event
}

// Plan decides. One goroutine may use it: after every event, and when a Wait is over, it does
// what Next says until Next says Wait.
//
//	Frame ──▶ waiting ──▶ running ──▶ done ──▶ Release
//	            │ at most   │           (or failed: Fail)
//	            │ one       └─▶ Late, and running on: a worker is busy, nobody waits
//	            └─▶ Displace
//
// Times that go backwards are taken for the latest one told so far.
type Plan struct {
	cfg     Config
	now     time.Time
	last    Ticket
	waiting frame    // ticket 0: none waits
	flights []flight // started and not through, in the order of tickets
	settled []Action // outcomes that Next has not told yet
	held    bool     // nothing is to be started

	service Service
	learn   Ticket // tickets up to this one tell nothing about the service time

	drained   time.Time // since when no frame follows; zero: frames do
	lastStart time.Time
	ready     time.Time     // since when a frame and a worker wait for each other; zero: they don't
	lastStay  time.Duration // of the frame released last: from its start to its release
}

type frame struct {
	ticket   Ticket
	captured time.Time
}

// flight is a frame that was started. It is gone when it neither runs nor lacks an outcome.
type flight struct {
	frame
	started time.Time
	done    time.Time // when its result came; zero: not yet
	running bool
	settled bool // has its outcome
}

// New makes a plan.
func New(cfg Config) *Plan {
	p := &Plan{}
	p.Configure(cfg)
	return p
}

// Configure changes the configuration. Values out of range become the nearest in it.
func (p *Plan) Configure(cfg Config) {
	cfg.Workers = max(cfg.Workers, 0)
	cfg.MaxAge = max(cfg.MaxAge, 0)
	cfg.MaxReorderWait = max(cfg.MaxReorderWait, 0)
	cfg.Even = min(max(cfg.Even, 0), 1)
	p.cfg = cfg
}

// Relearn forgets the service time: the frames from here on get another analyzer. Those in
// flight keep their places in the order.
func (p *Plan) Relearn() {
	p.service = Service{}
	p.learn = p.last
	p.lastStay = 0
}

// Assume takes over what is known about the service time of the present analyzer.
func (p *Plan) Assume(s Service) { p.service = s }

// Hold keeps frames from being started while on, because results that were released cannot get
// away: what was started then would only grow old. The newest frame goes on waiting.
func (p *Plan) Hold(on bool) { p.held = on }

// Drain is told that no frame follows: what is in flight may take as long as analyses take, and
// is late then, though no result waits for it.
func (p *Plan) Drain(now time.Time) {
	p.advance(now)
	p.drained = p.now
}

// Service is what is known about the service time.
func (p *Plan) Service() Service { return p.service }

// Busy is how many workers run, those on late frames included.
func (p *Plan) Busy() int {
	n := 0
	for i := range p.flights {
		if p.flights[i].running {
			n++
		}
	}
	return n
}

// Frame is told of the newest frame and gives it a ticket. One that still waited is displaced.
func (p *Plan) Frame(now, captured time.Time) Ticket {
	p.advance(now)
	if p.waiting.ticket != 0 {
		p.settled = append(p.settled, Action{Kind: Displace, Ticket: p.waiting.ticket})
	}
	p.last++
	p.waiting = frame{p.last, captured}
	return p.last
}

// Withdraw takes out the frame that waits, if one does: its outcome is the caller's.
func (p *Plan) Withdraw() (Ticket, bool) {
	t := p.waiting.ticket
	p.waiting = frame{}
	return t, t != 0
}

// Done is told that a worker is free again: it has a result (ok), or it failed, or it was given
// up and replaced. What a worker that was given up says later is ignored, as is any ticket that
// is not running.
func (p *Plan) Done(now time.Time, t Ticket, ok bool) {
	p.advance(now)
	i := slices.IndexFunc(p.flights, func(f flight) bool { return f.ticket == t && f.running })
	if i < 0 {
		return
	}
	f := &p.flights[i]
	f.running = false
	if ok && t > p.learn {
		p.service.Add(p.now.Sub(f.started))
	}
	switch {
	case f.settled: // late, and nobody waits for it
	case !ok:
		p.settle(f, Fail)
	case p.cfg.MaxAge > 0 && p.now.After(f.captured.Add(p.cfg.MaxAge)):
		p.settle(f, Late)
	default:
		f.done = p.now
	}
	p.sweep()
}

// settle gives the flight an outcome that Next has yet to tell.
func (p *Plan) settle(f *flight, outcome Kind) {
	f.settled = true
	p.settled = append(p.settled, Action{Kind: outcome, Ticket: f.ticket})
}

// sweep drops flights that are through.
func (p *Plan) sweep() {
	p.flights = slices.DeleteFunc(p.flights, func(f flight) bool { return f.settled && !f.running })
}

// Next is what to do now. It is to be called until it says Wait.
func (p *Plan) Next(now time.Time) Action {
	p.advance(now)
	wake := p.collect()
	if len(p.settled) > 0 {
		a := p.settled[0]
		p.settled = slices.Delete(p.settled, 0, 1)
		return a
	}
	a := p.dispatch()
	if a.Kind == Wait {
		a.At = Earliest(a.At, wake)
	}
	return a
}

func (p *Plan) advance(now time.Time) {
	if now.After(p.now) {
		p.now = now
	}
}

// Earliest is the earlier of two times, zero meaning never.
func Earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
