package goldentest

import (
	"math"
	"testing"

	"freshframe/backend/vision"
)

// Worst collects how far results are from the reference's.
type Worst struct {
	what              string
	iou, point, score float64
}

// NewWorst begins a comparison, whose worst figures are logged when the test ends.
func NewWorst(tb testing.TB, what string) *Worst {
	w := &Worst{what: what, iou: 1}
	tb.Cleanup(func() {
		tb.Logf("%s: worst IoU %.4f, point %.2f %%, score %.4f", w.what, w.iou, 100*w.point, w.score)
	})
	return w
}

// What counts as equal. Two runtimes are between the reference and a decoder here, and before
// an analyzer as a whole the rounding of colours.
const (
	leastIoU  = 0.95
	mostPoint = 0.01 // of the box's longer side
	mostScore = 0.02
)

// Box compares boxes, and gives the longer side of the one wanted.
func (w *Worst) Box(tb testing.TB, what string, got vision.Box, want [4]float64) (side float64) {
	tb.Helper()
	b := vision.Box{X0: want[0], Y0: want[1], X1: want[2], Y1: want[3]}
	iou := got.IoU(b)
	w.iou = min(w.iou, iou)
	if iou < leastIoU {
		tb.Errorf("%s, %s: a box at %.2f, want %.2f: IoU %.3f", w.what, what, got, b, iou)
	}
	return max(b.X1-b.X0, b.Y1-b.Y0)
}

// Point compares points, as a share of side.
func (w *Worst) Point(tb testing.TB, what string, x, y float64, want [2]float64, side float64) {
	tb.Helper()
	far := math.Hypot(x-want[0], y-want[1]) / side
	w.point = max(w.point, far)
	if !(far <= mostPoint) {
		tb.Errorf("%s, %s: a point at %.2f, %.2f, want %.2f: off by %.2f %% of the box", w.what, what, x, y, want, 100*far)
	}
}

// Score compares scores.
func (w *Worst) Score(tb testing.TB, what string, got, want float64) {
	tb.Helper()
	off := math.Abs(got - want)
	w.score = max(w.score, off)
	if !(off <= mostScore) {
		tb.Errorf("%s, %s: score %.4f, want %.4f", w.what, what, got, want)
	}
}
