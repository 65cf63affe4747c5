//go:build linux

package guest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packages names the Debian package of each program used.
var packages = map[string]string{
	"apt-cache":          "apt",
	"apt-get":            "apt",
	"bc":                 "bc",
	"bison":              "bison",
	"busybox":            "busybox-static",
	"depmod":             "kmod",
	"dpkg-deb":           "dpkg",
	"flex":               "flex",
	"gcc":                "gcc libc6-dev",
	"make":               "make",
	"modprobe":           "kmod",
	"qemu-system-x86_64": "qemu-system-x86",
	"strip":              "binutils",
	"tar":                "tar",
	"xz":                 "xz-utils",
}

// tool finds a program, also where only root's PATH looks.
func tool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", missing(name)
}

// tools makes sure that all the programs are there.
func tools(names ...string) error {
	var absent []string
	for _, name := range names {
		if _, err := tool(name); err != nil {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		return missing(absent...)
	}
	return nil
}

func missing(names ...string) error {
	var from []string
	for _, name := range names {
		from = append(from, packages[name])
	}
	slices.Sort(from)
	return fmt.Errorf("missing here: %s; get it with: apt-get install --no-install-recommends %s",
		strings.Join(names, ", "), strings.Join(slices.Compact(from), " "))
}
