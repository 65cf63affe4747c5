//go:build linux

package v4l2

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

// ring is the driver's ring of buffers. None of its methods may be called after Close.
type ring interface {
	wait(limit time.Duration) (ready bool, err error)
	dequeue() (filled, error)
	release(index uint32) error
	Close() error
}

const (
	// pollSlice is how long a Read may overlook the end of its context.
	pollSlice = 200 * time.Millisecond
	// closeLimit is how long a Close waits for the driver.
	closeLimit = 450 * time.Millisecond
	// maxDrain bounds a drain, for a fast camera refills what is released. It is the kernel's
	// largest ring: drivers may grant more buffers than were asked for.
	maxDrain = 32
	// maxEmpty is how many wakes in a row may bring nothing before the driver counts as broken.
	maxEmpty = 64
	// maxGap is the largest gap between two sequence numbers that is believed; beyond, the
	// driver has begun to count anew.
	maxGap = 1 << 16
)

var (
	errClosed  = errors.New("v4l2: the camera is closed")
	errDamaged = errors.New("the driver flags the frame as damaged")
	errSpins   = errors.New("the driver keeps announcing frames that it does not have")
)

// source is a streaming camera.
type source struct {
	path   string // as the user knows it, for errors
	info   capture.Info
	stream *stream
	clock  func() (time.Time, time.Duration) // now, and now on the driver's clock
	stamps stamps

	controls *controls

	nextSeq  uint64
	missed   uint64 // lost since the last frame handed over
	sequence uint32 // the driver's number of the last buffer seen
	counting bool   // sequence is set
	closed   bool
}

// epoch is one moment on both clocks. Go's own clock runs with the driver's, so asking the
// kernel once is enough.
var epoch = func() (e struct {
	time  time.Time
	clock time.Duration
}) {
	closest := time.Duration(math.MaxInt64)
	for range 5 { // a pause between the two readings would shift all captures
		before := time.Now()
		var ts unix.Timespec
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
			continue // no stamp can be true then
		}
		if d := time.Since(before); d < closest {
			closest, e.time, e.clock = d, before.Add(d/2), time.Duration(ts.Nano())
		}
	}
	return e
}()

// now is this moment, and what the driver's clock, CLOCK_MONOTONIC, says.
func now() (time.Time, time.Duration) {
	t := time.Now()
	return t, epoch.clock + t.Sub(epoch.time)
}

func (s *source) Info() capture.Info { return s.info }

func (s *source) Controls() capture.Controls { return s.controls }

// Read waits for the camera and hands over the newest frame it has. Older ones that were
// waiting too, and one from before a pause, go back unread and count as lost, so that the gap
// shows.
func (s *source) Read(ctx context.Context, f *frame.Frame) error {
	if s.closed { // the driver's memory is unmapped
		return errClosed
	}
	waited := false
	for empty := 0; empty < maxEmpty; {
		if err := ctx.Err(); err != nil {
			return err
		}
		ready, err := s.stream.ring.wait(pollSlice)
		if err != nil {
			return s.lost(err)
		}
		if !ready {
			continue
		}
		b, err := s.newest()
		if errors.Is(err, unix.EAGAIN) {
			empty++
			continue
		}
		if err != nil {
			return s.lost(err)
		}
		dequeued, clock := s.clock()
		age := clock - b.timestamp
		again := !waited && s.stale(b, age)
		if again {
			s.missed++
			waited = true
		} else {
			s.fill(f, b)
			s.date(f, b, dequeued, age)
		}
		// The buffer goes back only now: from here on the driver writes to it again. The library's
		// ReadFrame gives it back before it returns it.
		if err := s.stream.ring.release(b.index); err != nil {
			return s.lost(err)
		}
		if !again {
			return nil
		}
	}
	return s.lost(errSpins)
}

// lost is the end of the source. An unplugged camera says ENODEV to every call, for ever, so
// the first one ends it.
func (s *source) lost(err error) error {
	if errors.Is(err, unix.ENODEV) {
		err = fmt.Errorf("the camera was unplugged: %w", err)
	} else {
		err = fmt.Errorf("the camera stopped delivering: %w", err)
	}
	return &capture.Error{Code: capture.CameraLost, Device: s.path, Hint: hintReopen, Err: err}
}

// newest drains the ring to its newest buffer and counts the frames that never reach the
// program: those released here and those that the driver's numbering leaves out. It is
// unix.EAGAIN when there is no buffer.
func (s *source) newest() (last filled, err error) {
	for n := range maxDrain {
		b, err := s.stream.ring.dequeue()
		if errors.Is(err, unix.EAGAIN) && n > 0 {
			break
		}
		if err != nil {
			return filled{}, err
		}
		s.missed += s.gap(b.sequence)
		if n > 0 {
			s.missed++
			if err := s.stream.ring.release(last.index); err != nil {
				return filled{}, err
			}
		}
		last = b
	}
	return last, nil
}

// stale reports that this newest frame is from before a pause: it is older than a whole ring
// of frames, so the driver had no buffer left to fill since. A Read waits for a fresher one
// only once, lest a camera slower than it says deliver nothing at all.
func (s *source) stale(b filled, age time.Duration) bool {
	if s.stamps.doubt > 0 || !b.dated() {
		return false
	}
	limit := oldest
	if s.stream.rate > 0 {
		limit = min(limit, time.Duration(buffers/s.stream.rate*float64(time.Second)))
	}
	return age > limit
}

// gap is how many frames the driver counted and did not deliver before this one. The first
// frame has none before it. The number wraps around at 32 bits; a driver that does not count
// repeats itself.
func (s *source) gap(sequence uint32) uint64 {
	step := sequence - s.sequence
	first := !s.counting
	s.sequence, s.counting = sequence, true
	if first || step == 0 || step > maxGap {
		return 0
	}
	return uint64(step - 1)
}

// fill copies the buffer into f.
func (s *source) fill(f *frame.Frame, b filled) {
	s.nextSeq += s.missed
	f.Seq, f.Lost = s.nextSeq, s.missed
	s.nextSeq, s.missed = s.nextSeq+1, 0
	f.Format, f.Width, f.Height = s.stream.format, s.stream.size.Width, s.stream.size.Height
	f.Data = appendPicture(f.Data[:0], b.data, s.stream)
	f.Clip = image.Rectangle{}
	f.Damaged = nil
	if b.damaged {
		f.Damaged = errDamaged
	}
}

// date sets the times of f. The moment of the dequeue stands in for a stamp that is not to be
// believed.
func (s *source) date(f *frame.Frame, b filled, dequeued time.Time, age time.Duration) {
	f.Dequeued, f.Captured, f.CapturedBy = dequeued, dequeued, frame.ByDequeue
	if s.stamps.believe(b.dated(), age) {
		f.Captured, f.CapturedBy = dequeued.Add(-max(age, 0)), frame.ByDriver
	}
}

// Close releases the camera. Only the goroutine that reads may call it: nothing in the library
// is locked, and Close takes the memory away that Read copies from. When the driver needs
// longer than it may take, the rest happens behind our back.
func (s *source) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	ring := s.stream.ring
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, ring.Close() }, func(struct{}) {})
	if err != nil {
		return fmt.Errorf("%s: close: %w", s.path, err)
	}
	return nil
}
