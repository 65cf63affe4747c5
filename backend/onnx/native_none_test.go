//go:build !cgo

package onnx_test

import (
	"errors"
	"testing"

	"freshframe/backend/onnx"
)

func TestWithoutCgo(t *testing.T) {
	_, err := onnx.Open("my.onnx", []byte{1}, onnx.Options{})
	if !errors.Is(err, onnx.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	says(t, err, "my.onnx", "built without cgo", "CGO_ENABLED=1")
}
