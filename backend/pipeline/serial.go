package pipeline

import (
	"context"
	"errors"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/overlay"
	"freshframe/backend/pool"
	"freshframe/backend/zone"
)

// analyzed is a frame on its way from the slot to the hub, with the frame's reference.
type analyzed struct {
	f      *frame.Frame
	mode   Mode // that runs it
	at     stages
	ed     *edition // of its analyzer
	result analyze.Result
	err    error // why there is no result

	happened []zone.Event // in the areas, in this frame
	zones    []zone.Tally // after it
	areas    []overlay.Area

	// in the pool
	plan     *pool.Plan
	ticket   pool.Ticket
	released time.Time
}

func newJob(f *frame.Frame, mode Mode) *analyzed {
	job := &analyzed{f: f, mode: mode}
	job.at.captured, job.at.dequeued = f.Captured, f.Dequeued
	return job
}

// fate is that of a job that has an error.
func (job *analyzed) fate() frame.Fate {
	if errors.Is(job.err, frame.ErrCorrupt) {
		return frame.Corrupt
	}
	return frame.Failed
}

// runSerial analyzes the freshest frame, one after another, until the turn ends or ctx does.
func (p *Pipeline) runSerial(ctx, turn context.Context, c *crew) {
	for turn.Err() == nil {
		// Wait until there is a worker before a frame is in hand that would grow old.
		if c.room(turn) != nil {
			return
		}
		set, _ := p.Settings()
		f, err := p.slot.Take(turn, set.Freshness, p.frameInterval())
		if err != nil {
			return
		}
		if p.one(ctx, turn, c, f) != nil {
			return
		}
	}
}

// frameInterval is the camera's, as measured; 0 while unknown.
func (p *Pipeline) frameInterval() time.Duration {
	if fps := p.captured.PerSecond(time.Now()); fps > 0 {
		return time.Duration(float64(time.Second) / fps)
	}
	return 0
}

// room waits until there is a worker, or one more analyzer may hang. Its error is ctx's.
func (c *crew) room(ctx context.Context) error {
	for {
		c.giveUpExpired(time.Now(), nil)
		if len(c.hung) < maxHung || c.free() != nil {
			return nil
		}
		c.alarm(c.patience())
		select {
		case o := <-c.out:
			c.heard(o)
		case <-c.freed:
		case <-c.timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// alarm sets the timer to a moment; zero: to never.
func (c *crew) alarm(at time.Time) {
	if at.IsZero() {
		c.timer.Stop()
		return
	}
	c.timer.Reset(time.Until(at))
}

// one takes a frame through analysis and on to the renderer. Its error is ctx's, or the turn's
// if that ends before there is a worker.
func (p *Pipeline) one(ctx, turn context.Context, c *crew, f *frame.Frame) error {
	w, err := c.ready(turn)
	switch {
	case ctx.Err() != nil:
		p.settle(f, frame.Shutdown)
		return ctx.Err()
	case w == nil && turn.Err() != nil:
		p.putBack(f)
		return turn.Err()
	case err != nil:
		p.noteTrouble(err, c.ed.spec)
		p.settle(f, frame.Failed)
		return nil
	}
	if c.ed.wants != nil && !c.ed.wants(f.Captured) {
		p.settle(f, frame.Idle)
		return nil
	}
	p.decodeAhead(f)
	job := newJob(f, Serial)
	c.start(ctx, w, job)
	c.tell()
	c.await(ctx, job)
	c.tell()
	if job.err == nil {
		job.err = c.follow.follow(job)
	}
	switch {
	case ctx.Err() != nil:
		p.settle(f, frame.Shutdown)
		return ctx.Err()
	case job.err != nil:
		p.lose(job)
		return nil
	}
	p.noteTrouble(job.result.Trouble(), job.ed.spec)
	select {
	case p.results <- job: // waits while the renderer is busy, so that no result piles up
		return nil
	case <-ctx.Done():
		p.settle(f, frame.Shutdown)
		return ctx.Err()
	}
}

// lose ends the frame of a job that has an error.
func (p *Pipeline) lose(job *analyzed) {
	fate := job.fate()
	if fate == frame.Failed {
		p.noteTrouble(job.err, job.ed.spec)
	}
	p.settle(job.f, fate)
}

// ready is a worker of the present settings, made if there is none. An error may be ctx's.
func (c *crew) ready(ctx context.Context) (*worker, error) {
	c.takeUp()
	c.broken = false
	for {
		c.giveUpExpired(time.Now(), nil)
		// Those of a pool that was may still be on late frames, or hang.
		c.reconcile(1 + c.count(busy) + c.count(stuck))
		if w := c.free(); w != nil {
			return w, nil
		}
		c.alarm(c.patience())
		select {
		case <-c.freed:
		case <-c.timer.C:
		case o := <-c.out:
			if _, err := c.heard(o); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// await waits until the job is done, given up, or ctx has ended.
func (c *crew) await(ctx context.Context, job *analyzed) {
	for {
		c.alarm(c.patience())
		select {
		case o := <-c.out:
			if done, _ := c.heard(o); done == job {
				return
			}
		case <-c.timer.C:
			c.giveUpExpired(time.Now(), nil)
			if job.err != nil {
				return
			}
		case <-ctx.Done():
			job.err = ctx.Err()
			return
		}
	}
}

// decodeAhead lets the renderer decode the frame while it is being analyzed, if it is going
// to be drawn.
func (p *Pipeline) decodeAhead(f *frame.Frame) {
	if !p.cfg.Annotated.Watched() || f.Format == frame.JPEG && !p.cfg.Standard { // that is drawn on as it is
		return
	}
	f.Retain()
	select {
	case p.ahead <- f:
	default: // the renderer has enough to do; it decodes this one when it draws
		f.Release()
	}
}
