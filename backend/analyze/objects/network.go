package objects

import (
	"errors"
	"image"
	"slices"

	"freshframe/backend/onnx"
	"freshframe/backend/vision"
)

// network is a model with the tensors of one worker.
type network struct {
	run  runner
	fill func(*image.YCbCr) (vision.Affine, error) // puts a picture into the input

	results []*onnx.Tensor
	outs    [][]float32 // the same as floats
}

// tensorsOf are the values by name and shape alone.
func tensorsOf(values []onnx.Value) []Tensor {
	all := make([]Tensor, len(values))
	for i, v := range values {
		all[i] = Tensor{v.Name, v.Shape}
	}
	return all
}

// bind makes the tensors of a worker for a network that takes one picture. The first run,
// which is slow, is done when it returns.
func bind(s session, in vision.Input) (network, error) {
	input, err := s.Inputs()[0].New(batch(s.Inputs()[0])...)
	if err != nil {
		return network{}, err
	}
	n := network{outs: make([][]float32, len(s.Outputs()))}
	if n.fill, err = filler(in, input); err != nil {
		return network{}, err
	}
	for _, v := range s.Outputs() {
		t := &onnx.Tensor{} // the runtime makes it, for the network decides its size from run to run
		if sizes := batch(v); v.Fixed() || len(sizes) > 0 {
			if t, err = v.New(sizes...); err != nil {
				return network{}, err
			}
		}
		n.results = append(n.results, t)
	}
	if n.run, err = s.Bind([]*onnx.Tensor{input}, n.results); err != nil {
		return network{}, err
	}
	return n, nil
}

// batch is the size for a shape that leaves only the number of pictures open: one. With
// two dimensions, an open first one may be a number of things.
func batch(v onnx.Value) []int {
	if len(v.Shape) > 2 && v.Shape[0] == -1 && !slices.Contains(v.Shape[1:], -1) {
		return []int{1}
	}
	return nil
}

// filler puts pictures into a tensor. A network that takes whole numbers wants them from 0
// to 255, whatever others of its kind want.
func filler(in vision.Input, t *onnx.Tensor) (func(*image.YCbCr) (vision.Affine, error), error) {
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

func fillerOf[T vision.Number](in vision.Input, dst []T) (func(*image.YCbCr) (vision.Affine, error), error) {
	s, err := vision.NewSampler[T](in)
	if err != nil {
		return nil, err
	}
	return func(p *image.YCbCr) (vision.Affine, error) { return s.Letterbox(dst, p) }, nil
}

// look runs the network on the picture. The map leads from the tensor's pixels to the
// picture's; the outputs are valid until the next look.
func (n *network) look(p *image.YCbCr) (vision.Affine, [][]float32, error) {
	m, err := n.fill(p)
	if err != nil {
		return m, nil, err
	}
	if err := n.run.Run(); err != nil {
		return m, nil, err
	}
	for i, t := range n.results {
		n.outs[i] = floats(n.outs[i], t)
	}
	return m, n.outs, nil
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
