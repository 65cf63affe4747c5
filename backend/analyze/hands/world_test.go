package hands

import (
	"math"
	"slices"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/onnx"
)

const width, height = 640, 480

// disc is a hand as the fake networks know it: bright, round, pointing up.
type disc struct{ x, y, r float64 }

// world is what the camera sees, and networks that see it too: the fake palm detector is told
// where the discs are, the fake landmark network finds the one in its crop by its brightness.
type world struct {
	tb    testing.TB
	a     *analyzer
	discs []disc
	fist  bool
	at    time.Time
	every time.Duration
	seq   uint64
	pool  frame.Pool
	size  [2]int

	palm, hand fakeNet
	right      float32
}

type fakeNet struct {
	in           []float32
	out          [][]float32
	see          func()
	runs, closed int
	fail         error
}

func (n *fakeNet) Run() error {
	n.runs++
	if n.fail != nil {
		return n.fail
	}
	n.see()
	return nil
}

func (n *fakeNet) Close() error { n.closed++; return nil }

// network is one on the same memory.
func (n *fakeNet) network() *network.Network {
	net := &network.Network{Runner: n, Inputs: []*onnx.Tensor{{Float32: n.in}}}
	for _, o := range n.out {
		net.Outputs = append(net.Outputs, &onnx.Tensor{Float32: o})
	}
	return net
}

const palmAnchors = 24*24*2 + 12*12*6

func newWorld(tb testing.TB, most int, gestures bool) *world {
	tb.Helper()
	w := &world{
		tb: tb, right: 0.9, size: [2]int{width, height},
		at: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), every: 33 * time.Millisecond,
	}
	w.palm.in, w.palm.out = make([]float32, PalmInput.Len()), [][]float32{make([]float32, palmAnchors*18), make([]float32, palmAnchors)}
	w.hand.in, w.hand.out = make([]float32, HandInput.Len()), [][]float32{make([]float32, 63), make([]float32, 1), make([]float32, 1), make([]float32, 63)}
	w.palm.see, w.hand.see = w.seePalms, w.seeHand
	var err error
	if w.a, err = newAnalyzer(w.palm.network(), w.hand.network(), 0.5, most, gestures); err != nil {
		tb.Fatal(err)
	}
	return w
}

// seePalms puts the palm of disc i at the anchor 2i, in the first row.
func (w *world) seePalms() {
	boxes, logits := w.palm.out[0], w.palm.out[1]
	for i := range logits {
		logits[i] = -100
	}
	m := PalmInput.Fit(w.size[0], w.size[1])
	for i, d := range w.discs {
		x, y, r := (d.x-m.X0)/m.XX, (d.y-m.Y0)/m.YY, d.r/m.XX
		dx, dy := float32(x-(float64(i)*8+4)), float32(y-4)
		logits[2*i] = 4 - float32(i)
		row := boxes[2*i*18:][:18]
		clear(row)
		row[0], row[1], row[2], row[3] = dx, dy, float32(2*r), float32(2*r)
		row[4+2*PalmWrist], row[5+2*PalmWrist] = dx, dy+float32(r)
		row[4+2*PalmMiddle], row[5+2*PalmMiddle] = dx, dy-float32(r)
	}
}

// seeHand lays a hand on the bright part of the crop, its fingers upwards.
func (w *world) seeHand() {
	var n, sx, sy float64
	for i := 0; i < len(w.hand.in); i += 3 {
		if w.hand.in[i] > 0.5 {
			n++
			sx += float64(i/3%handSize) + 0.5
			sy += float64(i/3/handSize) + 0.5
		}
	}
	landmarks, presence, right := w.hand.out[0], w.hand.out[1], w.hand.out[2]
	presence[0], right[0] = 0.01, w.right
	if n < 100 {
		return
	}
	presence[0] = 0.95
	x, y, r := sx/n, sy/n, math.Sqrt(n/math.Pi)
	for i, p := range shape(w.fist) {
		landmarks[3*i], landmarks[3*i+1], landmarks[3*i+2] = float32(x+r*p[0]), float32(y+r*p[1]), 0
	}
}

// shape is the landmarks of a hand whose palm is of radius 1: open, or a fist. It points
// straight up by the measure of Next, or it would turn a little with every frame.
func shape(fist bool) (h [NumPoints][2]float64) {
	h[Wrist] = [2]float64{0, 1}
	copy(h[Thumb:], [][2]float64{{0.54, 0.68}, {1.1, 0.1}, {1.6, -0.4}, {2, -0.8}})
	reach := [3]float64{0.9, 1.4, 1.9}
	if fist {
		copy(h[Thumb:], [][2]float64{{0.54, 0.68}, {0.9, 0.1}, {0.5, -0.2}, {0, -0.3}})
		reach = [3]float64{0.6, 0.1, -0.4}
	}
	for i, root := range [4][2]float64{{0.5, -0.96}, {0, -1}, {-0.5, -0.96}, {-0.84, -0.64}} {
		sin, cos := math.Sincos([4]float64{9, 0, -9, -20}[i] * math.Pi / 180)
		h[Index+4*i] = root
		for j, l := range reach {
			h[Index+4*i+1+j] = [2]float64{root[0] + l*sin, root[1] - l*cos}
		}
	}
	return h
}

// frame is the discs on dark ground.
func (w *world) frame() *frame.Frame {
	f := w.pool.Get()
	w.seq++
	f.Seq, f.Format, f.Width, f.Height, f.Captured = w.seq, frame.I420, w.size[0], w.size[1], w.at
	luma, chroma := f.Width*f.Height, 2*((f.Width+1)/2)*((f.Height+1)/2)
	f.Data = slices.Grow(f.Data, luma+chroma)[:luma+chroma]
	for i := range f.Data {
		f.Data[i] = 128
		if i < luma {
			f.Data[i] = 20
		}
	}
	for _, d := range w.discs {
		for y := max(0, int(d.y-d.r)); y <= min(f.Height-1, int(d.y+d.r)); y++ {
			for x := max(0, int(d.x-d.r)); x <= min(f.Width-1, int(d.x+d.r)); x++ {
				if math.Hypot(float64(x)+0.5-d.x, float64(y)+0.5-d.y) < d.r {
					f.Data[y*f.Width+x] = 235
				}
			}
		}
	}
	return f
}

// try analyzes the next frame.
func (w *world) try() (analyze.Result, error) {
	f := w.frame()
	defer f.Release()
	w.at = w.at.Add(w.every)
	return w.a.Analyze(w.tb.Context(), f)
}

// see analyzes the next frame, which must go well.
func (w *world) see() analyze.Result {
	w.tb.Helper()
	r, err := w.try()
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		w.tb.Fatal(err)
	}
	return r
}

// only is the one hand in the result.
func (w *world) only(r analyze.Result) analyze.Detection {
	w.tb.Helper()
	if r.Count != 1 || len(r.Detections) != 1 {
		w.tb.Fatalf("frame %d: %+v, want one hand", w.seq, r)
	}
	return r.Detections[0]
}
