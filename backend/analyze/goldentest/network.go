package goldentest

import (
	"testing"

	"freshframe/backend/models"
	"freshframe/backend/onnx"
)

// Network is one of the program's own models.
type Network struct {
	binding *onnx.Binding
	in, out []*onnx.Tensor
}

// Open opens the model, by its name in package models.
func Open(tb testing.TB, name string) *Network {
	tb.Helper()
	model, err := models.Load("", name)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := onnx.Open(name, model, onnx.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tensors := func(values []onnx.Value) (all []*onnx.Tensor) {
		for _, v := range values {
			t, err := v.New()
			if err != nil {
				tb.Fatal(err)
			}
			all = append(all, t)
		}
		return all
	}
	n := &Network{in: tensors(s.Inputs()), out: tensors(s.Outputs())}
	if n.binding, err = s.Bind(n.in, n.out); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := n.binding.Close(); err != nil {
			tb.Error(err)
		}
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return n
}

// Run gives the outputs for a tensor, which loses its fractions where the network takes whole
// numbers. They are valid until the next run.
func (n *Network) Run(tb testing.TB, tensor []float32) [][]float32 {
	tb.Helper()
	if whole := n.in[0].Int32; whole != nil {
		for i, v := range tensor {
			whole[i] = int32(v)
		}
	} else {
		copy(n.in[0].Float32, tensor)
	}
	if err := n.binding.Run(); err != nil {
		tb.Fatal(err)
	}
	outs := make([][]float32, len(n.out))
	for i, t := range n.out {
		outs[i] = t.Float32
	}
	return outs
}
