package onnx

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValueString(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Value{"scores", Float32, []int{1, 896, 1}}, "scores float32 1x896x1"},
		{Value{"images", Uint8, []int{-1, 3, -1, -1}}, "images uint8 ?x3x?x?"},
		{Value{"n", Int64, nil}, "n int64 a single number"},
	} {
		if got := c.v.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A tensor that New makes fits its value.
func TestNewFits(t *testing.T) {
	for _, typ := range []Type{Float32, Int32, Int64, Uint8} {
		v := Value{"x", typ, []int{-1, 3, -1}}
		x, err := v.New(2, 5)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.fits(v); err != nil || !slices.Equal(x.Shape, []int{2, 3, 5}) {
			t.Errorf("%v: %v, %v", v, x.Shape, err)
		}
		if v.Fixed() || !slices.Equal(v.Shape, []int{-1, 3, -1}) {
			t.Errorf("New changed the value: %v", v)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		v     Value
		sizes []int
		want  string
	}{
		{Value{"x", Float32, []int{-1, -1}}, []int{3}, "a size is needed for each ?"},
		{Value{"x", Float32, []int{-1}}, []int{3, 4, 5}, "2 sizes too many"},
		{Value{"x", Float32, []int{-1}}, []int{0}, "a tensor cannot be 0"},
		{Value{"x", Float32, []int{-1}}, []int{-7}, "a tensor cannot be ?"},
		{Value{"x", Float32, []int{math.MaxInt, math.MaxInt}}, nil, "a tensor cannot be"},
		{Value{"x", Float32, []int{1 << 16, 1 << 16}}, nil, "a tensor cannot be 65536x65536"},
		{Value{"x", "float16", []int{2}}, nil, "float16 are not supported"},
	} {
		if _, err := c.v.New(c.sizes...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v with %v: got %v, want %q", c.v, c.sizes, err, c.want)
		}
	}
}
