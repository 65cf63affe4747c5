package faces

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/vision"
)

// nets are the real networks.
var nets = new(network.Store)

// portrait is a person before a camera; testdata/README.md says who.
func portrait(tb testing.TB) *frame.Frame {
	tb.Helper()
	data, err := os.ReadFile("testdata/astronaut.jpg")
	if err != nil {
		tb.Fatal(err)
	}
	f := new(frame.Pool).Get()
	f.Seq, f.Format, f.Data, f.Captured = 1, frame.JPEG, data, noon
	if err := f.Check(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.Release)
	return f
}

func newReal(tb testing.TB, s analyze.Spec) analyze.Analyzer {
	tb.Helper()
	onnxtest.Need(tb)
	a, err := s.New()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	return a
}

// Both models see the face where a person sees it.
func TestModelsFindTheFace(t *testing.T) {
	for _, model := range []string{"near", "far"} {
		t.Run(model, func(t *testing.T) {
			a, f := newReal(t, networktest.Spec(t, Kind(nets), "model="+model)), portrait(t)
			r, err := a.Analyze(t.Context(), f)
			if err != nil || len(r.Detections) != 1 {
				t.Fatalf("%+v, %v; want one face", r, err)
			}
			d := r.Detections[0]
			side := float64(f.Width)
			box := vision.Box{X0: d.Box[0] * side, Y0: d.Box[1] * side, X1: (d.Box[0] + d.Box[2]) * side, Y1: (d.Box[1] + d.Box[3]) * side}
			t.Logf("score %.3f, box %.0f", d.Score, box)
			if d.Score < 0.8 || box.IoU(byEye) < 0.7 {
				t.Errorf("a face of score %v at %v, want one at %v", d.Score, box, byEye)
			}
			for i, want := range pointsByEye {
				got := vision.Point{X: d.Landmarks[i][0] * side, Y: d.Landmarks[i][1] * side}
				if off := math.Hypot(got.X-want.X, got.Y-want.Y); off > 0.1*(byEye.X1-byEye.X0) {
					t.Errorf("key point %d at %.0f, want %.0f", i, got, want)
				}
			}
		})
	}
}

// Analyzers of one kind share the model and nothing else: side by side they find what each
// finds alone, and what is left of them after one is closed.
func TestWorkersShareTheModel(t *testing.T) {
	const workers, frames = 3, 10
	s := networktest.Spec(t, Kind(nets), "")
	all := make([]analyze.Analyzer, workers)
	for i := range all {
		all[i] = newReal(t, s)
	}
	f := portrait(t)
	want, err := all[0].Analyze(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i, a := range all {
		wg.Go(func() {
			for range frames {
				got, err := a.Analyze(t.Context(), f)
				if err != nil || len(got.Detections) != 1 || got.Detections[0].Box != want.Detections[0].Box ||
					!slices.Equal(got.Detections[0].Landmarks, want.Detections[0].Landmarks) {
					t.Errorf("worker %d: %+v, %v, want %+v", i, got, err, want)
				}
			}
			if i == 0 {
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := all[1].Analyze(t.Context(), f); err != nil {
		t.Error(err)
	}
	if _, err := all[0].Analyze(t.Context(), f); err == nil {
		t.Error("a closed analyzer analyzes")
	}
}

// A provider that the library was not built for is refused by name.
func TestProviderIsPassedOn(t *testing.T) {
	onnxtest.Need(t)
	a, err := networktest.Spec(t, Kind(nets), "execution_provider=openvino").New()
	if err == nil {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		t.Skip("this library has OpenVINO")
	}
	if !strings.Contains(err.Error(), "openvino") || errors.Is(err, onnx.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// BenchmarkAnalyze is a frame from decoded planes to its result; its twin without the network
// is what the bar of 1 ms is for.
func BenchmarkAnalyze(b *testing.B) {
	for _, model := range []string{"near", "far"} {
		a, f := newReal(b, networktest.Spec(b, Kind(nets), "model="+model)), portrait(b)
		run := func(name string) {
			b.Run(model+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := a.Analyze(b.Context(), f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("")
		n := a.(*analyzer).net
		n.Runner = still{n.Runner}
		run("/without the network")
	}
}

// still leaves the outputs as they are.
type still struct{ network.Runner }

func (still) Run() error { return nil }

// Where a person sees the astronaut's face and its key points, pixels. The ears are under the
// hair.
var (
	byEye       = vision.Box{X0: 176, Y0: 76, X1: 272, Y1: 172}
	pointsByEye = [...]vision.Point{
		RightEye: {X: 203, Y: 101}, LeftEye: {X: 248, Y: 103}, Nose: {X: 224, Y: 122},
		Mouth: {X: 223, Y: 145},
	}
)
