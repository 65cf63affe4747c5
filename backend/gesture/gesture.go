// Package gesture names what a hand does. In: the 21 landmarks of one hand, and for what
// takes time the moments they were seen at. Out: gestures with scores. It must never look
// at pixels, read a clock, or remember more than a few seconds of one hand.
package gesture

import "math"

// Gesture is a shape or a movement of one hand.
type Gesture uint8

// The shapes, each read from one set of landmarks, and the movements, read from many.
// Left, right, up and down are the picture's; whoever shows the picture mirrored mirrors
// the landmarks first.
const (
	None       Gesture = iota
	OpenPalm           // all five stretched
	Fist               // none stretched
	ThumbUp            // the thumb alone, pointing up in the picture
	ThumbDown          // the thumb alone, pointing down in the picture
	Victory            // index and middle, apart
	PointingUp         // the index finger, pointing up in the picture, with or without the thumb
	OK                 // thumb and index finger meet in a ring, the others stretched
	Rock               // index and little finger, with or without the thumb
	CallMe             // thumb and little finger
	Three              // index, middle and ring; or, as many count, thumb, index and middle
	Four               // all but the thumb

	shapes // how many there are, None included

	SwipeLeft Gesture = iota - 1
	SwipeRight
	SwipeUp
	SwipeDown
	Wave
	Pinch
)

var names = [...]string{
	"", "open palm", "fist", "thumb up", "thumb down", "victory", "pointing up", "OK", "rock", "call me", "three", "four",
	"swipe left", "swipe right", "swipe up", "swipe down", "wave", "pinch",
}

// String is the gesture's name as people read it, "" for None.
func (g Gesture) String() string {
	if int(g) >= len(names) {
		return ""
	}
	return names[g]
}

// Point is a landmark. X grows to the right and Y downwards in one unit of any size: where
// they are fractions of a picture's sides, the caller multiplies by its width and height
// first. Z grows away from the camera in about the same unit; 0 throughout where depth is
// unknown, which costs accuracy only for fingers that point at the camera. Landmarks in the
// picture are meant: the model's other ones, in metres, tell bent fingers from stretched ones
// half as well.
type Point struct{ X, Y, Z float64 }

// Hand is one hand's landmarks in the order of MediaPipe's hand model: the wrist, then four
// for each finger from its root to its tip, the thumb first. Left and right hands, and
// mirrored ones, are read alike.
type Hand [21]Point

// The landmarks that rules name.
const (
	wrist     = 0
	thumbMCP  = 2
	thumbTip  = 4
	indexMCP  = 5
	indexTip  = 8
	middleMCP = 9
	middleTip = 12
	pinkyMCP  = 17
)

// ok reports whether every number is one to calculate with, and the hand has an extent.
func (h *Hand) ok() bool {
	const most = 1e9
	for _, p := range h {
		if !(math.Abs(p.X) < most && math.Abs(p.Y) < most && math.Abs(p.Z) < most) { // NaN too
			return false
		}
	}
	return h.size() > 1/most
}

// size is the length of the palm from the wrist to the root of the middle finger. Seen at
// a slant either the length or the breadth is foreshortened, so it is the larger of the two
// in terms of the length: a palm is about 1.6 times as long as its knuckles are apart.
func (h *Hand) size() float64 {
	return max(dist(h[wrist], h[middleMCP]), 1.6*dist(h[indexMCP], h[pinkyMCP]))
}

// palm is the middle of the palm, which fingers do not move.
func (h *Hand) palm() Point {
	a, b, c := h[wrist], h[indexMCP], h[pinkyMCP]
	return Point{(a.X + b.X + c.X) / 3, (a.Y + b.Y + c.Y) / 3, (a.Z + b.Z + c.Z) / 3}
}

func sub(a, b Point) Point { return Point{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }

func (p Point) norm() float64 { return math.Sqrt(p.X*p.X + p.Y*p.Y + p.Z*p.Z) }

func dist(a, b Point) float64 { return sub(a, b).norm() }

// angle between two directions in degrees, 0..180; 0 where one has no length.
func angle(a, b Point) float64 {
	n := a.norm() * b.norm()
	if n == 0 {
		return 0
	}
	cos := (a.X*b.X + a.Y*b.Y + a.Z*b.Z) / n
	return math.Acos(max(-1, min(1, cos))) * 180 / math.Pi
}

// ramp is 0 at from and before, 1 at to and beyond, linear between; to may be below from.
func ramp(x, from, to float64) float64 {
	return max(0, min(1, (x-from)/(to-from)))
}
