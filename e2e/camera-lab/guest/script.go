//go:build linux

package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// variable is what a shell can export.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// quote makes a shell read s as it is.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// commandScript is the shell script that becomes the command.
func commandScript(dir string, env, argv []string) (string, error) {
	var s strings.Builder
	for _, e := range env {
		name, value, ok := strings.Cut(e, "=")
		if !ok || !variable.MatchString(name) {
			return "", fmt.Errorf("%q cannot be put into the guest's environment: want NAME=VALUE", e)
		}
		fmt.Fprintf(&s, "export %s=%s\n", name, quote(value))
	}
	fmt.Fprintf(&s, "cd %s || exit 125\nexec", quote(dir))
	for _, a := range argv {
		s.WriteString(" " + quote(a))
	}
	s.WriteByte('\n')
	if strings.ContainsRune(s.String(), 0) {
		return "", fmt.Errorf("the command has a zero byte in it: %q", argv)
	}
	return s.String(), nil
}

// tag names the n-th shared folder towards QEMU.
func tag(n int) string { return fmt.Sprintf("shared%d", n) }

// writeRun fills the run's folder with what the guest's scripts read.
func (m *Machine) writeRun(dir, modules string, argv []string) error {
	command, err := commandScript(m.Dir, m.Env, argv)
	if err != nil {
		return err
	}
	var shared strings.Builder
	for i, s := range m.Shared {
		fmt.Fprintf(&shared, "%s %s\n", tag(i), s)
	}
	var load strings.Builder
	for _, module := range m.Modules {
		load.WriteString(module + "\n")
	}
	for _, f := range []struct{ name, text string }{
		{"root.sh", umlRoot},
		{"init.sh", initScript},
		{"settings", fmt.Sprintf("BACKEND=%s\nMODULES=%s\n", string(m.Backend), quote(modules))},
		{"shared", shared.String()},
		{"modules", load.String()},
		{"command", command},
	} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o755); err != nil {
			return err
		}
	}
	return nil
}
