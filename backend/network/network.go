// Package network lends neural networks to analyzers. In: the name of a model, or a file, and
// what the analyzer can use. Out: the network with tensors that are one worker's own, warm.
// It must never know what a tensor means, nor read a file that nobody named.
package network

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"freshframe/backend/onnx"
)

// Runtime is what is needed of package onnx.
type Runtime interface {
	// Load says why there is no runtime here; nil: there is one.
	Load(library string) error
	Open(name string, model []byte, o onnx.Options) (Model, error)
}

// Model is what is needed of an onnx.Session.
type Model interface {
	Inputs() []onnx.Value
	Outputs() []onnx.Value
	Bind(inputs, outputs []*onnx.Tensor) (Runner, error)
	Close() error
}

// Runner is what is needed of an onnx.Binding.
type Runner interface {
	Run() error
	Close() error
}

// Network is a model with the tensors of one worker, in the model's order. Run reads the inputs
// and writes the outputs, both in place. An output whose size only the run tells is another
// memory after each. Close gives the model up; it may be called again.
type Network struct {
	Runner
	Inputs, Outputs []*onnx.Tensor
}

// bind makes a network of the model. It has run once when it is returned: the first run is slow.
func bind(m Model) (*Network, error) {
	n := &Network{}
	for _, v := range m.Inputs() {
		t, err := v.New(batch(v)...)
		if err != nil {
			return nil, err
		}
		n.Inputs = append(n.Inputs, t)
	}
	for _, v := range m.Outputs() {
		t := &onnx.Tensor{} // the runtime makes it: the network decides its size from run to run
		if sizes := batch(v); v.Fixed() || len(sizes) > 0 {
			var err error
			if t, err = v.New(sizes...); err != nil {
				return nil, err
			}
		}
		n.Outputs = append(n.Outputs, t)
	}
	var err error
	n.Runner, err = m.Bind(n.Inputs, n.Outputs)
	return n, err
}

// batch is the size for a shape that leaves only the number of pictures open: one. With two
// dimensions, an open first one may be a number of things.
func batch(v onnx.Value) []int {
	if len(v.Shape) > 2 && v.Shape[0] == -1 && !slices.Contains(v.Shape[1:], -1) {
		return []int{1}
	}
	return nil
}

// lent is a runner that gives its model up when it is closed.
type lent struct {
	Runner
	leave func() error
	once  sync.Once
}

// Close waits for the run that may be under way.
func (l *lent) Close() (err error) {
	l.once.Do(func() { err = errors.Join(l.Runner.Close(), l.leave()) })
	return err
}

// native is package onnx.
type native struct{}

func (native) Load(library string) error {
	_, err := onnx.Load(library)
	return err
}

func (native) Open(name string, model []byte, o onnx.Options) (Model, error) {
	s, err := onnx.Open(name, model, o)
	if err != nil {
		return nil, err
	}
	return session{s}, nil
}

type session struct{ *onnx.Session }

func (s session) Bind(inputs, outputs []*onnx.Tensor) (Runner, error) {
	b, err := s.Session.Bind(inputs, outputs)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Form is what an analyzer is written for: the tensors of a model by type and shape, in its
// order. Their names do not matter.
type Form struct{ Inputs, Outputs []onnx.Value }

// Floats is a value of float32 numbers.
func Floats(shape ...int) onnx.Value { return onnx.Value{Type: onnx.Float32, Shape: shape} }

// Check refuses a model that takes or gives anything else. Sizes that a model leaves open fit.
func (f Form) Check(inputs, outputs []onnx.Value) error {
	fit := func(want, have onnx.Value) bool {
		return want.Type == have.Type && slices.EqualFunc(want.Shape, have.Shape, func(want, have int) bool {
			return want == have || have == -1
		})
	}
	if slices.EqualFunc(f.Inputs, inputs, fit) && slices.EqualFunc(f.Outputs, outputs, fit) {
		return nil
	}
	return fmt.Errorf("it takes %v and gives %v: want %v and %v", inputs, outputs, f.Inputs, f.Outputs)
}
