package onnx

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Type is the type of a tensor's numbers.
type Type string

// The types a tensor can have here. A model with any other opens, but cannot be bound.
const (
	Float32 Type = "float32"
	Int32   Type = "int32"
	Int64   Type = "int64"
	Uint8   Type = "uint8"
)

// Value is one of a model's inputs or outputs.
type Value struct {
	Name  string
	Type  Type
	Shape []int // outermost first; -1 is a size that the model leaves open
}

// String gives the value as people write it: scores float32 1x896x1, with ? for open sizes.
func (v Value) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", v.Name, v.Type, dims(v.Shape))) // one of a form has no name
}

// Fixed says whether the shape has no open sizes.
func (v Value) Fixed() bool { return !slices.Contains(v.Shape, -1) }

// New makes a tensor of zeros for the value. Open sizes are taken from sizes, in their order.
func (v Value) New(sizes ...int) (*Tensor, error) {
	t := &Tensor{Shape: slices.Clone(v.Shape)}
	for i, d := range t.Shape {
		if d >= 0 {
			continue
		}
		if len(sizes) == 0 {
			return nil, fmt.Errorf("%s: a size is needed for each ?", v)
		}
		t.Shape[i], sizes = sizes[0], sizes[1:]
	}
	if len(sizes) > 0 {
		return nil, fmt.Errorf("%s: %d sizes too many", v, len(sizes))
	}
	n, err := elements(t.Shape)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v, err)
	}
	switch v.Type {
	case Float32:
		t.Float32 = make([]float32, n)
	case Int32:
		t.Int32 = make([]int32, n)
	case Int64:
		t.Int64 = make([]int64, n)
	case Uint8:
		t.Uint8 = make([]uint8, n)
	default:
		return nil, v.unsupported()
	}
	return t, nil
}

func (v Value) unsupported() error {
	return fmt.Errorf("numbers of type %s are not supported: convert the model to float32", v.Type)
}

// Tensor is a value's numbers, of one type: exactly one of the slices is set. The last
// dimension is the innermost. The zero Tensor is an output left to the runtime.
type Tensor struct {
	Shape   []int
	Float32 []float32
	Int32   []int32
	Int64   []int64
	Uint8   []uint8
}

// empty says whether nothing is set.
func (t *Tensor) empty() bool {
	return t.Shape == nil && t.Float32 == nil && t.Int32 == nil && t.Int64 == nil && t.Uint8 == nil
}

// fits says why the tensor cannot be the value.
func (t *Tensor) fits(v Value) error {
	var typ Type
	length, set := 0, 0
	for _, s := range []struct {
		typ    Type
		set    bool
		length int
	}{
		{Float32, t.Float32 != nil, len(t.Float32)},
		{Int32, t.Int32 != nil, len(t.Int32)},
		{Int64, t.Int64 != nil, len(t.Int64)},
		{Uint8, t.Uint8 != nil, len(t.Uint8)},
	} {
		if s.set {
			typ, length, set = s.typ, s.length, set+1
		}
	}
	switch v.Type {
	case Float32, Int32, Int64, Uint8:
	default:
		return v.unsupported()
	}
	if set != 1 {
		return fmt.Errorf("the tensor has %d slices of numbers, not 1", set)
	}
	if typ != v.Type {
		return fmt.Errorf("the tensor is %s", typ)
	}
	if !slices.EqualFunc(v.Shape, t.Shape, func(want, got int) bool { return want == got || want == -1 }) {
		return fmt.Errorf("the tensor is %s", dims(t.Shape))
	}
	n, err := elements(t.Shape)
	if err != nil {
		return err
	}
	if n != length {
		return fmt.Errorf("the tensor has %d numbers, its shape %s wants %d", length, dims(t.Shape), n)
	}
	return nil
}

// maxElements keeps a tensor's bytes within an int32, far beyond any picture.
const maxElements = math.MaxInt32 / 8

// elements is how many numbers the shape holds, at least one.
func elements(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 1 || n > maxElements/d {
			return 0, fmt.Errorf("a tensor cannot be %s", dims(shape))
		}
		n *= d
	}
	return n, nil
}

// dims gives a shape as people write it: 1x128x128x3, with ? for open sizes.
func dims(shape []int) string {
	if len(shape) == 0 {
		return "a single number"
	}
	var b strings.Builder
	for i, d := range shape {
		if i > 0 {
			b.WriteByte('x')
		}
		if d < 0 {
			b.WriteByte('?')
		} else {
			fmt.Fprint(&b, d)
		}
	}
	return b.String()
}
