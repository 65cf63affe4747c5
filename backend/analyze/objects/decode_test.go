package objects

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/vision"
)

// number reads the float that the bytes hold at i, round and round.
func number(data []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(data[i%(len(data)-3):]))
}

func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func recognise(t testing.TB, input, outputs string, classes int) *Head {
	t.Helper()
	h, err := Recognise(tensor(input), tensors(outputs), classes)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// plain is greedy non-maximum suppression class by class, on real numbers.
func plain(all []vision.Candidate, overlap float64) (kept []vision.Candidate) {
	slices.SortStableFunc(all, func(a, b vision.Candidate) int { return cmp.Compare(b.Score, a.Score) })
	for _, c := range all {
		c.Box = vision.Box{X0: max(c.X0, 0), Y0: max(c.Y0, 0), X1: min(c.X1, 64), Y1: min(c.Y1, 64)}
		if c.X1 <= c.X0 || c.Y1 <= c.Y0 {
			continue
		}
		if !slices.ContainsFunc(kept, func(k vision.Candidate) bool {
			w, h := min(k.X1, c.X1)-max(k.X0, c.X0), min(k.Y1, c.Y1)-max(k.Y0, c.Y0)
			i := max(w, 0) * max(h, 0)
			return k.Class == c.Class && i/((k.X1-k.X0)*(k.Y1-k.Y0)+(c.X1-c.X0)*(c.Y1-c.Y0)-i) > overlap
		}) {
			kept = append(kept, c)
		}
	}
	return kept
}

func compare(t *testing.T, name string, got, want []vision.Candidate) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d found, want %d", name, len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Class != w.Class || math.Abs(g.Score-w.Score)+math.Abs(g.X0-w.X0)+math.Abs(g.Y0-w.Y0)+math.Abs(g.X1-w.X1)+math.Abs(g.Y1-w.Y1) > 1e-4 {
			t.Fatalf("%s: number %d is %+v, want %+v", name, i, g, w)
		}
	}
}

// The cells of a 64x64 input: 8x8, 4x4 and 2x2, with their strides.
func cells64() (cells [][3]float64) { // x, y, stride
	for _, s := range []float64{8, 16, 32} {
		for y := 0.0; y < 64/s; y++ {
			for x := 0.0; x < 64/s; x++ {
				cells = append(cells, [3]float64{x, y, s})
			}
		}
	}
	return cells
}

const classes, least = 3, 0.6

// top is the best class by plain comparison.
func top(scores []float32) (class int) {
	for c, s := range scores {
		if s > scores[class] {
			class = c
		}
	}
	return class
}

func randoms(r *rand.Rand, n int, scale float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = scale * r.Float32()
	}
	return v
}

func TestYOLOv8IsTheReference(t *testing.T) {
	r := random(t)
	cells := len(cells64())
	for range 50 {
		rows := make([][]float32, cells)
		across := make([]float32, cells*(4+classes))
		var down []float32
		var want []vision.Candidate
		for i := range rows {
			row := append(randoms(r, 4, 64), randoms(r, classes, 0.8)...)
			for k, v := range row {
				across[k*cells+i] = v
			}
			down = append(down, row...)
			if c := top(row[4:]); row[4+c] >= least {
				x, y, w, h := float64(row[0]), float64(row[1]), float64(row[2]), float64(row[3])
				want = append(want, vision.Candidate{Box: vision.Box{X0: x - w/2, Y0: y - h/2, X1: x + w/2, Y1: y + h/2}, Score: float64(row[4+c]), Class: c})
			}
		}
		want = plain(want, 0.7)
		for outputs, out := range map[string][]float32{"o 1x7x84": across, "o 1x84x7": down} {
			h := recognise(t, "in 1x3x64x64", outputs, classes)
			got, err := h.Decode(nil, [][]float32{out}, least)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, outputs, got, want)
		}
	}
}

func TestYOLOv5AndYOLOXAreTheReference(t *testing.T) {
	r := random(t)
	for range 50 {
		var out5, outX []float32
		var want5, wantX []vision.Candidate
		for range 3 {
			for range cells64() {
				row := append(randoms(r, 4, 64), randoms(r, 1+classes, 1)...)
				out5 = append(out5, row...)
				c := top(row[5:])
				if score := row[4] * row[5+c]; score >= least {
					x, y, w, h := float64(row[0]), float64(row[1]), float64(row[2]), float64(row[3])
					want5 = append(want5, vision.Candidate{Box: vision.Box{X0: x - w/2, Y0: y - h/2, X1: x + w/2, Y1: y + h/2}, Score: float64(score), Class: c})
				}
			}
		}
		for _, cell := range cells64() {
			row := append(randoms(r, 4, 2), randoms(r, 1+classes, 1)...)
			outX = append(outX, row...)
			c := top(row[5:])
			if score := row[4] * row[5+c]; score >= least {
				x, y := (float64(row[0])+cell[0])*cell[2], (float64(row[1])+cell[1])*cell[2]
				w, h := math.Exp(float64(row[2]))*cell[2], math.Exp(float64(row[3]))*cell[2]
				wantX = append(wantX, vision.Candidate{Box: vision.Box{X0: x - w/2, Y0: y - h/2, X1: x + w/2, Y1: y + h/2}, Score: float64(score), Class: c})
			}
		}
		h := recognise(t, "in 1x3x64x64", "o 1x252x8", classes)
		got, err := h.Decode(nil, [][]float32{out5}, least)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, h.Name, got, plain(want5, 0.45))
		h = recognise(t, "in 1x3x64x64", "o 1x84x8", classes)
		if got, err = h.Decode(got, [][]float32{outX}, least); err != nil {
			t.Fatal(err)
		}
		compare(t, h.Name, got, plain(wantX, 0.45))
	}
}

func TestNanoDetIsTheReference(t *testing.T) {
	r := random(t)
	for range 50 {
		const bins = 11
		var want []vision.Candidate
		var joint []float32
		split := map[float64][2][]float32{}
		for _, cell := range cells64() {
			scores, sides := randoms(r, classes, 0.8), randoms(r, 4*bins, 6)
			joint = append(append(joint, scores...), sides...)
			s := split[cell[2]]
			split[cell[2]] = [2][]float32{append(s[0], scores...), append(s[1], sides...)}
			var far [4]float64
			for k := range far {
				sum, total := 0.0, 0.0
				for i, v := range sides[k*bins:][:bins] {
					sum += float64(i) * math.Exp(float64(v))
					total += math.Exp(float64(v))
				}
				far[k] = sum / total * cell[2]
			}
			x, y := (cell[0]+0.5)*cell[2], (cell[1]+0.5)*cell[2]
			for c, score := range scores { // a place may be of several classes
				if score >= least {
					want = append(want, vision.Candidate{Box: vision.Box{X0: x - far[0], Y0: y - far[1], X1: x + far[2], Y1: y + far[3]}, Score: float64(score), Class: c})
				}
			}
		}
		want = plain(want, 0.6)
		h := recognise(t, "in 1x3x64x64", "o 1x84x47", classes)
		got, err := h.Decode(nil, [][]float32{joint}, least)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "joint", got, want)
		h = recognise(t, "in 1x3x64x64", "a 1x64x44, b 1x64x3, e 1x4x44, f 1x4x3, c 1x16x44, d 1x16x3", classes)
		got, err = h.Decode(got, [][]float32{split[8][1], split[8][0], split[32][1], split[32][0], split[16][1], split[16][0]}, least)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "split", got, want)
	}
}

// NanoDet-Plus has a fourth stride, and counts from the corner of a cell.
func TestNanoDetPlusByHand(t *testing.T) {
	h := recognise(t, "in 1x3x64x64", "o 1x85x34", 2) // 64+16+4+1 cells of 2+4*8
	out := make([]float32, 85*34)
	row := out[(64+5)*34:][:34] // stride 16, cell 1,1
	row[1] = 0.9
	for side, bin := range []int{0, 1, 2, 1} {
		row[2+8*side+bin] = 100
	}
	got, err := h.Decode(nil, [][]float32{out}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "plus", got, []vision.Candidate{{Box: vision.Box{X0: 16, Y0: 0, X1: 48, Y1: 32}, Score: 0.9, Class: 1}})
}

func TestNMSInsideByHand(t *testing.T) {
	h := recognise(t, "in 1x3x64x64", "o 1x?x6", 5)
	got, err := h.Decode(nil, [][]float32{{
		1, 2, 30, 40, 0.7, 4,
		2, 3, 31, 41, 0.7, 4, // overlaps, which the network wants so
		5, 5, 90, 20, 0.9, 0,
		0, 0, 50, 50, 0.2, 99, // too low to be looked at
		0, 0, 0, 0, 0, 0,
	}}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, h.Name, got, []vision.Candidate{
		{Box: vision.Box{X0: 5, Y0: 5, X1: 64, Y1: 20}, Score: 0.9, Class: 0},
		{Box: vision.Box{X0: 1, Y0: 2, X1: 30, Y1: 40}, Score: 0.7, Class: 4},
		{Box: vision.Box{X0: 2, Y0: 3, X1: 31, Y1: 41}, Score: 0.7, Class: 4},
	})
}

func TestSSDByHand(t *testing.T) {
	boxes := []float32{0.25, 0, 0.5, 1, 0, 0, 0.5, 0.5, 0, 0, 1, 1}
	want := vision.Candidate{Box: vision.Box{X0: 0, Y0: 20, X1: 100, Y1: 40}, Score: 0.8} // of 100x80
	for _, c := range []struct {
		outputs string
		outs    [][]float32
		labels  int
		class   int
	}{
		{"detection_boxes 1x3x4, detection_classes 1x3, detection_scores 1x3, num_detections 1", [][]float32{boxes, {90, 1, 1}, {0.8, 0.3, 0.9}, {2}}, 80, 79},
		{"detection_boxes 1x3x4, detection_classes 1x3, detection_scores 1x3, num_detections 1", [][]float32{boxes, {90, 1, 1}, {0.8, 0.3, 0.9}, {2}}, 90, 89},
		{"detection_boxes 1x3x4, detection_classes 1x3, detection_scores 1x3, num_detections 1", [][]float32{boxes, {90, 1, 1}, {0.8, 0.3, 0.9}, {2}}, 91, 90},
		{"p 1x3x4, p:1 1x3, p:2 1x3, p:3 1", [][]float32{boxes, {89, 0, 0}, {0.8, 0.3, 0.9}, {2}}, 80, 79},
		{"p 1x3x4, p:1 1x3, p:2 1x3, p:3 1", [][]float32{boxes, {4, 0, 0}, {0.8, 0.3, 0.9}, {2}}, 7, 4},
		{"scores 1x3, classes 1x3, boxes 1x3x4", [][]float32{{0.8, 0.3, 0}, {4, 0, 0}, boxes}, 7, 4},
	} {
		h := recognise(t, "in 1x80x100x3", c.outputs, c.labels)
		got, err := h.Decode(nil, c.outs, 0.5)
		if err != nil {
			t.Errorf("%s: %v", c.outputs, err)
			continue
		}
		want.Class = c.class
		compare(t, c.outputs, got, []vision.Candidate{want})
	}
}

func TestBadNumbers(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	negative := math.Float32frombits(0xffc00001) // NaN, as x86 makes it
	for _, c := range []struct {
		outputs string
		classes int
		spoil   func(o []float32)
		want    string
	}{
		{"o 1x7x84", 3, func(o []float32) { o[4*84+9] = nan }, "objects, yolov8: a score is NaN"},
		{"o 1x7x84", 3, func(o []float32) { o[6*84+83] = negative }, "yolov8: a score is NaN"},
		{"o 1x7x84", 3, func(o []float32) { o[5*84] = -3.5 }, "a score is -3.5, which is no probability: export the model with its final sigmoid"},
		{"o 1x7x84", 3, func(o []float32) { o[5*84], o[84] = 0.9, inf }, "yolov8: a box is {"},
		{"o 1x84x7", 3, func(o []float32) { o[7*83+6] = 8 }, "a score is 8"},
		{"o 1x252x8", 3, func(o []float32) { o[4] = nan }, "yolov5: a score is NaN"},
		{"o 1x252x8", 3, func(o []float32) { o[4], o[6] = 1, nan }, "yolov5: a score is NaN"},
		{"o 1x252x8", 3, func(o []float32) { o[4], o[6], o[0] = 1, 1, nan }, "yolov5: a box is"},
		{"o 1x84x8", 3, func(o []float32) { o[4] = -7 }, "yolox: a score is -7"},
		{"o 1x84x8", 3, func(o []float32) { o[4], o[6], o[2] = 1, 1, nan }, "yolox: a box is"},
		{"o 1x84x47", 3, func(o []float32) { o[1] = nan }, "nanodet: a score is NaN"},
		{"o 1x84x47", 3, func(o []float32) { o[1], o[20] = 1, nan }, "nanodet: a box is"},
		{"o 1x10x6", 3, func(o []float32) { o[4] = nan }, "yolo-nms: a score is NaN"},
		{"o 1x10x6", 3, func(o []float32) { o[4], o[5] = 1, 3 }, "class 3, but there are 3 labels"},
		{"o 1x10x6", 3, func(o []float32) { o[4], o[5] = 1, nan }, "a class is NaN"},
		{"o 1x10x6", 3, func(o []float32) { o[4], o[0] = 1, nan }, "a box is"},
	} {
		h := recognise(t, "in 1x3x64x64", c.outputs, c.classes)
		out := make([]float32, h.lengths[0])
		c.spoil(out)
		if got, err := h.Decode(nil, [][]float32{out}, 0.5); err == nil || !strings.Contains(err.Error(), c.want) || len(got) > 0 {
			t.Errorf("%s: got %v, %v; want %q", c.outputs, got, err, c.want)
		}
	}
	h := recognise(t, "in 1x3x64x64", "p 1x2x4, p:1 1x2, p:2 1x2, p:3 1", 80)
	for want, outs := range map[string][][]float32{
		"3 outputs, want 4":                    {nil, nil, nil},
		"output 0 has 7 numbers, want 8":       {make([]float32, 7), {0, 0}, {0, 0}, {1}},
		"ssd: the number of detections is [Na": {make([]float32, 8), {0, 0}, {0, 0}, {nan}},
		"ssd: class 11, but there are 80":      {make([]float32, 8), {11, 0}, {1, 0}, {1}}, // COCO's 12 is unused
		"ssd: a score is 3":                    {make([]float32, 8), {0, 0}, {3, 0}, {1}},
	} {
		if _, err := h.Decode(nil, outs, 0.5); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	h = recognise(t, "in 1x3x64x64", "boxes 1x?x4, scores 1x?, classes 1x?", 80)
	if _, err := h.Decode(nil, [][]float32{make([]float32, 8), {0, 0}, {0}}, 0.5); err == nil || !strings.Contains(err.Error(), "do not belong together") {
		t.Errorf("got %v", err)
	}
	h = recognise(t, "in 1x3x64x64", "o 1x?x6", 3)
	if _, err := h.Decode(nil, [][]float32{make([]float32, 8)}, 0.5); err == nil || !strings.Contains(err.Error(), "8 numbers are no rows of six") {
		t.Errorf("got %v", err)
	}
}

// The rounding of a quantised network is no error.
func TestNearlyProbabilities(t *testing.T) {
	for _, outputs := range []string{"o 1x7x84", "o 1x84x7"} {
		h := recognise(t, "in 1x3x64x64", outputs, 3)
		out := make([]float32, 7*84)
		at := func(cell, k int) *float32 {
			if outputs == "o 1x7x84" {
				return &out[k*84+cell]
			}
			return &out[cell*7+k]
		}
		for k, v := range []float32{30, 30, 10, 10, float32(math.Copysign(0, -1)), -0.005, 1.005} {
			*at(50, k) = v
		}
		got, err := h.Decode(nil, [][]float32{out}, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, outputs, got, []vision.Candidate{{Box: vision.Box{X0: 25, Y0: 25, X1: 35, Y1: 35}, Score: 1, Class: 2}})
	}
}

// nanoOuts are the outputs of the 416x416 network with n things in sight.
func nanoOuts(r *rand.Rand, n int) [][]float32 {
	var outs [][]float32
	for _, cells := range []int{2704, 676, 169} {
		scores := randoms(r, cells*80, 0.05)
		for range n / 3 {
			scores[r.IntN(len(scores))] = 0.4 + 0.6*r.Float32()
		}
		outs = append(outs, randoms(r, cells*44, 6), scores)
	}
	return outs
}

func TestNothingIsAllocated(t *testing.T) {
	h := recognise(t, "in 1x3x416x416", nanoOutputs, 80)
	outs := nanoOuts(random(t), 90)
	dst := make([]vision.Candidate, 0, 200)
	if n := testing.AllocsPerRun(10, func() {
		if _, err := h.Decode(dst, outs, 0.4); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	r := random(b)
	run := func(name, input, outputs string, outs [][]float32) {
		b.Run(name, func(b *testing.B) {
			h := recognise(b, input, outputs, 80)
			var dst []vision.Candidate
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, err = h.Decode(dst, outs, 0.4); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("nanodet416", "in 1x3x416x416", nanoOutputs, nanoOuts(r, 90))
	run("yolov8at640", "in 1x3x640x640", "o 1x84x8400", [][]float32{randoms(r, 84*8400, 0.4005)})
	five := randoms(r, 85*25200, 1)
	for i := 4; i < len(five); i += 85 {
		five[i] *= 0.405 // few are objects
	}
	run("yolov5at640", "in 1x3x640x640", "o 1x25200x85", [][]float32{five})
}
