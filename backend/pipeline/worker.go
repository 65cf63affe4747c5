package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
)

// grace is how long an analyzer may go on after its context has ended before it is given
// up and replaced.
const grace = 500 * time.Millisecond

// errHung is the error of a frame whose analyzer did not even heed its context.
var errHung = errors.New("the analyzer hangs; it was replaced")

// errPanicked wraps the error of a frame whose analyzer panicked.
var errPanicked = errors.New("the analyzer panicked; it was replaced")

// worker runs one analyzer on a goroutine of its own, so that an analyzer that hangs can
// be left behind. It holds a reference to the frame it works on.
type worker struct {
	in  chan call
	out chan outcome // one place, so that a worker left behind can still finish
	end chan struct{}
}

type call struct {
	ctx context.Context
	f   *frame.Frame
}

type outcome struct {
	res analyze.Result
	err error
}

func startWorker(a analyze.Analyzer) *worker {
	w := &worker{in: make(chan call), out: make(chan outcome, 1), end: make(chan struct{})}
	go func() {
		defer close(w.end)
		defer a.Close()
		for c := range w.in {
			res, err := guarded(c.ctx, a, c.f)
			c.f.Release()
			w.out <- outcome{res, err}
		}
	}()
	return w
}

func guarded(ctx context.Context, a analyze.Analyzer, f *frame.Frame) (res analyze.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanicked, r, debug.Stack())
		}
	}()
	return a.Analyze(ctx, f)
}

// analyze gives f to the analyzer and waits for the result, at most until ctx has ended
// and the grace has passed: then the error is errHung and the worker must be left behind.
func (w *worker) analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	f.Retain()
	w.in <- call{ctx, f}
	select {
	case o := <-w.out:
		return o.res, o.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case o := <-w.out:
		return o.res, o.err
	case <-timer.C:
		return analyze.Result{}, errHung
	}
}

// leave lets the goroutine end when its present call returns; the analyzer is closed then.
func (w *worker) leave() { close(w.in) }

// stop leaves an idle worker and waits until its analyzer is closed.
func (w *worker) stop() {
	w.leave()
	<-w.end
}
