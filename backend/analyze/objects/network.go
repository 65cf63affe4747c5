package objects

import (
	"errors"
	"slices"

	"freshframe/backend/analyze/view"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/vision"
)

// eye is a network that looks at one picture at a time.
type eye struct {
	*network.Network
	fill func(*frame.Frame) (vision.Affine, error) // puts a picture into the input
	outs [][]float32                               // the outputs as floats
}

func newEye(n *network.Network, in vision.Input) (eye, error) {
	e := eye{Network: n, outs: make([][]float32, len(n.Outputs))}
	var err error
	e.fill, err = filler(in, n.Inputs[0])
	return e, err
}

// tensorsOf are the values by name and shape alone.
func tensorsOf(values []onnx.Value) []Tensor {
	all := make([]Tensor, len(values))
	for i, v := range values {
		all[i] = Tensor{v.Name, v.Shape}
	}
	return all
}

// filler puts pictures into a tensor. A network that takes whole numbers wants them from 0
// to 255, whatever others of its kind want.
func filler(in vision.Input, t *onnx.Tensor) (func(*frame.Frame) (vision.Affine, error), error) {
	if t.Float32 != nil {
		return fillerOf(in, t.Float32)
	}
	in.Mean, in.Std = [3]float32{}, [3]float32{}
	switch {
	case t.Uint8 != nil:
		return fillerOf(in, t.Uint8)
	case t.Int32 != nil:
		return fillerOf(in, t.Int32)
	}
	return nil, errors.New("it takes a picture of 64-bit numbers: export it with float32 ones")
}

// detail is as much as the tensor has, or double of a large picture would be decoded in full.
const detail = 1

func fillerOf[T vision.Number](in vision.Input, dst []T) (func(*frame.Frame) (vision.Affine, error), error) {
	s, err := vision.NewSampler[T](in)
	if err != nil {
		return nil, err
	}
	return func(f *frame.Frame) (vision.Affine, error) { return view.Letterbox(s, dst, f, detail) }, nil
}

// look runs the network on the picture. The map leads from the tensor's pixels to the
// picture's; the outputs are valid until the next look.
func (e *eye) look(f *frame.Frame) (vision.Affine, [][]float32, error) {
	m, err := e.fill(f)
	if err != nil {
		return m, nil, err
	}
	if err := e.Run(); err != nil {
		return m, nil, err
	}
	for i, t := range e.Outputs {
		e.outs[i] = floats(e.outs[i], t)
	}
	return m, e.outs, nil
}

// floats are the tensor's numbers: its own, or in the memory of dst where those are whole.
func floats(dst []float32, t *onnx.Tensor) []float32 {
	switch {
	case t.Int64 != nil:
		return converted(dst, t.Int64)
	case t.Int32 != nil:
		return converted(dst, t.Int32)
	case t.Uint8 != nil:
		return converted(dst, t.Uint8)
	}
	return t.Float32
}

func converted[T int64 | int32 | uint8](dst []float32, whole []T) []float32 {
	dst = slices.Grow(dst[:0], len(whole))
	for _, x := range whole {
		dst = append(dst, float32(x))
	}
	return dst
}
