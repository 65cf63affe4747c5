package pipeline

import (
	"context"
	"slices"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/pool"
)

// pooled drives the plan of the pool: it tells it what happens and does what it says.
//
//	slot ─▶ plan ─▶ crew, side by side ─▶ plan ─▶ follower ─▶ renderer, in order
type pooled struct {
	p    *Pipeline
	c    *crew
	plan *pool.Plan

	jobs     map[pool.Ticket]*analyzed // that have a ticket and no outcome
	released []*analyzed               // in order, until the renderer takes them
	maxAge   time.Duration             // age budget
	draining bool                      // the turn has ended: no frame is taken any more
	wake     time.Time                 // when the plan wants to be asked; zero: after an event
}

// runPool analyzes the freshest frames side by side, until the turn ends or ctx does.
func (p *Pipeline) runPool(ctx, turn context.Context, c *crew) {
	d := &pooled{p: p, c: c, plan: pool.New(pool.Config{}), jobs: map[pool.Ticket]*analyzed{}}
	d.plan.Assume(p.knownService())
	over := turn.Done()
	p.nudge() // there may be a frame in the slot already
	for {
		if ctx.Err() != nil { // before an analysis that was cut off counts as failed
			d.shutDown()
			return
		}
		now := time.Now()
		c.giveUpExpired(now, d.gaveUp)
		d.letGo(now)
		d.configure()
		d.act(ctx, now)
		if d.draining && len(d.jobs) == 0 && len(d.released) == 0 {
			return
		}
		c.alarm(pool.Earliest(d.stale(), pool.Earliest(d.wake, c.patience())))
		var next *analyzed
		var results chan<- *analyzed
		if len(d.released) > 0 {
			next, results = d.released[0], p.results
		}
		select {
		case results <- next:
			d.released = slices.Delete(d.released, 0, 1)
		case <-p.news:
			d.look()
		case o := <-c.out:
			d.heard(o)
		case <-c.freed:
		case <-c.timer.C:
		case <-over:
			over = nil
			d.drain()
		case <-ctx.Done():
		}
	}
}

// configure tells the plan how many workers there are for it, and what people want.
func (d *pooled) configure() {
	set, _ := d.p.Settings()
	want := d.p.course().workers
	if !d.draining && d.c.takeUp() {
		d.plan.Relearn()
	}
	if d.c.ed.spec.Kind.Stateful { // the turn is over, though nobody has said so yet
		d.drain()
	}
	if d.draining {
		want = 1
	}
	d.c.reconcile(want)
	d.maxAge = set.MaxAge
	d.plan.Configure(pool.Config{
		Workers:        min(want, d.plan.Busy()+d.c.count(idle)),
		MaxAge:         set.MaxAge,
		MaxReorderWait: set.MaxReorderWait,
		Even:           pool.DefaultEven,
	})
	d.plan.Hold(len(d.released) > 0)
}

// look takes the frame out of the slot, or the one that waits if nobody wants it any more.
func (d *pooled) look() {
	if d.draining {
		return
	}
	if d.p.unwanted.Load() {
		if t, ok := d.plan.Withdraw(); ok {
			d.end(t, frame.Idle)
		}
	}
	f := d.p.slot.Clear()
	if f == nil {
		return
	}
	d.c.broken = false
	job := newJob(f, Pool)
	job.plan, job.ticket = d.plan, d.plan.Frame(time.Now(), f.Captured)
	d.jobs[job.ticket] = job
}

// heard tells the plan what a worker said.
func (d *pooled) heard(o outcome) {
	job, err := d.c.heard(o)
	if err != nil && d.c.count(idle)+d.c.count(busy) == 0 { // else frames are analyzed all the same
		d.p.noteTrouble(err, o.w.ed.spec)
	}
	if job != nil && job.plan == d.plan { // else it is a late one from before
		d.plan.Done(time.Now(), job.ticket, job.err == nil)
	}
}

// gaveUp tells the plan that a worker hangs.
func (d *pooled) gaveUp(job *analyzed) {
	if job.plan == d.plan {
		d.plan.Done(time.Now(), job.ticket, false)
	}
}

// act does what the plan says.
func (d *pooled) act(ctx context.Context, now time.Time) {
	for {
		a := d.plan.Next(now)
		switch a.Kind {
		case pool.Wait:
			d.wake = a.At
			return
		case pool.Start:
			job := d.jobs[a.Ticket]
			d.p.observed.start(now)
			d.p.decodeAhead(job.f)
			d.c.start(ctx, d.c.free(), job)
			d.c.tell()
		case pool.Displace:
			d.end(a.Ticket, frame.Displaced)
		case pool.Late:
			d.p.observed.late(now)
			d.end(a.Ticket, frame.Late)
		case pool.Fail:
			d.p.lose(d.take(a.Ticket))
		case pool.Release:
			d.release(d.take(a.Ticket))
		}
	}
}

// impatience is how long a result waits for the renderer while there is a newer one. A few that
// leave together, behind a slow frame, do not take so long; a renderer that is slower than the
// pool does, and would show one old frame after the other.
const impatience = 40 * time.Millisecond

// stale is when the oldest result that waits for the renderer is too old; zero: never.
func (d *pooled) stale() (at time.Time) {
	if len(d.released) == 0 {
		return at
	}
	job := d.released[0]
	if d.maxAge > 0 {
		at = job.at.captured.Add(d.maxAge)
	}
	if len(d.released) > 1 {
		at = pool.Earliest(at, job.released.Add(impatience))
	}
	return at
}

// letGo ends results that got too old while the renderer was busy.
func (d *pooled) letGo(now time.Time) {
	for at := d.stale(); !at.IsZero() && !now.Before(at); at = d.stale() {
		d.p.observed.late(now)
		d.p.settle(d.released[0].f, frame.Late)
		d.released = slices.Delete(d.released, 0, 1)
	}
}

func (d *pooled) take(t pool.Ticket) *analyzed {
	job := d.jobs[t]
	delete(d.jobs, t)
	return job
}

func (d *pooled) end(t pool.Ticket, fate frame.Fate) { d.p.settle(d.take(t).f, fate) }

// release sends a result on its way. While one cannot get away, because the renderer is busy,
// nothing is started.
func (d *pooled) release(job *analyzed) {
	job.released = time.Now()
	if job.err = d.c.follow.follow(job); job.err != nil {
		d.p.lose(job)
		return
	}
	d.p.noteTrouble(job.result.Trouble(), job.ed.spec)
	if len(d.released) == 0 {
		select {
		case d.p.results <- job:
			return
		default:
		}
	}
	d.released = append(d.released, job)
	d.plan.Hold(true)
}

// drain lets what is in flight finish; the frame that waits is left to who comes after.
func (d *pooled) drain() {
	if d.draining {
		return
	}
	d.draining = true
	d.plan.Drain(time.Now())
	if t, ok := d.plan.Withdraw(); ok {
		d.p.putBack(d.take(t).f)
	}
}

// shutDown gives everything in flight its fate.
func (d *pooled) shutDown() {
	for _, job := range d.released {
		d.p.settle(job.f, frame.Shutdown)
	}
	for _, job := range d.jobs {
		d.p.settle(job.f, frame.Shutdown)
	}
}
