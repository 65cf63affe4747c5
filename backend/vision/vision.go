// Package vision stands between pictures and neural networks. In: planar YCbCr and the
// numbers networks give. Out: tensors (letterboxed, or cropped at an angle), and boxes and
// points of the picture, suppressed, blended and smoothed. It must never know a particular
// network's meaning, make an RGB picture, or allocate once it has seen a picture's size.
//
// Coordinates are continuous: pixel i covers i to i+1, and its centre is i+0.5.
package vision

import "fmt"

// Layout is the order in which a tensor holds a picture's numbers.
type Layout uint8

// The layouts.
const (
	NHWC Layout = iota // pixel after pixel
	NCHW               // channel after channel
)

// Order is the order of a tensor's channels.
type Order uint8

// The orders.
const (
	RGB Order = iota
	BGR
)

// Border says what a crop sees beyond the picture's edge. A letterbox always sees Pad.
type Border uint8

// The borders.
const (
	Constant  Border = iota // the gray Pad
	Replicate               // the nearest pixel of the picture
)

// Align says where a letterbox puts the picture.
type Align uint8

// The alignments.
const (
	Centre Align = iota
	TopLeft
)

// Input says what a network wants of a picture. A number of the tensor is
// (channel - Mean) / Std, with channels from 0 to 255. The rest of the zero value is what
// most networks of MediaPipe and TensorFlow take.
type Input struct {
	Width, Height int // pixels, 1..MaxSide
	Layout        Layout
	Order         Order
	Mean, Std     [3]float32 // in the order of the tensor's channels; a Std of 0 stands for 1
	Pad           uint8      // the gray around a letterboxed picture
	Border        Border
	Align         Align
}

// MaxSide is the longest side of a tensor in pixels.
const MaxSide = 8192

// Len is how many numbers the tensor of one picture has.
func (in Input) Len() int { return 3 * in.Width * in.Height }

func (in Input) check() error {
	if min(in.Width, in.Height) < 1 || max(in.Width, in.Height) > MaxSide {
		return fmt.Errorf("vision: a tensor of %dx%d pixels: want sides from 1 to %d", in.Width, in.Height, MaxSide)
	}
	for c := range 3 {
		if !finite(float64(in.Mean[c]), float64(in.Std[c])) || in.Std[c] < 0 {
			return fmt.Errorf("vision: channel %d has mean %v and deviation %v: want numbers, and no negative deviation", c, in.Mean[c], in.Std[c])
		}
	}
	return nil
}
