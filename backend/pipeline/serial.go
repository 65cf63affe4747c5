package pipeline

import (
	"context"
	"errors"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
)

// analyzed is a frame on its way from analysis to the hub, with the frame's reference.
type analyzed struct {
	f      *frame.Frame
	at     stages
	result analyze.Result
	spec   analyze.Spec
}

// maxHung bounds how many analyzers may hang at once, each holding a frame and a
// goroutine. When all do, frames are displaced until one of them returns.
const maxHung = 4

// serial is the serial pipeline's analysis: one analyzer, one frame at a time, in order.
type serial struct {
	p    *Pipeline
	w    *worker       // nil before the first frame and after one was left behind
	hung chan struct{} // has one entry for each analyzer that hangs
}

// runSerial analyzes the freshest frame, one after another, until ctx ends.
func (p *Pipeline) runSerial(ctx context.Context) {
	s := &serial{p: p, hung: make(chan struct{}, maxHung)}
	defer s.stopWorker()
	for {
		select { // wait until one more may hang, and before a frame is in hand that would grow old
		case s.hung <- struct{}{}:
			<-s.hung
		case <-ctx.Done():
			return
		}
		set, _ := p.Settings()
		f, err := p.slot.Take(ctx, set.Freshness, p.frameInterval())
		if err != nil {
			return
		}
		if err := s.one(ctx, f); err != nil {
			return // ctx ended
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

// one takes a frame through analysis and on to the renderer. Its error is ctx's.
func (s *serial) one(ctx context.Context, f *frame.Frame) error {
	p := s.p
	spec, err := s.worker()
	if err != nil {
		p.noteTrouble(err, spec)
		p.settle(f, frame.Failed)
		return nil
	}
	p.decodeAhead(f)
	job := &analyzed{f: f, spec: spec}
	job.at.captured, job.at.dequeued, job.at.start = f.Captured, f.Dequeued, time.Now()
	bounded, cancel := context.WithTimeout(ctx, p.cfg.AnalysisTimeout)
	job.result, err = s.w.analyze(bounded, f)
	cancel()
	job.at.end = time.Now()
	if err != nil {
		s.afterError(err)
	} else {
		err = job.result.Check()
	}
	switch {
	case ctx.Err() != nil:
		p.settle(f, frame.Shutdown)
		return ctx.Err()
	case errors.Is(err, frame.ErrCorrupt):
		p.settle(f, frame.Corrupt)
		return nil
	case err != nil:
		p.noteTrouble(err, spec)
		p.settle(f, frame.Failed)
		return nil
	}
	p.noteTrouble(nil, spec)
	select {
	case p.results <- job: // waits while the renderer is busy, so that no result piles up
		return nil
	case <-ctx.Done():
		p.settle(f, frame.Shutdown)
		return ctx.Err()
	}
}

// worker makes sure that an analyzer of the present settings is running.
func (s *serial) worker() (analyze.Spec, error) {
	p := s.p
	p.mu.Lock()
	spec, made := p.settings.Spec, p.replacement
	p.replacement = nil
	p.mu.Unlock()
	if made == nil && s.w != nil {
		return spec, nil
	}
	s.stopWorker()
	if made == nil {
		var err error
		if made, err = makeAnalyzer(spec); err != nil {
			return spec, err
		}
	}
	s.w = startWorker(made, p.cfg.Log)
	return spec, nil
}

func (s *serial) stopWorker() {
	if s.w != nil {
		s.w.stop()
		s.w = nil
	}
}

// afterError replaces an analyzer that can no longer be trusted.
func (s *serial) afterError(err error) {
	var crash *panicked
	switch {
	case errors.Is(err, errHung):
		w := s.w
		s.w = nil
		w.leave()
		s.hung <- struct{}{}
		go func() { // ends when the hung call returns
			<-w.end
			<-s.hung
		}()
	case errors.As(err, &crash):
		s.stopWorker()
	}
}

// decodeAhead lets the renderer decode the frame while it is being analyzed, if it is going
// to be drawn.
func (p *Pipeline) decodeAhead(f *frame.Frame) {
	if !p.cfg.Annotated.Watched() {
		return
	}
	f.Retain()
	select {
	case p.ahead <- f:
	default: // the renderer still has one to do; it decodes this one when it draws
		f.Release()
	}
}
