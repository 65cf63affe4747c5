package vision

import "math"

// Point is a place in a picture or a tensor, in pixels.
type Point struct{ X, Y float64 }

// Box is an upright rectangle from X0, Y0 to X1, Y1, in pixels.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Around is the box of that size about a centre.
func Around(x, y, w, h float64) Box { return Box{x - w/2, y - h/2, x + w/2, y + h/2} }

// Area is 0 for a box turned inside out.
func (b Box) Area() float64 { return max(b.X1-b.X0, 0) * max(b.Y1-b.Y0, 0) }

// Centre is the middle of the box.
func (b Box) Centre() Point { return Point{(b.X0 + b.X1) / 2, (b.Y0 + b.Y1) / 2} }

// Clip is the part of the box within a picture of that size. It has no area where the two
// do not meet.
func (b Box) Clip(width, height float64) Box {
	in := func(v, side float64) float64 { return min(max(v, 0), side) }
	return Box{in(b.X0, width), in(b.Y0, height), in(b.X1, width), in(b.Y1, height)}
}

// Fractions is the part of the box within a picture of that size: left, top, width and
// height as fractions 0..1 of the picture's.
func (b Box) Fractions(width, height int) [4]float64 {
	w, h := float64(width), float64(height)
	c := b.Clip(w, h)
	return [4]float64{c.X0 / w, c.Y0 / h, max(c.X1-c.X0, 0) / w, max(c.Y1-c.Y0, 0) / h}
}

// Smallest is the share of a picture's side up to which a width or a height is nothing: of a
// box beside the picture, or of numbers gone wild.
const Smallest = 1e-5

// Finite reports whether all four numbers are ones.
func (b Box) Finite() bool { return finite(b.X0, b.Y0, b.X1, b.Y1) }

// IoU is the share 0..1 of their joint area that two boxes have in common; 0 where
// neither has an area.
func (b Box) IoU(c Box) float64 {
	common := Box{max(b.X0, c.X0), max(b.Y0, c.Y0), min(b.X1, c.X1), min(b.Y1, c.Y1)}.Area()
	if common == 0 {
		return 0
	}
	return common / (b.Area() + c.Area() - common)
}

func finite(vs ...float64) bool {
	for _, v := range vs {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// Sigmoid is 1/(1+e^-x), 0..1.
func Sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Logit is what Sigmoid turns into p: minus and plus infinity at 0 and 1, so that a
// threshold can be compared before the sigmoid.
func Logit(p float64) float64 { return math.Log(p / (1 - p)) }
