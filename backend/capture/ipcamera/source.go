package ipcamera

import (
	"context"
	"errors"
	"image"
	"io"
	"sync"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

// source is an open network camera. One goroutine receives without pause, so that
// nothing old waits in the kernel, and keeps the newest picture for Read.
type source struct {
	// in
	device string
	body   io.ReadCloser
	cancel func() // ends the request
	seq    uint64 // of the next picture

	// out
	ready chan struct{} // has a token when there is something new below
	done  chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	newest  []byte
	arrived time.Time // of its first byte
	parts   uint64    // complete since the last Read; more than one means that some are lost
	err     error     // why no more come
}

// newSource starts to receive; Close ends it.
func newSource(device string, body io.ReadCloser, boundary string, cancel func()) *source {
	s := &source{
		device: device, body: body, cancel: cancel,
		ready: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		s.receive(newParser(boundary))
	}()
	return s
}

// receive hands on the newest picture of whatever arrived together, until the stream ends.
func (s *source) receive(p *parser) {
	for {
		end := p.fill(s.body)
		var newest part
		var count uint64
		for {
			pic, ok, err := p.next()
			if err != nil {
				end = &capture.Error{Code: capture.NotACamera, Device: s.device, Hint: hintStream, Err: err}
			}
			if !ok {
				break
			}
			newest = pic
			count++
		}
		if count > 0 || end != nil {
			s.put(newest, count, end)
		}
		if end != nil {
			return
		}
	}
}

func (s *source) put(newest part, count uint64, err error) {
	s.mu.Lock()
	if count > 0 {
		s.newest = append(s.newest[:0], newest.data...)
		s.arrived = newest.arrived
		s.parts += count
	}
	s.err = s.lost(err)
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// lost gives the end of the stream its code and remedy.
func (s *source) lost(err error) error {
	var known *capture.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the camera ended the stream")
	}
	return &capture.Error{Code: capture.CameraLost, Device: s.device, Hint: hintNetwork, Err: err}
}

// Info implements capture.Source. Size and rate are unknown: each picture says its own.
func (s *source) Info() capture.Info {
	return capture.Info{Device: s.device, Format: frame.JPEG}
}

// Read implements capture.Source. It delivers the newest complete picture; those that a
// slow caller missed are counted in Lost. It waits as long as the camera is silent.
//
// Captured is when the first byte of the picture arrived, ByDequeue: the clocks that
// cameras put into X-Timestamp are theirs, not ours. Dequeued is when Read got the whole
// picture, so the difference is the time that its transfer took.
func (s *source) Read(ctx context.Context, f *frame.Frame) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if ok, err := s.take(f); ok || err != nil {
			return err
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
		}
	}
}

func (s *source) take(f *frame.Frame) (ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts == 0 {
		if s.err == nil {
			return false, nil
		}
		return false, s.err
	}
	f.Data = append(f.Data[:0], s.newest...)
	f.Lost = s.parts - 1
	f.Seq = s.seq + f.Lost
	s.seq, s.parts = f.Seq+1, 0
	f.Format, f.Width, f.Height = frame.JPEG, 0, 0
	f.Captured, f.CapturedBy, f.Dequeued = s.arrived, frame.ByDequeue, time.Now()
	f.Damaged, f.Clip = nil, image.Rectangle{}
	return true, nil
}

// Close implements capture.Source.
func (s *source) Close() error {
	s.cancel()
	err := s.body.Close()
	<-s.done
	return err
}
