package objects

import (
	"fmt"
	"math"

	"freshframe/backend/vision"
)

// limit is how many candidates are compared with one another; of more the best. It bounds
// the time that a network gone wild can cost.
const limit = 1000

// Decode gives, in the memory of dst, what scores at least threshold (0..1), best first, in
// pixels of the tensor and cut off at its edges; of things of one class that overlap only
// the best. Each place of the network's grid gives its best class alone, but NanoDet's all
// that score enough: so do the makers of each. outs are the outputs in the order they had
// in Recognise, whole numbers made floats. The error tells of outputs of other lengths, of
// numbers that are none and of scores that are no probabilities.
func (h *Head) Decode(dst []vision.Candidate, outs [][]float32, threshold float64) ([]vision.Candidate, error) {
	if len(outs) != len(h.lengths) {
		return dst[:0], fmt.Errorf("objects: %d outputs, want %d", len(outs), len(h.lengths))
	}
	for i, o := range outs {
		if want := h.lengths[i]; want > 0 && len(o) != want {
			return dst[:0], fmt.Errorf("objects: output %d has %d numbers, want %d", i, len(o), want)
		}
	}
	f := found{
		dst: dst[:0], classes: h.classes, threshold: float32(threshold),
		width: float64(h.Input.Width), height: float64(h.Input.Height),
	}
	all, err := h.find.find(f, outs)
	if err != nil {
		return dst[:0], fmt.Errorf("objects, %s: %w", h.Name, err)
	}
	return vision.Suppress(all, h.overlap, limit), nil
}

// found collects candidates.
type found struct {
	dst           []vision.Candidate
	classes       int
	threshold     float32
	width, height float64 // of the tensor
}

// add takes a candidate, unless nothing of it lies in the tensor.
func (f *found) add(b vision.Box, score float32, class int) error {
	if !b.Finite() {
		return fmt.Errorf("a box is %v: the network's arithmetic failed", b)
	}
	if b = b.Clip(f.width, f.height); b.Area() > 0 {
		f.dst = append(f.dst, vision.Candidate{Box: b, Score: min(float64(score), 1), Class: class})
	}
	return nil
}

// Probabilities are compared by their bits, which for numbers from 0 up are in the
// numbers' order. Whatever is no probability (negative, above 1, NaN of either sign) has
// more bits than 1, so that it wins, and is looked at closely.
var certain = math.Float32bits(1)

// best is the highest of scores and its index.
func best(scores []float32) (float32, int, error) {
	top, class := uint32(0), 0
	for i, s := range scores {
		if b := math.Float32bits(s); b > top {
			top, class = b, i
		}
	}
	if top > certain {
		return closely(scores, 1)
	}
	return math.Float32frombits(top), class, nil
}

// closely is best for scores step apart that are not all probabilities. A little outside
// 0..1 is a quantised network's rounding.
func closely(scores []float32, step int) (top float32, class int, err error) {
	for i := 0; i < len(scores); i += step {
		s, err := probability(scores[i])
		if err != nil {
			return 0, 0, err
		}
		if s > top {
			top, class = s, i/step
		}
	}
	return top, class, nil
}

// probability refuses what is none.
func probability(s float32) (float32, error) {
	switch {
	case s != s:
		return 0, fmt.Errorf("a score is NaN: the network's arithmetic failed")
	case s < -0.01 || s > 1.01:
		return 0, fmt.Errorf("a score is %g, which is no probability: export the model with its final sigmoid", s)
	}
	return min(max(s, 0), 1), nil
}

// yolo5 is YOLOv5 (Ultralytics): for each of three anchors a cell the centre and the size
// in pixels, how sure it is of an object, and class scores given one.
type yolo5 struct{ out, cells int }

func (y yolo5) find(f found, outs [][]float32) ([]vision.Candidate, error) {
	columns := 5 + f.classes
	out := outs[y.out]
	for i := range y.cells {
		row := out[i*columns:][:columns]
		score, class, err := f.judge(row)
		if err != nil {
			return nil, err
		}
		if score < f.threshold {
			continue
		}
		if err := f.add(around(row[0], row[1], row[2], row[3]), score, class); err != nil {
			return nil, err
		}
	}
	return f.dst, nil
}

// judge is the score of a row and its class: how sure it is of an object, times the best score of
// a class given one; 0 where it is too unsure for any class.
func (f *found) judge(row []float32) (score float32, class int, err error) {
	object := row[4]
	if object < f.threshold && object >= 0 {
		return 0, 0, nil
	}
	if object, err = probability(object); err != nil {
		return 0, 0, err
	}
	score, class, err = best(row[5:])
	return object * score, class, err
}

func around(x, y, w, h float32) vision.Box {
	return vision.Around(float64(x), float64(y), float64(w), float64(h))
}

// yolo8 is YOLOv8 and 11 (Ultralytics): for each cell the centre and the size in pixels,
// and class scores. Number k of cell i stands at i*cellStep + k*step.
type yolo8 struct{ out, cells, cellStep, step int }

func (y yolo8) find(f found, outs [][]float32) ([]vision.Candidate, error) {
	out := outs[y.out]
	if y.step == 1 {
		for i := range y.cells {
			score, class, err := best(out[i*y.cellStep+4:][:f.classes])
			if err != nil {
				return nil, err
			}
			if err := y.add(&f, out, i, score, class); err != nil {
				return nil, err
			}
		}
		return f.dst, nil
	}
	// The scores of one class stand together: go through them class by class, for as many
	// cells as stay in the nearest cache.
	const block = 512
	var tops [block]uint32
	var classes [block]int32
	for from := 0; from < y.cells; from += block {
		n := min(block, y.cells-from)
		clear(tops[:n])
		clear(classes[:n])
		for c := range f.classes {
			row := out[(4+c)*y.step+from:][:n]
			for i, s := range row {
				if b := math.Float32bits(s); b > tops[i&(block-1)] {
					tops[i&(block-1)], classes[i&(block-1)] = b, int32(c)
				}
			}
		}
		for i, top := range tops[:n] {
			score, class := math.Float32frombits(top), int(classes[i])
			if top > certain {
				var err error
				at := 4*y.step + from + i
				if score, class, err = closely(out[at:min(len(out), at+f.classes*y.step)], y.step); err != nil {
					return nil, err
				}
			}
			if err := y.add(&f, out, from+i, score, class); err != nil {
				return nil, err
			}
		}
	}
	return f.dst, nil
}

func (y yolo8) add(f *found, out []float32, i int, score float32, class int) error {
	if score < f.threshold {
		return nil
	}
	at := i * y.cellStep
	return f.add(around(out[at], out[at+y.step], out[at+2*y.step], out[at+3*y.step]), score, class)
}

// yolox is YOLOX (Ge et al., "YOLOX: Exceeding YOLO Series in 2021"): as YOLOv5 with one
// anchor a cell; the centre counts from the cell's corner and, as the logarithm of the
// size, in strides.
type yolox struct {
	out   int
	grids []grid
}

func (y yolox) find(f found, outs [][]float32) ([]vision.Candidate, error) {
	columns := 5 + f.classes
	for _, g := range y.grids {
		out := outs[y.out][g.from*columns:]
		for i := range g.w * g.h {
			row := out[i*columns:][:columns]
			score, class, err := f.judge(row)
			if err != nil {
				return nil, err
			}
			if score < f.threshold {
				continue
			}
			s := float64(g.stride)
			b := vision.Around(
				(float64(row[0])+float64(i%g.w))*s, (float64(row[1])+float64(i/g.w))*s,
				exp(row[2])*s, exp(row[3])*s)
			if err := f.add(b, score, class); err != nil {
				return nil, err
			}
		}
	}
	return f.dst, nil
}

// exp is e^x, held where a box is larger than every tensor anyway.
func exp(x float32) float64 { return math.Exp(min(float64(x), 16)) }

// nano is NanoDet and NanoDet-Plus (Lyu, 2020 and 2021): for each cell class scores, and
// for each side of the box how far it is, as the scores of the distances 0, 1, 2, … strides
// (Li et al., "Generalized Focal Loss", NeurIPS 2020).
type nano struct {
	levels []nanoLevel
	bins   int
}

// nanoLevel says where the numbers of a stride are: which outputs, from which number on,
// how far apart from cell to cell.
type nanoLevel struct {
	grid
	scores, scoreFrom, scoreStep int
	boxes, boxFrom, boxStep      int
}

func (n nano) find(f found, outs [][]float32) ([]vision.Candidate, error) {
	// NanoDet counts from the middle of a cell. Plus, with a fourth stride, from its corner.
	middle := 0.5
	if len(n.levels) == 4 {
		middle = 0
	}
	for _, l := range n.levels {
		for i := range l.w * l.h {
			scores := outs[l.scores][l.scoreFrom+i*l.scoreStep:][:f.classes]
			top, _, err := best(scores)
			if err != nil {
				return nil, err
			}
			if top < f.threshold {
				continue
			}
			var far [4]float64 // left, top, right, bottom
			sides := outs[l.boxes][l.boxFrom+i*l.boxStep:][:4*n.bins]
			for k := range far {
				far[k] = expected(sides[k*n.bins:][:n.bins]) * float64(l.stride)
			}
			x := (float64(i%l.w) + middle) * float64(l.stride)
			y := (float64(i/l.w) + middle) * float64(l.stride)
			b := vision.Box{X0: x - far[0], Y0: y - far[1], X1: x + far[2], Y1: y + far[3]}
			for class, score := range scores {
				if score < f.threshold {
					continue
				}
				if err := f.add(b, score, class); err != nil {
					return nil, err
				}
			}
		}
	}
	return f.dst, nil
}

// expected is the mean of 0, 1, 2, … weighted by the softmax of the scores.
func expected(scores []float32) float64 {
	top := scores[0]
	for _, s := range scores {
		top = max(top, s)
	}
	sum, total := 0.0, 0.0
	for i, s := range scores {
		w := math.Exp(float64(s) - float64(top))
		total += w
		sum += w * float64(i)
	}
	return sum / total
}

// yoloNMS is a YOLO exported with non-maximum suppression inside, or one that needs none
// (YOLOv10): rows of two corners in pixels, score and class.
type yoloNMS struct{ out int }

func (y yoloNMS) find(f found, outs [][]float32) ([]vision.Candidate, error) {
	out := outs[y.out]
	if len(out)%6 != 0 {
		return nil, fmt.Errorf("%d numbers are no rows of six", len(out))
	}
	for ; len(out) > 0; out = out[6:] {
		class, score, ok, err := f.listed(out[5], out[4])
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if class < 0 || class >= f.classes {
			return nil, fmt.Errorf("class %d, but there are %d labels", class, f.classes)
		}
		b := vision.Box{X0: float64(out[0]), Y0: float64(out[1]), X1: float64(out[2]), Y1: float64(out[3])}
		if err := f.add(b, score, class); err != nil {
			return nil, err
		}
	}
	return f.dst, nil
}

// listed reads class and score of a finished detection, and whether it scores enough.
func (f *found) listed(class, score float32) (int, float32, bool, error) {
	score, err := probability(score)
	if err != nil || score < f.threshold || score == 0 {
		return 0, 0, false, err
	}
	if !(class >= 0 && class < maxLabels) {
		return 0, 0, false, fmt.Errorf("a class is %g: want its number", class)
	}
	return int(class + 0.5), score, true, nil
}

// ssd is a detector of TensorFlow's object detection tools (Huang et al., CVPR 2017) with
// non-maximum suppression inside. Boxes are top, left, bottom, right as fractions. Classes
// count from 1 in TensorFlow and from 0 in TensorFlow Lite; with the 80 labels of COCO they
// are COCO's own numbers, up to 90; 91 labels begin with the background.
type ssd struct {
	boxes, classes, scores, count int // outputs; -1 without a count
	oneBased                      bool
}

func (s ssd) find(f found, outs [][]float32) ([]vision.Candidate, error) {
	boxes, classes, scores := outs[s.boxes], outs[s.classes], outs[s.scores]
	n := len(scores)
	if len(boxes) != 4*n || len(classes) != n {
		return nil, fmt.Errorf("%d box numbers, %d classes and %d scores do not belong together", len(boxes), len(classes), n)
	}
	if s.count >= 0 {
		if len(outs[s.count]) != 1 || !(outs[s.count][0] >= 0) {
			return nil, fmt.Errorf("the number of detections is %v", outs[s.count])
		}
		n = int(min(float64(n), float64(outs[s.count][0])))
	}
	for i := range n {
		class, score, ok, err := f.listed(classes[i], scores[i])
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		index := s.index(class, f.classes)
		if index < 0 || index >= f.classes {
			return nil, fmt.Errorf("class %d, but there are %d labels", class, f.classes)
		}
		b := boxes[4*i:][:4]
		box := vision.Box{
			X0: float64(b[1]) * f.width, Y0: float64(b[0]) * f.height,
			X1: float64(b[3]) * f.width, Y1: float64(b[2]) * f.height,
		}
		if err := f.add(box, score, index); err != nil {
			return nil, err
		}
	}
	return f.dst, nil
}

// index is the label of a class number.
func (s ssd) index(class, labels int) int {
	if !s.oneBased {
		class++
	}
	switch labels {
	case len(COCO):
		return fromCOCO(class)
	case maxCOCO + 1: // a labels file with a line for the background
		return class
	}
	return class - 1
}
