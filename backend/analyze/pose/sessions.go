package pose

import (
	"sync"

	"freshframe/backend/models"
	"freshframe/backend/onnx"
)

// session is what is needed of an onnx.Session.
type session interface {
	Bind(inputs, outputs []*onnx.Tensor) (runner, error)
	Close() error
}

// runner is what is needed of an onnx.Binding.
type runner interface {
	Run() error
	Close() error
}

type opener func(onnx.Provider) (session, error)

// openONNX opens the program's own model.
func openONNX(p onnx.Provider) (session, error) {
	model, err := models.Load("", models.Pose)
	if err != nil {
		return nil, err
	}
	s, err := onnx.Open(models.Pose, model, onnx.Options{Provider: p})
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

// sessions are those in use: one for all workers with the same provider, open from the first
// to the last of them.
type sessions struct {
	open opener

	mu    sync.Mutex
	inUse map[onnx.Provider]*shared
}

type shared struct {
	session
	users int
}

// enter opens the model, unless it is open; leave, called once, gives it up.
func (s *sessions) enter(p onnx.Provider) (_ session, leave func() error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.inUse[p]
	if sh == nil {
		opened, err := s.open(p)
		if err != nil {
			return nil, nil, err
		}
		sh = &shared{session: opened}
		if s.inUse == nil {
			s.inUse = map[onnx.Provider]*shared{}
		}
		s.inUse[p] = sh
	}
	sh.users++
	return sh.session, func() error { return s.leave(p, sh) }, nil
}

func (s *sessions) leave(p onnx.Provider, sh *shared) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sh.users--; sh.users > 0 {
		return nil
	}
	delete(s.inUse, p)
	return sh.Close()
}
