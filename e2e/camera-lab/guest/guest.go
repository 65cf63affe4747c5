//go:build linux

// Package guest runs a command in a throw-away machine with its own kernel, so that real
// V4L2 drivers can be tested where there are none. In: a command and what it needs. Out:
// its outputs, live, and its exit code. It must never change the host outside its cache
// and the folders shared with the guest.
package guest

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Backend is how the guest's kernel runs.
type Backend string

const (
	// UML is User-mode Linux: the kernel is a process of the host. It needs neither KVM nor
	// root, computes at native speed and starts in half a second. It has one CPU.
	UML Backend = "uml"
	// QEMU runs Debian's own kernel, unchanged: emulated and slow unless there is KVM.
	QEMU Backend = "qemu"
)

// Backends lists them, the better one first.
var Backends = []Backend{UML, QEMU}

// UnmarshalText reads a backend's name.
func (b *Backend) UnmarshalText(text []byte) error {
	if !slices.Contains(Backends, Backend(text)) {
		return fmt.Errorf("%q is no backend: want uml or qemu", text)
	}
	*b = Backend(text)
	return nil
}

// MarshalText is the backend's name.
func (b Backend) MarshalText() ([]byte, error) { return []byte(b), nil }

// String is what people call it.
func (b Backend) String() string {
	switch b {
	case UML:
		return "User-mode Linux"
	case QEMU:
		return "QEMU"
	}
	return "any backend"
}

// Machine is a guest and the surroundings of the one command that it runs. Its root is the
// host's: every program and file is there under its own name. What is written goes to a
// tmpfs and ends with the machine, but for the Shared folders. Nothing but loopback is on
// its network.
type Machine struct {
	// Backend must be prepared; empty takes the best one that is.
	Backend Backend
	// Memory in MiB, of which files written may take three quarters. 0 means 1024.
	Memory int
	// CPUs of a QEMU guest; 0 means 2.
	CPUs int
	// TimeLimit for everything, start of the machine included. 0 means none.
	TimeLimit time.Duration
	// Dir is where the command starts; empty means the caller's folder.
	Dir string
	// Env is the command's environment as NAME=VALUE, beside default PATH and HOME.
	Env []string
	// Modules are loaded before the command, in order: a name, then its options.
	Modules []string
	// Shared folders are the host's own, writable.
	Shared []string
	// Stdout and Stderr get the command's output, each from a goroutine of its own; nil
	// discards it. Its input is empty.
	Stdout, Stderr io.Writer
	// Console gets the kernel's log; nil discards it.
	Console io.Writer
}

var (
	//go:embed uml.config
	umlConfig string
	//go:embed uml-clock.inc
	umlClock string
	//go:embed uml-root.sh
	umlRoot string
	//go:embed qemu-root.sh
	qemuRoot string
	//go:embed init.sh
	initScript string
)

// layout changes when what Prepare leaves in the cache does, other than by the files above.
const layout = "2"

// key tells prepared guests of different makings apart.
func (b Backend) key() string {
	making := umlConfig + umlClock
	if b == QEMU {
		making = qemuRoot + strings.Join(rootModules, " ")
	}
	sum := sha256.Sum256([]byte(layout + "\n" + making))
	return string(b) + "-" + hex.EncodeToString(sum[:6])
}

// Cache is the folder of prepared guests: $FRESHFRAME_CAMERA_LAB, else freshframe/camera-lab
// in the user's cache folder.
func Cache() (string, error) {
	if dir := os.Getenv("FRESHFRAME_CAMERA_LAB"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("nowhere to keep the camera lab: %w; name a folder in FRESHFRAME_CAMERA_LAB", err)
	}
	return filepath.Join(dir, "freshframe", "camera-lab"), nil
}

// Folder is where the backend's prepared guest is, or will be.
func Folder(b Backend) (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, b.key()), nil
}

// Ready returns nil if the backend is prepared, any of them if it is empty, and else an
// error that says how to prepare it.
func Ready(b Backend) error {
	_, err := choose(b)
	return err
}

// choose returns the backend asked for, or the best one, if it is prepared.
func choose(b Backend) (Backend, error) {
	for _, candidate := range Backends {
		if b != "" && b != candidate {
			continue
		}
		dir, err := Folder(candidate)
		if err != nil {
			return "", err
		}
		// Prepare puts the folder there whole or not at all.
		if _, err := os.Stat(dir); err == nil {
			return candidate, nil
		}
	}
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	how := "go run ./e2e/camera-lab/cmd/lab prepare"
	if b != "" {
		how += " -backend " + string(b)
	}
	return "", fmt.Errorf("the camera lab (%v) is not prepared in %s; run: %s", b, cache, how)
}

// Run starts the machine, runs the command in it and returns its exit code, 128 + N after
// signal N. An error means that there is no exit code: the guest is not prepared or could
// not run the command. Once ctx or the time limit has ended, the machine has too, and the
// error says so (context.Canceled, context.DeadlineExceeded).
func Run(ctx context.Context, m Machine, argv []string) (int, error) {
	b, err := choose(m.Backend)
	if err != nil {
		return 0, err
	}
	dir, err := Folder(b)
	if err != nil {
		return 0, err
	}
	m.Backend = b
	return m.run(ctx, dir, argv)
}

// check fills in defaults and refuses what the guest could not do.
func (m *Machine) check(argv []string) error {
	if m.Memory <= 0 {
		m.Memory = 1024
	}
	if m.CPUs <= 0 {
		m.CPUs = 2
	}
	if len(argv) == 0 {
		return errors.New("no command to run in the guest")
	}
	var err error
	if m.Dir, err = folder(m.Dir); err != nil {
		return err
	}
	m.Shared = slices.Clone(m.Shared)
	for i, dir := range m.Shared {
		if m.Shared[i], err = folder(dir); err != nil {
			return err
		}
		if strings.ContainsAny(dir, ",\n") {
			return fmt.Errorf("cannot share %q: mount options know no comma in a name", dir)
		}
	}
	for _, module := range m.Modules {
		if strings.ContainsAny(module, "\n\\") || strings.TrimSpace(module) == "" {
			return fmt.Errorf("%q is no module: want a name, then its options", module)
		}
	}
	return nil
}

// folder is the absolute name of a folder that exists.
func folder(name string) (string, error) {
	dir, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder", dir)
	}
	return dir, nil
}
