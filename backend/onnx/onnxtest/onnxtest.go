// Package onnxtest is for tests that need ONNX Runtime. In: a test. Out: the runtime, loaded,
// or the test skipped with the reason. It must never be part of the program.
package onnxtest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"freshframe/backend/onnx"
)

// Need loads the runtime: the one that the environment names, else the npm package's in the
// project's folder, else the system's. Sessions opened without a library use it. One that is
// there and does not load is an error: or nobody would notice that nothing is tested.
func Need(tb testing.TB) {
	tb.Helper()
	library := ""
	there := os.Getenv(onnx.Environment) != ""
	if os.Getenv(onnx.Environment) == "" {
		library = onnx.Packaged(project(tb))
		if _, err := os.Stat(library); err != nil {
			library = ""
		} else {
			there = true
		}
	}
	_, err := onnx.Load(library)
	switch {
	case err != nil && there && !errors.Is(err, onnx.ErrNoCgo):
		tb.Fatal(err)
	case err != nil:
		tb.Skip(err)
	}
}

// project is the folder of go.mod, above the one that Go runs the package's tests in.
func project(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			tb.Fatal("no go.mod in the working folder or above it")
		}
		dir = above
	}
}
