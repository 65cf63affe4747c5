package main

import (
	"testing"

	"freshframe/backend/onnx/onnxtest"
)

// Each trial's analyzer sees something, and runs the networks that its name says: else its
// figures would be those of an empty picture.
func TestTrialsShowSomething(t *testing.T) {
	onnxtest.Need(t)
	want := map[string][2]float64{ // networks a frame, in the small picture and in the large one
		"hands, one followed":          {1, 1},
		"hands, and a search for more": {2, 3}, // the large one has two hands
	}
	b := &bench{pictures: "../../../testdata", frames: 2}
	for _, try := range trials() {
		for i, name := range try.pictures {
			f, err := b.measure(t.Context(), try, name)
			if err != nil {
				t.Fatalf("%s, %s: %v", try.spec, name, err)
			}
			runs := 1.0
			if w, ok := want[try.what]; ok {
				runs = w[i]
			}
			if size := [2][2]int{{640, 480}, {1280, 720}}[i]; f.width != size[0] || f.height != size[1] {
				t.Errorf("%s is %dx%d, want %v", name, f.width, f.height, size)
			}
			if f.found == 0 || f.runs != runs {
				t.Errorf("%s, %s: %d found with %v networks a frame, want some with %v", try.what, name, f.found, f.runs, runs)
			}
			if f.inside <= 0 || f.bare <= 0 || f.around <= 0 || f.whole < f.inside {
				t.Errorf("%s, %s: %+v", try.what, name, f)
			}
		}
	}
}

var kept [][]byte // so that it is allocated on the heap

// The heap's reader counts each piece that may be a tensor, and no small one.
func TestHeapCountsLargePieces(t *testing.T) {
	h := newHeap()
	h.read() // its own memory
	bytes, pieces := h.read()
	for range 100 {
		kept = append(kept[:0], make([]byte, large/4))
	}
	small, none := h.read()
	for range 5 {
		kept = append(kept[:0], make([]byte, large+1), make([]byte, 1<<20))
	}
	all, some := h.read()
	if none != pieces || small-bytes < 100*large/4 {
		t.Errorf("of 100 small ones: %d bytes, %d pieces", small-bytes, none-pieces)
	}
	if some-none != 10 || all-small < 5<<20 {
		t.Errorf("of 10 large ones: %d bytes, %d pieces", all-small, some-none)
	}
}
