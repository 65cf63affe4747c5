package networktest

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/onnx/onnxtest"
)

// Trial is an analyzer to be put through what no analyzer may fail at.
type Trial struct {
	Kind  func(*network.Store) analyze.Kind
	Query string // its parameters
	Form  network.Form
	Named map[string]network.Form
	// Nothing and Something make the outputs of a network, whichever of the analyzer's it is,
	// show nothing and something.
	Nothing, Something func(out []*onnx.Tensor)
}

// worker is an analyzer with its follower, if it has one.
type worker struct {
	analyze.Analyzer
	follower analyze.Follower
	pool     frame.Pool
	gray     []byte
	at       time.Time
}

// spec is the analyzer's on the store.
func (x *Trial) spec(tb testing.TB, nets *network.Store) analyze.Spec {
	tb.Helper()
	return Spec(tb, x.Kind(nets), x.Query)
}

func (x *Trial) worker(tb testing.TB, nets *network.Store) *worker {
	tb.Helper()
	s := x.spec(tb, nets)
	a, err := s.New()
	if err != nil {
		tb.Fatal(err)
	}
	w := &worker{Analyzer: a, at: Start}
	if w.follower, err = s.Follow(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		err := w.Close()
		if w.follower != nil {
			err = errors.Join(err, w.follower.Close())
		}
		if err != nil {
			tb.Error(err)
		}
	})
	return w
}

// see analyzes a gray picture of that size, a moment after the one before.
func (w *worker) see(tb testing.TB, width, height int) (analyze.Result, error) {
	f := w.pool.Get()
	defer f.Release()
	w.at = w.at.Add(33 * time.Millisecond)
	f.Format, f.Width, f.Height, f.Captured = frame.I420, width, height, w.at
	n := width*height + 2*((width+1)/2)*((height+1)/2)
	if more := n - len(w.gray); more > 0 {
		w.gray = append(w.gray, bytes.Repeat([]byte{128}, more)...)
	}
	f.Data = append(f.Data[:0], w.gray[:n]...)
	r, err := w.Analyze(tb.Context(), f)
	if err == nil && w.follower != nil {
		err = w.follower.Follow(analyze.Moment{Captured: w.at, Width: width, Height: height}, &r)
	}
	return r, err
}

// Run puts the analyzer through all of it.
func (x *Trial) Run(t *testing.T) {
	t.Run("sizes", x.sizes)
	t.Run("numbers that are none", x.numbers)
	t.Run("nobody for long", x.nobody)
	t.Run("memory", x.memory)
	t.Run("files", x.files)
	t.Run("runtime", x.runtime)
}

func (x *Trial) fake(show func([]*onnx.Tensor)) *Fake {
	return &Fake{Form: x.Form, Named: x.Named, Do: func(_, out []*onnx.Tensor) error {
		show(out)
		return nil
	}}
}

// sizes are a pixel, lines, 8K, and changes from one to another, with something everywhere.
func (x *Trial) sizes(t *testing.T) {
	w := x.worker(t, x.fake(x.Something).Store())
	for _, s := range [][2]int{{1, 1}, {7680, 4320}, {1, 4000}, {4000, 1}, {640, 480}, {1, 1}} {
		for range 2 {
			r, err := w.see(t, s[0], s[1])
			if err == nil {
				err = r.Check()
			}
			if err != nil {
				t.Fatalf("%v: %v", s, err)
			}
			for _, d := range r.Detections {
				if b := d.Box; b[0] < 0 || b[1] < 0 || b[2] <= 0 || b[3] <= 0 || b[0]+b[2] > 1+1e-9 || b[1]+b[3] > 1+1e-9 {
					t.Errorf("%v: a box of %v", s, b)
				}
			}
		}
	}
}

// numbers are NaN, infinite and absurd, in each output and in all: an error or fewer
// detections, never a number that is none in a result. The next good frame is as before.
func (x *Trial) numbers(t *testing.T) {
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32}
	wild, which := float32(0), -1
	f := x.fake(func(out []*onnx.Tensor) {
		x.Something(out)
		for i, o := range out {
			if which == -1 || which == i {
				for k := range o.Float32 {
					o.Float32[k] = wild
				}
			}
		}
	})
	good := x.fake(x.Something).Do
	do := f.Do
	f.Do = good
	w := x.worker(t, f.Store())
	see := func() int {
		r, err := w.see(t, 640, 480)
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Detections)
	}
	see()
	want := see()
	if want == 0 {
		t.Fatal("there is nothing in the good frames")
	}
	refused := 0
	for which = -1; which < 4; which++ {
		for _, wild = range bad {
			f.Do = do
			r, err := w.see(t, 640, 480)
			if err != nil {
				refused++
			} else if err := r.Check(); err != nil {
				t.Errorf("%v in output %d: %v", wild, which, err)
			}
			f.Do = good
			see()
			if got := see(); got < want {
				t.Errorf("after %v in output %d: %d detections, want %d", wild, which, got, want)
			}
		}
	}
	if refused == 0 {
		t.Error("none of them was refused")
	}
}

// nobody is seen for thousands of frames after somebody was: nothing is left behind. Of a low
// picture most of the tensor is padding, which is quick.
func (x *Trial) nobody(t *testing.T) {
	f := x.fake(x.Something)
	w := x.worker(t, f.Store())
	for range 3 {
		if _, err := w.see(t, 640, 8); err != nil {
			t.Fatal(err)
		}
	}
	f.Do = x.fake(x.Nothing).Do
	heap := func(frames int) int64 {
		for range frames {
			r, err := w.see(t, 640, 8)
			if err != nil {
				t.Fatal(err)
			}
			if r.Count != 0 {
				t.Fatalf("found %+v", r)
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap(100) // the lost ones are forgotten by then
	if after := heap(3000); after-before > 1<<18 {
		t.Errorf("%d bytes more after 3000 frames", after-before)
	}
}

// perFrame is the most bytes that a frame may cost: less than any picture or tensor.
const perFrame = 16 << 10

// memory is that of a frame with something in it.
func (x *Trial) memory(t *testing.T) {
	w := x.worker(t, x.fake(x.Something).Store())
	see := func(frames int) {
		for range frames {
			if _, err := w.see(t, 640, 480); err != nil {
				t.Fatal(err)
			}
		}
	}
	see(40) // longer than a trail
	const frames = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	see(frames)
	runtime.ReadMemStats(&after)
	n := (after.TotalAlloc - before.TotalAlloc) / frames
	t.Logf("%d bytes a frame", n)
	if n > perFrame {
		t.Errorf("%d bytes a frame, want at most %d", n, perFrame)
	}
}

// names are the models that the analyzer asks for, found by a fake that tells.
func (x *Trial) names(t *testing.T) []string {
	f := x.fake(x.Nothing)
	x.worker(t, f.Store())
	return f.Names()
}

// files that are not the models they are called, in the folder that is looked into first.
func (x *Trial) files(t *testing.T) {
	names := x.names(t)
	onnxtest.Need(t)
	for i, name := range names {
		own, err := models.Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		other, err := models.Load("", models.FaceNear)
		if name == models.FaceNear {
			other, err = models.Load("", models.FaceFar)
		}
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			file []byte // nil: a folder
			want string
		}{
			"no file":      {nil, "is no file"},
			"empty":        {[]byte{}, "the file is empty"},
			"no ONNX":      {bytes.Repeat([]byte("no model\n"), 99), "not a model"},
			"cut short":    {own[:len(own)/2], "cut short"},
			"another form": {other, "gives"},
		} {
			dir := t.TempDir()
			path := filepath.Join(dir, name+".onnx")
			if c.file == nil {
				err = os.Mkdir(path, 0o700)
			} else {
				err = os.WriteFile(path, c.file, 0o600)
			}
			var nets network.Store
			if err = errors.Join(err, nets.Use(dir, "")); err != nil {
				t.Fatal(err)
			}
			_, err := x.spec(t, &nets).New()
			for _, want := range []string{c.want, path} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("model %d, %s: %v, want %q", i, what, err, want)
				}
			}
			if errors.Is(err, onnx.ErrUnavailable) {
				t.Errorf("model %d, %s: %v", i, what, err)
			}
		}
	}
}

// runtime is missing: New and Missing say so, and a later New goes well.
func (x *Trial) runtime(t *testing.T) {
	f := x.fake(x.Nothing)
	f.Missing = onnx.ErrUnavailable
	s := x.spec(t, f.Store())
	if _, err := s.New(); !errors.Is(err, onnx.ErrUnavailable) {
		t.Errorf("New without the runtime: %v", err)
	}
	if err := s.Kind.Missing(); !errors.Is(err, onnx.ErrUnavailable) {
		t.Errorf("missing: %v", err)
	}
	f.Missing = nil
	if err := s.Kind.Missing(); err != nil {
		t.Errorf("missing with the runtime: %v", err)
	}
	a, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	f.Tidy(t)
}
