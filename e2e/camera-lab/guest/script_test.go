//go:build linux

package guest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a shell makes of the script is what was asked for, whatever is in it.
func TestCommandScript(t *testing.T) {
	odd := []string{"", "plain", "two words", "it's", `"quoted"`, "$HOME `id` $(id)", "a\nb", "*", "-n", `back\slash`, "ü→", "a=b", "#"}
	dir := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// The command prints its folder, a variable and its arguments, each ended by |.
	argv := append([]string{"/bin/sh", "-c", `printf '%s|' "$PWD" "$ODD" "$@"`, "name"}, odd...)
	for _, value := range odd {
		script, err := commandScript(dir, []string{"ODD=" + value}, argv)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("/bin/sh", "-c", script).Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, script)
		}
		want := strings.Join(append([]string{dir, value}, odd...), "|") + "|"
		if string(out) != want {
			t.Errorf("ODD=%q: the command saw\n%q, want\n%q", value, out, want)
		}
	}
}

func TestCommandScriptRefuses(t *testing.T) {
	for _, c := range []struct {
		env, argv []string
		want      string
	}{
		{env: []string{"NAME"}, argv: []string{"true"}, want: `"NAME"`},
		{env: []string{"A B=1"}, argv: []string{"true"}, want: `"A B=1"`},
		{env: []string{"=1"}, argv: []string{"true"}, want: "want NAME=VALUE"},
		{env: []string{"$(id)=1"}, argv: []string{"true"}, want: "want NAME=VALUE"},
		{argv: []string{"echo", "a\x00b"}, want: "zero byte"},
	} {
		if _, err := commandScript("/", c.env, c.argv); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: error %v, want %s", c.env, c.argv, err, c.want)
		}
	}
}

func TestWriteRun(t *testing.T) {
	dir := t.TempDir()
	m := Machine{Backend: UML, Dir: "/home/me", Modules: []string{"uvcvideo", "vivid n_devs=2"}, Shared: []string{"/a", "/b c"}}
	if err := m.writeRun(dir, "/cache/it's", []string{"true"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"settings": "BACKEND=uml\nMODULES='/cache/it'\\''s'\n",
		"modules":  "uvcvideo\nvivid n_devs=2\n",
		"shared":   "shared0 /a\nshared1 /b c\n",
		"command":  "cd '/home/me' || exit 125\nexec 'true'\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	// The kernel starts it.
	if info, err := os.Stat(filepath.Join(dir, "root.sh")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("root.sh: %v, %v; want it executable", info, err)
	}
}

func TestScriptsAreShell(t *testing.T) {
	for name, script := range map[string]string{"uml-root.sh": umlRoot, "qemu-root.sh": qemuRoot, "init.sh": initScript} {
		cmd := exec.Command("/bin/sh", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
