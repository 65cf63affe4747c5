package hands

import (
	"testing"

	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

func TestTrial(t *testing.T) {
	palms := func(out []*onnx.Tensor) bool { return len(out) == 2 }
	nothing := func(out []*onnx.Tensor) {
		if !palms(out) {
			out[1].Float32[0] = 0.01
			return
		}
		for i := range out[1].Float32 {
			out[1].Float32[i] = -100
		}
	}
	x := networktest.Trial{
		Kind:    Kind,
		Named:   map[string]network.Form{models.Palm: palmForm, models.Hand: handForm},
		Nothing: nothing,
		Something: func(out []*onnx.Tensor) {
			nothing(out)
			if palms(out) {
				const middle = 2 * (12*24 + 12)
				out[1].Float32[middle] = 5
				row := out[0].Float32[middle*18:][:18]
				clear(row)
				row[2], row[3], row[4+2*PalmMiddle+1] = 30, 30, -20
				return
			}
			clear(out[3].Float32)
			out[1].Float32[0], out[2].Float32[0] = 0.95, 0.9
			for i, p := range shape(false) {
				out[0].Float32[3*i], out[0].Float32[3*i+1], out[0].Float32[3*i+2] = float32(112+28*p[0]), float32(112+28*p[1]), 0
			}
		},
	}
	x.Run(t)
}
