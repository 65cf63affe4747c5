package onnx

import (
	"errors"
	"runtime"
	"testing"
)

// fakeSession stands for a model in the runtime; closed is closed when it is released.
type fakeSession struct {
	closed  chan struct{}
	failing bool // every run fails
}

func (s *fakeSession) bind(_, _ []*Tensor) (nativeBinding, error) {
	return &fakeBinding{s.failing}, nil
}

func (s *fakeSession) close() error {
	close(s.closed)
	return nil
}

type fakeBinding struct{ failing bool }

func (b *fakeBinding) run() error {
	if b.failing {
		return errors.New("no memory")
	}
	return nil
}

func (*fakeBinding) close() error { return nil }

func (s *fakeSession) released() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// The model goes with the last of the session and its bindings.
func TestTheLastReleases(t *testing.T) {
	native := &fakeSession{closed: make(chan struct{})}
	s := &Session{name: "fake", native: native, users: 1}
	var bindings []*Binding
	for range 3 {
		b, err := s.Bind(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		bindings = append(bindings, b)
	}
	for _, c := range []interface{ Close() error }{bindings[1], s, bindings[0], s, bindings[1]} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if native.released() {
		t.Fatal("released under a binding")
	}
	if err := bindings[2].Close(); err != nil || !native.released() {
		t.Errorf("not released: %v", err)
	}
}

// A binding whose first run fails is not made, and holds nothing.
func TestBindFailsWithItsFirstRun(t *testing.T) {
	native := &fakeSession{closed: make(chan struct{}), failing: true}
	s := &Session{name: "fake", native: native, users: 1}
	if b, err := s.Bind(nil, nil); b != nil || err == nil || err.Error() != "model fake: no memory" {
		t.Errorf("got %v, %v", b, err)
	}
	if err := s.Close(); err != nil || !native.released() {
		t.Errorf("not released: %v", err)
	}
}

// A binding that nobody closes, as that of an analyzer that was given up, goes with the
// garbage.
func TestForgottenBinding(t *testing.T) {
	native := &fakeSession{closed: make(chan struct{})}
	s := &Session{name: "fake", native: native, users: 1}
	if _, err := s.Bind(nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for !native.released() {
		runtime.GC()
	}
}
