//go:build linux

package v4l2

import "time"

// stamps judges a driver's timestamps, stream by stream. Some claim the monotonic clock and
// are on another (uvcvideo with clock=realtime), some overshoot. One stamp that cannot be true
// sends the stream over to the moments of the dequeues; it comes back only after a long row of
// good ones, so that the two do not alternate from frame to frame.
type stamps struct {
	doubt int // so many good ones it takes until they are believed; 0: they are
}

const (
	// overshoot is how far in the future a good stamp may lie: some drivers compute them from
	// the camera's clock. One that gives the planned end of the frame (vivid) says nothing of
	// when it was captured.
	overshoot = 5 * time.Millisecond
	// oldest is how old a frame may be that was just waited for.
	oldest = 10 * time.Second
	// redeem is how many good stamps in a row end the doubt.
	redeem = 300
)

// believe counts one frame's stamp, that old at its dequeue, and says whether to go by it.
func (s *stamps) believe(possible bool, age time.Duration) bool {
	switch {
	case !possible || age < -overshoot || age > oldest:
		s.doubt = redeem
	case s.doubt > 0:
		s.doubt--
	}
	return s.doubt == 0
}
