package main

import (
	"errors"
	"slices"
	"time"

	"freshframe/backend/network"
	"freshframe/backend/onnx"
)

// meter is ONNX Runtime for a network.Store. It times each run that an analyzer makes, and
// keeps a twin of each network, with tensors of its own, to be run bare.
type meter struct{ nets []*twins }

// twins are a network as the analyzer has it, and the same for itself.
type twins struct {
	network.Runner
	in         []*onnx.Tensor
	bare       network.Runner
	bareIn     []*onnx.Tensor
	runs, last int // in all, and since the last spent
	took       time.Duration
}

// Load is part of network.Runtime.
func (m *meter) Load(library string) error {
	_, err := onnx.Load(library)
	return err
}

// Open is part of network.Runtime.
func (m *meter) Open(name string, model []byte, o onnx.Options) (network.Model, error) {
	s, err := onnx.Open(name, model, o)
	if err != nil {
		return nil, err
	}
	return &metered{s, m}, nil
}

type metered struct {
	*onnx.Session
	meter *meter
}

// Bind is part of network.Model.
func (s *metered) Bind(in, out []*onnx.Tensor) (network.Runner, error) {
	t := &twins{in: in, bareIn: clones(in)}
	var err error
	if t.Runner, err = s.Session.Bind(in, out); err != nil {
		return nil, err
	}
	if t.bare, err = s.Session.Bind(t.bareIn, clones(out)); err != nil {
		return nil, errors.Join(err, t.Runner.Close())
	}
	s.meter.nets = append(s.meter.nets, t)
	return t, nil
}

func clones(ts []*onnx.Tensor) []*onnx.Tensor {
	all := make([]*onnx.Tensor, len(ts))
	for i, t := range ts {
		all[i] = &onnx.Tensor{
			Shape: slices.Clone(t.Shape), Float32: slices.Clone(t.Float32),
			Int32: slices.Clone(t.Int32), Int64: slices.Clone(t.Int64), Uint8: slices.Clone(t.Uint8),
		}
	}
	return all
}

// Run is part of network.Runner.
func (t *twins) Run() error {
	begin := time.Now()
	err := t.Runner.Run()
	t.took += time.Since(begin)
	t.runs, t.last = t.runs+1, t.last+1
	return err
}

// Close is part of network.Runner.
func (t *twins) Close() error { return errors.Join(t.Runner.Close(), t.bare.Close()) }

// begin shows the twins what the analyzer's networks saw last, and counts from here.
func (m *meter) begin() {
	for _, t := range m.nets {
		for i, from := range t.in {
			to := t.bareIn[i]
			copy(to.Float32, from.Float32)
			copy(to.Int32, from.Int32)
			copy(to.Int64, from.Int64)
			copy(to.Uint8, from.Uint8)
		}
		t.runs, t.last, t.took = 0, 0, 0
	}
}

// spent is the time that the analyzer's networks took since it was asked for last, and that
// of as many bare runs of the same networks now.
func (m *meter) spent() (inside, bare time.Duration, err error) {
	for _, t := range m.nets {
		begin := time.Now()
		for range t.last {
			if err := t.bare.Run(); err != nil {
				return 0, 0, err
			}
		}
		bare += time.Since(begin)
		inside += t.took
		t.last, t.took = 0, 0
	}
	return inside, bare, nil
}

// runs are those of all networks since begin.
func (m *meter) runs() (n int) {
	for _, t := range m.nets {
		n += t.runs
	}
	return n
}
