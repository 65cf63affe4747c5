package onnx

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	const inside = "/node_modules/onnxruntime-node/bin/napi-v6/"
	for _, c := range []struct {
		option, environment, program, goos, goarch string
		want                                       []string
	}{
		{"/o/ort.so", "/e/ort.so", "/p/bin", "linux", "amd64", []string{"/o/ort.so"}},
		{"", "/e/ort.so", "/p/bin", "linux", "amd64", []string{"/e/ort.so"}},
		{"", "", "/p/bin", "linux", "amd64", []string{
			"/p/bin" + inside + "linux/x64/libonnxruntime.so.1",
			"/p" + inside + "linux/x64/libonnxruntime.so.1",
			"libonnxruntime.so.1", "libonnxruntime.so",
		}},
		{"", "", "/p/bin", "linux", "arm64", []string{
			"/p/bin" + inside + "linux/arm64/libonnxruntime.so.1",
			"/p" + inside + "linux/arm64/libonnxruntime.so.1",
			"libonnxruntime.so.1", "libonnxruntime.so",
		}},
		{"", "", "/p/bin", "darwin", "arm64", []string{
			"/p/bin" + inside + "darwin/arm64/libonnxruntime.1.dylib",
			"/p" + inside + "darwin/arm64/libonnxruntime.1.dylib",
			"libonnxruntime.1.dylib", "libonnxruntime.dylib",
		}},
		{"", "", "/p/bin", "linux", "riscv64", []string{"libonnxruntime.so.1", "libonnxruntime.so"}},
		{"", "", "", "linux", "amd64", []string{"libonnxruntime.so.1", "libonnxruntime.so"}},
	} {
		var got []string
		for _, p := range search(c.option, c.environment, c.program, c.goos, c.goarch) {
			got = append(got, p.path)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("search(%q, %q, %q, %s, %s)\n%q, want\n%q", c.option, c.environment, c.program, c.goos, c.goarch, got, c.want)
		}
	}
}

// A relative path is one from the working folder, not one that the system searches.
func TestSearchMakesAbsolute(t *testing.T) {
	got := search("", "ort.so", "", "linux", "amd64")
	if len(got) != 1 || !filepath.IsAbs(got[0].path) {
		t.Errorf("got %v", got)
	}
}

// fakeLoader is a loader for which the given libraries are good.
func fakeLoader(tried *[]string, good ...string) *loader {
	return &loader{native: func(path string) (string, error) {
		*tried = append(*tried, path)
		if slices.Contains(good, path) {
			return "1.30.0", nil
		}
		return "", errors.New("invalid ELF header")
	}}
}

func TestLoader(t *testing.T) {
	dir := t.TempDir()
	library := filepath.Join(dir, "ort.so")
	if err := os.WriteFile(library, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var tried []string
	l := fakeLoader(&tried, library)
	for range 2 {
		if _, err := l.load("", filepath.Join(dir, "none.so"), ""); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "none.so ("+Environment+"): no such file") {
			t.Errorf("a missing file: %v", err)
		}
	}
	if len(tried) != 0 {
		t.Errorf("tried %q", tried)
	}
	for _, path := range []string{library, library, ""} {
		if version, err := l.load(path, "", ""); version != "1.30.0" || err != nil {
			t.Errorf("load(%q): %q, %v", path, version, err)
		}
	}
	if !slices.Equal(tried, []string{library}) {
		t.Errorf("tried %q, want the library once", tried)
	}
	if _, err := l.load(filepath.Join(dir, "other.so"), "", ""); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("a second library: %v", err)
	}
}

// What cannot be loaded is told with its place and reason, and the next place is tried.
func TestLoaderTriesTheNext(t *testing.T) {
	var tried []string
	l := fakeLoader(&tried)
	_, err := l.load("", "", "")
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tried[0]+" (the system): invalid ELF header; ") {
		t.Errorf("got %v", err)
	}
	if len(tried) != 2 {
		t.Errorf("tried %q", tried)
	}
	tried = nil
	if _, err := fakeLoader(&tried, "libonnxruntime.so", "libonnxruntime.dylib").load("", "", ""); err != nil || len(tried) != 2 {
		t.Errorf("tried %q: %v", tried, err)
	}
}

func TestLoaderWithoutCgo(t *testing.T) {
	l := loader{native: func(string) (string, error) { return "", ErrNoCgo }}
	if _, err := l.load("", "", ""); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("got %v", err)
	}
}
