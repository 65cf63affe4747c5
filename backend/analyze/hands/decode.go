// Package hands finds hands and their 21 landmarks. In: frames, and the outputs of
// MediaPipe's palm detector and hand landmark network. Out: hands in picture pixels, and
// the square in which to look for each of them. What a gesture is, it must never decide.
package hands

import (
	"fmt"
	"math"

	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/vision"
)

// The landmarks of a hand that others are measured by; each finger's four follow one
// another from the palm to the tip.
const (
	Wrist     = 0
	Thumb     = 1
	Index     = 5
	Middle    = 9
	Ring      = 13
	Pinky     = 17
	NumPoints = 21
)

// The key points of a palm.
const (
	PalmWrist  = 0
	PalmMiddle = 2 // the middle finger's knuckle
	PalmPoints = 7
)

// Sides of the networks' square inputs, pixels.
const (
	palmSize = 192
	handSize = 224
)

// PalmInput is what the palm detector wants: RGB from 0 to 1, letterboxed in black.
var PalmInput = vision.Input{Width: palmSize, Height: palmSize, Std: [3]float32{255, 255, 255}}

// HandInput is what the landmark network wants of a crop: RGB from 0 to 1.
var HandInput = vision.Input{
	Width: handSize, Height: handSize, Std: [3]float32{255, 255, 255}, Border: vision.Replicate,
}

// Three layers of two anchors each share the stride 16.
var palms = vision.NewSSD(palmSize, PalmPoints, vision.Layer{Stride: 8, PerCell: 2}, vision.Layer{Stride: 16, PerCell: 6})

// The forms of the networks.
var (
	palmForm = network.Form{
		Inputs:  []onnx.Value{network.Floats(1, palmSize, palmSize, 3)},
		Outputs: []onnx.Value{network.Floats(1, palms.Anchors(), 4+2*PalmPoints), network.Floats(1, palms.Anchors(), 1)},
	}
	handForm = network.Form{
		Inputs:  []onnx.Value{network.Floats(1, handSize, handSize, 3)},
		Outputs: []onnx.Value{network.Floats(1, 3*NumPoints), network.Floats(1, 1), network.Floats(1, 1), network.Floats(1, 3*NumPoints)},
	}
)

// palmOverlap is the IoU from which two boxes are one palm.
const palmOverlap = 0.3

// DecodePalms gives, in the memory of dst, the palms that score at least threshold (0..1),
// best first, in pixels of the tensor. boxes and logits are the detector's outputs. The
// error tells of outputs of another detector and of numbers that are none.
func DecodePalms(dst []vision.Marked, boxes, logits []float32, threshold float64) ([]vision.Marked, error) {
	dst, err := palms.Decode(dst, boxes, logits, threshold, threshold, palmOverlap)
	if err != nil {
		return dst, fmt.Errorf("palms: %w", err)
	}
	return dst, nil
}

// FromPalm is the square around the whole hand of a palm: turned so that the fingers point
// up, half a palm towards them, 2.6 times the palm's size. Palm and square are both in
// pixels of the picture. The numbers of this function and of Next are those the landmark
// network was trained with (MediaPipe's hand landmark tracking graph).
func FromPalm(p vision.Marked) vision.Square {
	angle := upright(p.Points[PalmWrist], p.Points[PalmMiddle])
	c := p.Centre()
	w, h := p.X1-p.X0, p.Y1-p.Y0
	return square(c, w, h, angle, -0.5, 2.6)
}

// Next is the square in which to look for the hand in the next frame.
func Next(h Hand) vision.Square {
	at := func(i int) vision.Point { return vision.Point{X: h.Points[i].X, Y: h.Points[i].Y} }
	index, middle, ring := at(Index), at(Middle), at(Ring)
	ahead := vision.Point{
		X: (index.X+ring.X)/4 + middle.X/2,
		Y: (index.Y+ring.Y)/4 + middle.Y/2,
	}
	angle := upright(at(Wrist), ahead)
	sin, cos := math.Sincos(angle)
	// The box around palm and knuckles in the hand's own direction: fingers that stretch
	// and bend do not pull it about.
	b := vision.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for _, i := range [...]int{0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18} {
		p := at(i)
		x, y := p.X*cos+p.Y*sin, p.Y*cos-p.X*sin
		b = vision.Box{X0: min(b.X0, x), Y0: min(b.Y0, y), X1: max(b.X1, x), Y1: max(b.Y1, y)}
	}
	c := b.Centre()
	c = vision.Point{X: c.X*cos - c.Y*sin, Y: c.X*sin + c.Y*cos}
	return square(c, b.X1-b.X0, b.Y1-b.Y0, angle, -0.1, 2)
}

// upright is the angle by which to turn the square so that the direction points up in it,
// -π..π.
func upright(from, to vision.Point) float64 {
	angle := math.Pi/2 + math.Atan2(to.Y-from.Y, to.X-from.X)
	if angle > math.Pi {
		angle -= 2 * math.Pi
	}
	return angle
}

// square is the square about a box of that centre and size: moved by the share of its
// height along its own downward direction, with scale times the longer side.
func square(c vision.Point, w, h, angle, shift, scale float64) vision.Square {
	sin, cos := math.Sincos(angle)
	return vision.Square{X: c.X - h*shift*sin, Y: c.Y + h*shift*cos, Side: scale * max(w, h), Angle: angle}
}

// Point is a landmark. Z is its depth against the wrist in the unit of X and Y; what is
// nearer to the camera is negative.
type Point struct{ X, Y, Z float64 }

// Hand is a hand in a picture.
type Hand struct {
	Points   [NumPoints]Point // pixels of the picture
	World    [NumPoints]Point // metres from the hand's middle, in the picture's directions
	Presence float64          // how sure the network is that there is a hand, 0..1
	// Right is how sure it is that it is the person's right hand, in a picture that is not
	// mirrored; 1-Right that it is the left.
	Right float64
}

// depth is what a pixel of the network's depth is worth, MediaPipe's normalize_z.
const depth = 1 / 0.4

// Decode reads the landmark network's outputs for the crop of q: landmarks in pixels of
// the crop, presence, handedness and landmarks in metres. The error tells of outputs of
// another network and of numbers that are none.
func Decode(landmarks, presence, right, world []float32, q vision.Square) (Hand, error) {
	if len(landmarks) != 3*NumPoints || len(world) != 3*NumPoints || len(presence) != 1 || len(right) != 1 {
		return Hand{}, fmt.Errorf("hands: %d landmark numbers, %d for presence, %d for handedness, %d in metres, want %d, 1, 1, %[5]d: another network's output",
			len(landmarks), len(presence), len(right), len(world), 3*NumPoints)
	}
	h := Hand{Presence: float64(presence[0]), Right: float64(right[0])}
	if !(h.Presence >= 0 && h.Presence <= 1 && h.Right >= 0 && h.Right <= 1) {
		return Hand{}, fmt.Errorf("hands: presence %v and handedness %v are no probabilities: the network's arithmetic failed", h.Presence, h.Right)
	}
	m := q.Map(handSize, handSize)
	sin, cos := math.Sincos(q.Angle)
	for i := range NumPoints {
		l, w := landmarks[3*i:][:3], world[3*i:][:3]
		p := m.Point(vision.Point{X: float64(l[0]), Y: float64(l[1])})
		h.Points[i] = Point{p.X, p.Y, float64(l[2]) * depth * q.Side / handSize}
		x, y := float64(w[0]), float64(w[1])
		h.World[i] = Point{x*cos - y*sin, x*sin + y*cos, float64(w[2])}
		if !h.Points[i].finite() || !h.World[i].finite() {
			return Hand{}, fmt.Errorf("hands: landmark %d is %v, %v in metres: the network's arithmetic failed", i, h.Points[i], h.World[i])
		}
	}
	return h, nil
}

func (p Point) finite() bool {
	s := p.X + p.Y + p.Z
	return !math.IsNaN(s) && !math.IsInf(s, 0)
}

// Box is the box around the landmarks.
func (h *Hand) Box() vision.Box {
	p := h.Points[0]
	b := vision.Box{X0: p.X, Y0: p.Y, X1: p.X, Y1: p.Y}
	for _, p := range h.Points[1:] {
		b = vision.Box{X0: min(b.X0, p.X), Y0: min(b.Y0, p.Y), X1: max(b.X1, p.X), Y1: max(b.Y1, p.Y)}
	}
	return b
}
