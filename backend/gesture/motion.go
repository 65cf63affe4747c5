package gesture

import "time"

// lost is how long a hand may be unseen and yet go on with its movement.
const lost = 400 * time.Millisecond

// Moved is what a hand's movement means at one moment.
type Moved struct {
	Began Gesture // the movement recognised with this picture, None mostly; a swipe is that and no more
	Held  Gesture // Wave or Pinch while it lasts, else None
}

// Motion recognises the movements of one hand, from its landmarks in time. Distances are in
// palm lengths, so that near and far hands count alike. The zero value is ready; its memory
// is fixed.
type Motion struct {
	at    time.Time
	swipe swipe
	wave  wave
	pinch pinch
}

// Update takes the hand as seen at the given time. After a step back in time or a gap of
// more than 0.4 s it starts afresh. A hand with numbers that are not finite is as if it had
// not been seen.
func (m *Motion) Update(at time.Time, h *Hand) (moved Moved) {
	if !h.ok() {
		return Moved{Held: m.held()}
	}
	if dt := at.Sub(m.at); dt < 0 || dt > lost {
		*m = Motion{}
	}
	m.at = at
	before := m.held()
	f := h.fingers()
	m.wave.update(at, h, &f)
	m.pinch.update(at, h)
	moved.Held = m.held()
	if moved.Held != before {
		moved.Began = moved.Held
	}
	// A wave is many strokes and none of them a swipe.
	if g := m.swipe.update(at, h, m.wave.turns > 1); moved.Began == None {
		moved.Began = g
	}
	return moved
}

// End says that the hand is gone, and returns the swipe that it left with, None mostly. The
// next Update starts afresh.
func (m *Motion) End() Gesture {
	g := m.swipe.pending
	*m = Motion{}
	return g
}

func (m *Motion) held() Gesture {
	switch {
	case m.wave.on:
		return Wave
	case m.pinch.on:
		return Pinch
	}
	return None
}
