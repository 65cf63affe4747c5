package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"
)

// maxHung bounds how many analyzers may hang at once and be replaced, each holding a frame and
// a goroutine. One more is not replaced until one of them returns; when none is left, frames
// are displaced.
const maxHung = 4

// crew are the workers of both modes. The analysis goroutine owns it.
type crew struct {
	p       *Pipeline
	ed      *edition // that new workers get
	workers []*worker
	leaving []*worker // that have not ended yet, as far as known
	broken  bool      // an analyzer could not be made: not again before the next frame
	follow  following

	out   chan outcome
	hung  chan struct{} // has one entry for each analyzer left behind
	freed chan struct{} // one of them has returned
	timer *time.Timer
}

func newCrew(p *Pipeline) *crew {
	c := &crew{
		p: p, follow: following{p: p},
		out: make(chan outcome), hung: make(chan struct{}, maxHung), freed: make(chan struct{}, 1),
		timer: time.NewTimer(time.Hour),
	}
	c.takeUp()
	return c
}

// takeUp takes up the present edition, and says whether it is a new one. In the pool's turn one
// of a stateful analyzer is left for the next turn.
func (c *crew) takeUp() bool {
	p := c.p
	p.mu.Lock()
	ed := p.edition
	if ed == c.ed || c.ed != nil && p.running == Pool && ed.spec.Kind.Stateful {
		p.mu.Unlock()
		return false
	}
	ed.taken = true
	p.mu.Unlock()
	if c.ed != nil && c.ed.analyzer != nil { // it came and went between two frames
		c.leave(c.hire())
	}
	c.ed, c.broken = ed, false
	c.follow.enter(ed)
	return true
}

// hire adds a worker of the present edition.
func (c *crew) hire() *worker {
	w := &worker{ed: c.ed, in: make(chan call), quit: make(chan struct{}), end: make(chan struct{})}
	first := c.ed.analyzer
	if first != nil {
		c.ed.analyzer, w.state = nil, idle
	}
	c.workers = append(c.workers, w)
	go w.run(first, c.out, c.p.cfg.Log)
	return w
}

// reconcile brings the crew to so many workers of the present edition, as far as that goes at
// once: busy ones go when they are done, new ones make their analyzers first.
func (c *crew) reconcile(target int) {
	for i := len(c.workers) - 1; i >= 0; i-- {
		switch w := c.workers[i]; {
		case w.state == stuck:
			c.leaveBehind(w)
		case w.state != busy && (w.ed != c.ed || len(c.workers)-c.count(stuck) > target):
			c.leave(w)
		}
	}
	for len(c.workers) < target && !c.broken {
		c.hire()
	}
	c.tell()
}

// tell lets the state show who works.
func (c *crew) tell() {
	working, busy := c.count(idle)+c.count(busy), c.count(busy)
	c.p.noteCrew(working, busy)
}

func (c *crew) count(s workerState) (n int) {
	for _, w := range c.workers {
		if w.state == s {
			n++
		}
	}
	return n
}

// free is an idle worker, nil if there is none.
func (c *crew) free() *worker {
	if i := slices.IndexFunc(c.workers, func(w *worker) bool { return w.state == idle }); i >= 0 {
		return c.workers[i]
	}
	return nil
}

// start gives a job to an idle worker.
func (c *crew) start(ctx context.Context, w *worker, job *analyzed) {
	limit := c.p.cfg.AnalysisTimeout
	job.at.start = time.Now()
	bounded, cancel := context.WithTimeout(ctx, limit)
	w.state, w.job, w.cancel, w.giveUp = busy, job, cancel, job.at.start.Add(limit+grace)
	job.ed = w.ed
	job.f.Retain()
	w.in <- call{bounded, job.f}
}

// heard takes note of what a worker said. It returns the job that is done, with its result or
// its error; nil if there is none, or if it was given up before. The error is that of an
// analyzer that could not be made.
func (c *crew) heard(o outcome) (done *analyzed, err error) {
	w := o.w
	switch w.state {
	case left:
		return nil, nil
	case starting:
		if w.state = idle; o.err != nil {
			c.leave(w)
			c.broken = true
		}
		return nil, o.err
	case busy:
		done = w.job
		done.at.end, done.result, done.err = o.end, o.res, o.err
		if done.err == nil {
			c.p.noteService(done.ed, o.end.Sub(done.at.start), o.cpu)
			done.err = o.res.Check()
		}
	}
	w.cancel()
	w.state, w.job = idle, nil
	if _, crashed := errors.AsType[*panicked](o.err); crashed { // it can no longer be trusted
		c.leave(w)
	}
	return done, nil
}

// patience is when the next worker counts as hung; zero: none is busy.
func (c *crew) patience() (at time.Time) {
	for _, w := range c.workers {
		if w.state == busy && (at.IsZero() || w.giveUp.Before(at)) {
			at = w.giveUp
		}
	}
	return at
}

// giveUpExpired gives up the workers that hang. Their jobs are done, with an error; the caller
// is told of each, unless told is nil.
func (c *crew) giveUpExpired(now time.Time, told func(*analyzed)) {
	for _, w := range slices.Clone(c.workers) {
		if w.state != busy || now.Before(w.giveUp) {
			continue
		}
		job := w.job
		w.state, w.job = stuck, nil
		job.at.end, job.err = now, errHung
		c.leaveBehind(w)
		if told != nil {
			told(job)
		}
	}
}

// dismiss lets a worker end when it has nothing more to do; its analyzer is closed then.
func (c *crew) dismiss(w *worker) {
	w.state = left
	close(w.quit)
	c.workers = slices.DeleteFunc(c.workers, func(x *worker) bool { return x == w })
}

// leave dismisses a worker that is soon to end.
func (c *crew) leave(w *worker) {
	c.dismiss(w)
	c.leaving = slices.DeleteFunc(c.leaving, func(x *worker) bool {
		select {
		case <-x.end:
			return true
		default:
			return false
		}
	})
	c.leaving = append(c.leaving, w)
}

// leaveBehind leaves a stuck worker, if one more may hang.
func (c *crew) leaveBehind(w *worker) {
	select {
	case c.hung <- struct{}{}:
	default:
		return
	}
	c.dismiss(w)
	go func() { // ends when the hung call returns
		<-w.end
		<-c.hung
		select {
		case c.freed <- struct{}{}:
		default:
		}
	}()
}

// stop leaves all workers and waits until their analyzers are closed, at most for the grace.
func (c *crew) stop() {
	if c.ed.analyzer != nil {
		c.hire()
	}
	for len(c.workers) > 0 {
		w := c.workers[0]
		if w.cancel != nil {
			w.cancel()
		}
		c.leave(w)
	}
	c.follow.stop()
	c.timer.Reset(grace)
	for _, w := range c.leaving {
		select {
		case <-w.end:
		case <-c.timer.C:
			return
		}
	}
}
