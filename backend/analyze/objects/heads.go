// Package objects finds things of many classes. In: frames, and an object detector of one of
// the common kinds, recognised by its shapes. Out: boxes with class, score and track. It must
// never guess: a detector that it does not know is refused with the shapes seen.
package objects

import (
	"fmt"
	"slices"
	"strings"

	"freshframe/backend/vision"
)

// Tensor is the name and the shape of a network's input or output. A dimension below 1 is
// one that the network leaves open.
type Tensor struct {
	Name  string
	Shape []int
}

// String gives the name and the shape, such as output0 1x84x8400.
func (t Tensor) String() string {
	var b strings.Builder
	b.WriteString(t.Name)
	for i, d := range t.Shape {
		separator, size := "x", fmt.Sprint(d)
		if i == 0 {
			separator = " "
		}
		if d < 1 {
			size = "?"
		}
		b.WriteString(separator + size)
	}
	return b.String()
}

// Head is a kind of detector with the sizes of one network. It may be shared by many
// goroutines.
type Head struct {
	Name string // nanodet, yolov5, yolov8, yolox, yolo-nms or ssd
	// Input is how the kind is usually trained; change what another one wants.
	Input vision.Input

	classes int
	overlap float64 // IoU from which boxes of one class are one thing
	lengths []int   // of the outputs; 0 where a network decides from frame to frame
	find    finder
}

// finder gives f.dst with what the outputs show. The value spares an allocation.
type finder interface {
	find(f found, outs [][]float32) ([]vision.Candidate, error)
}

// grid is the cells of one stride.
type grid struct{ stride, w, h, from int }

// grids are the cells of strides 8, 16, 32 and, with four levels, 64, and their number.
func grids(in vision.Input, levels int) (gs []grid, cells int) {
	for stride := 8; len(gs) < levels; stride *= 2 {
		g := grid{stride, (in.Width + stride - 1) / stride, (in.Height + stride - 1) / stride, cells}
		gs = append(gs, g)
		cells += g.w * g.h
	}
	return gs, cells
}

// Recognise tells from the shapes of a network's input and outputs which head it has.
// classes is the number of labels. The error lists the shapes and, where only the number
// of classes is wrong, says so; whoever asked says which model it is.
func Recognise(input Tensor, outputs []Tensor, classes int) (*Head, error) {
	if classes < 1 || classes > maxLabels {
		return nil, fmt.Errorf("%d labels: want 1 to %d", classes, maxLabels)
	}
	in, err := picture(input)
	if err != nil {
		return nil, err
	}
	h := &Head{Input: in, classes: classes, lengths: make([]int, len(outputs))}
	for i, o := range outputs {
		h.lengths[i] = o.length()
	}
	if h.nanoDet(outputs) || h.ssd(outputs) {
		return h, nil
	}
	hint := ""
	for i, o := range outputs {
		rows, columns, ok := o.table()
		if !ok {
			continue
		}
		if h.single(i, rows, columns) {
			return h, nil
		}
		if hint == "" {
			hint = h.otherClasses(o, rows, columns)
		}
	}
	seen := make([]string, len(outputs))
	for i, o := range outputs {
		seen[i] = o.String()
	}
	if hint == "" {
		hint = h.otherNanoDet(outputs)
	}
	if hint == "" {
		hint = fmt.Sprintf("; for %d classes want those of %s", classes, h.known())
	}
	return nil, fmt.Errorf("the model takes %v and gives %s, which no known head does%s", input, strings.Join(seen, ", "), hint)
}

// picture reads the size and the layout from the shape of an input.
func picture(t Tensor) (vision.Input, error) {
	s := t.Shape
	if len(s) != 4 || s[0] > 1 {
		return vision.Input{}, fmt.Errorf("the model takes %v: want one picture, 1x3xHEIGHTxWIDTH or 1xHEIGHTxWIDTHx3", t)
	}
	var in vision.Input
	height, width := s[2], s[3]
	switch {
	case s[1] == 3:
		in.Layout = vision.NCHW
	case s[3] == 3:
		height, width = s[1], s[2]
	default:
		return vision.Input{}, fmt.Errorf("the model takes %v: want three channels, 1x3xHEIGHTxWIDTH or 1xHEIGHTxWIDTHx3", t)
	}
	if min(width, height) < 1 {
		return vision.Input{}, fmt.Errorf("the model takes %v and leaves the size open: export it with a fixed one, such as 640x640", t)
	}
	if min(width, height) < 32 || max(width, height) > vision.MaxSide {
		return vision.Input{}, fmt.Errorf("the model takes %v: want sides from 32 to %d", t, vision.MaxSide)
	}
	in.Width, in.Height = width, height
	return in, nil
}

// length is how many numbers the tensor holds, 0 where a dimension is open or absurd.
func (t Tensor) length() int {
	n := int64(1)
	for i, d := range t.Shape {
		if d < 1 && i == 0 && len(t.Shape) > 2 {
			d = 1 // the batch; of a table without one it may be the rows
		}
		if d < 1 || d > 1<<28 || n > 1<<28 {
			return 0
		}
		n *= int64(d)
	}
	return int(n)
}

// table is the shape as rows and columns, without a batch of one. Open dimensions are 0.
func (t Tensor) table() (rows, columns int, ok bool) {
	s := t.Shape
	if len(s) == 3 && s[0] <= 1 {
		s = s[1:]
	}
	if len(s) != 2 || max(s[0], s[1]) > 1<<28 {
		return 0, 0, false
	}
	return max(s[0], 0), max(s[1], 0), true
}

// single recognises the heads that give everything in output i.
func (h *Head) single(i, rows, columns int) bool {
	const box, boxAndObject = 4, 5
	scaled := h.Input // RGB from 0 to 1, in gray
	scaled.Pad, scaled.Std = 114, [3]float32{255, 255, 255}
	ofGrid := false
	for levels := 3; levels <= 4; levels++ {
		gs, cells := grids(h.Input, levels)
		ofGrid = ofGrid || rows == cells || rows == 3*cells
		switch {
		case rows == h.classes+box && columns == cells:
			h.Name, h.Input, h.overlap = "yolov8", scaled, 0.7
			h.find = yolo8{out: i, cells: cells, cellStep: 1, step: cells}
		case rows == cells && columns == h.classes+box:
			h.Name, h.Input, h.overlap = "yolov8", scaled, 0.7
			h.find = yolo8{out: i, cells: cells, cellStep: columns, step: 1}
		case rows == 3*cells && columns == h.classes+boxAndObject:
			h.Name, h.Input, h.overlap = "yolov5", scaled, 0.45
			h.find = yolo5{out: i, cells: rows}
		case rows == cells && columns == h.classes+boxAndObject:
			h.Name, h.overlap = "yolox", 0.45
			h.Input.Order, h.Input.Align, h.Input.Pad = vision.BGR, vision.TopLeft, 114
			h.find = yolox{out: i, grids: gs}
		case rows == cells && bins(columns-h.classes) > 0:
			h.asNanoDet(bins(columns - h.classes))
			var levels []nanoLevel
			for _, g := range gs {
				levels = append(levels, nanoLevel{
					grid: g, scores: i, boxes: i, scoreStep: columns, boxStep: columns,
					scoreFrom: g.from * columns, boxFrom: g.from*columns + h.classes,
				})
			}
			h.find = nano{levels: levels, bins: bins(columns - h.classes)}
		default:
			continue
		}
		return true
	}
	if columns == 6 && !ofGrid {
		h.Name, h.Input, h.overlap = "yolo-nms", scaled, 1
		h.find = yoloNMS{out: i}
		return true
	}
	return false
}

// bins is how many numbers NanoDet has for each side of a box, 0 where columns is not four
// times a likely number.
func bins(columns int) int {
	if columns < 8 || columns > 4*64 || columns%4 != 0 {
		return 0
	}
	return columns / 4
}

func (h *Head) asNanoDet(bins int) {
	h.Name, h.overlap = "nanodet", 0.6
	h.Input.Order = vision.BGR
	h.Input.Mean, h.Input.Std = [3]float32{103.53, 116.28, 123.675}, [3]float32{57.375, 57.12, 58.395}
}

// nanoDet recognises NanoDet with two outputs per stride.
func (h *Head) nanoDet(outputs []Tensor) bool {
	if len(outputs) != 6 && len(outputs) != 8 {
		return false
	}
	gs, _ := grids(h.Input, len(outputs)/2)
	n := nano{}
	for _, g := range gs {
		l := nanoLevel{grid: g, scores: -1, boxes: -1, scoreStep: h.classes}
		for i, o := range outputs {
			rows, columns, ok := o.table()
			switch {
			case !ok || rows != g.w*g.h:
			case columns == h.classes && l.scores < 0:
				l.scores = i
			case bins(columns) > 0 && l.boxes < 0 && (n.bins == 0 || n.bins == bins(columns)):
				l.boxes, l.boxStep, n.bins = i, columns, bins(columns)
			}
		}
		// As many classes as numbers for a box: nothing tells the two apart.
		if l.scores < 0 || l.boxes < 0 || l.scoreStep == l.boxStep {
			return false
		}
		n.levels = append(n.levels, l)
	}
	h.asNanoDet(n.bins)
	h.find = n
	return true
}

// ssd recognises TensorFlow's detectors with non-maximum suppression inside: boxes, and
// for each a class and a score, told apart by their names or by TensorFlow Lite's order.
func (h *Head) ssd(outputs []Tensor) bool {
	s := ssd{boxes: -1, classes: -1, scores: -1, count: -1, oneBased: false}
	for i, o := range outputs {
		if rows, columns, ok := o.table(); ok && columns == 4 && rows != 1 && s.boxes < 0 && !strings.Contains(strings.ToLower(o.Name), "raw") {
			s.boxes = i
		}
	}
	if s.boxes < 0 {
		return false
	}
	per, _, _ := outputs[s.boxes].table()
	var lists []int
	for i, o := range outputs {
		name := strings.ToLower(o.Name)
		switch n := o.list(); {
		case i == s.boxes || n < 0:
		case n == per && strings.Contains(name, "score"):
			s.scores = i
		case n == per && (strings.Contains(name, "class") || strings.Contains(name, "label")):
			s.classes = i
			s.oneBased = strings.Contains(name, "detection_classes")
		case n == 1:
			s.count = i
		case n == per:
			lists = append(lists, i)
		}
	}
	if s.classes < 0 && s.scores < 0 && len(outputs) == 4 && s.boxes == 0 && len(lists) == 2 && s.count == 3 {
		s.classes, s.scores = lists[0], lists[1]
	}
	if s.classes < 0 || s.scores < 0 {
		return false
	}
	h.Name, h.overlap, h.find = "ssd", 1, s
	return true
}

// list is the length of a tensor of one dimension besides the batch, 0 for an open one, -1
// for more dimensions.
func (t Tensor) list() int {
	s := t.Shape
	if len(s) == 2 && s[0] <= 1 {
		s = s[1:]
	}
	if len(s) != 1 || s[0] > 1<<28 {
		return -1
	}
	return max(s[0], 0)
}

// otherClasses says with how many classes the output would be a known head's.
func (h *Head) otherClasses(o Tensor, rows, columns int) string {
	for levels := 3; levels <= 4; levels++ {
		_, cells := grids(h.Input, levels)
		name, classes := "", 0
		switch {
		case columns == cells && rows > 4:
			name, classes = "YOLOv8", rows-4
		case rows == 3*cells && columns > 5:
			name, classes = "YOLOv5", columns-5
		case rows == cells && columns > 5:
			return fmt.Sprintf("; %v would be YOLOX with %d classes, YOLOv8 with %d or NanoDet with %d, but there are %d labels",
				o, columns-5, columns-4, max(columns-32, 0), h.classes)
		default:
			continue
		}
		return fmt.Sprintf("; %v would be %s with %d classes, but there are %d labels", o, name, classes, h.classes)
	}
	return ""
}

// otherNanoDet says with how many classes the outputs would be NanoDet's. Nothing but their
// number tells scores from boxes, so there can be two answers; numbers that boxes usually have
// are no answer beside another.
func (h *Head) otherNanoDet(outputs []Tensor) string {
	var counts []string
	for _, o := range outputs {
		_, columns, ok := o.table()
		other := &Head{Input: h.Input, classes: columns}
		if count := fmt.Sprint(columns); ok && columns > 0 && !slices.Contains(counts, count) && other.nanoDet(outputs) {
			counts = append(counts, count)
		}
	}
	if counts == nil {
		return ""
	}
	usual := func(count string) bool { return count == "32" || count == "44" } // four times 8 or 11 bins
	if others := slices.DeleteFunc(slices.Clone(counts), usual); len(others) > 0 {
		counts = others
	}
	return fmt.Sprintf("; it would be NanoDet with %s classes, but there are %d labels", strings.Join(counts, " or "), h.classes)
}

// known lists the shapes that would do.
func (h *Head) known() string {
	_, cells := grids(h.Input, 3)
	_, cells4 := grids(h.Input, 4)
	c := h.classes
	return fmt.Sprintf("NanoDet (1x%dx%d, or 1xCELLSx%d and 1xCELLSx32 for each stride), YOLOv5 (1x%dx%d), YOLOv8 and 11 (1x%dx%d), YOLOX (1x%dx%d), YOLO with NMS inside (1xNx6) or SSD with NMS inside (boxes 1xNx4, classes 1xN, scores 1xN)",
		cells4, c+32, c, 3*cells, c+5, c+4, cells, cells, c+5)
}
