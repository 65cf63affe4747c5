// Package pose finds the 17 body key points of the person who fills most of the picture.
// In: frames, which MoveNet looks at. Out: key points, and what the person does by the rules
// of package action. It must never make such a rule itself, nor follow more than one person.
package pose

import (
	"fmt"
	"math"

	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/vision"
)

// The key points in COCO's order, left and right as the person has them.
const (
	Nose = iota
	LeftEye
	RightEye
	LeftEar
	RightEar
	LeftShoulder
	RightShoulder
	LeftElbow
	RightElbow
	LeftWrist
	RightWrist
	LeftHip
	RightHip
	LeftKnee
	RightKnee
	LeftAnkle
	RightAnkle
	NumPoints
)

const size = 192 // side of the network's square input, pixels

// Input is what MoveNet wants: RGB as whole numbers from 0 to 255, black outside.
var Input = vision.Input{Width: size, Height: size}

// form is that of the network.
var form = network.Form{
	Inputs:  []onnx.Value{{Type: onnx.Int32, Shape: []int{1, size, size, 3}}},
	Outputs: []onnx.Value{network.Floats(1, 1, NumPoints, 3)},
}

// Point is a key point.
type Point struct {
	vision.Point
	Score float64 // 0..1
}

// Pose is a person in a picture, in its pixels. Key points out of sight are guesses of a
// low score.
type Pose struct {
	Points [NumPoints]Point
	Score  float64 // the key points' mean, 0..1
}

// Seen is the score from which a key point is taken to be seen, that of MoveNet's makers.
const Seen = 0.2

// Decode reads the network's output: y, x and score for each key point, as fractions of
// the tensor, which m leads from to the picture. The error tells of another network's
// output and of numbers that are none.
func Decode(out []float32, m vision.Affine) (Pose, error) {
	if len(out) != 3*NumPoints {
		return Pose{}, fmt.Errorf("pose: %d numbers, want %d: another network's output", len(out), 3*NumPoints)
	}
	var p Pose
	for i := range p.Points {
		o := out[3*i:][:3]
		at := m.Point(vision.Point{X: float64(o[1]) * size, Y: float64(o[0]) * size})
		score := float64(o[2])
		if s := at.X + at.Y; !(score >= 0 && score <= 1) || math.IsNaN(s) || math.IsInf(s, 0) {
			return Pose{}, fmt.Errorf("pose: key point %d is at %v with score %v: the network's arithmetic failed", i, at, score)
		}
		p.Points[i] = Point{at, score}
		p.Score += score / NumPoints
	}
	return p, nil
}

// Box is the box around the key points that are seen; false where none is.
func (p *Pose) Box() (b vision.Box, seen bool) {
	b = vision.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for _, k := range p.Points {
		if k.Score >= Seen {
			b = vision.Box{X0: min(b.X0, k.X), Y0: min(b.Y0, k.Y), X1: max(b.X1, k.X), Y1: max(b.Y1, k.Y)}
			seen = true
		}
	}
	if !seen {
		return vision.Box{}, false
	}
	return b, true
}

// Next is the square in which to look in the next frame of that size, false where the
// whole picture is better: when the trunk is out of sight, or fills the picture. The rule
// is that of MoveNet's makers ("MoveNet: Ultra fast and accurate pose detection model",
// TensorFlow Hub): about the hips, 1.9 times as far as the trunk reaches, at least 1.2
// times as far as the rest does.
func (p *Pose) Next(width, height int) (vision.Square, bool) {
	seen := func(i int) bool { return p.Points[i].Score > Seen }
	if !(seen(LeftShoulder) || seen(RightShoulder)) || !(seen(LeftHip) || seen(RightHip)) {
		return vision.Square{}, false
	}
	left, right := p.Points[LeftHip], p.Points[RightHip]
	x, y := (left.X+right.X)/2, (left.Y+right.Y)/2
	half := 0.0
	for i, k := range p.Points {
		reach := max(math.Abs(k.X-x), math.Abs(k.Y-y))
		switch i {
		case LeftShoulder, RightShoulder, LeftHip, RightHip:
			half = max(half, 1.9*reach)
		}
		if seen(i) {
			half = max(half, 1.2*reach)
		}
	}
	w, h := float64(width), float64(height)
	half = min(half, max(x, w-x, y, h-y))
	if half > max(w, h)/2 || half < 1 {
		return vision.Square{}, false
	}
	return vision.Square{X: x, Y: y, Side: 2 * half}, true
}
