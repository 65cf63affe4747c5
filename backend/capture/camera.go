package capture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"freshframe/backend/frame"
)

// State is where a camera is in its life.
//
//	        Start                 first frame
//	off ───────────▶ opening ─────────────────▶ live
//	 ▲                  │ fails                 │  ▲
//	 │◀─────────────────┘ (patient: lost)       │  │ a frame
//	 │                            no frame ≥ 1 s▼  │
//	 │◀── Stop, from anywhere ◀──────────── stalled┤
//	 │◀── a clip has ended             error │     │
//	 │                                       ▼     │
//	 └───────────────────────────────────── lost ──┘ reopened with back-off
//
// A stalled camera is open and silent: after some seconds it is closed and reopened, and
// stays stalled until a frame comes or reopening fails, which makes it lost.
type State string

// The states, as on the wire.
const (
	Off     State = "off"
	Opening State = "opening"
	Live    State = "live"
	Stalled State = "stalled"
	Lost    State = "lost"
)

const (
	stallAfter  = time.Second     // of silence; slower cameras get five frame intervals
	reopenAfter = 3 * time.Second // of silence
	openLimit   = 10 * time.Second
	firstPause  = 250 * time.Millisecond // before the first try to reopen; doubles from there
)

// Status is what is known of the camera at one moment.
type Status struct {
	State   State
	Since   time.Time // of the state
	LastAt  time.Time // when the last frame since Start came, zero before the first
	Info    Info      // of the last opening
	Reopens int       // how often it had to be reopened since Start
	Err     *Error    // why it is off, stalled or lost; nil otherwise
	// ControlsRev counts the changes of the camera's controls: a list that was made at another
	// count may be out of date.
	ControlsRev uint64
}

// Camera keeps one source open while it is wanted and says how it is doing. Run owns the
// source: it alone opens, reads and closes it.
type Camera struct {
	// in
	open    Opener
	patient bool
	retry   time.Duration
	limit   time.Duration // of opening
	device  string
	pool    *frame.Pool
	sink    func(*frame.Frame)
	log     *slog.Logger

	controlling chan struct{} // holds one while somebody uses the controls

	mu     sync.Mutex
	wanted bool
	// A session lasts from a Start to the release of the device. asked counts those asked
	// for, ended those that are over; reason is why the last one ended by itself.
	asked, running, ended uint64
	reason                *Error
	end                   context.CancelFunc // ends the running session; nil between sessions
	status                Status
	nextSeq               uint64
	changed               chan struct{} // closed at every change of any of these

	opened   *opening  // the present one, once its controls are restored; nil while there is none
	settings []Setting // what every opening begins with
	settled  bool      // an opening has taken the first settings
}

// NewCamera makes a camera that is off. Its controls are set whenever it is opened; one that
// it does not have, or not with that value, makes the very first opening fail. sink gets
// every frame with its reference, on the capturing goroutine, and must not block. Nothing
// happens before Run.
func NewCamera(s Scheme, a Address, controls []Setting, pool *frame.Pool, sink func(*frame.Frame), log *slog.Logger) (*Camera, error) {
	open, err := s.Remember(a)
	if err != nil {
		return nil, err
	}
	return &Camera{
		open: open, patient: s.Patient, retry: max(s.Retry, firstPause), limit: cmp.Or(s.OpenLimit, openLimit), device: a.Redacted,
		pool: pool, sink: sink, log: log, settings: slices.Clone(controls), controlling: make(chan struct{}, 1),
		status: Status{State: Off, Since: time.Now()}, nextSeq: 1, changed: make(chan struct{}),
	}, nil
}

// Status is the camera's present state and a channel that is closed when it changes.
func (c *Camera) Status() (Status, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status, c.changed
}

// Start opens the camera and waits until it is live or its first opening has failed, which
// is the error; a patient source that keeps trying is no error. ctx bounds the waiting
// only. Starting a camera that is on does nothing.
func (c *Camera) Start(ctx context.Context) error {
	c.mu.Lock()
	if !c.wanted {
		c.wanted = true
		c.asked++
		c.status.Reopens, c.status.LastAt = 0, time.Time{}
		c.setLocked(Opening, nil)
	}
	mine := c.asked
	c.mu.Unlock()
	return c.await(ctx, func() (bool, error) {
		if c.ended >= mine {
			if c.ended == mine && c.reason != nil {
				return true, c.reason
			}
			return true, nil
		}
		return c.status.State != Opening, nil
	})
}

// Stop releases the device and waits until it is released; ctx bounds the waiting only.
func (c *Camera) Stop(ctx context.Context) error {
	c.mu.Lock()
	c.wanted = false
	if c.end != nil {
		c.end()
	} else if c.ended < c.asked { // Run has not taken it up yet and will not
		c.endLocked(c.asked, nil)
	}
	mine := c.asked
	c.mu.Unlock()
	return c.await(ctx, func() (bool, error) { return c.ended >= mine, nil })
}

// await waits until done, called under the lock, says so, or ctx ends.
func (c *Camera) await(ctx context.Context, done func() (bool, error)) error {
	for {
		c.mu.Lock()
		yes, err := done()
		changed := c.changed
		c.mu.Unlock()
		if yes {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Run serves Start and Stop until ctx ends; the device is released when it returns.
func (c *Camera) Run(ctx context.Context) error {
	for {
		c.mu.Lock()
		wanted, changed := c.wanted, c.changed
		var session context.Context
		if wanted {
			c.running = c.asked
			session, c.end = context.WithCancel(ctx)
		}
		c.mu.Unlock()
		if !wanted {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		err := c.run(session)
		c.mu.Lock()
		c.end()
		c.end = nil
		c.endLocked(c.running, err)
		c.mu.Unlock()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// endLocked notes that a session is over. If a Start came while it was ending, the next
// one follows, unless a Stop came after it.
func (c *Camera) endLocked(session uint64, reason *Error) {
	c.reason = reason
	c.setLocked(Off, reason)
	if c.wanted && c.asked > session {
		c.ended = session
		c.setLocked(Opening, nil)
		return
	}
	c.ended, c.wanted = c.asked, false
}

// run keeps the camera open until the session ends (nil), the clip has ended (nil) or the
// very first opening has failed for good (the reason).
func (c *Camera) run(ctx context.Context) *Error {
	pause := firstPause
	for try := 0; ; try++ {
		frames, err := c.runOnce(ctx)
		if ctx.Err() != nil || err == io.EOF { // a wrapped one is somebody who hung up
			return nil
		}
		e := c.explain(err)
		if e.Code == BadSource || e.Code == BadControl || e.Code == NoControls || (try == 0 && frames == 0 && !c.patient) {
			return e
		}
		if frames > 0 {
			pause = firstPause
		}
		c.noteFailure(ctx, e)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, c.retry)
	}
}

// errFrozen is why the watchdog ended a Read.
var errFrozen = errors.New("no frame for some seconds")

// runOnce opens the source and hands on frames until it fails. It always returns an error.
func (c *Camera) runOnce(ctx context.Context) (frames int, err error) {
	var filling *frame.Frame // nobody else's yet
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the source panicked: %v", r)
			c.log.Error("source panicked", "source", c.device, "panic", r, "stack", string(debug.Stack()))
		}
		if filling != nil {
			filling.Release()
		}
	}()
	src, err := c.openBounded(ctx)
	if err != nil {
		return 0, err
	}
	defer src.Close()

	info := src.Info()
	c.mu.Lock()
	c.status.Info = info
	c.mu.Unlock()
	silence := silenceOf(info.Framerate)
	reading, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := c.restore(reading, src); err != nil {
		return 0, err
	}
	defer c.forgetOpening()
	stall := time.AfterFunc(silence, c.noteStall)
	defer stall.Stop()
	reopen := time.AfterFunc(silence+reopenAfter, func() { cancel(errFrozen) })
	defer reopen.Stop()

	var first time.Time
	var by frame.Origin
	for {
		filling = c.pool.Get()
		if err := src.Read(reading, filling); err != nil {
			if cause := context.Cause(reading); cause != nil {
				err = cause
			}
			return frames, err
		}
		if filling.CapturedBy == frame.ByDequeue && (frames == 0 || by != frame.ByDequeue) {
			c.log.Info("frames carry no capture time to be believed: their age counts from their arrival", "source", c.device)
		}
		by = filling.CapturedBy
		now := time.Now()
		if frames++; frames == 1 {
			first = now
		} else if info.Framerate <= 0 { // a camera that does not say is measured
			silence = silenceOf(float64(frames-1) / now.Sub(first).Seconds())
		}
		stall.Reset(silence)
		reopen.Reset(silence + reopenAfter)
		f := filling
		filling = nil
		c.noteFrame(f)
		c.sink(f)
	}
}

// silenceOf is how long a camera of that rate, 0 for unknown, may be silent before it is
// called stalled.
func silenceOf(framerate float64) time.Duration {
	if framerate <= 0 {
		return stallAfter
	}
	return max(stallAfter, time.Duration(min(5/framerate, 3600)*float64(time.Second)))
}

func (c *Camera) openBounded(ctx context.Context) (Source, error) {
	c.mu.Lock()
	first := c.nextSeq
	c.mu.Unlock()
	bounded, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	return c.open(bounded, first)
}

func (c *Camera) noteFrame(f *frame.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextSeq = f.Seq + 1
	c.status.LastAt = f.Dequeued
	if f.Width > 0 {
		c.status.Info.Width, c.status.Info.Height = f.Width, f.Height
	}
	c.status.Info.Format = f.Format
	if c.status.State != Live && c.running == c.asked {
		c.setLocked(Live, nil)
	}
}

// noteFailure says that the source is to be reopened, and why.
func (c *Camera) noteFailure(ctx context.Context, e *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil { // stopped in this very moment: the state may be the next session's
		return
	}
	c.status.Reopens++
	if c.status.State == Stalled && e.Code == CameraFrozen {
		return
	}
	c.setLocked(Lost, e)
}

// noteStall is the watchdog's word that a live camera has gone silent.
func (c *Camera) noteStall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status.State == Live {
		c.setLocked(Stalled, c.explain(errFrozen))
	}
}

// stacked is the error of a source that recovered from a panic.
type stacked interface {
	error
	Stack() string
}

// setLocked changes the state, tells everyone and logs, once per change.
func (c *Camera) setLocked(s State, e *Error) {
	if c.status.State == s && sameTrouble(c.status.Err, e) {
		return
	}
	was := c.status.State
	if was != s {
		c.status.Since = time.Now()
	}
	c.status.State, c.status.Err = s, e
	c.tellLocked()
	level, args := slog.LevelInfo, []any{"source", c.device, "was", was, "is", s}
	if e != nil {
		level = slog.LevelWarn
		args = append(args, "error", e)
		if p, ok := errors.AsType[stacked](e); ok {
			args = append(args, "stack", p.Stack())
		}
	}
	c.log.Log(context.Background(), level, "camera", args...)
}

func (c *Camera) tellLocked() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func sameTrouble(a, b *Error) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Code == b.Code && a.Err.Error() == b.Err.Error() // hints may count seconds
}

// explain makes any error of a source one that says what to do.
func (c *Camera) explain(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, errFrozen):
		return &Error{Code: CameraFrozen, Device: c.device, Err: err, Hint: "the camera is open and silent; it is reopened until it delivers again"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: Unreachable, Device: c.device, Err: fmt.Errorf("it did not open within %v", c.limit), Hint: "check that the camera is on and connected"}
	}
	return &Error{Code: CameraLost, Device: c.device, Err: err, Hint: "check the cable and the power; it is reopened as soon as it returns"}
}
