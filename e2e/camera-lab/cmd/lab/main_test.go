//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"freshframe/e2e/camera-lab/guest"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("HERE", "it is")
	t.Setenv("EMPTY", "")
	os.Unsetenv("NOWHERE_TO_BE_FOUND")
	got := environment([]string{"HERE", "EMPTY", "NOWHERE_TO_BE_FOUND", "GIVEN=a=b", "HERE=other"})
	want := []string{"HERE=it is", "EMPTY=", "GIVEN=a=b", "HERE=other"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("ended: %w", context.DeadlineExceeded), 124},
		{errors.New("no such module"), 125},
		{fmt.Errorf("ended: %w", context.Canceled), 130},
	} {
		if got := fail(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

func TestOpenConsole(t *testing.T) {
	var m guest.Machine
	if closer, err := openConsole(&m, ""); err != nil || closer() != nil || m.Console != nil {
		t.Errorf("no console: %v, %v", m.Console, err)
	}
	if closer, err := openConsole(&m, "-"); err != nil || closer() != nil || m.Console != os.Stderr {
		t.Errorf("-: %v, %v; want standard error", m.Console, err)
	}
	name := filepath.Join(t.TempDir(), "kernel.log")
	closer, err := openConsole(&m, name)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(m.Console, "boot")
	if err := closer(); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(name); string(got) != "boot" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := openConsole(&m, filepath.Join(name, "below a file")); err == nil {
		t.Error("a console that cannot be written is no error")
	}
}
