package capture_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

// script is a source whose frames and failures a test writes: each opening takes the next
// act.
type script struct {
	mu    sync.Mutex
	acts  []act
	opens int
	open  int // at the moment
}

type act struct {
	fail   error                                                  // of opening
	read   func(ctx context.Context, n int, f *frame.Frame) error // n counts from 0 in each opening
	framed float64
	// controls, where the camera has some.
	controls *panel
	opening  func(context.Context) // how long opening takes
}

func (s *script) tries() int { s.mu.Lock(); defer s.mu.Unlock(); return s.opens }
func (s *script) held() int  { s.mu.Lock(); defer s.mu.Unlock(); return s.open }

func (s *script) scheme(patient bool) capture.Scheme {
	return capture.Scheme{
		Name: "script", Retry: time.Second, Patient: patient,
		Remember: func(capture.Address) (capture.Opener, error) {
			return func(ctx context.Context, first uint64) (capture.Source, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				a := s.acts[min(s.opens, len(s.acts)-1)]
				s.opens++
				if a.opening != nil {
					a.opening(ctx)
				}
				if a.fail != nil {
					return nil, a.fail
				}
				s.open++
				src := &scripted{s: s, a: a, first: first}
				if a.controls != nil {
					return controlled{src}, nil
				}
				return src, nil
			}, nil
		},
	}
}

type scripted struct {
	s     *script
	a     act
	first uint64
	n     int
}

func (s *scripted) Read(ctx context.Context, f *frame.Frame) error {
	err := s.a.read(ctx, s.n, f)
	f.Seq, f.Dequeued, f.Captured = s.first+uint64(s.n), time.Now(), time.Now()
	s.n++
	return err
}

func (s *scripted) Info() capture.Info {
	return capture.Info{Device: "script", Framerate: s.a.framed}
}

func (s *scripted) Close() error {
	s.s.mu.Lock()
	s.s.open--
	s.s.mu.Unlock()
	return nil
}

// every gives a frame each 100 ms and then, after n frames, what after does.
func every(n int, after func(ctx context.Context) error) func(context.Context, int, *frame.Frame) error {
	return func(ctx context.Context, i int, _ *frame.Frame) error {
		if i >= n {
			return after(ctx)
		}
		select {
		case <-time.After(100 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func silence(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func unplugged(context.Context) error   { return errors.New("no such device") }
func ended(context.Context) error       { return io.EOF }

const forever = 1 << 30

// rig is a running camera and everything it did.
type rig struct {
	t      *testing.T
	c      *capture.Camera
	pool   frame.Pool
	seqs   []uint64
	states []capture.State
	cancel context.CancelFunc
	done   chan struct{}
	wg     sync.WaitGroup
}

func film(t *testing.T, s *script, patient bool, controls ...capture.Setting) *rig {
	t.Helper()
	r := &rig{t: t, done: make(chan struct{})}
	var err error
	r.c, err = capture.NewCamera(s.scheme(patient), capture.Address{Text: "script:", Redacted: "script:"}, controls, &r.pool, func(f *frame.Frame) {
		r.seqs = append(r.seqs, f.Seq)
		f.Release()
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { defer close(r.done); r.c.Run(ctx) }()
	r.wg.Go(func() { // notes every state
		for {
			st, changed := r.c.Status()
			if n := len(r.states); n == 0 || r.states[n-1] != st.State {
				r.states = append(r.states, st.State)
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	})
	synctest.Wait()
	return r
}

func (r *rig) state() capture.Status { st, _ := r.c.Status(); return st }

// end stops everything and checks that the source is closed and the frames are back.
func (r *rig) end(s *script) {
	r.t.Helper()
	r.cancel()
	<-r.done
	r.wg.Wait()
	if s.held() != 0 {
		r.t.Errorf("%d sources left open", s.held())
	}
	if n := r.pool.Live(); n != 0 {
		r.t.Errorf("%d frames not given back", n)
	}
	if st := r.state(); st.State != capture.Off {
		r.t.Errorf("%s at the end", st.State)
	}
	for i, seq := range r.seqs {
		if i > 0 && seq <= r.seqs[i-1] {
			r.t.Fatalf("seq %d after %d", seq, r.seqs[i-1])
		}
	}
}

func (r *rig) wantStates(want ...capture.State) {
	r.t.Helper()
	synctest.Wait()
	if !slices.Equal(r.states, want) {
		r.t.Errorf("states %v, want %v", r.states, want)
	}
}

func TestStartAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: every(forever, nil)}}}
		r := film(t, s, false)
		if s.tries() != 0 {
			t.Error("opened before Start")
		}
		for range 3 {
			if err := r.c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if st := r.state(); st.State != capture.Live {
				t.Fatalf("after Start: %+v", st)
			}
			time.Sleep(time.Second)
			if err := r.c.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s.held() != 0 {
				t.Error("the device is held after Stop")
			}
			synctest.Wait()
		}
		r.wantStates(capture.Off, capture.Opening, capture.Live, capture.Off, capture.Opening, capture.Live, capture.Off, capture.Opening, capture.Live, capture.Off)
		r.end(s)
	})
}

// The first opening fails: a device is given up with the reason, a network camera is
// waited for.
func TestFirstOpeningFails(t *testing.T) {
	reason := &capture.Error{Code: capture.DeviceBusy, Device: "script:", Err: errors.New("busy")}
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{fail: reason}, {read: every(forever, nil)}}}
		r := film(t, s, false)
		if err := r.c.Start(t.Context()); !errors.Is(err, reason) {
			t.Errorf("Start: %v, want the reason", err)
		}
		if st := r.state(); st.State != capture.Off || st.Err != reason {
			t.Errorf("%+v", st)
		}
		if err := r.c.Start(t.Context()); err != nil {
			t.Errorf("a second Start: %v", err)
		}
		r.end(s)
	})
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{fail: reason}, {fail: reason}, {read: every(forever, nil)}}}
		r := film(t, s, true)
		if err := r.c.Start(t.Context()); err != nil {
			t.Errorf("Start of a patient source: %v", err)
		}
		if st := r.state(); st.State != capture.Lost || st.Err != reason {
			t.Errorf("%+v", st)
		}
		time.Sleep(2 * time.Second)
		if st := r.state(); st.State != capture.Live || st.Err != nil {
			t.Errorf("%+v", st)
		}
		r.end(s)
	})
	synctest.Test(t, func(t *testing.T) { // not even patience helps against a wrong value
		s := &script{acts: []act{{fail: &capture.Error{Code: capture.BadSource, Err: errors.New("odd")}}}}
		r := film(t, s, true)
		if err := r.c.Start(t.Context()); err == nil {
			t.Error("Start succeeded")
		}
		r.end(s)
	})
}

// Unplugged: lost at once, reopened with back-off, live again without anybody's help, and
// seq goes on.
func TestLostAndReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := &capture.Error{Code: capture.NoSuchDevice, Device: "script:", Err: errors.New("gone")}
		s := &script{acts: []act{{read: every(5, unplugged)}, {fail: gone}, {fail: gone}, {fail: gone}, {read: every(forever, nil)}}}
		r := film(t, s, false)
		if err := r.c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if st := r.state(); st.State != capture.Lost || st.Err.Code != capture.CameraLost {
			t.Errorf("unplugged: %+v", st)
		}
		since := r.state().Since
		time.Sleep(1600 * time.Millisecond)
		if st := r.state(); st.State != capture.Lost || !st.Since.Equal(since) {
			t.Errorf("while gone: %+v, want lost since %v", st, since)
		}
		if n := s.tries(); n < 3 || n > 5 {
			t.Errorf("%d tries in 1.6 s, want back-off", n-1)
		}
		time.Sleep(2 * time.Second)
		if st := r.state(); st.State != capture.Live || st.Err != nil || st.Reopens != 4 {
			t.Errorf("returned: %+v", st)
		}
		r.wantStates(capture.Off, capture.Opening, capture.Live, capture.Lost, capture.Live)
		r.end(s)
	})
}

// Silent without an error: stalled after a second, reopened after three more, live again
// with the first frame.
func TestStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: every(5, silence)}, {read: every(forever, nil)}}}
		r := film(t, s, false)
		r.c.Start(t.Context())
		time.Sleep(500*time.Millisecond - 100*time.Millisecond)
		time.Sleep(990 * time.Millisecond)
		if st := r.state(); st.State != capture.Live {
			t.Errorf("after 0.99 s of silence: %s", st.State)
		}
		time.Sleep(20 * time.Millisecond)
		if st := r.state(); st.State != capture.Stalled || st.Err.Code != capture.CameraFrozen {
			t.Errorf("after 1.01 s of silence: %+v", st)
		}
		time.Sleep(4 * time.Second)
		if st := r.state(); st.State != capture.Live || st.Reopens != 1 {
			t.Errorf("after the reopening: %+v", st)
		}
		r.wantStates(capture.Off, capture.Opening, capture.Live, capture.Stalled, capture.Live)
		r.end(s)
	})
}

// A camera of half a frame a second is slow, not stalled.
func TestSlowCameraIsNotStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{framed: 0.5, read: func(ctx context.Context, _ int, _ *frame.Frame) error {
			select {
			case <-time.After(2 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}}}
		r := film(t, s, false)
		r.c.Start(t.Context())
		time.Sleep(20 * time.Second)
		r.wantStates(capture.Off, capture.Opening, capture.Live)
		r.end(s)
	})
}

// One that does not say how slow it is, as network cameras do not, is measured.
func TestSlowCameraIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: func(ctx context.Context, _ int, _ *frame.Frame) error {
			select {
			case <-time.After(2 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}}}
		r := film(t, s, false)
		r.c.Start(t.Context())
		time.Sleep(60 * time.Second)
		// It is known from the second frame on; until then it may seem stalled.
		r.wantStates(capture.Off, capture.Opening, capture.Live, capture.Stalled, capture.Live)
		r.end(s)
	})
}

func TestClipEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: every(3, ended)}}}
		r := film(t, s, false)
		r.c.Start(t.Context())
		time.Sleep(time.Second)
		if st := r.state(); st.State != capture.Off || st.Err != nil {
			t.Errorf("after the end: %+v", st)
		}
		if len(r.seqs) != 3 {
			t.Errorf("%d frames, want 3", len(r.seqs))
		}
		r.end(s)
	})
}

func TestSourcePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: every(2, func(context.Context) error { panic("driver") })}, {read: every(forever, nil)}}}
		r := film(t, s, false)
		r.c.Start(t.Context())
		time.Sleep(250 * time.Millisecond)
		if st := r.state(); st.State != capture.Lost {
			t.Errorf("after the panic: %+v", st)
		}
		time.Sleep(time.Second)
		if st := r.state(); st.State != capture.Live {
			t.Errorf("a second later: %+v", st)
		}
		r.end(s)
	})
}

// Stop while the camera is lost ends the tries; Stop before Run took up the Start too.
func TestStopWhileLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: every(1, unplugged)}, {fail: errors.New("gone")}}}
		r := film(t, s, false)
		r.c.Start(t.Context())
		time.Sleep(time.Second)
		if err := r.c.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		tries := s.tries()
		time.Sleep(10 * time.Second)
		if s.tries() != tries {
			t.Error("it went on trying after Stop")
		}
		r.end(s)
	})
}

// Start and Stop from many sides at once end in one of the two states, with nothing held.
func TestStartStopStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: every(forever, nil)}}}
		r := film(t, s, false)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				for j := range 20 {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					if (i+j)%2 == 0 {
						r.c.Start(ctx)
					} else {
						r.c.Stop(ctx)
					}
					cancel()
					time.Sleep(time.Duration(i*7+j) * time.Millisecond)
				}
			})
		}
		wg.Wait()
		if err := r.c.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.held() != 0 {
			t.Errorf("%d sources open after Stop", s.held())
		}
		r.end(s)
	})
}

// A Start that comes while a Stop is still under way is not lost.
func TestStartOvertakesStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: func(ctx context.Context, _ int, _ *frame.Frame) error {
			time.Sleep(50 * time.Millisecond) // a driver that takes its time, even to give up
			return ctx.Err()
		}}}}
		r := film(t, s, false)
		for range 10 {
			r.c.Start(t.Context())
			stopping := make(chan error)
			go func() { stopping <- r.c.Stop(t.Context()) }()
			synctest.Wait()
			if err := r.c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-stopping; err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if st := r.state(); st.State != capture.Live {
				t.Fatalf("after Start: %+v", st)
			}
		}
		r.end(s)
	})
}

// Stop, Start and Stop again while the driver still takes its time over the first: the last
// word counts, and nobody waits longer than for the release.
func TestStopOvertakesStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{read: func(ctx context.Context, _ int, _ *frame.Frame) error {
			time.Sleep(50 * time.Millisecond)
			return ctx.Err()
		}}}}
		r := film(t, s, false)
		if err := r.c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ends := make(chan error, 3)
		for _, do := range []func(context.Context) error{r.c.Stop, r.c.Start, r.c.Stop} {
			go func() { ends <- do(ctx) }()
			synctest.Wait()
		}
		for range 3 {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
		if st := r.state(); st.State != capture.Off || s.tries() != 1 {
			t.Errorf("%s after %d openings, want off after 1", st.State, s.tries())
		}
		r.end(s)
	})
}

// A network camera that hangs up while it is being opened says EOF too, but no clip ends.
func TestEOFWhileOpeningIsNoEnd(t *testing.T) {
	hungUp := &capture.Error{Code: capture.Unreachable, Device: "script:", Err: fmt.Errorf("request: %w", io.EOF)}
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{fail: hungUp}, {fail: hungUp}, {read: every(forever, nil)}}}
		r := film(t, s, true)
		if err := r.c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := r.state(); st.State != capture.Lost || st.Err != hungUp {
			t.Errorf("hung up on: %+v", st)
		}
		time.Sleep(2 * time.Second)
		if st := r.state(); st.State != capture.Live {
			t.Errorf("2 s later: %+v", st)
		}
		r.end(s)
	})
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: []act{{fail: hungUp}}}
		r := film(t, s, false)
		if err := r.c.Start(t.Context()); !errors.Is(err, hungUp) {
			t.Errorf("Start: %v, want the reason", err)
		}
		r.end(s)
	})
}

func TestParse(t *testing.T) {
	remember := func(capture.Address) (capture.Opener, error) { return nil, nil }
	schemes := capture.Schemes{{Name: "synthetic", Remember: remember}, {Name: "http", Remember: remember}}
	for _, c := range []struct{ in, target, redacted, wrong string }{
		{in: "synthetic:", redacted: "synthetic:"},
		{in: "http://cam/a?b=c#", target: "http://cam/a?b=c", redacted: "http://cam/a?…#"},
		{in: "http://me:secret@cam/a", target: "http://me:secret@cam/a", redacted: "http://me:xxxxx@cam/a"},
		{in: "http://me:se cret@cam/a#b=%zz", wrong: `http://me:xxxxx@cam/a#b=%zz: invalid URL escape "%zz" (write options as name=value&name=value)`},
		{in: "webcam", wrong: "webcam: not a source value: it has no scheme (write SCHEME:TARGET?option=value, with one of the schemes synthetic, http)"},
		{in: "sinthetic:", wrong: `sinthetic:: unknown source scheme "sinthetic"; did you mean "synthetic"? (use one of synthetic, http)`},
		{in: "synthetic:?a=%zz", wrong: `synthetic:?a=%zz: invalid URL escape "%zz" (write options as name=value&name=value)`},
		{in: "synthetic:?a=1", wrong: `synthetic:?a=1: option a: unknown option (see freshframe serve --help for the options of each source)`},
		{in: "", wrong: `: not a source value: it has no scheme (write SCHEME:TARGET?option=value, with one of the schemes synthetic, http)`},
	} {
		_, a, err := schemes.Parse(c.in)
		if got := errText(err); got != c.wrong {
			t.Errorf("%q: error\n got %s\nwant %s", c.in, got, c.wrong)
		}
		if err == nil && (a.Target != c.target || a.Redacted != c.redacted) {
			t.Errorf("%q: target %q, redacted %q", c.in, a.Target, a.Redacted)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
