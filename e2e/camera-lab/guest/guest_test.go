//go:build linux

package guest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	comma := filepath.Join(dir, "a,b")
	if err := os.Mkdir(comma, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m    Machine
		argv []string
		want string // in the error
	}{
		{m: Machine{}, argv: []string{"true"}},
		{m: Machine{Shared: []string{dir}, Modules: []string{"vivid n_devs=1"}}, argv: []string{"true"}},
		{m: Machine{}, want: "no command"},
		{m: Machine{Dir: "/nowhere"}, argv: []string{"true"}, want: "/nowhere"},
		{m: Machine{Dir: file}, argv: []string{"true"}, want: "not a folder"},
		{m: Machine{Shared: []string{comma}}, argv: []string{"true"}, want: "comma"},
		{m: Machine{Shared: []string{"/nowhere"}}, argv: []string{"true"}, want: "/nowhere"},
		{m: Machine{Modules: []string{"a\nb"}}, argv: []string{"true"}, want: "no module"},
		{m: Machine{Modules: []string{" "}}, argv: []string{"true"}, want: "no module"},
	} {
		err := c.m.check(c.argv)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", c.m, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: error %v, want %s", c.m, err, c.want)
		case c.want == "" && (c.m.Memory != 1024 || c.m.CPUs != 2 || !filepath.IsAbs(c.m.Dir)):
			t.Errorf("defaults: %+v", c.m)
		}
	}
}

func TestBackendText(t *testing.T) {
	for _, b := range Backends {
		text, err := b.MarshalText()
		var got Backend
		if err := errors.Join(err, got.UnmarshalText(text)); err != nil || got != b {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	var b Backend
	if err := b.UnmarshalText([]byte("xen")); err == nil || b != "" {
		t.Errorf("xen: %q, %v; want an error", b, err)
	}
}

func TestMemoryFolder(t *testing.T) {
	if dir, err := memoryFolder(1); err != nil || dir == "" {
		t.Errorf("1 MiB: %q, %v", dir, err)
	}
	if _, err := memoryFolder(1 << 40); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("an exbibyte: error %v, want what to do", err)
	}
}

func TestTail(t *testing.T) {
	var words tail
	for range 1000 {
		words.Write([]byte("line of the log\n"))
	}
	words.Write([]byte("last"))
	s := string(words.lines)
	if len(s) > 2000 || !strings.HasPrefix(s, "line of") || !strings.HasSuffix(s, "log\nlast") {
		t.Errorf("%d bytes: %q", len(s), s)
	}
}

// machine is a guest for a test, or the reason why there is none.
func machine(t *testing.T) (m Machine, stdout, stderr *bytes.Buffer) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a machine")
	}
	if err := Ready(""); err != nil {
		t.Skip(err)
	}
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return Machine{TimeLimit: 3 * time.Minute, Stdout: stdout, Stderr: stderr}, stdout, stderr
}

func TestRun(t *testing.T) {
	m, stdout, stderr := machine(t)
	shared, kept := t.TempDir(), t.TempDir()
	noise := make([]byte, 1<<20)
	rand.Read(noise)
	if err := os.WriteFile(filepath.Join(kept, "noise"), noise, 0o644); err != nil {
		t.Fatal(err)
	}
	m.Dir, m.Shared = kept, []string{shared}
	m.Env = []string{"GREETING=it's $HOME"}
	m.Modules = []string{"vhci-hcd", "uvcvideo", "vivid n_devs=1"}
	code, err := Run(t.Context(), m, []string{"sh", "-c", `
		cat noise
		head -c 8 /dev/random > /dev/null
		echo "$GREETING" >&2
		ls /dev/video0 /sys/devices/platform/vhci_hcd.0/status >&2
		echo changed > noise
		echo made > "$1/made"
		sleep 1000 &
		exit 3`, "sh", shared})
	if code != 3 || err != nil {
		t.Fatalf("exit code %d, %v; want 3. It said:\n%s", code, err, stderr)
	}
	if !bytes.Equal(stdout.Bytes(), noise) {
		t.Errorf("%d bytes of standard output are not the %d that were written", stdout.Len(), len(noise))
	}
	if want := "it's $HOME\n/dev/video0\n/sys/devices/platform/vhci_hcd.0/status\n"; stderr.String() != want {
		t.Errorf("standard error %q, want %q", stderr, want)
	}
	if got, err := os.ReadFile(filepath.Join(shared, "made")); err != nil || string(got) != "made\n" {
		t.Errorf("in the shared folder: %q, %v", got, err)
	}
	if got, err := os.ReadFile(filepath.Join(kept, "noise")); err != nil || !bytes.Equal(got, noise) {
		t.Errorf("the guest has changed a file of the host: %v", err)
	}
}

func TestRunMissingModule(t *testing.T) {
	m, _, _ := machine(t)
	m.Modules = []string{"flux_capacitor"}
	if code, err := Run(t.Context(), m, []string{"true"}); err == nil || !strings.Contains(err.Error(), "flux_capacitor not found") {
		t.Errorf("exit code %d, error %v; want the module named", code, err)
	}
}

func TestRunTimeLimit(t *testing.T) {
	m, _, _ := machine(t)
	m.TimeLimit = 300 * time.Millisecond
	_, err := Run(t.Context(), m, []string{"sleep", "1000"})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "time limit of 300ms") {
		t.Errorf("error %v, want the time limit", err)
	}
}

func TestRunCancelled(t *testing.T) {
	m, _, _ := machine(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	m.Stdout = w
	go func() {
		// Once it runs.
		r.Read(make([]byte, 1))
		cancel()
		r.Close()
	}()
	if _, err := Run(ctx, m, []string{"sh", "-c", "echo; sleep 1000"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestRunNobodyListens(t *testing.T) {
	m, _, _ := machine(t)
	r, w := io.Pipe()
	r.CloseWithError(errors.New("nobody listens"))
	m.Stdout = w
	if _, err := Run(t.Context(), m, []string{"yes"}); err == nil || !strings.Contains(err.Error(), "nobody listens") {
		t.Errorf("error %v, want why its output is lost", err)
	}
}
