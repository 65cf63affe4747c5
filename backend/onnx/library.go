package onnx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Environment names the variable that gives the library's path, after the option.
const Environment = "FRESHFRAME_ONNXRUNTIME"

// runtimeFloor is the oldest version of the library that the binding's interface (API 24)
// is in.
const runtimeFloor = "1.24"

// library is the runtime of this process, which has one for ever: it cannot be loaded twice,
// and unloading it under a model would be the end.
var library = loader{native: loadNative}

// loader loads a library once.
type loader struct {
	native func(path string) (version string, err error)

	mu      sync.Mutex
	path    string // "" while none is loaded
	version string
}

// load loads the library if that was not done, from the path or from where search finds it.
// A failure is not remembered: what is missing can be installed while the program runs.
func (l *loader) load(path, environment, program string) (version string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if path != "" {
		path = absolute(path)
	}
	if l.path != "" {
		if path != "" && path != l.path {
			return "", fmt.Errorf("ONNX Runtime cannot be loaded from %s: it is already, from %s", path, l.path)
		}
		return l.version, nil
	}
	var failed []string
	places := search(path, environment, program, runtime.GOOS, runtime.GOARCH)
	for _, p := range places {
		version, err := l.try(p.path)
		if err == nil {
			l.path, l.version = p.path, version
			return version, nil
		}
		if errors.Is(err, ErrNoCgo) {
			return "", fmt.Errorf("%w. Build freshframe with CGO_ENABLED=1 and a C compiler: %w", ErrUnavailable, err)
		}
		failed = append(failed, fmt.Sprintf("%s (%s): %v", p.path, p.from, err))
	}
	if places[0].named { // then there is no other
		return "", fmt.Errorf("%w: %s names %s, which does not load. Name a libonnxruntime of version %s or later, or none, "+
			"and the one that \"npm ci\" installs is found by itself. Tried %s",
			ErrUnavailable, places[0].from, filepath.Base(places[0].path), runtimeFloor, failed[0])
	}
	return "", fmt.Errorf("%w. Install it with \"npm ci\" in the project's folder, which \"npm start\" does too, "+
		"or name a libonnxruntime of version %s or later with --onnxruntime or %s. Tried %s",
		ErrUnavailable, runtimeFloor, Environment, strings.Join(failed, "; "))
}

// try loads one library. A file that is not there gets a shorter error than the loader's.
func (l *loader) try(path string) (version string, err error) {
	if filepath.IsAbs(path) {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "", errors.New("no such file")
		}
	}
	return l.native(path)
}

// ErrNoCgo is wrapped by the errors of a build that can load no library.
var ErrNoCgo = errors.New("this program was built without cgo")

// place is where the library may be, and on whose word.
type place struct {
	path, from string
	named      bool // by a person
}

// search lists where the library may be, best first. A place that a person names is the only
// one: another library than the one asked for would be a riddle. Else it is the npm package
// in the folder of the program or the one above (the program is in bin), else the system's.
// The working folder is no place to load code from: anybody may have put something there.
func search(option, environment, program, goos, goarch string) []place {
	if option != "" {
		return []place{{absolute(option), "--onnxruntime", true}}
	}
	if environment != "" {
		return []place{{absolute(environment), Environment, true}}
	}
	var places []place
	if program != "" {
		for _, folder := range []string{program, filepath.Dir(program)} {
			if path := packaged(folder, goos, goarch); path != "" {
				places = append(places, place{path, "the npm package", false})
			}
		}
	}
	names := []string{"libonnxruntime.so.1", "libonnxruntime.so"}
	if goos == "darwin" {
		names = []string{"libonnxruntime.1.dylib", "libonnxruntime.dylib"}
	}
	for _, name := range names {
		places = append(places, place{name, "the system", false})
	}
	return places
}

// Packaged is where the library of the npm package is if it is installed in the folder; ""
// if the package has none for this system.
func Packaged(folder string) string { return packaged(folder, runtime.GOOS, runtime.GOARCH) }

func packaged(folder, goos, goarch string) string {
	file := map[string]string{
		"linux/amd64":  "linux/x64/libonnxruntime.so.1",
		"linux/arm64":  "linux/arm64/libonnxruntime.so.1",
		"darwin/arm64": "darwin/arm64/libonnxruntime.1.dylib",
	}[goos+"/"+goarch]
	if file == "" {
		return ""
	}
	return filepath.Join(folder, "node_modules", "onnxruntime-node", "bin", "napi-v6", filepath.FromSlash(file))
}

// absolute makes a path that a person gave independent of the library search's own rules.
func absolute(path string) string {
	if a, err := filepath.Abs(path); err == nil {
		return a
	}
	return path
}

// programFolder is where the running program is, "" if the system does not tell.
func programFolder() string {
	p, err := os.Executable()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(p); err == nil {
		p = real
	}
	return filepath.Dir(p)
}
