package hands

import (
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/gesture"
	"freshframe/backend/vision"
)

// How landmarks are smoothed, in Hz and in Hz per hand's size a second: at 30 frames a second
// they tremble at rest by less than half as much, and of a hand that moves by three of its
// sizes a second they are a tenth of a frame's way behind.
const (
	calm   = 1
	eager  = 30
	change = 1
)

const (
	// swipeShown is how long a swipe is shown, which itself is over when it is known.
	swipeShown = 600 * time.Millisecond
	// gone is how long a hand is unseen when the swipe that it may have left with counts.
	gone = 250 * time.Millisecond
	// steadied is the number of frames that handedness is averaged over: it is a hand's for
	// ever, but a single look may err.
	steadied = 15
)

// memory is what is known of one hand from before.
type memory struct {
	id      uint64
	seen    time.Time
	newest  analyze.Detection // without landmarks and gesture
	smooth  *vision.OneEuro
	xy      [2 * NumPoints]float64 // of one frame
	right   float64                // the average
	looks   int                    // frames in that, at most steadied
	shape   gesture.Steady
	motion  gesture.Motion
	swiped  gesture.Gesture
	swiping time.Time // until when the swipe is shown
}

func newMemory(id uint64) *memory {
	return &memory{id: id, smooth: vision.NewOneEuro(2*NumPoints, calm, eager, change)}
}

// see reports the hand as seen in the frame.
func (m *memory) see(f *frame.Frame, h *Hand, gestures bool) analyze.Detection {
	m.seen = f.Captured
	m.looks = min(m.looks+1, steadied)
	m.right += (h.Right - m.right) / float64(m.looks)

	b := h.Box()
	for i, p := range h.Points {
		m.xy[2*i], m.xy[2*i+1] = p.X, p.Y
	}
	m.smooth.Smooth(f.Captured, max(b.X1-b.X0, b.Y1-b.Y0), m.xy[:])
	points := make([][3]float64, NumPoints)
	b = vision.Box{X0: m.xy[0], Y0: m.xy[1], X1: m.xy[0], Y1: m.xy[1]}
	for i := range points {
		x, y := m.xy[2*i], m.xy[2*i+1]
		b = vision.Box{X0: min(b.X0, x), Y0: min(b.Y0, y), X1: max(b.X1, x), Y1: max(b.Y1, y)}
		points[i] = [3]float64{x / float64(f.Width), y / float64(f.Height), h.Presence}
	}
	m.newest = analyze.Detection{Box: b.Fractions(f.Width, f.Height), Label: "left hand", Score: h.Presence, Track: m.id}
	if m.right >= 0.5 {
		m.newest.Label = "right hand"
	}
	d := m.newest
	d.Landmarks = points
	if gestures {
		d.Gesture = m.gesture(f.Captured, h).String()
	}
	return d
}

// gesture names what the hand does, from its landmarks as the network gave them: gestures
// are smoothed in their own way, and smoothing twice is late.
func (m *memory) gesture(at time.Time, h *Hand) gesture.Gesture {
	var g gesture.Hand
	for i, p := range h.Points {
		g[i] = gesture.Point(p)
	}
	shape, _ := m.shape.Update(at, gesture.Read(&g))
	moved := m.motion.Update(at, &g)
	if moved.Began != gesture.None && moved.Began != moved.Held { // what is not held is a swipe
		m.swiped, m.swiping = moved.Began, at.Add(swipeShown)
	}
	switch {
	case at.Before(m.swiping):
		return m.swiped
	case moved.Held == gesture.Pinch && shape == gesture.OK: // a ring is made by pinching
		return shape
	case moved.Held != gesture.None:
		return moved.Held
	}
	return shape
}

// miss reports the unseen hand, if there is something to tell: the swipe that it left with.
func (m *memory) miss(at time.Time) (analyze.Detection, bool) {
	if at.Sub(m.seen) < gone {
		return analyze.Detection{}, false
	}
	if g := m.motion.End(); g != gesture.None {
		m.swiped, m.swiping = g, at.Add(swipeShown)
	}
	if !at.Before(m.swiping) {
		return analyze.Detection{}, false
	}
	d := m.newest
	d.Predicted, d.Gesture = true, m.swiped.String()
	return d, true
}
