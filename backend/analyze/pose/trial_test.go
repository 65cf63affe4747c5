package pose

import (
	"testing"

	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

func TestTrial(t *testing.T) {
	show := func(score float32) func([]*onnx.Tensor) {
		see := showing(figure, score)
		return func(out []*onnx.Tensor) { _ = see(nil, out[0].Float32) } // showing never fails
	}
	x := networktest.Trial{Kind: Kind, Form: form, Nothing: show(0.01), Something: show(0.9)}
	x.Run(t)
}
