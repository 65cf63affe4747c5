package onnx_test

import "encoding/binary"

// Models of one operator, written as ONNX's protocol buffers
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

// Element types of TensorProto.
const (
	elementFloat32 = 1
	elementInt64   = 7
	elementFloat16 = 10
)

// identity gives its input, a vector of any length.
func identity(element uint64) []byte { return model("Identity", element, element, []string{"n"}) }

// nonZero gives the indices of its vector's numbers that are not 0.
func nonZero() []byte {
	return model("NonZero", elementFloat32, elementInt64, []string{"one", "found"})
}

// model has an input x, a vector of any length, and an output y with named dimensions.
func model(operator string, in, out uint64, dims []string) []byte {
	node := join(text(1, "x"), text(2, "y"), text(4, operator))
	graph := join(text(1, string(node)), text(2, "g"), text(11, port("x", in, []string{"n"})), text(12, port("y", out, dims)))
	opset := join(text(1, ""), number(2, 13))
	return join(number(1, 7), text(7, string(graph)), text(8, string(opset)))
}

// port is a ValueInfoProto.
func port(name string, element uint64, dims []string) string {
	var shape []byte
	for _, d := range dims {
		shape = append(shape, text(1, string(text(2, d)))...)
	}
	tensor := join(number(1, element), text(2, string(shape)))
	return string(join(text(1, name), text(2, string(text(1, string(tensor))))))
}

func number(field, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, field<<3), v)
}

func text(field uint64, s string) []byte {
	return append(binary.AppendUvarint(binary.AppendUvarint(nil, field<<3|2), uint64(len(s))), s...)
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
