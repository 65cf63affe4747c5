package objects

import (
	"testing"

	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

func TestTrial(t *testing.T) {
	nothing := func(out []*onnx.Tensor) {
		for _, o := range out {
			clear(o.Float32)
		}
	}
	x := networktest.Trial{
		Kind: Kind,
		Form: form("float32 in 1x3x64x64", "float32 a 1x64x44", "float32 b 1x64x80", "float32 c 1x16x44",
			"float32 d 1x16x80", "float32 e 1x4x44", "float32 f 1x4x80"),
		Nothing: nothing,
		Something: func(out []*onnx.Tensor) {
			nothing(out)
			out[3].Float32[4*80], out[3].Float32[11*80+16] = 0.9, 0.8 // a person and a dog in the middle
		},
	}
	x.Run(t)
}
