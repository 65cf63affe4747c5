package objects

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
	"freshframe/backend/option"
)

// Of 128x64 pixels the tensor of 64x64 shows 32 rows at half the scale, 16 below its top.
func TestFindsInThePicture(t *testing.T) {
	f := rows(
		[6]float32{32, 16, 64, 48, 0.6, 16},      // the right half: a dog
		[6]float32{-9, 24, 16, 32, 0.9, 0},       // a person, partly beside the picture
		[6]float32{0, 0, 64, 10, 0.8, 2},         // a car in the padding
		[6]float32{10, 20, 20, 30, 0.39, 0},      // weak
		[6]float32{60, 44, 64, 60, 0.4000001, 0}, // half in the padding
	)
	k := Kind(f.Store())
	person := analyze.Detection{Box: [4]float64{0, 0.25, 0.25, 0.25}, Label: "person", Score: float64(float32(0.9))}
	dog := analyze.Detection{Box: [4]float64{0.5, 0, 0.5, 1}, Label: "dog", Score: float64(float32(0.6))}
	corner := analyze.Detection{Box: [4]float64{0.9375, 0.875, 0.0625, 0.125}, Label: "person", Score: float64(float32(0.4000001))}
	for query, want := range map[string][]analyze.Detection{
		"":                             {person, dog, corner},
		"max=2":                        {person, dog},
		"threshold=0.5":                {person, dog},
		"classes=dog":                  {dog},
		"classes=DOG,%20traffic_light": {dog},
		"classes=person&max=1":         {person},
		"classes=hot%20dog":            {},
		"threshold=1":                  {},
	} {
		got := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, k, "tracks=off&"+query)), networktest.Gray(128, 64))
		if got.Count != len(want) || !reflect.DeepEqual(got.Detections, want) {
			t.Errorf("%s: %+v, want %+v", query, got, want)
		}
	}
	// For tracks, the weak ones too; the follower drops them.
	if got := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, k, "max=1")), networktest.Gray(128, 64)); got.Count != 4 {
		t.Errorf("for tracks: %+v", got)
	}
}

// Workers share a model and nothing else, side by side.
func TestWorkersSideBySide(t *testing.T) {
	f := rows([6]float32{8, 8, 40, 40, 0.9, 1})
	spec := networktest.Spec(t, Kind(f.Store()), "tracks=off&model="+file(t, "my.onnx", "one"))
	var work sync.WaitGroup
	for range 3 {
		a := networktest.Made(t, spec)
		work.Go(func() {
			shot := networktest.Gray(64, 64)
			for range 20 {
				if r, err := a.Analyze(t.Context(), shot); err != nil || r.Count != 1 {
					t.Errorf("%+v, %v", r, err)
				}
			}
		})
	}
	work.Wait()
	if c := f.Counts(); c.Opened != 1 || c.Bound != 3 {
		t.Errorf("%+v", c)
	}
}

func TestRefusedFiles(t *testing.T) {
	missing := fmt.Errorf("model x: %w. Install it", onnx.ErrUnavailable)
	two := rows()
	two.Inputs = append(two.Inputs, value("float32 shape 1x2"))
	unknown := rows()
	unknown.Outputs = []onnx.Value{value("float32 prob 1x1000")}
	yolo := rows()
	yolo.Outputs = []onnx.Value{value("float32 out 1x84x84")}
	nano := rows()
	for _, o := range tensors("a 1x64x44, b 1x64x80, c 1x16x44, d 1x16x80, e 1x4x44, f 1x4x80") {
		nano.Outputs = append(nano.Outputs, onnx.Value{Name: o.Name, Type: onnx.Float32, Shape: o.Shape})
	}
	nano.Outputs = nano.Outputs[1:]
	half := rows()
	half.Outputs[0].Type = "float16"
	long := rows()
	long.Inputs[0].Type = onnx.Int64
	model, three := file(t, "my.onnx", "model"), file(t, "l.txt", "a\nb\nc\n")
	for _, c := range []struct {
		f     *networktest.Fake
		query string
		want  string
	}{
		{rows(), "model=/nowhere/my.onnx", "model: stat /nowhere/my.onnx: no such file"},
		{rows(), "model=/", "model: / is no file"},
		{rows(), "labels=/nowhere/l.txt", "labels: stat /nowhere/l.txt: no such file"},
		{rows(), "labels=" + file(t, "empty.txt", "\n"), "empty.txt: labels: the file is empty"},
		{rows(), "classes=dgo", `classes: the model knows no "dgo"; did you mean "dog"?`},
		{rows(), "classes=person,", `classes: "person," has an empty name`},
		{rows(), "classes=dog&labels=" + three, `knows no "dog"`},
		{&networktest.Fake{Missing: missing}, "", "ONNX Runtime is not available"},
		{two, "model=" + model, "it takes 2 inputs, [images float32 1x3x64x64 shape float32 1x2]: want a picture alone"},
		{unknown, "model=" + model, "gives prob 1x1000, which no known head does"},
		{yolo, "model=" + model + "&labels=" + three, "YOLOv8 with 80 classes, but there are 3 labels"},
		{nano, "model=" + model + "&labels=" + three, "it would be NanoDet with 80 classes, but there are 3 labels"},
		{nano, "model=" + model + "&labels=" + three, "l.txt: the model takes images 1x3x64x64 and gives a 1x64x44, b 1x64x80"},
		{half, "model=" + model, "numbers of type float16 are not supported"},
		{long, "model=" + model, "my.onnx: it takes a picture of 64-bit numbers"},
		{&networktest.Fake{Form: rows().Form, Unbound: errFake}, "model=" + model, "out of memory"},
	} {
		a, err := networktest.Spec(t, Kind(c.f.Store()), c.query).New()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v; want %q", c.query, a, err, c.want)
		}
		if c.f.Missing != nil && !errors.Is(err, onnx.ErrUnavailable) {
			t.Errorf("%v does not tell that the runtime is missing", err)
		}
		c.f.Tidy(t)
	}
	joined, err := analyze.Kinds{Kind(nano.Store())}.Parse("objects@5fps?model=" + model + "&labels=" + three)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := joined.New(); err == nil || strings.Count(err.Error(), "objects:") != 1 {
		t.Errorf("joined: %v, want one prefix", err)
	}
}

func TestTroubleOfOneFrame(t *testing.T) {
	f := rows([6]float32{8, 8, 40, 40, 0.9, 1})
	good := f.Do
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), ""))
	bad := func(run func(in, out []*onnx.Tensor) error, shot *frame.Frame, want string) error {
		t.Helper()
		f.Do = run
		r, err := a.Analyze(t.Context(), shot)
		if err == nil || !strings.Contains(err.Error(), want) || r.Detections != nil {
			t.Errorf("got %+v, %v; want %q", r, err, want)
		}
		return err
	}
	bad(func(_, _ []*onnx.Tensor) error { return errFake }, networktest.Gray(64, 64), "out of memory")
	bad(func(_, out []*onnx.Tensor) error { out[0].Float32[4] = float32(math.NaN()); return nil }, networktest.Gray(64, 64), "a score is NaN")
	bad(func(_, out []*onnx.Tensor) error {
		copy(out[0].Float32, []float32{0, 0, float32(math.Inf(1)), 1, 1, 0})
		return nil
	}, networktest.Gray(64, 64), "a box is")
	bad(func(_, out []*onnx.Tensor) error {
		copy(out[0].Float32, []float32{0, 0, 1, 1, 1, 80})
		return nil
	}, networktest.Gray(64, 64), "class 80, but there are 80 labels")
	short := networktest.Gray(64, 64)
	short.Data = short.Data[:99]
	if err := bad(good, short, "frame 1"); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("%v is no corrupt frame", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Analyze(ended, networktest.Gray(64, 64)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if r := networktest.Analyzed(t, a, networktest.Gray(64, 64)); r.Count != 1 {
		t.Errorf("afterwards: %+v", r)
	}
}

// A detector of TensorFlow takes bytes, leaves sizes open and numbers classes in floats or
// whole numbers.
func TestOpenSizesAndWholeNumbers(t *testing.T) {
	f := &networktest.Fake{Form: form("uint8 image_tensor ?x64x64x3", "float32 detection_boxes ?x?x4",
		"int64 detection_classes ?x?", "float32 detection_scores ?x?", "int32 num_detections ?")}
	n := 2
	f.Do = func(in, out []*onnx.Tensor) error {
		if in[0].Uint8[0] != 128 {
			return fmt.Errorf("gray is %d", in[0].Uint8[0])
		}
		*out[0] = onnx.Tensor{Shape: []int{1, n, 4}, Float32: []float32{0, 0, 0.5, 1, 0.5, 0, 1, 1}[:4*n]}
		*out[1] = onnx.Tensor{Shape: []int{1, n}, Int64: []int64{18, 1}[:n]}
		*out[2] = onnx.Tensor{Shape: []int{1, n}, Float32: []float32{0.9, 0.8}[:n]}
		*out[3] = onnx.Tensor{Shape: []int{1}, Int32: []int32{int32(n)}}
		return nil
	}
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), "model="+file(t, "ssd.onnx", "x")))
	shot := networktest.Gray(64, 64)
	r := networktest.Analyzed(t, a, shot)
	if r.Count != 2 || r.Detections[0].Label != "dog" || r.Detections[0].Box != [4]float64{0, 0, 1, 0.5} || r.Detections[1].Label != "person" {
		t.Errorf("%+v", r)
	}
	n = 0
	if r := networktest.Analyzed(t, a, shot); r.Count != 0 {
		t.Errorf("nothing there: %+v", r)
	}
}

// Rows without a batch: the first size is how many there are.
func TestOpenRows(t *testing.T) {
	f := &networktest.Fake{Form: form("float32 images 1x3x64x64", "float32 out ?x6")}
	var found []float32
	f.Do = func(_, out []*onnx.Tensor) error {
		*out[0] = onnx.Tensor{Shape: []int{len(found) / 6, 6}, Float32: found}
		return nil
	}
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), "model="+file(t, "nms.onnx", "x")))
	if made := a.(*analyzer).Outputs[0].Shape; made != nil {
		t.Errorf("the output is %v before the first run", made)
	}
	for _, found = range [][]float32{nil, {0, 0, 9, 9, 0.9, 1, 9, 9, 30, 30, 0.8, 2}, {0, 0, 9, 9, 0.9, 1}, {}} {
		if r := networktest.Analyzed(t, a, networktest.Gray(64, 64)); r.Count != len(found)/6 {
			t.Errorf("%+v of %v", r, found)
		}
	}
}

func TestProviderIsPassedOn(t *testing.T) {
	f := rows()
	networktest.Made(t, networktest.Spec(t, Kind(f.Store()), "execution_provider=openvino&model="+file(t, "m.onnx", "x")))
	if got := f.Last(); got.Provider != onnx.OpenVINO {
		t.Errorf("opened with %+v", got)
	}
}

// The result is fresh each time, and nothing else is.
func TestAllocations(t *testing.T) {
	f := rows([6]float32{8, 8, 40, 40, 0.9, 1}, [6]float32{0, 0, 20, 30, 0.7, 0})
	a := networktest.Made(t, networktest.Spec(t, Kind(f.Store()), ""))
	shot := networktest.Gray(640, 480)
	first := networktest.Analyzed(t, a, shot)
	if n := testing.AllocsPerRun(20, func() {
		if second := networktest.Analyzed(t, a, shot); &second.Detections[0] == &first.Detections[0] {
			t.Error("a result in the memory of another")
		}
	}); n > 1 {
		t.Errorf("%v allocations a frame, want 1", n)
	}
}

// A bare name is a file of the models' folder, for the model and for its labels.
func TestFilesInTheFolder(t *testing.T) {
	f := rows([6]float32{8, 8, 40, 40, 0.9, 1})
	dir := t.TempDir()
	for name, text := range map[string]string{"my.onnx": "a model", "my.txt": "cup\nmug\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nets := f.Store()
	if err := nets.Use(dir, ""); err != nil {
		t.Fatal(err)
	}
	k := Kind(nets)
	r := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, k, "tracks=off&model=my.onnx&labels=my.txt")), networktest.Gray(64, 64))
	if names := f.Names(); r.Count != 1 || r.Detections[0].Label != "mug" || names[0] != filepath.Join(dir, "my.onnx") {
		t.Errorf("%+v with %q", r, names)
	}
	for query, want := range map[string]string{
		"model=none.onnx": "model: there is neither " + filepath.Join(dir, "none.onnx") + " nor a file none.onnx",
		"labels=none.txt": "labels: there is neither " + filepath.Join(dir, "none.txt") + " nor a file none.txt",
	} {
		if _, err := networktest.Spec(t, k, query).New(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
	for _, o := range k.Params {
		if file := o.Name == "model" || o.Name == "labels"; file != (o.Type == option.File) {
			t.Errorf("%s is a %s", o.Name, o.Type)
		}
	}
}
