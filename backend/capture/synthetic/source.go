package synthetic

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/wait"
)

// source is an open synthetic camera; it implements capture.Source.
type source struct {
	*camera
	schedule
	freezeAt time.Time
	loseAt   time.Time
	firstSeq uint64

	*view
	coming   atomic.Pointer[view] // takes the place of view at the next frame; nil: nothing new
	controls *controls

	k uint64 // the instant delivered last, 0 before the first
	// cost is what preparing a frame takes, smoothed.
	cost time.Duration
}

// Read prepares the picture of the next instant, waits for that instant, and hands the
// picture over. Instants that passed while nobody read, or too close to be prepared in
// time, are lost upstream: a driver would have overwritten them. So a frame is late only
// when preparing it took unusually long, and then its age says so.
//
// The simulated sensor stamps its frames itself: CapturedBy is ByDriver.
func (s *source) Read(ctx context.Context, f *frame.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	k := s.next(s.k+1, began.Add(s.cost))
	if s.dropEvery > 0 && k%s.dropEvery == 0 {
		k++
	}
	captured, due := s.instant(k), s.delivery(k)
	if captured.After(s.freezeAt) {
		due = s.start.Add(never)
	}
	if due.After(s.loseAt) {
		if err := wait.Until(ctx, s.loseAt); err != nil {
			return err
		}
		return s.lost(s.loseAt)
	}
	if captured.After(s.freezeAt) {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := s.fill(f, k, captured); err != nil {
		return err
	}
	s.cost += (time.Since(began) - s.cost) / 8
	if err := wait.Until(ctx, due); err != nil {
		return err
	}
	f.Dequeued = time.Now()
	f.Lost = k - s.k - 1
	s.k = k
	return nil
}

// showNext makes the next frame one of that painter's.
func (s *source) showNext(p *painter) error {
	v, err := s.newView(p)
	if err == nil {
		s.coming.Store(v)
	}
	return err
}

// fill makes the frame of instant k, damaged where its turn has come.
func (s *source) fill(f *frame.Frame, k uint64, captured time.Time) error {
	f.Seq = s.firstSeq + k - 1
	f.Format, f.Width, f.Height = s.format, s.size.X, s.size.Y
	f.Clip = s.painter.area // neither the code nor the readable clock, which moves too
	f.Captured, f.CapturedBy = captured, frame.ByDriver
	f.Damaged = nil

	if v := s.coming.Swap(nil); v != nil {
		s.view = v
	}
	picture := s.painter.paint(f.Seq, captured)
	var err error
	switch s.format {
	case frame.JPEG:
		if f.Data, err = s.encoder.Finish(f.Data[:0], &s.room, picture, s.painter.changed()); err != nil {
			return fmt.Errorf("%s: encode frame %d: %w", device, f.Seq, err)
		}
	case frame.YUYV:
		f.Data = packYUYV(f.Data[:0], picture)
	case frame.NV12:
		f.Data = packNV12(f.Data[:0], picture)
	case frame.I420:
		f.Data = packI420(f.Data[:0], picture)
	}
	if s.corruptEvery > 0 && k%s.corruptEvery == 0 {
		damage(f, k/s.corruptEvery)
	}
	return nil
}

// Controls gives access to the simulated controls.
func (s *source) Controls() capture.Controls { return s.controls }

// Info tells what the options asked for: the synthetic camera can do it all.
func (s *source) Info() capture.Info {
	return capture.Info{
		Device:    device,
		Name:      "Synthetic camera",
		Format:    s.format,
		Width:     s.size.X,
		Height:    s.size.Y,
		Framerate: s.framerate,
		Simulated: true,
	}
}

// Close has nothing to do: there is no device to release.
func (s *source) Close() error {
	return nil
}
