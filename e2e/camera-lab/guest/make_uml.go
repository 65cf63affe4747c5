//go:build linux

package guest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// makeUML builds User-mode Linux.
func (w *workshop) makeUML(ctx context.Context) error {
	if err := tools("apt-cache", "apt-get", "bc", "bison", "busybox", "depmod", "dpkg-deb", "flex", "gcc", "make", "strip", "tar", "xz"); err != nil {
		return err
	}
	box, tree := filepath.Join(w.dir, "package"), filepath.Join(w.dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return err
	}
	if err := w.unpack(ctx, "linux-source", box); err != nil {
		return err
	}
	source, err := only(filepath.Join(box, "usr/src/linux-source-*.tar.*"))
	if err != nil {
		return err
	}
	w.log.Info("unpacking the kernel's source")
	// Documentation is a tenth of the files; the build reads only its top folder.
	if _, err := w.run(ctx, nil, "tar", "-xf", source, "-C", tree, "--strip-components=1", "--exclude=linux-source-*/Documentation/?*/*"); err != nil {
		return err
	}
	if err := improveUML(tree); err != nil {
		return err
	}
	config := filepath.Join(w.dir, "config")
	if err := os.WriteFile(config, []byte(umlConfig), 0o644); err != nil {
		return err
	}
	w.log.Info("building User-mode Linux, which takes some minutes", "cpus", runtime.NumCPU())
	for _, step := range [][]string{
		{"allnoconfig"},
		{fmt.Sprintf("-j%d", runtime.NumCPU()), "linux", "modules"},
		{"INSTALL_MOD_PATH=" + w.out, "INSTALL_MOD_STRIP=1", "modules_install"},
	} {
		// Make passes what stands on its command line on to the makes that it starts.
		args := append([]string{"-s", "-C", tree, "ARCH=um", "CC=gcc"}, step...)
		if _, err := w.run(ctx, []string{"KCONFIG_ALLCONFIG=" + config}, "make", args...); err != nil {
			return err
		}
	}
	if _, err := w.run(ctx, nil, "strip", "-o", filepath.Join(w.out, "linux"), filepath.Join(tree, "linux")); err != nil {
		return err
	}
	release, err := os.ReadFile(filepath.Join(tree, "include/config/kernel.release"))
	if err != nil {
		return err
	}
	return w.finish(ctx, strings.TrimSpace(string(release)))
}

// ticks are 250 a second, as in Debian's own kernels. User-mode Linux has no setting for them.
var ticks = strings.NewReplacer("config HZ\n\tint\n\tdefault 100\n", "config HZ\n\tint\n\tdefault 250\n")

// improveUML gives the kernel a precise clock for its scheduler, and ticks.
func improveUML(tree string) error {
	for file, improve := range map[string]func(string) string{
		"arch/um/kernel/time.c": func(text string) string { return text + umlClock },
		"arch/um/Kconfig":       ticks.Replace,
	} {
		file = filepath.Join(tree, file)
		old, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text := improve(string(old))
		if text == string(old) {
			return fmt.Errorf("%s is not what it was when this was written: nothing to improve there", file)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
