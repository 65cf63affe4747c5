package faces

import (
	"fmt"
	"sync"

	"freshframe/backend/models"
	"freshframe/backend/onnx"
)

// runner runs a network on the tensors it is bound to: an onnx.Binding, or a test's.
type runner interface {
	Run() error
	Close() error
}

// network is one analyzer's own hold on a model: nobody else touches its tensors.
type network struct {
	runner
	in  []float32   // the only input
	out [][]float32 // in the model's order
}

// bank holds the models that were opened, for all analyzers of a kind. Like the runtime
// itself they stay for as long as the program runs: an analyzer that is made anew, or one
// more for the pool, must not wait for the file to be read again.
type bank struct {
	mu       sync.Mutex
	sessions map[model]*onnx.Session
}

// model is a network by its name, and where it runs.
type model struct {
	name     string
	provider onnx.Provider
}

// providers are the choices of an option.
func providers() (names []string) {
	for _, p := range onnx.Providers() {
		names = append(names, string(p))
	}
	return names
}

// bind makes a network of the model, which is opened if that was not done. The network has
// run once, so the first frame meets a warm one. Without the runtime the error wraps
// onnx.ErrUnavailable and says how to get it; it is not remembered, for what is missing can
// be installed meanwhile.
func (b *bank) bind(m model) (*network, error) {
	s, err := b.session(m)
	if err != nil {
		return nil, err
	}
	n := &network{}
	tensors := func(values []onnx.Value) (all []*onnx.Tensor, err error) {
		for _, v := range values {
			t, err := v.New()
			if err != nil {
				return nil, fmt.Errorf("model %s: %w", m.name, err)
			}
			all = append(all, t)
		}
		return all, nil
	}
	in, err := tensors(s.Inputs())
	if err != nil {
		return nil, err
	}
	out, err := tensors(s.Outputs())
	if err != nil {
		return nil, err
	}
	for _, t := range out {
		n.out = append(n.out, t.Float32)
	}
	n.in = in[0].Float32
	binding, err := s.Bind(in, out)
	if err != nil {
		return nil, err
	}
	n.runner = binding
	return n, nil
}

func (b *bank) session(m model) (*onnx.Session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.sessions[m]; s != nil {
		return s, nil
	}
	data, err := models.Load("", m.name)
	if err != nil {
		return nil, err
	}
	s, err := onnx.Open(m.name, data, onnx.Options{Provider: m.provider})
	if err != nil {
		return nil, err
	}
	if b.sessions == nil {
		b.sessions = map[model]*onnx.Session{}
	}
	b.sessions[m] = s
	return s, nil
}
