package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"freshframe/backend/onnx"
)

// The analyzers are offered in this order, and those with networks tell what this machine lacks
// for them: without the runtime, or in a build without cgo, that and the way to get it.
func TestKinds(t *testing.T) {
	want := []string{"motion", "faces", "hands", "objects", "pose", "simulate"}
	var got []string
	for _, k := range kinds {
		got = append(got, k.Name)
		if neural := k.Name != "motion" && k.Name != "simulate"; neural != (k.Missing != nil) {
			t.Errorf("%s: it is wrong about whether anything may be missing", k.Name)
		}
		if k.Missing == nil {
			continue
		}
		missing := k.Missing()
		if missing != nil && (!errors.Is(missing, onnx.ErrUnavailable) || !strings.HasPrefix(missing.Error(), onnx.ErrUnavailable.Error()+". ")) {
			t.Errorf("%s: %v", k.Name, missing)
		}
		spec, err := kinds.Parse(k.Name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := spec.New()
		if errors.Is(err, onnx.ErrUnavailable) != (missing != nil) {
			t.Errorf("%s: New says %v, Missing %v", k.Name, err, missing)
		}
		if err == nil {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A folder of models that is none is refused before anything is opened.
func TestModelsFolder(t *testing.T) {
	var errOut strings.Builder
	if code := run(t.Context(), []string{"--models", "/nowhere/models"}, nil, nil, &errOut, &errOut); code != 2 || !strings.Contains(errOut.String(), "--models: the folder of models: stat /nowhere/models") {
		t.Errorf("exit code %d: %s", code, &errOut)
	}
}
