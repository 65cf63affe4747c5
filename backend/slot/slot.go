// Package slot holds the newest frame and nothing else. In: every captured frame. Out:
// the newest one, to whoever takes it first. It must never queue: what a newer frame
// pushes out is handed back to be counted, not kept.
package slot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"freshframe/backend/frame"
)

// Freshness says which frame a serial analyzer takes when it becomes free.
type Freshness string

// The policies. With a camera interval T and an analysis time A, "throughput" gives the
// most frames, "latency" the lowest age, "balanced" nearly both.
const (
	// Throughput takes the newest frame at once, however long it has waited.
	Throughput Freshness = "throughput"
	// Balanced takes it if it is younger than half a frame interval, else waits for the next.
	Balanced Freshness = "balanced"
	// Latency always waits for the next frame to arrive.
	Latency Freshness = "latency"
)

// ParseFreshness checks a policy's name.
func ParseFreshness(s string) (Freshness, error) {
	switch f := Freshness(s); f {
	case Throughput, Balanced, Latency:
		return f, nil
	}
	return "", fmt.Errorf("freshness %q: want throughput, balanced or latency", s)
}

// Slot is the latest-frame slot. The zero value is ready. Any number of goroutines may
// use it.
type Slot struct {
	mu    sync.Mutex
	frame *frame.Frame
	puts  uint64        // how many frames have been put
	wake  chan struct{} // closed by the next Put; nil while nobody waits
}

// Put gives the slot the newest frame, with its reference, and returns the displaced one
// with its reference, or nil. It never blocks.
func (s *Slot) Put(f *frame.Frame) (displaced *frame.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	displaced, s.frame = s.frame, f
	s.puts++
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
	return displaced
}

// Take waits until the policy allows a frame and returns it with its reference. interval
// is the camera's frame interval (0: unknown; Balanced then takes what is there). The
// only error is ctx's.
func (s *Slot) Take(ctx context.Context, policy Freshness, interval time.Duration) (*frame.Frame, error) {
	s.mu.Lock()
	entered := s.puts
	for {
		if f := s.frame; f != nil && (s.puts > entered || s.allows(f, policy, interval)) {
			s.frame = nil
			s.mu.Unlock()
			return f, nil
		}
		if s.wake == nil {
			s.wake = make(chan struct{})
		}
		wake := s.wake
		s.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		s.mu.Lock()
	}
}

// allows says whether a frame that was there before Take may be taken.
func (s *Slot) allows(f *frame.Frame, policy Freshness, interval time.Duration) bool {
	switch policy {
	case Latency:
		return false
	case Balanced:
		return interval <= 0 || f.Age(time.Now()) < interval/2
	default:
		return true
	}
}

// Clear empties the slot and returns what was in it with its reference, or nil.
func (s *Slot) Clear() *frame.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.frame
	s.frame = nil
	return f
}
