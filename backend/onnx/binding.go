package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// Binding is a session with the tensors it reads and writes. Its methods can be called from
// any goroutine, one runs at a time; the tensors belong to the caller, who leaves them alone
// while Run runs.
type Binding struct {
	mu      sync.Mutex
	closed  bool
	held    held
	cleanup runtime.Cleanup // for bindings that nobody closes
}

// held is what a binding holds of the runtime.
type held struct {
	session *Session
	native  nativeBinding
}

// release is called once.
func (h held) release() error { return errors.Join(h.native.close(), h.session.leave()) }

// Bind prepares runs on these tensors, one for each input and output in the model's order,
// each with the model's type and shape. Their numbers may change between runs, their slices
// and shapes not. An output that is &Tensor{} gets a new shape and new numbers with each
// run: the way for models that cannot tell beforehand how much they find.
//
// Bind runs the model once on what the inputs hold now: the first run is when the runtime
// lays out its memory, and the first frame must not wait for that.
func (s *Session) Bind(inputs, outputs []*Tensor) (*Binding, error) {
	if err := s.check(inputs, outputs); err != nil {
		return nil, s.wrap(err)
	}
	if err := s.enter(); err != nil {
		return nil, s.wrap(err)
	}
	native, err := s.native.bind(inputs, outputs)
	if err != nil {
		return nil, errors.Join(s.wrap(err), s.leave())
	}
	b := &Binding{held: held{s, native}}
	b.cleanup = runtime.AddCleanup(b, func(h held) { _ = h.release() }, b.held)
	if err := b.Run(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// check says which tensor the model would not take.
func (s *Session) check(inputs, outputs []*Tensor) error {
	for _, side := range []struct {
		what    string
		values  []Value
		tensors []*Tensor
		free    bool // to be made by the runtime
	}{
		{"input", s.inputs, inputs, false},
		{"output", s.outputs, outputs, true},
	} {
		if len(side.tensors) != len(side.values) {
			return fmt.Errorf("%d %s tensors given, the model has %d: %v", len(side.tensors), side.what, len(side.values), side.values)
		}
		for i, t := range side.tensors {
			if t == nil {
				return fmt.Errorf("%s %s: no tensor given", side.what, side.values[i])
			}
			if side.free && t.empty() {
				continue
			}
			if err := t.fits(side.values[i]); err != nil {
				return fmt.Errorf("%s %s: %w", side.what, side.values[i], err)
			}
		}
	}
	return nil
}

// Run runs the model on the bound tensors. It does not allocate, except for outputs bound
// as &Tensor{}. It cannot be interrupted.
func (b *Binding) Run() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return b.held.session.wrap(errClosed)
	}
	if err := b.held.native.run(); err != nil {
		return b.held.session.wrap(err)
	}
	return nil
}

// Close gives the tensors back to the caller, after the run that may be under way.
func (b *Binding) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.cleanup.Stop()
	return b.held.release()
}
