//go:build !cgo || windows

package onnx

func loadNative(string) (string, error) { return "", ErrNoCgo }

func openNative([]byte, Provider) (nativeSession, []Value, []Value, error) {
	return nil, nil, nil, ErrNoCgo
}
