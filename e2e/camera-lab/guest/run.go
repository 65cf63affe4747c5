//go:build linux

package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a machine gets to end by itself once it has to.
const patience = 3 * time.Second

// run runs the command in the guest prepared in the folder home.
func (m Machine) run(ctx context.Context, home string, argv []string) (int, error) {
	if err := m.check(argv); err != nil {
		return 0, err
	}
	// The guest's own start uses them.
	if err := tools("busybox", "modprobe"); err != nil {
		return 0, err
	}
	kernel, err := os.ReadFile(filepath.Join(home, kernelFile))
	if err != nil {
		return 0, err
	}
	modules := filepath.Join(home, "lib", "modules", string(kernel))
	dir, err := runFolder()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := m.writeRun(dir, modules, argv); err != nil {
		return 0, err
	}

	if m.TimeLimit > 0 {
		var cancel context.CancelFunc
		limit := fmt.Errorf("time limit of %v: %w", m.TimeLimit, context.DeadlineExceeded)
		ctx, cancel = context.WithTimeoutCause(ctx, m.TimeLimit, limit)
		defer cancel()
	}
	var console tail
	if err := m.boot(ctx, home, dir, modules, &console); err != nil {
		return 0, err
	}
	if text, err := os.ReadFile(filepath.Join(dir, "trouble")); err == nil {
		return 0, errors.New("guest: " + strings.TrimSpace(string(text)))
	}
	if text, err := os.ReadFile(filepath.Join(dir, "exit")); err == nil {
		return strconv.Atoi(strings.TrimSpace(string(text)))
	}
	return 0, fmt.Errorf("the guest (%v) ended without a result; its last words:\n%s", m.Backend, console.lines)
}

// runFolder makes the folder through which host and guest talk. Its name goes through the
// kernel's command line, which knows no quoting.
func runFolder() (string, error) {
	dir, err := os.MkdirTemp("", "camera-lab-")
	if err != nil {
		return "", fmt.Errorf("no folder for the guest: %w", err)
	}
	if strings.ContainsAny(dir, " \t\n\",") {
		os.Remove(dir)
		return "", fmt.Errorf("a guest cannot use %q: set TMPDIR to a folder without blanks and commas in its name", dir)
	}
	return dir, nil
}

// boot starts the machine and returns when it has ended and said everything. The error is
// why it did not start, or had to end early.
func (m *Machine) boot(ctx context.Context, home, dir, modules string, console *tail) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var cmd *exec.Cmd
	var err error
	if m.Backend == UML {
		cmd, err = m.uml(ctx, home, dir)
	} else {
		cmd, err = m.qemu(ctx, home, dir, modules)
	}
	if err != nil {
		return err
	}
	ownGroup(cmd)

	var kernel io.Writer = console
	if m.Console != nil {
		kernel = io.MultiWriter(console, m.Console)
	}
	// The machine is given pipes, for User-mode Linux cannot use plain files as consoles.
	cmd.Stdout, cmd.Stderr = kernel, kernel
	// Our copies of the guest's ends are closed in any case.
	defer func() { closeAll(cmd.ExtraFiles) }()
	var wg sync.WaitGroup
	for _, w := range []io.Writer{m.Stdout, m.Stderr} {
		r, pipe, err := os.Pipe()
		if err != nil {
			return err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, pipe)
		if w == nil {
			w = io.Discard
		}
		wg.Go(func() {
			defer r.Close()
			if _, err := io.Copy(w, r); err != nil {
				cancel(fmt.Errorf("cannot pass on what the guest says: %w", err))
			}
		})
	}
	err = cmd.Start()
	closeAll(cmd.ExtraFiles)
	if err != nil {
		return fmt.Errorf("%v does not start: %w", m.Backend, err)
	}
	// How it ended is told by what it left in the run's folder, not by its exit code.
	_ = cmd.Wait()
	// Its helper processes hold the pipes too.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	wg.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("the guest was ended: %w", context.Cause(ctx))
	}
	return nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// ownGroup makes the command and its children one group, which ends together: politely
// when the context ends, by force soon after, and at once if this process dies.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = patience
}

// tail keeps the last lines written to it.
type tail struct{ lines []byte }

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	const most = 2000
	t.lines = append(t.lines, p...)
	if cut := len(t.lines) - most; cut > 0 {
		t.lines = t.lines[cut:]
		if _, rest, ok := bytes.Cut(t.lines, []byte("\n")); ok {
			t.lines = rest
		}
	}
	return len(p), nil
}
