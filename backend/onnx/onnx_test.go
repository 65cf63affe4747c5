package onnx_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"freshframe/backend/models"
	"freshframe/backend/onnx"
	"freshframe/backend/onnx/onnxtest"
)

// says checks that there is an error with all the parts.
func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want %q", err, part)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	onnxtest.Need(t)
	good, err := models.Load("", models.FaceNear)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what  string
		model []byte
		o     onnx.Options
		want  string
	}{
		{"nothing", nil, onnx.Options{}, "the file is empty"},
		{"a text", []byte("this is no model"), onnx.Options{}, "not a model that ONNX Runtime"},
		{"a JPEG", []byte{0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0}, onnx.Options{}, "not a model that ONNX Runtime"},
		{"float16", identity(elementFloat16), onnx.Options{}, ""}, // Bind refuses it
		{"an unknown provider", good, onnx.Options{Provider: "tpu"}, `execution provider "tpu" does not exist: it can be cpu, cuda or openvino`},
		{"another library", good, onnx.Options{Library: "/elsewhere/libonnxruntime.so"}, "cannot be loaded from /elsewhere/libonnxruntime.so: it is already"},
	} {
		s, err := onnx.Open("my.onnx", c.model, c.o)
		switch {
		case c.want != "":
			says(t, err, "model my.onnx: ", c.want)
		case err != nil:
			t.Errorf("%s: %v", c.what, err)
		default:
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for part := range 16 {
		cut := good[:len(good)*part/16]
		s, err := onnx.Open("my.onnx", cut, onnx.Options{})
		if err == nil {
			t.Errorf("%d of %d bytes are a model: %v", len(cut), len(good), s.Outputs())
		}
	}
}

// A provider is used where the library has it; else the error says which library has not.
func TestProviders(t *testing.T) {
	onnxtest.Need(t)
	for _, p := range onnx.Providers() {
		s, err := onnx.Open("identity.onnx", identity(elementFloat32), onnx.Options{Provider: p})
		if err != nil {
			if p == onnx.CPU {
				t.Error(err)
			}
			says(t, err, "cannot run models with "+string(p)+": choose cpu")
			continue
		}
		in := []*onnx.Tensor{{Shape: []int{2}, Float32: make([]float32, 2)}}
		out := []*onnx.Tensor{{Shape: []int{2}, Float32: make([]float32, 2)}}
		b := bound(t, s, in, out)
		in[0].Float32[1] = 5 // after Bind
		if err := b.Run(); err != nil {
			t.Error(err)
		}
		if out[0].Float32[1] != 5 {
			t.Errorf("%s: got %v of %v", p, out[0].Float32, in[0].Float32)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBindRefuses(t *testing.T) {
	s := open(t, models.FaceNear)
	floats := func(n int, shape ...int) *onnx.Tensor {
		return &onnx.Tensor{Shape: shape, Float32: make([]float32, n)}
	}
	const picture = 128 * 128 * 3
	good := tensors(t, s.Inputs())[0]
	outs := tensors(t, s.Outputs())
	for _, c := range []struct {
		in, out []*onnx.Tensor
		want    string
	}{
		{nil, outs, "0 input tensors given, the model has 1: [input float32 1x128x128x3]"},
		{[]*onnx.Tensor{good, good}, outs, "2 input tensors given"},
		{[]*onnx.Tensor{good}, outs[:1], "1 output tensors given, the model has 2"},
		{[]*onnx.Tensor{nil}, outs, "input input float32 1x128x128x3: no tensor given"},
		{[]*onnx.Tensor{{}}, outs, "the tensor has 0 slices of numbers, not 1"},
		{[]*onnx.Tensor{{Float32: good.Float32, Int32: []int32{1}, Shape: good.Shape}}, outs, "the tensor has 2 slices"},
		{[]*onnx.Tensor{{Uint8: make([]uint8, picture), Shape: good.Shape}}, outs, "the tensor is uint8"},
		{[]*onnx.Tensor{floats(picture, 1, 3, 128, 128)}, outs, "the tensor is 1x3x128x128"},
		{[]*onnx.Tensor{floats(picture, 128, 128, 3)}, outs, "the tensor is 128x128x3"},
		{[]*onnx.Tensor{floats(picture-1, 1, 128, 128, 3)}, outs, "the tensor has 49151 numbers, its shape 1x128x128x3 wants 49152"},
		{[]*onnx.Tensor{good}, []*onnx.Tensor{outs[1], outs[0]}, "output regressors_out float32 1x896x16: the tensor is 1x896x1"},
	} {
		_, err := s.Bind(c.in, c.out)
		says(t, err, "model "+models.FaceNear+": ", c.want)
	}

	half := openData(t, "half.onnx", identity(elementFloat16))
	_, err := half.Bind([]*onnx.Tensor{floats(2, 2)}, []*onnx.Tensor{{}})
	says(t, err, "FLOAT16 are not supported: convert the model to float32")
}

// A model whose outputs' shapes depend on its inputs' numbers.
func TestOutputsMadeByTheRuntime(t *testing.T) {
	onnxtest.Need(t)
	s := openData(t, "nonzero.onnx", nonZero())
	in := []*onnx.Tensor{{Shape: []int{5}, Float32: []float32{0, 1, 0, 2, 3}}}
	out := []*onnx.Tensor{{}}
	b := bound(t, s, in, out)
	for _, c := range []struct {
		in   []float32
		want []int64
	}{
		{[]float32{0, 1, 0, 2, 3}, []int64{1, 3, 4}},
		{[]float32{0, 0, 0, 0, 7}, []int64{4}},
		{[]float32{0, 0, 0, 0, 0}, nil},
		{[]float32{1, 1, 1, 1, 1}, []int64{0, 1, 2, 3, 4}},
	} {
		copy(in[0].Float32, c.in)
		if err := b.Run(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out[0].Int64, c.want) || !slices.Equal(out[0].Shape, []int{1, len(c.want)}) {
			t.Errorf("of %v: %v, shape %v, want %v", c.in, out[0].Int64, out[0].Shape, c.want)
		}
	}
}

// Outputs made by the runtime and those bound hold the same numbers.
func TestOutputsMadeAndBound(t *testing.T) {
	s := open(t, models.Hand)
	_, in, want := bind(t, s)
	got := []*onnx.Tensor{{}, tensors(t, s.Outputs()[1:2])[0], {}, {}}
	bound(t, s, in, got)
	if !equal(copied(got), copied(want)) {
		t.Errorf("got %v, want %v", copied(got), copied(want))
	}
}

func TestClose(t *testing.T) {
	s := open(t, models.FaceNear)
	b, in, out := bind(t, s)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := b.Run(); err != nil {
		t.Errorf("a binding outlives the session's Close, but: %v", err)
	}
	_, err := s.Bind(in, out)
	says(t, err, "the model is closed")
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	says(t, b.Run(), "the model is closed")
}

// Close waits for the run under way; runs that come later fail, and nothing crashes.
func TestCloseWhileRunning(t *testing.T) {
	s := open(t, models.FaceNear)
	b, _, _ := bind(t, s)
	var wg sync.WaitGroup
	var once sync.Once
	running := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				if err := b.Run(); err != nil {
					says(t, err, "the model is closed")
					return
				}
				once.Do(func() { close(running) })
			}
		})
	}
	<-running
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// A file that is no library, or none at all, is an error that says what to do. In a process
// of its own, since a process has one library.
func TestLoadRefuses(t *testing.T) {
	if os.Getenv("ONNX_TEST_CHILD") != "" {
		_, err := onnx.Load("")
		if err == nil {
			t.Fatal("loaded")
		}
		os.Stdout.WriteString(err.Error())
		return
	}
	onnxtest.Need(t)
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("no library\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{text, text + " (" + onnx.Environment + "): "},
		{filepath.Join(dir, "none.so"), "no such file"},
	} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLoadRefuses$")
		child.Env = append(os.Environ(), "ONNX_TEST_CHILD=1", onnx.Environment+"="+c.path)
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, want := range []string{c.want, onnx.ErrUnavailable.Error(), "npm ci"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("got %s, want %q", out, want)
			}
		}
	}
}
