package objects

import (
	"crypto/sha256"
	"sync"

	"freshframe/backend/onnx"
)

// session is what is needed of an onnx.Session.
type session interface {
	Inputs() []onnx.Value
	Outputs() []onnx.Value
	Bind(inputs, outputs []*onnx.Tensor) (runner, error)
	Close() error
}

// runner is what is needed of an onnx.Binding.
type runner interface {
	Run() error
	Close() error
}

type opener func(name string, model []byte, o onnx.Options) (session, error)

// openONNX is onnx.Open.
func openONNX(name string, model []byte, o onnx.Options) (session, error) {
	s, err := onnx.Open(name, model, o)
	if err != nil {
		return nil, err
	}
	return native{s}, nil
}

// native is a session of ONNX Runtime.
type native struct{ *onnx.Session }

func (n native) Bind(inputs, outputs []*onnx.Tensor) (runner, error) {
	return n.Session.Bind(inputs, outputs)
}

// sessions are the models in use: one session for all workers with the same file and
// provider, open from the first to the last of them.
type sessions struct {
	open opener

	mu    sync.Mutex
	inUse map[use]*shared
}

type use struct {
	model    [sha256.Size]byte
	provider onnx.Provider
}

type shared struct {
	session
	users int
}

// enter opens the model, unless it is open; leave, called once, gives it up.
func (s *sessions) enter(name string, model []byte, o onnx.Options) (_ session, leave func() error, err error) {
	of := use{sha256.Sum256(model), o.Provider}
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.inUse[of]
	if sh == nil {
		opened, err := s.open(name, model, o)
		if err != nil {
			return nil, nil, err
		}
		sh = &shared{session: opened}
		if s.inUse == nil {
			s.inUse = map[use]*shared{}
		}
		s.inUse[of] = sh
	}
	sh.users++
	return sh.session, func() error { return s.leave(of, sh) }, nil
}

func (s *sessions) leave(of use, sh *shared) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sh.users--; sh.users > 0 {
		return nil
	}
	delete(s.inUse, of)
	return sh.Close()
}
