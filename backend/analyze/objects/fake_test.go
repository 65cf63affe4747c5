package objects

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

// value reads "float32 name 1x3x64x64".
func value(text string) onnx.Value {
	typ, rest, _ := strings.Cut(text, " ")
	t := tensor(rest)
	return onnx.Value{Name: t.Name, Type: onnx.Type(typ), Shape: t.Shape}
}

// form is one of an input and outputs.
func form(in string, out ...string) network.Form {
	f := network.Form{Inputs: []onnx.Value{value(in)}}
	for _, o := range out {
		f.Outputs = append(f.Outputs, value(o))
	}
	return f
}

// rows is a network with suppression inside, for 64x64 pixels, that finds these: x0, y0, x1,
// y1, score, class.
func rows(found ...[6]float32) *networktest.Fake {
	f := &networktest.Fake{Form: form("float32 images 1x3x64x64", "float32 out 1x9x6")}
	f.Do = func(_, out []*onnx.Tensor) error {
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
