// Package action names what a person does. In: the 17 key points of one person and the
// moments they were seen at. Out: posture, what the arms do, squats and falls counted. It
// must never look at pixels, read a clock, or remember more than a few seconds of a person.
package action

import "math"

// Action is a posture or what the arms do.
type Action uint8

// The postures and the arms' actions. Up and down are the picture's: the camera stands
// upright.
const (
	None        Action = iota
	Standing           // upright on stretched legs
	Sitting            // upright on bent legs for longer than a squat takes
	Squatting          // went down from standing just now
	Falling            // the shoulders go down fast and the body tips over
	Lying              // the body lies
	ArmsRaised         // both wrists above the head
	Waving             // a raised forearm goes from side to side
	actionCount        // how many there are
)

var names = [actionCount]string{"", "standing", "sitting", "squatting", "falling", "lying", "arms raised", "waving"}

// String is the action's name as people read it, "" for None.
func (a Action) String() string {
	if a >= actionCount {
		return ""
	}
	return names[a]
}

// Point is a key point. X grows to the right and Y downwards in one unit of any size: where
// they are fractions of a picture's sides, the caller multiplies by its width and height
// first. Score is how sure the model is, 0..1.
type Point struct{ X, Y, Score float64 }

// Pose is one person's key points in the order of COCO: nose, eyes, ears, shoulders,
// elbows, wrists, hips, knees, ankles, the left one of each pair first. Points with a low
// score, or with numbers that are not finite, count as missing.
type Pose [17]Point

// The key points that rules name; the right one of a pair follows the left one.
const (
	nose     = 0
	shoulder = 5
	elbow    = 7
	wrist    = 9
	hip      = 11
	knee     = 13
	ankle    = 15
)

// seen reports whether the point can be used.
func (p Point) seen() bool {
	return p.Score >= least && math.Abs(p.X) < 1e9 && math.Abs(p.Y) < 1e9 // false for NaN
}

// between is the middle of a pair, or the one that is seen; its score is 0 where none is.
func (p *Pose) between(left int) Point {
	a, b := p[left], p[left+1]
	switch {
	case a.seen() && b.seen():
		return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2, min(a.Score, b.Score)}
	case a.seen():
		return a
	case b.seen():
		return b
	}
	return Point{}
}

func dist(a, b Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }
