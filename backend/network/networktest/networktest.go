// Package networktest is for tests of analyzers without ONNX Runtime. In: what a model takes,
// gives and does. Out: a runtime for a network.Store, and what became of it. It must never be
// part of the program.
package networktest

import (
	"slices"
	"sync"
	"testing"

	"freshframe/backend/network"
	"freshframe/backend/onnx"
)

// Fake is a runtime for which every file is a model: of the form in Named by its name, else of
// its own form.
type Fake struct {
	network.Form
	Named map[string]network.Form
	// Do is each run; nil leaves the outputs as they are.
	Do      func(in, out []*onnx.Tensor) error
	Missing error // of Load and Open
	Unbound error // of Bind

	mu     sync.Mutex
	counts Counts
	names  []string
	last   onnx.Options
}

// Counts are how often something happened.
type Counts struct{ Opened, Closed, Bound, Unbound int }

// Store is a store with this runtime.
func (f *Fake) Store() *network.Store { return &network.Store{Runtime: f} }

// Counts are those so far.
func (f *Fake) Counts() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts
}

// Names are those of the models opened so far.
func (f *Fake) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.names)
}

// Last are the options of the newest model.
func (f *Fake) Last() onnx.Options {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// Tidy checks that nothing was left open.
func (f *Fake) Tidy(tb testing.TB) {
	tb.Helper()
	if c := f.Counts(); c.Opened != c.Closed || c.Bound != c.Unbound {
		tb.Errorf("left open: %+v", c)
	}
}

// Load is part of network.Runtime.
func (f *Fake) Load(string) error { return f.Missing }

// Open is part of network.Runtime.
func (f *Fake) Open(name string, _ []byte, o onnx.Options) (network.Model, error) {
	if f.Missing != nil {
		return nil, f.Missing
	}
	f.note(func(c *Counts) {
		c.Opened++
		f.names, f.last = append(f.names, name), o
	})
	form, ok := f.Named[name]
	if !ok {
		form = f.Form
	}
	return &model{f, form}, nil
}

func (f *Fake) note(what func(*Counts)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what(&f.counts)
}

type model struct {
	fake *Fake
	form network.Form
}

func (m *model) Inputs() []onnx.Value  { return m.form.Inputs }
func (m *model) Outputs() []onnx.Value { return m.form.Outputs }

func (m *model) Close() error {
	m.fake.note(func(c *Counts) { c.Closed++ })
	return nil
}

// Bind does not run the model, as the real one does: what tests look at is what they did.
func (m *model) Bind(in, out []*onnx.Tensor) (network.Runner, error) {
	r := &runner{m.fake, in, out}
	if m.fake.Unbound != nil {
		return nil, m.fake.Unbound
	}
	m.fake.note(func(c *Counts) { c.Bound++ })
	return r, nil
}

type runner struct {
	fake    *Fake
	in, out []*onnx.Tensor
}

func (r *runner) Run() error {
	if r.fake.Do == nil {
		return nil
	}
	return r.fake.Do(r.in, r.out)
}

func (r *runner) Close() error {
	r.fake.note(func(c *Counts) { c.Unbound++ })
	return nil
}
