//go:build linux

package guest

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// rootModules are what the initramfs needs to reach the host's root and to be heard.
var rootModules = []string{"virtio_pci", "virtio_console", "virtio_rng", "9pnet_virtio", "9p", "overlay"}

// makeQEMU unpacks Debian's kernel and makes an initramfs for it.
func (w *workshop) makeQEMU(ctx context.Context) error {
	if err := tools("apt-cache", "apt-get", "busybox", "depmod", "dpkg-deb", "modprobe", "qemu-system-x86_64", "xz"); err != nil {
		return err
	}
	box := filepath.Join(w.dir, "package")
	if err := w.unpack(ctx, "linux-image-amd64", box); err != nil {
		return err
	}
	image, err := only(filepath.Join(box, "boot/vmlinuz-*"))
	if err != nil {
		return err
	}
	release := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
	if err := os.MkdirAll(filepath.Join(w.out, "lib"), 0o755); err != nil {
		return err
	}
	// Debian 13 has it below usr.
	modules := filepath.Join(box, "usr/lib/modules")
	if _, err := os.Stat(modules); err != nil {
		modules = filepath.Join(box, "lib/modules")
	}
	if err := os.Rename(modules, filepath.Join(w.out, "lib/modules")); err != nil {
		return err
	}
	if err := w.finish(ctx, release); err != nil {
		return err
	}
	if err := w.unpackKernel(ctx, image); err != nil {
		return err
	}
	return w.initramfs(ctx, release)
}

// unpackKernel leaves the kernel uncompressed if it can: emulated, unpacking it takes
// longer than everything else.
func (w *workshop) unpackKernel(ctx context.Context, image string) error {
	text, err := os.ReadFile(image)
	if err != nil {
		return err
	}
	kernel := filepath.Join(w.out, "kernel")
	if i := bytes.Index(text, []byte("\xfd7zXZ\x00")); i >= 0 {
		cmd := exec.CommandContext(ctx, "xz", "-dc")
		cmd.Stdin = bytes.NewReader(text[i:])
		// It ends with an error, at what follows the packed kernel in the image.
		plain, _ := cmd.Output()
		if bytes.HasPrefix(plain, []byte(elf.ELFMAG)) {
			return os.WriteFile(kernel, plain, 0o644)
		}
	}
	return os.WriteFile(kernel, text, 0o644)
}

// initramfs makes the first root of the guest.
func (w *workshop) initramfs(ctx context.Context, release string) error {
	busybox, err := tool("busybox")
	if err != nil {
		return err
	}
	if err := static(busybox); err != nil {
		return err
	}
	root := filepath.Join(w.dir, "initramfs")
	for _, dir := range []string{"bin", "modules", "proc", "sys", "dev", "host", "tmpfs", "root"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	if err := copyFile(filepath.Join(root, "bin/busybox"), busybox, 0o755); err != nil {
		return err
	}
	if err := os.Symlink("busybox", filepath.Join(root, "bin/sh")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "init"), []byte(qemuRoot), 0o755); err != nil {
		return err
	}
	var order []string
	for _, module := range rootModules {
		text, err := w.run(ctx, nil, "modprobe", "-d", w.out, "-S", release, "--show-depends", module)
		if err != nil {
			return err
		}
		for line := range strings.Lines(text) {
			// "insmod FILE", or "builtin NAME".
			file, ok := strings.CutPrefix(strings.TrimSpace(line), "insmod ")
			if !ok || slices.Contains(order, filepath.Base(file)) {
				continue
			}
			order = append(order, filepath.Base(file))
			if err := copyFile(filepath.Join(root, "modules", filepath.Base(file)), file, 0o644); err != nil {
				return err
			}
		}
	}
	if err := os.WriteFile(filepath.Join(root, "modules/order"), []byte(strings.Join(order, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	return w.pack(ctx, busybox, root)
}

// pack makes the folder root the archive that the kernel unpacks.
func (w *workshop) pack(ctx context.Context, busybox, root string) error {
	var names strings.Builder
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(root, path); rel != "." {
			names.WriteString(rel + "\n")
		}
		return err
	})
	if err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(w.out, "initrd"))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, busybox, "cpio", "-o", "-H", "newc")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = root, strings.NewReader(names.String()), archive, w.record
	if err := cmd.Run(); err != nil {
		archive.Close()
		return fmt.Errorf("cpio: %w", err)
	}
	return archive.Close()
}

// static makes sure that a program runs where there are no libraries.
func static(name string) error {
	f, err := elf.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return errors.New(name + " needs libraries; get the static one with: apt-get install busybox-static")
	}
	return nil
}

func copyFile(to, from string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
