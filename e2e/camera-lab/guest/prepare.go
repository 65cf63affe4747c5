//go:build linux

package guest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// kernelFile holds the kernel's release, the name of its folder below lib/modules.
const kernelFile = "release"

// trialLimit is for the first start of a guest; emulated, it takes seconds.
const trialLimit = 2 * time.Minute

// Prepare makes the backend's guest ready, or returns at once if it is: User-mode Linux is
// built from Debian's kernel source (minutes), QEMU's kernel is Debian's own (seconds).
// Nothing is installed. The guest is tried before it counts as prepared, and no second
// preparation runs beside this one. The error says what is missing and how to get it.
func Prepare(ctx context.Context, b Backend, log *slog.Logger) error {
	home, err := Folder(b)
	if err != nil {
		return err
	}
	if runtime.GOARCH != "amd64" {
		return fmt.Errorf("the camera lab runs on amd64 only, this is %s", runtime.GOARCH)
	}
	cache := filepath.Dir(home)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("no place for the camera lab: %w; name a folder in FRESHFRAME_CAMERA_LAB", err)
	}
	unlock, err := lock(ctx, filepath.Join(cache, "lock"), log)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(home); err == nil {
		return nil
	}
	if err := prepare(ctx, b, home, log); err != nil {
		return fmt.Errorf("cannot prepare %v: %w", b, err)
	}
	return nil
}

// prepare does it, with the lock held.
func prepare(ctx context.Context, b Backend, home string, log *slog.Logger) error {
	begin := time.Now()
	cache := filepath.Dir(home)
	// Left behind by a preparation that was killed.
	if err := removeAll(filepath.Join(cache, "build-*")); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := newWorkshop(dir, filepath.Join(cache, string(b)+".log"), log)
	if err != nil {
		return err
	}
	defer w.record.Close()
	if b == UML {
		err = w.makeUML(ctx)
	} else {
		err = w.makeQEMU(ctx)
	}
	if err != nil {
		return err
	}

	log.Info("trying the guest", "backend", b)
	m := Machine{Backend: b, TimeLimit: trialLimit, Dir: "/", Modules: []string{"uvcvideo", "vhci-hcd", "vivid"}, Console: w.record}
	// A kernel without a seed would let programs wait for randomness, for minutes.
	code, err := m.run(ctx, w.out, []string{"sh", "-c", "head -c 8 /dev/random && test -e /dev/video0"})
	if err == nil && code != 0 {
		err = errors.New("its test camera has no /dev/video0")
	}
	if err != nil {
		return fmt.Errorf("it does not work here: %w", err)
	}
	// The guest of another version is of no more use.
	if err := removeAll(filepath.Join(cache, string(b)+"-*")); err != nil {
		return err
	}
	if err := os.Rename(w.out, home); err != nil {
		return err
	}
	log.Info("prepared", "backend", b, "folder", home, "took", time.Since(begin).Round(time.Second))
	return nil
}

func removeAll(pattern string) error {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// lock takes the lock file for this process, waiting for another that has it.
func lock(ctx context.Context, name string, log *slog.Logger) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for told := false; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", name, err)
		case !told:
			log.Info("waiting for another preparation", "lock", name)
			told = true
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("waiting for another preparation (%s): %w", name, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
