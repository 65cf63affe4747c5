package objects

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// COCO are the 80 classes of the COCO data set, in the order that networks number them.
var COCO = []string{
	"person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
	"fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
	"elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
	"skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
	"wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange",
	"broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed",
	"dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven",
	"toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
}

// maxCOCO is the highest of COCO's own numbers.
const maxCOCO = 90

// unusedCOCO are the numbers from 1 to maxCOCO that COCO gave to no class in the end. Networks
// trained with TensorFlow's tools skip them.
var unusedCOCO = []int{12, 26, 29, 30, 45, 66, 68, 69, 71, 83}

// fromCOCO turns COCO's own number of a class, 1..90, into an index of COCO, -1 for none.
func fromCOCO(id int) int {
	if id < 1 || id > maxCOCO {
		return -1
	}
	index := id - 1
	for _, u := range unusedCOCO {
		if u == id {
			return -1
		}
		if u < id {
			index--
		}
	}
	return index
}

// maxLabels bounds a labels file and with it the classes of a network.
const maxLabels = 10_000

// byteOrder is the mark with which some editors begin a file.
const byteOrder = '\ufeff'

// ParseLabels reads the text of a labels file: one name a line, in the order of the
// network's classes, blank lines at the end ignored. The error names the line.
func ParseLabels(text string) ([]string, error) {
	text = strings.TrimRight(strings.TrimPrefix(text, string(byteOrder)), " \t\r\n")
	if text == "" {
		return nil, errors.New("labels: the file is empty: want one name a line")
	}
	lines := strings.Split(text, "\n")
	if len(lines) > maxLabels {
		return nil, fmt.Errorf("labels: %d lines: want at most %d, one name each", len(lines), maxLabels)
	}
	for i, l := range lines {
		l = strings.TrimSpace(l)
		switch {
		case l == "":
			return nil, fmt.Errorf("labels: line %d is empty: every class needs a name", i+1)
		case !utf8.ValidString(l) || strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r == byteOrder }):
			return nil, fmt.Errorf("labels: line %d is no text: %.40q", i+1, l)
		}
		lines[i] = l
	}
	return lines, nil
}
