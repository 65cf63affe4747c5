// Package faces finds faces. In: frames, and the outputs of MediaPipe's face detectors.
// Out: a box and six key points for each face. It must never say who somebody is.
package faces

import (
	"fmt"

	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/vision"
)

// The key points of a face, left and right as the person has them.
const (
	RightEye = iota
	LeftEye
	Nose
	Mouth
	RightEar
	LeftEar
	NumPoints
)

// Head is one of the face detectors.
type Head struct {
	Input     vision.Input
	Threshold float64 // the least score that the detector's makers take for a face
	ssd       *vision.SSD
}

// overlap is the IoU from which two boxes are one face.
const overlap = 0.3

// Near finds faces up to about two metres from the camera: short range, 128x128.
var Near = &Head{
	Input:     input(128),
	Threshold: 0.5,
	// Three layers of two anchors each share the stride 16.
	ssd: vision.NewSSD(128, NumPoints, vision.Layer{Stride: 8, PerCell: 2}, vision.Layer{Stride: 16, PerCell: 6}),
}

// Far finds faces up to about five metres from the camera: full range, 192x192.
var Far = &Head{
	Input:     input(192),
	Threshold: 0.6,
	ssd:       vision.NewSSD(192, NumPoints, vision.Layer{Stride: 4, PerCell: 1}),
}

// form is that of the network.
func (h *Head) form() network.Form {
	n := h.ssd.Anchors()
	return network.Form{
		Inputs:  []onnx.Value{network.Floats(1, h.Input.Height, h.Input.Width, 3)},
		Outputs: []onnx.Value{network.Floats(1, n, 4+2*NumPoints), network.Floats(1, n, 1)},
	}
}

// input is a square of RGB from -1 to 1, black outside the picture.
func input(size int) vision.Input {
	const half = 127.5
	return vision.Input{
		Width: size, Height: size,
		Mean: [3]float32{half, half, half}, Std: [3]float32{half, half, half},
	}
}

// Decode gives, in the memory of dst, the faces that score at least threshold (0..1), best
// first, in pixels of the tensor; those that score at least sure are what they would be with
// sure as the threshold. boxes and logits are the detector's outputs. The error tells of
// outputs of another detector and of numbers that are none.
func (h *Head) Decode(dst []vision.Marked, boxes, logits []float32, threshold, sure float64) ([]vision.Marked, error) {
	dst, err := h.ssd.Decode(dst, boxes, logits, threshold, sure, overlap)
	if err != nil {
		return dst, fmt.Errorf("faces, %dx%d: %w", h.Input.Width, h.Input.Height, err)
	}
	return dst, nil
}
