package vision

import (
	"fmt"
	"math"
)

// Layer is a grid of anchors: PerCell of them in the middle of each cell of Stride tensor
// pixels.
type Layer struct{ Stride, PerCell int }

// SSD decodes the single-shot detectors of MediaPipe, whose anchors are points: a box and
// key points per anchor, in tensor pixels from it, and a score before the sigmoid (Liu et
// al., "SSD: Single Shot MultiBox Detector", ECCV 2016, with the fixed anchors of
// BlazeFace). It may be shared by many goroutines.
type SSD struct {
	points  int
	anchors []Point
}

// NewSSD makes the decoder of a network with a square input of size pixels and up to
// MaxPoints key points. The layers are in the order of the network's output.
func NewSSD(size, points int, layers ...Layer) *SSD {
	s := &SSD{points: points}
	for _, l := range layers {
		n := (size + l.Stride - 1) / l.Stride
		cell := float64(size) / float64(n)
		for i := range n * n * l.PerCell {
			x, y := i/l.PerCell%n, i/l.PerCell/n
			s.anchors = append(s.anchors, Point{(float64(x) + 0.5) * cell, (float64(y) + 0.5) * cell})
		}
	}
	return s
}

// Anchors is how many boxes and scores the network gives.
func (s *SSD) Anchors() int { return len(s.anchors) }

// blendLimit bounds the time that a network gone wild can cost.
const blendLimit = 300

// speck is the size in pixels up to which a box is nothing.
const speck = 0.01

// near refuses numbers that are none, and places that no picture's pixels can be at: they
// would spoil those they are averaged with.
func near(vs ...float64) bool {
	for _, v := range vs {
		if !(math.Abs(v) < 1e6) {
			return false
		}
	}
	return true
}

// Decode gives, in the memory of dst, what scores at least threshold (0..1), in tensor
// pixels, best first, overlaps of more than IoU overlap blended. What scores at least sure
// is as if sure were the threshold. boxes holds per anchor the centre, the size and the key
// points; logits one number. The error tells of a wrong length, and of a number that is
// none or absurd.
func (s *SSD) Decode(dst []Marked, boxes, logits []float32, threshold, sure, overlap float64) ([]Marked, error) {
	width, n := 4+2*s.points, len(s.anchors)
	if len(boxes) != n*width || len(logits) != n {
		return dst[:0], fmt.Errorf("%d box numbers and %d scores, want %d and %d: another network's output", len(boxes), len(logits), n*width, n)
	}
	least := Logit(threshold)
	dst = dst[:0]
	for i, l := range logits {
		score := float64(l)
		if score < least {
			continue // NaN is not
		}
		if math.IsNaN(score) {
			return dst[:0], fmt.Errorf("the score of anchor %d is NaN: the network's arithmetic failed", i)
		}
		b, a := boxes[i*width:][:width], s.anchors[i]
		d := Marked{
			Box:   Around(a.X+float64(b[0]), a.Y+float64(b[1]), float64(b[2]), float64(b[3])),
			Score: Sigmoid(min(max(score, -100), 100)),
		}
		for k := range s.points {
			d.Points[k] = Point{a.X + float64(b[4+2*k]), a.Y + float64(b[5+2*k])}
			if p := d.Points[k]; !near(p.X, p.Y) {
				return dst[:0], fmt.Errorf("key point %d of anchor %d is %v: the network's arithmetic failed", k, i, p)
			}
		}
		if !near(d.X0, d.Y0, d.X1, d.Y1) {
			return dst[:0], fmt.Errorf("the box of anchor %d is %v: the network's arithmetic failed", i, d.Box)
		}
		if min(d.X1-d.X0, d.Y1-d.Y0) > speck {
			dst = append(dst, d)
		}
	}
	return Blend(dst, overlap, sure, blendLimit), nil
}
