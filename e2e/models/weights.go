package main

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// few is how many numbers a tensor has at least that tells where it comes from. Smaller ones
// are the limits of an activation and the like.
const few = 4

// tensor is a constant of a network, in any order: the converter turns TensorFlow's filters
// (height, width, in, out) into ONNX's (out, in, height, width).
type tensor struct {
	name   string
	values []float32
}

// print is the same for the same numbers in whatever order.
func (t tensor) print() [sha256.Size]byte {
	bits := make([]uint32, len(t.values))
	for i, v := range t.values {
		bits[i] = math.Float32bits(v)
	}
	slices.Sort(bits)
	raw := make([]byte, 0, 4*len(bits))
	for _, b := range bits {
		raw = binary.LittleEndian.AppendUint32(raw, b)
	}
	return sha256.Sum256(raw)
}

// floats32 are little-endian float32 numbers; bytes that are left over are no number.
func floats32(raw []byte) (values []float32) {
	for ; len(raw) >= 4; raw = raw[4:] {
		values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return values
}

// floats16 are little-endian IEEE 754 binary16 numbers.
func floats16(raw []byte) (values []float32) {
	for ; len(raw) >= 2; raw = raw[2:] {
		values = append(values, half(binary.LittleEndian.Uint16(raw)))
	}
	return values
}

// half is the exact value of a binary16 number.
func half(h uint16) float32 {
	sign := 1.0
	if h>>15 == 1 {
		sign = -1
	}
	exponent, fraction := int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return float32(math.Copysign(math.Ldexp(fraction, -24), sign))
	case 31:
		if fraction != 0 {
			return float32(math.NaN())
		}
		return float32(math.Inf(int(sign)))
	}
	return float32(math.Copysign(math.Ldexp(1024+fraction, exponent-25), sign))
}

// errCut is the end of a file that goes on.
var errCut = errors.New("the file is cut short or not what it should be")

// fields calls f for each field of a protocol buffer: its number, and its bytes or its value
// (https://protobuf.dev/programming-guides/encoding).
func fields(b []byte, f func(field uint64, raw []byte, value uint64) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errCut
		}
		b = b[n:]
		var raw []byte
		var value uint64
		switch tag & 7 {
		case 0:
			if value, n = binary.Uvarint(b); n <= 0 {
				return errCut
			}
			b = b[n:]
		case 1, 5:
			size := map[uint64]int{1: 8, 5: 4}[tag&7]
			if len(b) < size {
				return errCut
			}
			b = b[size:]
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return errCut
			}
			raw, b = b[n:n+int(size)], b[n+int(size):]
		default:
			return errCut
		}
		if err := f(tag>>3, raw, value); err != nil {
			return err
		}
	}
	return nil
}

// onnxWeights are a model's constants of type float32 and float16: ModelProto.graph.initializer
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
func onnxWeights(model []byte) (all []tensor, err error) {
	const graph, initializer, dataType, name, rawData = 7, 5, 2, 8, 9
	const float, float16 = 1, 10
	err = fields(model, func(field uint64, raw []byte, _ uint64) error {
		if field != graph {
			return nil
		}
		return fields(raw, func(field uint64, raw []byte, _ uint64) error {
			if field != initializer {
				return nil
			}
			var t tensor
			var kind uint64
			var data []byte
			err := fields(raw, func(field uint64, raw []byte, value uint64) error {
				switch field {
				case dataType:
					kind = value
				case name:
					t.name = string(raw)
				case rawData:
					data = raw
				}
				return nil
			})
			switch kind {
			case float:
				t.values = floats32(data)
			case float16:
				t.values = floats16(data)
			default: // shapes and axes, not weights
				return err
			}
			all = append(all, t)
			return err
		})
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("no weights: %w", errCut)
	}
	return all, err
}
