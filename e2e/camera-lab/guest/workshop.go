//go:build linux

package guest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// workshop is where a guest is made.
type workshop struct {
	dir    string   // scratch, gone afterwards
	out    string   // the guest to be
	record *os.File // what all the programs said
	log    *slog.Logger
}

func newWorkshop(dir, record string, log *slog.Logger) (*workshop, error) {
	w := &workshop{dir: dir, out: filepath.Join(dir, "out"), log: log}
	if err := os.Mkdir(w.out, 0o755); err != nil {
		return nil, err
	}
	var err error
	w.record, err = os.Create(record)
	return w, err
}

// finish leaves the kernel's release where a run looks for it, and makes the index of its
// modules.
func (w *workshop) finish(ctx context.Context, release string) error {
	if err := os.WriteFile(filepath.Join(w.out, kernelFile), []byte(release), 0o644); err != nil {
		return err
	}
	// The builder's links to its source lead nowhere once that is gone.
	for _, link := range []string{"build", "source"} {
		if err := os.RemoveAll(filepath.Join(w.out, "lib/modules", release, link)); err != nil {
			return err
		}
	}
	_, err := w.run(ctx, nil, "depmod", "-b", w.out, release)
	return err
}

// run runs a program with additional environment and returns its standard output. If it
// fails, the error has its last words.
func (w *workshop) run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	path, err := tool(name)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(w.record, "+ %s %s\n", name, strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, path, args...)
	ownGroup(cmd)
	cmd.Dir = w.dir
	cmd.Env = append(append(os.Environ(), "LC_ALL=C"), env...)
	var out bytes.Buffer
	var words tail
	said := io.MultiWriter(w.record, &words)
	cmd.Stdout, cmd.Stderr = io.MultiWriter(said, &out), said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("%s: %w (all of it is in %s)\n%s", name, err, w.record.Name(), words.lines)
	}
	return out.String(), nil
}

// unpack downloads the package that the Debian package meta stands for, and unpacks it into
// the folder to. Nothing is installed.
func (w *workshop) unpack(ctx context.Context, meta, to string) error {
	deb, err := w.download(ctx, meta)
	if err != nil {
		// A new machine has no package lists, an old one may ask for what is gone.
		if os.Getuid() != 0 {
			return fmt.Errorf("%w\nMaybe this helps: sudo apt-get update", err)
		}
		if _, err := w.run(ctx, nil, "apt-get", "update", "-qq"); err != nil {
			return err
		}
		if deb, err = w.download(ctx, meta); err != nil {
			return err
		}
	}
	if _, err := w.run(ctx, nil, "dpkg-deb", "-x", deb, to); err != nil {
		return err
	}
	return os.Remove(deb)
}

// download returns the file of the one package that meta depends on.
func (w *workshop) download(ctx context.Context, meta string) (string, error) {
	text, err := w.run(ctx, nil, "apt-cache", "depends", "--important", meta)
	if err != nil {
		return "", err
	}
	name, err := dependency(meta, text)
	if err != nil {
		return "", err
	}
	w.log.Info("downloading", "package", name)
	if _, err := w.run(ctx, nil, "apt-get", "download", "-q", name); err != nil {
		return "", err
	}
	return only(filepath.Join(w.dir, name+"_*.deb"))
}

// packageName is what Debian allows.
var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)

// dependency reads, in what apt-cache says of the package meta, the one package of a
// certain version that it stands for.
func dependency(meta, text string) (string, error) {
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: ")
		if ok && packageName.MatchString(name) && strings.HasPrefix(name, strings.TrimSuffix(meta, "-amd64")+"-") {
			return name, nil
		}
	}
	return "", fmt.Errorf("apt knows no package behind %s", meta)
}

// only is the one file that the pattern matches.
func only(pattern string) (string, error) {
	names, err := filepath.Glob(pattern)
	if err == nil && len(names) != 1 {
		err = fmt.Errorf("%d files match %s, want 1", len(names), pattern)
	}
	if err != nil {
		return "", err
	}
	return names[0], nil
}
