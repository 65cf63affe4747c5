package onnx_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"freshframe/backend/models"
	"freshframe/backend/onnx"
	"freshframe/backend/onnx/onnxtest"
)

// ports are the inputs and outputs of the program's own models, which analyzers count on.
var ports = map[string][2]string{
	models.FaceNear: {
		"[input float32 1x128x128x3]",
		"[regressors_out float32 1x896x16 classificators_out float32 1x896x1]",
	},
	models.FaceFar: {
		"[input float32 1x192x192x3]",
		"[reshaped_regressor_face_4_out float32 1x2304x16 reshaped_classifier_face_4_out float32 1x2304x1]",
	},
	models.Palm: {
		"[input_1 float32 1x192x192x3]",
		"[Identity_out float32 1x2016x18 Identity_1_out float32 1x2016x1]",
	},
	models.Hand: {
		"[input_1 float32 1x224x224x3]",
		"[Identity_out float32 1x63 Identity_1_out float32 1x1 Identity_2_out float32 1x1 Identity_3_out float32 1x63]",
	},
	models.Pose: {
		"[input int32 1x192x192x3]",
		"[Identity float32 1x1x17x3]",
	},
	models.Objects: {
		"[input_1 float32 1x3x416x416]",
		"[Identity_3 float32 1x2704x44 Identity float32 1x2704x80 Identity_4 float32 1x676x44 " +
			"Identity_1 float32 1x676x80 Identity_5 float32 1x169x44 Identity_2 float32 1x169x80]",
	},
}

// open opens one of the program's models.
func open(tb testing.TB, name string) *onnx.Session {
	tb.Helper()
	onnxtest.Need(tb)
	data, err := models.Load("", name)
	if err != nil {
		tb.Fatal(err)
	}
	return openData(tb, name, data)
}

func openData(tb testing.TB, name string, data []byte) *onnx.Session {
	tb.Helper()
	s, err := onnx.Open(name, data, onnx.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// tensors are zeros for the values.
func tensors(tb testing.TB, values []onnx.Value) []*onnx.Tensor {
	tb.Helper()
	var all []*onnx.Tensor
	for _, v := range values {
		t, err := v.New()
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, t)
	}
	return all
}

// bind binds new tensors, the inputs filled with a picture of noise.
func bind(tb testing.TB, s *onnx.Session) (b *onnx.Binding, in, out []*onnx.Tensor) {
	tb.Helper()
	in, out = tensors(tb, s.Inputs()), tensors(tb, s.Outputs())
	noise(in[0], 1)
	return bound(tb, s, in, out), in, out
}

func bound(tb testing.TB, s *onnx.Session, in, out []*onnx.Tensor) *onnx.Binding {
	tb.Helper()
	b, err := s.Bind(in, out)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

// noise fills a tensor with numbers that depend on the seed only: -1 to 1, or 0 to 255.
func noise(t *onnx.Tensor, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range t.Float32 {
		t.Float32[i] = 2*r.Float32() - 1
	}
	for i := range t.Int32 {
		t.Int32[i] = r.Int32N(256)
	}
}

// copied is what the tensors hold now.
func copied(tensors []*onnx.Tensor) (numbers [][]float32) {
	for _, t := range tensors {
		numbers = append(numbers, slices.Clone(t.Float32))
	}
	return numbers
}

func equal(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, slices.Equal[[]float32])
}

// Every model opens, has the inputs and outputs that are counted on, and makes numbers of
// pictures, the same of the same picture and others of another one.
func TestModels(t *testing.T) {
	for _, name := range models.Names() {
		t.Run(name, func(t *testing.T) {
			s := open(t, name)
			if got := [2]string{fmt.Sprint(s.Inputs()), fmt.Sprint(s.Outputs())}; got != ports[name] {
				t.Errorf("inputs and outputs\n%q, want\n%q", got, ports[name])
			}
			b, in, out := bind(t, s)
			first := copied(out) // Bind has run it
			noise(in[0], 2)
			if err := b.Run(); err != nil {
				t.Fatal(err)
			}
			other := copied(out)
			noise(in[0], 1)
			if err := b.Run(); err != nil {
				t.Fatal(err)
			}
			if !equal(copied(out), first) {
				t.Error("the same picture gives other numbers")
			}
			for i, numbers := range first {
				if slices.Equal(numbers, other[i]) {
					t.Errorf("%s does not depend on the picture", s.Outputs()[i])
				}
				if j := slices.IndexFunc(numbers, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }); j >= 0 {
					t.Errorf("%s has %v at %d", s.Outputs()[i], numbers[j], j)
				}
			}
		})
	}
}

func TestRunDoesNotAllocate(t *testing.T) {
	for _, name := range []string{models.FaceNear, models.Pose} {
		b, _, _ := bind(t, open(t, name))
		if n := testing.AllocsPerRun(20, func() {
			if err := b.Run(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a run", name, n)
		}
	}
}

// Goroutines that share a session get what each would get alone.
func TestSessionIsShared(t *testing.T) {
	const goroutines, runs = 4, 10
	s := open(t, models.FaceNear)
	var want [goroutines][][]float32
	b, in, out := bind(t, s)
	for g := range goroutines {
		noise(in[0], uint64(g))
		if err := b.Run(); err != nil {
			t.Fatal(err)
		}
		want[g] = copied(out)
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		b, in, out := bind(t, s)
		noise(in[0], uint64(g))
		wg.Go(func() {
			for range runs {
				if err := b.Run(); err != nil {
					t.Error(err)
				}
				if !equal(copied(out), want[g]) {
					t.Errorf("goroutine %d got other numbers than alone", g)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkRun(b *testing.B) {
	for _, name := range models.Names() {
		b.Run(name, func(b *testing.B) {
			bound, _, _ := bind(b, open(b, name))
			b.ReportAllocs()
			for b.Loop() {
				if err := bound.Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpen includes Bind's first run: what a program waits for when it starts.
func BenchmarkOpen(b *testing.B) {
	for _, name := range models.Names() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				bind(b, open(b, name))
			}
		})
	}
}
