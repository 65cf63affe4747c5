package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
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
	ed   *edition
	in   chan call
	quit chan struct{} // closed when nobody listens to it any more
	end  chan struct{} // closed when its analyzer is closed

	// the crew's
	state  workerState
	job    *analyzed          // while busy
	cancel context.CancelFunc // of the job's context
	giveUp time.Time          // when the job counts as hung
}

// workerState is what the crew knows of a worker.
type workerState uint8

const (
	starting workerState = iota // makes its analyzer
	idle
	busy
	stuck // given up, and to be left behind as soon as one more may hang
	left
)

type call struct {
	ctx context.Context
	f   *frame.Frame
}

// outcome is what a worker has to say: after its analyzer was made, and after each frame.
type outcome struct {
	w   *worker
	res analyze.Result
	err error
	end time.Time
	cpu time.Duration // that the analysis took on the worker's thread; 0: unknown
}

// run analyzes until the worker is left. A nil analyzer is made first.
func (w *worker) run(a analyze.Analyzer, out chan<- outcome, log *slog.Logger) {
	defer close(w.end)
	if a == nil {
		var err error
		if a, err = makeAnalyzer(w.ed.spec); err != nil {
			w.tell(out, outcome{w: w, err: err})
			return
		}
		defer closeAnalyzer(a, log)
		if !w.tell(out, outcome{w: w}) {
			return
		}
	} else {
		defer closeAnalyzer(a, log)
	}
	for {
		select {
		case c := <-w.in:
			o := w.analyze(c, a)
			c.f.Release()
			if !w.tell(out, o) {
				return
			}
		case <-w.quit:
			return
		}
	}
}

func (w *worker) analyze(c call, a analyze.Analyzer) outcome {
	runtime.LockOSThread() // CPU time is the thread's
	defer runtime.UnlockOSThread()
	begin := threadTime()
	res, err := analyzeGuarded(c.ctx, a, c.f)
	return outcome{w: w, res: res, err: err, end: time.Now(), cpu: threadTime() - begin}
}

// tell says it to the crew; false: nobody listens any more.
func (w *worker) tell(out chan<- outcome, o outcome) bool {
	select {
	case out <- o:
		return true
	case <-w.quit:
		return false
	}
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
