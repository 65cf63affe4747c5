package gesture

import (
	"math"
	"time"
)

// What makes a swipe: the palm goes far, fast and straight along one axis of the picture,
// and then does not come back at once, as it would in a wave or in winding up for a stroke
// the other way.
const (
	swipeTravel   = 1.8                    // palm lengths at least,
	swipeWithin   = 600 * time.Millisecond // in at most this time,
	swipeStraight = 0.85                   // the way across as a share of the way gone, at least,
	swipeSlant    = 0.577                  // tangent of the angle to the axis, at most: 30°.
	swipeSettles  = 200 * time.Millisecond // After its end the hand must for so long not
	swipeReturn   = 1.0 / 6                // go back by more than this share of the way.
	swipeTrembles = 0.1                    // Palm lengths that are no going on.
	swipePause    = 600 * time.Millisecond // Then the hand may return without being counted.
	swipeApart    = 9 * time.Millisecond   // Pictures closer in time add nothing but noise.
)

// place is where the palm was.
type place struct {
	at   time.Time
	x, y float64
	size float64 // the palm's length
	path float64 // the way gone up to here, from any beginning
}

// swipe remembers the last places and, once the palm has gone far enough, waits for the
// stroke to end.
type swipe struct {
	ring [64]place // swipeWithin / swipeApart fits
	n    int       // places ever put into the ring
	rest time.Time // until then nothing counts

	pending    Gesture
	from, far  place   // the stroke's begin and its farthest place
	dirX, dirY float64 // its direction: one of them ±1, the other 0
	marked     float64 // how far it was when it last went on by more than trembling
	markedAt   time.Time
}

func (s *swipe) update(at time.Time, h *Hand, waving bool) Gesture {
	if waving || at.Before(s.rest) {
		s.n, s.pending = 0, None
		return None
	}
	c := h.palm()
	p := place{at: at, x: c.X, y: c.Y, size: h.size()}
	if s.n > 0 {
		last := s.ring[(s.n-1)%len(s.ring)]
		if at.Sub(last.at) < swipeApart {
			return None
		}
		p.path = last.path + math.Hypot(p.x-last.x, p.y-last.y)
	}
	s.ring[s.n%len(s.ring)] = p
	s.n++
	if s.pending == None {
		s.start(p)
	}
	if s.pending == None {
		return None
	}
	return s.follow(p)
}

// start looks for a place from which the palm has made a swipe's way up to p.
func (s *swipe) start(p place) {
	best := 0.0
	for i := s.n - 2; i >= 0 && i > s.n-1-len(s.ring); i-- {
		q := s.ring[i%len(s.ring)]
		if p.at.Sub(q.at) > swipeWithin {
			return
		}
		dx, dy := p.x-q.x, p.y-q.y
		way := math.Hypot(dx, dy)
		along, across := max(math.Abs(dx), math.Abs(dy)), min(math.Abs(dx), math.Abs(dy))
		if way <= best || way < swipeTravel*(p.size+q.size)/2 || across > swipeSlant*along ||
			way < swipeStraight*(p.path-q.path) {
			continue
		}
		best = way
		s.from, s.far, s.marked, s.markedAt = q, p, along, p.at
		s.pending, s.dirX, s.dirY = direction(dx, dy)
	}
}

func direction(dx, dy float64) (g Gesture, x, y float64) {
	switch {
	case math.Abs(dx) > math.Abs(dy) && dx < 0:
		return SwipeLeft, -1, 0
	case math.Abs(dx) > math.Abs(dy):
		return SwipeRight, 1, 0
	case dy < 0:
		return SwipeUp, 0, -1
	}
	return SwipeDown, 0, 1
}

// follow goes with the pending stroke to its end and a little on.
func (s *swipe) follow(p place) Gesture {
	gone, farthest := s.gone(p), s.gone(s.far)
	if gone > farthest {
		s.far, farthest = p, gone
	}
	switch {
	case gone > s.marked+swipeTrembles*p.size:
		s.marked, s.markedAt = gone, p.at
	case farthest-gone > swipeReturn*farthest:
		// Back again: no swipe, but maybe the begin of one.
		p.path = s.far.path + math.Hypot(p.x-s.far.x, p.y-s.far.y)
		s.pending, s.ring[0], s.ring[1], s.n = None, s.far, p, 2
	case p.at.Sub(s.markedAt) >= swipeSettles:
		g := s.pending
		s.pending, s.n, s.rest = None, 0, p.at.Add(swipePause)
		return g
	}
	return None
}

// gone is how far the place is from the stroke's begin, along its direction.
func (s *swipe) gone(p place) float64 {
	return (p.x-s.from.x)*s.dirX + (p.y-s.from.y)*s.dirY
}
