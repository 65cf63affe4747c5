package track

import "time"

// Track is one thing followed through time, as of one moment.
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

	// Trail is where its centre was, oldest first, newest last, in the coordinates of the
	// newest picture. It is the tracker's memory, valid until its next call.
	Trail []Point
}

// Point is where a centre was.
type Point struct {
	X, Y float64
	At   time.Time
}

// Age is the time from the first detection to the moment of the Box.
func (t Track) Age() time.Duration { return t.At.Sub(t.First) }
