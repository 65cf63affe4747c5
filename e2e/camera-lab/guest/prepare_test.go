//go:build linux

package guest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// emptyCache makes a cache of the test's own.
func emptyCache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("FRESHFRAME_CAMERA_LAB", dir)
	return dir
}

func TestReady(t *testing.T) {
	cache := emptyCache(t)
	for _, b := range []Backend{"", UML, QEMU} {
		err := Ready(b)
		if err == nil || !strings.Contains(err.Error(), "lab prepare") || !strings.Contains(err.Error(), cache) {
			t.Errorf("%v: error %v, want the cache and how to prepare it", b, err)
		}
	}
	if _, err := Run(t.Context(), Machine{}, []string{"true"}); err == nil {
		t.Error("a guest ran that nobody prepared")
	}
	for _, made := range []Backend{QEMU, UML} { // The better one comes last.
		dir, err := Folder(made)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Dir(dir) != cache {
			t.Errorf("%v is kept in %s, want it in %s", made, dir, cache)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Ready(made); err != nil {
			t.Error(err)
		}
		if b, err := choose(""); b != made || err != nil {
			t.Errorf("chose %v, %v; want %v", b, err, made)
		}
	}
	// A guest of another making is none.
	old := umlConfig
	t.Cleanup(func() { umlConfig = old })
	umlConfig += "CONFIG_SOUND=y\n"
	if Ready(UML) == nil {
		t.Error("ready although the kernel's configuration has changed")
	}
}

func TestCacheDefault(t *testing.T) {
	t.Setenv("FRESHFRAME_CAMERA_LAB", "")
	t.Setenv("XDG_CACHE_HOME", "/somewhere")
	if dir, err := Cache(); dir != "/somewhere/freshframe/camera-lab" || err != nil {
		t.Errorf("%q, %v", dir, err)
	}
}

// Nothing that goes wrong on the way leaves a guest that looks prepared.
func TestPrepareFails(t *testing.T) {
	cache := emptyCache(t)
	killed := filepath.Join(cache, "build-killed")
	if err := os.Mkdir(killed, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	for _, b := range Backends {
		err := Prepare(t.Context(), b, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "busybox") || !strings.Contains(err.Error(), "apt-get install --no-install-recommends apt b") {
			t.Errorf("%v: error %v, want what is missing and how to get it", b, err)
		}
		if Ready(b) == nil {
			t.Errorf("%v looks prepared", b)
		}
	}
	left, err := filepath.Glob(filepath.Join(cache, "build-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	log := slog.New(slog.DiscardHandler)
	unlock, err := lock(t.Context(), name, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lock(ctx, name, log); !errors.Is(err, context.Canceled) {
		t.Errorf("a second lock: error %v, want that it waited until it was cancelled", err)
	}
	type answer struct {
		unlock func()
		err    error
	}
	second := make(chan answer)
	go func() {
		unlock, err := lock(t.Context(), name, log)
		second <- answer{unlock, err}
	}()
	unlock()
	a := <-second
	if a.err != nil {
		t.Fatal(a.err)
	}
	a.unlock()
}

func TestDependency(t *testing.T) {
	const image = "linux-image-amd64\n  Depends: linux-image-6.1.0-56-amd64\n"
	const source = "linux-source\n  Depends: linux-source-6.1\n"
	for _, c := range []struct{ meta, text, want string }{
		{"linux-image-amd64", image, "linux-image-6.1.0-56-amd64"},
		{"linux-source", source, "linux-source-6.1"},
		{"linux-source", "linux-source\n  Depends: bash\n |Depends: linux-source-5\n  Depends: linux-source-6.12\n", "linux-source-6.12"},
		{"linux-source", "linux-source\n", ""},
		{"linux-source", "linux-source\n  Depends: <linux-source-6.1>\n", ""},
		{"linux-source", "", ""},
	} {
		got, err := dependency(c.meta, c.text)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s in %q: %q, %v; want %q", c.meta, c.text, got, err, c.want)
		}
	}
}

func FuzzDependency(f *testing.F) {
	f.Add("linux-source\n  Depends: linux-source-6.1\n")
	f.Add("  Depends: linux-source-")
	f.Add("Depends: linux-source-6 /etc/*")
	f.Fuzz(func(t *testing.T, text string) {
		name, err := dependency("linux-source", text)
		// It goes into a command line and a file pattern.
		if err == nil && (!strings.HasPrefix(name, "linux-source-") || strings.ContainsAny(name, " \n/*?[")) {
			t.Errorf("%q: %q is no package", text, name)
		}
	})
}
