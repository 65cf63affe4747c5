package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// panicked is the error of an analyzer that panicked. Its text is the same each time, which
// a stack is not.
type panicked struct {
	value any
	stack string
}

func (e *panicked) Error() string {
	return fmt.Sprintf("the analyzer panicked: %v", e.value)
}

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

func startWorker(a analyze.Analyzer, log *slog.Logger) *worker {
	w := &worker{in: make(chan call), out: make(chan outcome, 1), end: make(chan struct{})}
	go func() {
		defer close(w.end)
		defer closeAnalyzer(a, log)
		for c := range w.in {
			res, err := analyzeGuarded(c.ctx, a, c.f)
			c.f.Release()
			w.out <- outcome{res, err}
		}
	}()
	return w
}

func analyzeGuarded(ctx context.Context, a analyze.Analyzer, f *frame.Frame) (_ analyze.Result, err error) {
	defer recovered(&err)
	return a.Analyze(ctx, f)
}

// makeAnalyzer is spec.New that survives a panic.
func makeAnalyzer(spec analyze.Spec) (_ analyze.Analyzer, err error) {
	defer recovered(&err)
	return spec.New()
}

func recovered(err *error) {
	if r := recover(); r != nil {
		*err = &panicked{r, string(debug.Stack())}
	}
}

// closeAnalyzer closes an analyzer whatever happens: nobody needs it any more.
func closeAnalyzer(a analyze.Analyzer, log *slog.Logger) {
	guarded(log, "closing an analyzer", func() {
		if err := a.Close(); err != nil {
			log.Warn("an analyzer does not close", "error", err)
		}
	})
}

// guarded keeps a panic in do from ending the program; it returns false then.
func guarded(log *slog.Logger, what string, do func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			log.Error(what+" panicked", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	do()
	return true
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

// stop leaves an idle worker and waits until its analyzer is closed, at most for the grace.
func (w *worker) stop() {
	w.leave()
	select {
	case <-w.end:
	case <-time.After(grace):
	}
}
