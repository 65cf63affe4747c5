package objects

import (
	"strings"
	"testing"

	"freshframe/backend/vision"
)

// tensor reads a shape such as "boxes 1x100x4", with ? for an open dimension.
func tensor(text string) Tensor {
	name, dims, _ := strings.Cut(text, " ")
	t := Tensor{Name: name}
	for d := range strings.SplitSeq(dims, "x") {
		n := 0
		if d == "?" {
			n = -1
		}
		for _, c := range strings.TrimPrefix(d, "?") {
			n = 10*n + int(c-'0')
		}
		t.Shape = append(t.Shape, n)
	}
	return t
}

func tensors(text string) (ts []Tensor) {
	for t := range strings.SplitSeq(text, ", ") {
		ts = append(ts, tensor(t))
	}
	return ts
}

const nanoOutputs = "a 1x2704x44, b 1x2704x80, c 1x676x44, d 1x676x80, e 1x169x44, f 1x169x80"

func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		input, outputs string
		classes        int
		want           string
	}{
		{"in 1x3x416x416", nanoOutputs, 80, "nanodet"},
		{"in 1x3x416x416", "f 1x169x80, e 169x44, d 1x676x80, c 1x676x44, b 1x2704x80, a 1x2704x44", 80, "nanodet"},
		{"in 1x3x320x320", "out 1x2100x112", 80, "nanodet"},   // three strides, joined
		{"data 1x3x416x416", "out 1x3598x112", 80, "nanodet"}, // Plus
		{"images 1x3x640x640", "output0 1x25200x85", 80, "yolov5"},
		{"images ?x3x640x640", "output ?x25200x85, x 1x3x80x80x85, y 1x3x40x40x85, z 1x3x20x20x85", 80, "yolov5"},
		{"images 1x3x1280x1280", "output 1x102000x85", 80, "yolov5"}, // four strides
		{"images 1x3x640x480", "output0 1x18900x7", 2, "yolov5"},
		{"images 1x3x640x640", "output0 1x84x8400", 80, "yolov8"},
		{"images 1x3x640x640", "output0 1x8400x84", 80, "yolov8"},
		{"images 1x3x640x640", "output0 1x5x8400", 1, "yolov8"},
		{"images 1x3x640x640", "output0 1x8400x6", 2, "yolov8"},
		{"images 1x3x640x640", "output0 1x8400x6", 1, "yolox"},
		{"images 1x3x416x416", "output 1x3549x85", 80, "yolox"},
		{"images 1x3x640x640", "output0 1x300x6", 80, "yolo-nms"},
		{"images 1x3x640x640", "output0 ?x?x6", 80, "yolo-nms"},
		{"image_tensor 1x300x300x3", "detection_boxes 1x100x4, detection_classes 1x100, detection_scores 1x100, num_detections 1", 80, "ssd"},
		{"t ?x320x320x3", "num_detections ?, raw_detection_scores ?x12804x91, raw_detection_boxes ?x12804x4, detection_anchor_indices ?x100, detection_boxes ?x100x4, detection_multiclass_scores ?x100x91, detection_scores ?x100, detection_classes ?x100", 80, "ssd"},
		{"t 1x300x300x3", "p 1x10x4, p:1 1x10, p:2 1x10, p:3 1", 80, "ssd"},
		{"t 1x300x300x3", "detection_boxes 1x?x4, detection_classes 1x?, detection_scores 1x?", 80, "ssd"},
	} {
		h, err := Recognise(tensor(c.input), tensors(c.outputs), c.classes)
		if err != nil || h.Name != c.want {
			t.Errorf("%s to %s with %d classes: got %+v, %v; want %s", c.input, c.outputs, c.classes, h, err, c.want)
		}
	}
}

// What the heads want of a picture.
func TestInputs(t *testing.T) {
	of := func(input, outputs string) vision.Input {
		t.Helper()
		h, err := Recognise(tensor(input), tensors(outputs), 80)
		if err != nil {
			t.Fatal(err)
		}
		return h.Input
	}
	unit := [3]float32{255, 255, 255}
	for name, c := range map[string]struct{ got, want vision.Input }{
		"nanodet": {of("in 1x3x416x416", nanoOutputs), vision.Input{
			Width: 416, Height: 416, Layout: vision.NCHW, Order: vision.BGR,
			Mean: [3]float32{103.53, 116.28, 123.675}, Std: [3]float32{57.375, 57.12, 58.395},
		}},
		"yolov8, 640 wide": {of("in 1x3x480x640", "o 1x84x6300"), vision.Input{Width: 640, Height: 480, Layout: vision.NCHW, Std: unit, Pad: 114}},
		"yolox":            {of("in 1x3x416x416", "o 1x3549x85"), vision.Input{Width: 416, Height: 416, Layout: vision.NCHW, Order: vision.BGR, Pad: 114, Align: vision.TopLeft}},
		"ssd":              {of("t 1x240x320x3", "p 1x10x4, p:1 1x10, p:2 1x10, p:3 1"), vision.Input{Width: 320, Height: 240}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		input, outputs string
		classes        int
		want           string
	}{
		{"images 1x3x640x640", "output0 1x84x8400", 20, "output0 1x84x8400 would be YOLOv8 with 80 classes, but there are 20 labels"},
		{"images 1x3x640x640", "output0 1x25200x85", 81, "output0 1x25200x85 would be YOLOv5 with 80 classes, but there are 81 labels"},
		{"images 1x3x416x416", "o 1x3549x85", 10, "o 1x3549x85 would be YOLOX with 80 classes, YOLOv8 with 81 or NanoDet with 53, but there are 10 labels"},
		{"images 1x3x224x224", "prob 1x1000", 80, "the model takes images 1x3x224x224 and gives prob 1x1000, which no known head does; for 80 classes want those of NanoDet (1x1045x112,"},
		{"images 1x3x416x416", "a ?x5x7, b 1x2", 80, "gives a ?x5x7, b 1x2, which"},
		{"in 1x3x416x416", "a 1x2704x44, b 1x2704x44, c 1x676x44, d 1x676x44, e 1x169x44, f 1x169x44", 44, "no known head"},
		{"in 1x3x416x416", "a 1x2704x44, b 1x2704x80, c 1x676x44, d 1x676x80, e 1x169x44, f 1x168x80", 80, "f 1x168x80, which no known head"},
		{"in 1x3x416x416", "a 1x2704x44, b 1x2704x80, c 1x676x44, d 1x676x80, e 1x169x44, f 1x169x80", 20, "it would be NanoDet with 80 classes, but there are 20 labels"},
		{"in 1x3x416x416", "a 1x2704x32, b 1x2704x80, c 1x676x32, d 1x676x80, e 1x169x32, f 1x169x80", 20, "it would be NanoDet with 80 classes, but"},
		{"in 1x3x416x416", "a 1x2704x32, b 1x2704x44, c 1x676x32, d 1x676x44, e 1x169x32, f 1x169x44", 20, "it would be NanoDet with 32 or 44 classes, but"},
		{"in 1x3x416x416", "a 1x2704x64, b 1x2704x80, c 1x676x64, d 1x676x80, e 1x169x64, f 1x169x80", 20, "it would be NanoDet with 64 or 80 classes, but"},
		{"t 1x300x300x3", "boxes 1x10x4, u 1x10, v 1x10", 80, "no known head"}, // which is the score?
		{"images 1x3x?x?", "output0 1x84x8400", 80, "images 1x3x?x? and leaves the size open"},
		{"images 2x3x640x640", "output0 2x84x8400", 80, "want one picture"},
		{"images 1x1x640x640", "output0 1x84x8400", 80, "want three channels"},
		{"tokens 1x77", "o 1x512", 80, "tokens 1x77: want one picture"},
		{"images 1x3x16x640", "o 1x512", 80, "want sides from 32"},
		{"images 1x3x640x640", "output0 1x84x8400", 0, "0 labels"},
	} {
		if h, err := Recognise(tensor(c.input), tensors(c.outputs), c.classes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s with %d classes: got %+v, %v; want %q", c.input, c.outputs, c.classes, h, err, c.want)
		}
	}
	if h, err := Recognise(tensor("in 1x3x64x64"), nil, 80); err == nil {
		t.Errorf("a model without outputs is %+v", h)
	}
}

// Whatever is recognised can be decoded, whatever its outputs hold.
func FuzzHeads(f *testing.F) {
	f.Add("in 1x3x64x64", "o 1x84x84", 80, []byte{0, 0, 0, 0x3f})
	f.Add("in 1x3x64x64", "o 1x252x7", 2, []byte{0, 0, 0x80, 0x3f, 0, 0, 0xc0, 0x7f})
	f.Add("in 1x3x64x64", "o 1x84x7", 2, []byte{0xff, 0xff, 0x7f, 0x7f, 0})
	f.Add("in 1x3x64x64", "o 1x85x34", 2, []byte{0, 0, 0x40, 0x3f, 0, 0, 0x20, 0x41})
	f.Add("in 1x3x64x64", "a 1x64x44, b 1x64x3, c 1x16x44, d 1x16x3, e 1x4x44, f 1x4x3", 3, []byte{1, 0x80, 0x3e, 0x3f, 7})
	f.Add("in 1x3x64x64", "o ?x?x6", 3, []byte{0, 0, 0x80, 0x3f})
	f.Add("in 1x64x64x3", "p 1x10x4, p:1 1x10, p:2 1x10, p:3 1", 80, []byte{0, 0, 0x80, 0x3f})
	f.Add("in 1x64x64x3", "detection_boxes ?x?x4, detection_classes ?x?, detection_scores ?x?", 91, []byte{0, 0, 0x80, 0x3f})
	f.Fuzz(func(t *testing.T, input, outputs string, classes int, data []byte) {
		if len(data) < 4 || len(outputs) > 500 {
			return
		}
		h, err := Recognise(tensor(input), tensors(outputs), classes)
		if err != nil {
			return
		}
		outs := make([][]float32, len(h.lengths))
		for i, n := range h.lengths {
			if n > 1<<20 {
				return
			}
			if n == 0 { // open: something of a likely length
				n = len(data) % 60
			}
			outs[i] = make([]float32, n)
			for k := range outs[i] {
				outs[i][k] = number(data, k+7*i)
			}
		}
		found, err := h.Decode(nil, outs, 0.3)
		if err != nil && len(found) > 0 {
			t.Fatalf("things besides the error %v", err)
		}
		for _, d := range found {
			if !d.Finite() || !(d.Score >= 0.29 && d.Score <= 1) || d.Area() <= 0 || d.Class < 0 || d.Class >= classes ||
				d.X0 < 0 || d.Y0 < 0 || d.X1 > float64(h.Input.Width) || d.Y1 > float64(h.Input.Height) {
				t.Fatalf("%s: a thing is %+v", h.Name, d)
			}
		}
	})
}
