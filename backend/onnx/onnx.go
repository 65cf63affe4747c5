// Package onnx runs neural networks with ONNX Runtime. In: a model's bytes and tensors that
// the caller owns. Out: what the model makes of them, without allocation per run. It must
// never know what a tensor means, nor keep more than the caller's thread busy with a run.
//
// The runtime is a shared library, loaded when the first model is opened; search tells
// where it is looked for. Without it, or in a build without cgo, Open fails with an error
// that wraps ErrUnavailable and says how to get it; everything else goes on.
package onnx

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// ErrUnavailable is wrapped by errors of Open and Load that no model can mend: there is no
// runtime here.
var ErrUnavailable = errors.New("ONNX Runtime is not available")

// errClosed is the end of every run that comes too late.
var errClosed = errors.New("the model is closed")

// Options say which runtime to use and where a model runs. The zero value is right for most.
type Options struct {
	Library  string   // path of the shared library; "" searches for it
	Provider Provider // "" is CPU
}

// Session is a loaded model, for any number of goroutines; each makes its own Binding.
// A run keeps one thread busy, the caller's: several at once are several Bindings.
type Session struct {
	name            string
	inputs, outputs []Value
	native          nativeSession

	mu     sync.Mutex
	users  int // bindings, and one for the session itself until it is closed
	closed bool
}

// nativeSession is a model in the runtime.
type nativeSession interface {
	bind(inputs, outputs []*Tensor) (nativeBinding, error)
	close() error
}

// nativeBinding is one set of tensors in the runtime. Nothing of it is safe for concurrent use.
type nativeBinding interface {
	run() error
	close() error
}

// Load loads the runtime from the path, "" for where search finds it, once for the whole
// program, and returns its version. Open does it too; Load is for asking beforehand.
func Load(path string) (version string, err error) {
	return library.load(path, os.Getenv(Environment), programFolder())
}

// Open loads a model. The name stands in errors.
func Open(name string, model []byte, o Options) (*Session, error) {
	s := &Session{name: name, users: 1}
	if err := o.Provider.check(); err != nil {
		return nil, s.wrap(err)
	}
	if _, err := Load(o.Library); err != nil {
		return nil, s.wrap(err)
	}
	if len(model) == 0 {
		return nil, s.wrap(errors.New("the file is empty"))
	}
	var err error
	if s.native, s.inputs, s.outputs, err = openNative(model, o.Provider); err != nil {
		return nil, s.wrap(err)
	}
	return s, nil
}

// wrap puts the model's name before an error.
func (s *Session) wrap(err error) error {
	return fmt.Errorf("model %s: %w", s.name, err)
}

// Inputs are what the model wants, in its order. Not to be changed.
func (s *Session) Inputs() []Value { return s.inputs }

// Outputs are what the model gives, in its order. Not to be changed.
func (s *Session) Outputs() []Value { return s.outputs }

// Close releases the model as soon as its bindings are closed too. No binding can be made
// afterwards.
func (s *Session) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	return s.leave()
}

// enter counts a user, unless the session is closed.
func (s *Session) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.users++
	return nil
}

// leave takes a user off; the last one releases the model.
func (s *Session) leave() error {
	s.mu.Lock()
	s.users--
	last := s.users == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	if err := s.native.close(); err != nil {
		return s.wrap(err)
	}
	return nil
}
