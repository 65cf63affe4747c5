//go:build linux

package guest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// uml is the command that is the machine.
func (m *Machine) uml(ctx context.Context, home, dir string) (*exec.Cmd, error) {
	memory, err := memoryFolder(m.Memory)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(home, "linux"),
		fmt.Sprintf("mem=%dM", m.Memory),
		// Its own socket and pid file.
		"uml_dir="+dir+"/", "umid=uml",
		// The kernel's log is the first console, the command's outputs are the others.
		"con=null", "con0=null,fd:1", "con1=null,fd:3", "con2=null,fd:4", "ssl=null",
		"root=none", "rootfstype=hostfs", "rootflags=/", "ro",
		"init="+filepath.Join(dir, "root.sh"), "LAB="+dir,
		"panic=-1", "loglevel=6")
	cmd.Env = append(os.Environ(), "TMPDIR="+memory)
	return cmd, nil
}

// memoryFolder is where the guest's memory can be a file: in a tmpfs if one is large
// enough (in containers /dev/shm is often 64 MiB, and a full one is a bus error), and never
// where files cannot be mapped executable.
func memoryFolder(mib int) (string, error) {
	const noexec, tmpfs = 0x8, 0x01021994 // ST_NOEXEC, TMPFS_MAGIC of statfs(2)
	second := ""
	for _, dir := range []string{"/dev/shm", os.TempDir(), "/var/tmp"} {
		var fs syscall.Statfs_t
		if syscall.Statfs(dir, &fs) != nil || syscall.Access(dir, 0x2) != nil { // W_OK
			continue
		}
		if fs.Flags&noexec != 0 || fs.Bavail*uint64(fs.Bsize) < uint64(mib)<<20 {
			continue
		}
		if fs.Type == tmpfs {
			return dir, nil
		}
		if second == "" {
			second = dir
		}
	}
	if second == "" {
		return "", fmt.Errorf("no place for %d MiB of guest memory: /dev/shm and %s are too small, not writable or mounted noexec; name a folder in TMPDIR", mib, os.TempDir())
	}
	return second, nil
}
