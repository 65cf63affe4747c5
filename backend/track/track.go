package track

import "time"

// Track is one thing followed through time, as of one moment. It is a value: Predict may be
// called on a copy by any goroutine.
type Track struct {
	ID       uint64 // from 1, rising, never given twice
	Label    string
	Score    float64    // of the newest detection
	Box      Box        // the filter's estimate
	Velocity [2]float64 // of the centre, box units per second

	First time.Time // of the first detection
	Seen  time.Time // of the newest detection
	At    time.Time // what Box holds for

	Detection int  // the index of its detection in this Update, −1 for none
	Lost      bool // without a detection; Box is where it should be
	Refound   bool // seen again in this Update after being lost
	Predicted bool // Box was moved forward in time rather than seen

	// Trail is where its centre was, oldest first, newest last, in the coordinates of the
	// newest picture. It is the tracker's memory, valid until its next call.
	Trail []Point

	reach time.Duration // how far from Seen a guess is worth making
}

// Point is where a centre was.
type Point struct {
	X, Y float64
	At   time.Time
}

// Age is the time from the first detection to the moment of the Box.
func (t Track) Age() time.Duration { return t.At.Sub(t.First) }

// Predict is the track as it should be at the given time: moved on at its velocity, but no
// further than MaxLost after it was last seen, and never back in time.
func (t Track) Predict(at time.Time) Track {
	if !at.After(t.At) {
		return t
	}
	if end := t.Seen.Add(t.reach); end.After(t.At) {
		dt := min(at.Sub(t.At), end.Sub(t.At)).Seconds()
		t.Box[0] += dt * t.Velocity[0]
		t.Box[1] += dt * t.Velocity[1]
	}
	t.At, t.Detection, t.Refound, t.Predicted = at, -1, false, true
	return t
}
