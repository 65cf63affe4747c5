package faces

import (
	"testing"

	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

func TestTrial(t *testing.T) {
	for query, head := range map[string]*Head{"model=near": Near, "model=far": Far} {
		t.Run(query, func(t *testing.T) {
			nothing := func(out []*onnx.Tensor) {
				for i := range out[1].Float32 {
					out[1].Float32[i] = -100
				}
			}
			x := networktest.Trial{Kind: Kind, Query: query, Form: head.form(), Nothing: nothing, Something: func(out []*onnx.Tensor) {
				nothing(out)
				clear(out[0].Float32)
				for _, i := range []int{0, len(out[1].Float32) / 3, len(out[1].Float32) / 2} {
					out[1].Float32[i] = 3
					copy(out[0].Float32[i*16:], []float32{1, 1, 40, 50})
				}
			}}
			x.Run(t)
		})
	}
}
