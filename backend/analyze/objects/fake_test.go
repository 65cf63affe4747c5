package objects

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/onnx"
)

// fake stands for ONNX Runtime: every file is a model of these inputs and outputs.
type fake struct {
	inputs, outputs []onnx.Value
	missing         error // of opening
	unbound         error
	run             func(in, out []*onnx.Tensor) error

	mu             sync.Mutex
	opened, closed int
	bound, unused  int // bindings made and closed
	last           onnx.Options
}

func (f *fake) open(_ string, _ []byte, o onnx.Options) (session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.missing != nil {
		return nil, f.missing
	}
	f.opened++
	f.last = o
	return &fakeSession{f}, nil
}

type fakeSession struct{ *fake }

func (s *fakeSession) Inputs() []onnx.Value  { return s.inputs }
func (s *fakeSession) Outputs() []onnx.Value { return s.outputs }

func (s *fakeSession) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return nil
}

func (s *fakeSession) Bind(in, out []*onnx.Tensor) (runner, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unbound != nil {
		return nil, s.unbound
	}
	s.bound++
	return &fakeRunner{s.fake, in, out}, nil
}

type fakeRunner struct {
	*fake
	in, out []*onnx.Tensor
}

func (r *fakeRunner) Run() error { return r.run(r.in, r.out) }

func (r *fakeRunner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unused++
	return nil
}

// tidy checks that nothing was left open.
func (f *fake) tidy(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opened != f.closed || f.bound != f.unused {
		t.Errorf("%d sessions opened, %d closed; %d bound, %d unbound", f.opened, f.closed, f.bound, f.unused)
	}
}

// value reads "float32 name 1x3x64x64".
func value(text string) onnx.Value {
	typ, rest, _ := strings.Cut(text, " ")
	t := tensor(rest)
	return onnx.Value{Name: t.Name, Type: onnx.Type(typ), Shape: t.Shape}
}

// rows is a network with suppression inside, for 64x64 pixels, that finds these: x0, y0, x1,
// y1, score, class.
func rows(found ...[6]float32) *fake {
	f := &fake{inputs: []onnx.Value{value("float32 images 1x3x64x64")}, outputs: []onnx.Value{value("float32 out 1x9x6")}}
	f.run = func(_, out []*onnx.Tensor) error {
		clear(out[0].Float32)
		for i, r := range found {
			copy(out[0].Float32[6*i:], r[:])
		}
		return nil
	}
	return f
}

// parse reads the spec "objects?" + query.
func parse(t testing.TB, k analyze.Kind, query string) analyze.Spec {
	t.Helper()
	s, err := analyze.Kinds{k}.Parse("objects?" + query)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func made(t testing.TB, s analyze.Spec) analyze.Analyzer {
	t.Helper()
	a, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// file writes a file and gives its path for a query.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return url.QueryEscape(path)
}

// gray is a frame of that size.
func gray(width, height int) *frame.Frame {
	f := new(frame.Pool).Get()
	f.Seq, f.Format, f.Width, f.Height, f.Captured = 1, frame.I420, width, height, time.Unix(1_763_870_000, 0)
	n := width*height + 2*((width+1)/2)*((height+1)/2)
	f.Data = slices.Grow(f.Data[:0], n)[:n]
	for i := range f.Data {
		f.Data[i] = 128
	}
	return f
}

// stripes is a picture with edges of every kind.
func stripes() *frame.Frame {
	f := gray(640, 480)
	for i := range f.Data {
		f.Data[i] = uint8(i*i/997 + i/640)
	}
	return f
}

func analyzed(t testing.TB, a analyze.Analyzer, f *frame.Frame) analyze.Result {
	t.Helper()
	r, err := a.Analyze(t.Context(), f)
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var errFake = errors.New("out of memory")
