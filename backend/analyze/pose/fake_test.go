package pose

import (
	"errors"
	"image"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

// fake is a runtime whose network sees what see says: the person's key points as fractions of the
// tensor.
type fake struct {
	networktest.Fake
	see func(in []int32, out []float32) error
}

func newFake(see func(in []int32, out []float32) error) *fake {
	f := &fake{see: see}
	f.Form = form
	f.Do = func(in, out []*onnx.Tensor) error { return f.see(in[0].Int32, out[0].Float32) }
	return f
}

// figure is a person who stands upright, as fractions of the tensor: x and y by key point.
var figure = [NumPoints][2]float32{
	{0.5, 0.2},                                           // nose
	{0.51, 0.19}, {0.49, 0.19}, {0.52, 0.2}, {0.48, 0.2}, // eyes, ears
	{0.55, 0.3}, {0.45, 0.3}, // shoulders
	{0.57, 0.4}, {0.43, 0.4}, {0.57, 0.5}, {0.43, 0.5}, // elbows, wrists
	{0.53, 0.5}, {0.47, 0.5}, // hips
	{0.53, 0.65}, {0.47, 0.65}, {0.53, 0.8}, {0.47, 0.8}, // knees, ankles
}

// showing is a network that always sees these points, with that score.
func showing(points [NumPoints][2]float32, score float32) func([]int32, []float32) error {
	return func(_ []int32, out []float32) error {
		for i, p := range points {
			out[3*i], out[3*i+1], out[3*i+2] = p[1], p[0], score
		}
		return nil
	}
}

var errFake = errors.New("out of memory")

func shotPlanes(t testing.TB, f *frame.Frame) *image.YCbCr {
	t.Helper()
	p, err := f.Planes()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
