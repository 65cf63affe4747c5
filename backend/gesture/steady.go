package gesture

import (
	"math"
	"time"
)

// How scores settle in time: what one picture shows may be a slip of the landmarks or a
// hand on its way from one shape to another.
const (
	settling = 120 * time.Millisecond // time constant of the smoothing
	longest  = 100 * time.Millisecond // the most that one picture counts for, however late
	forget   = time.Second            // a hand unseen for so long starts afresh
	appear   = 0.6                    // smoothed score from which a shape counts
	vanish   = 0.35                   // and below which it does no more
)

// Steady turns the scores of one hand's pictures into a shape that does not flicker. Each
// score is smoothed exponentially by time, not by pictures, so that it behaves alike at
// every frame rate; a shape appears above one threshold and vanishes below a lower one, and
// it takes two pictures at least. The zero value is ready.
type Steady struct {
	at      time.Time
	smooth  Scores
	current Gesture
}

// Update takes the scores of the picture seen at the given time and returns the shape that
// holds with its smoothed score, None with 0 where none does. A step back in time or a gap
// of more than a second starts afresh.
func (s *Steady) Update(at time.Time, scores Scores) (Gesture, float64) {
	dt := at.Sub(s.at)
	if dt < 0 || dt > forget {
		*s, dt = Steady{}, longest
	}
	s.at = at
	a := 1 - math.Exp(-min(dt, longest).Seconds()/settling.Seconds())
	for g := None + 1; g < shapes; g++ {
		v := scores[g]
		if !(v >= 0 && v <= 1) { // NaN too
			v = 0
		}
		s.smooth[g] += a * (v - s.smooth[g])
	}
	if s.current != None && s.smooth[s.current] < vanish {
		s.current = None
	}
	best := s.current
	for g := None + 1; g < shapes; g++ {
		if s.smooth[g] >= appear && s.smooth[g] > s.smooth[best] {
			best = g
		}
	}
	s.current = best
	if best == None {
		return None, 0
	}
	return best, s.smooth[best]
}
