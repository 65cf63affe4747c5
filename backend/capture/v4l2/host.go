//go:build linux

package v4l2

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"freshframe/backend/option"
)

// host is the machine as this package sees it; tests put another in its place.
type host struct {
	dev   string // the folder of the nodes
	proc  string // the kernel's table of processes
	sys   string // sysfs' folder of the nodes
	stat  func(path string) (unix.Stat_t, error)
	open  func(path string) (kernel, error)
	start func(path string, m mode) (*stream, error)
}

// machine is the one that we run on.
var machine = host{dev: "/dev", proc: "/proc", sys: "/sys/class/video4linux", stat: stat, open: openNode, start: start}

func stat(path string) (st unix.Stat_t, err error) {
	err = unix.Stat(path, &st)
	return st, err
}

func openNode(path string) (kernel, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return descriptor(fd), nil
}

// nodes lists the video nodes by their numbers.
func (h host) nodes() []string {
	paths, _ := filepath.Glob(filepath.Join(h.dev, "video*")) // the pattern is well formed
	number := func(p string) int {
		n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(p), "video"))
		if err != nil {
			return -1
		}
		return n
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return number(p) < 0 })
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return paths
}

// byID is the link that keeps pointing to this camera when its number changes, or "".
func (h host) byID(node string) string {
	links, _ := filepath.Glob(filepath.Join(h.dev, "v4l", "by-id", "*"))
	for _, l := range links {
		if p, err := filepath.EvalSymlinks(l); err == nil && p == node {
			return l
		}
	}
	return ""
}

// holder is a process that has a node open.
type holder struct {
	pid  int
	name string
}

func (h holder) String() string { return fmt.Sprintf("%s (process %d)", h.name, h.pid) }

// holders are the processes that have the node open, as far as we may see them: those of
// other users are hidden from all but root.
func (h host) holders(node string) []holder {
	var list []holder
	dirs, _ := filepath.Glob(filepath.Join(h.proc, "[0-9]*"))
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		fds, err := os.ReadDir(filepath.Join(dir, "fd"))
		if err != nil {
			continue // gone meanwhile, or not ours to see
		}
		holds := slices.ContainsFunc(fds, func(fd os.DirEntry) bool {
			to, err := os.Readlink(filepath.Join(dir, "fd", fd.Name()))
			return err == nil && to == node
		})
		if !holds {
			continue
		}
		// Not comm, which is what a program calls its first thread: ustreamer's is "main".
		exe, err := os.Readlink(filepath.Join(dir, "exe"))
		if err != nil {
			continue
		}
		list = append(list, holder{pid, strings.TrimSuffix(filepath.Base(exe), " (deleted)")})
	}
	slices.SortFunc(list, func(a, b holder) int { return cmp.Compare(a.pid, b.pid) })
	return list
}

// camera is what a node says about itself.
type camera struct {
	identity
	path   string // as it was asked for, which errors name
	node   string // its real path, links followed
	offers []offer
	busy   bool // another program streams from it
}

// inspect opens the node, asks and closes it again. It changes nothing in the camera. Of a
// range of sizes it asks about the usual ones and wanted. Errors are *capture.Error.
func (h host) inspect(path string, wanted option.Dimensions) (camera, error) {
	return h.visit(path, func(cam *camera, k kernel) {
		cam.offers = readOffers(k, wanted)
		// Giving back buffers that we do not have does nothing, but it is refused while another
		// program streams.
		none := requestBuffers{Type: typeVideoCapture, Memory: memoryMMAP}
		cam.busy = k.ioctl(reqBuffers, unsafe.Pointer(&none)) == unix.EBUSY
	})
}

// identify is the part of inspect that costs next to nothing: which camera it is.
func (h host) identify(path string) (camera, error) {
	return h.visit(path, func(*camera, kernel) {})
}

// visit opens the node, finds out which camera it is, lets more be asked where it is one, and
// closes it.
func (h host) visit(path string, more func(*camera, kernel)) (camera, error) {
	// What is no V4L2 node is not even opened: opening alone can hang on a FIFO and start a
	// watchdog or dial a modem on other devices.
	if err := h.checkNode(path); err != nil {
		return camera{}, err
	}
	k, err := h.open(path)
	if err != nil {
		return camera{}, h.trouble(path, err)
	}
	defer k.Close()
	var c capability
	if err := k.ioctl(queryCapability, unsafe.Pointer(&c)); err != nil {
		return camera{}, h.trouble(path, err)
	}
	cam := camera{path: path, node: path}
	if p, err := filepath.EvalSymlinks(path); err == nil {
		cam.node = p
	}
	cam.identity = identity{name: tidyName(text(c.Card[:])), bus: text(c.BusInfo[:]), driver: text(c.Driver[:]), traits: h.traits(cam.node)}
	if cam.twin = h.hasTwin(cam.node, cam.traits); cam.twin {
		cam.serial = ""
	}
	if err := h.checkCapability(path, c); err != nil {
		return cam, err
	}
	more(&cam, k)
	return cam, nil
}

// tidyName undoes what drivers do to a product's name: "HD Webcam: HD Webc", cut at 31 bytes.
func tidyName(s string) string {
	if name, again, ok := strings.Cut(s, ": "); ok && strings.HasPrefix(name, strings.TrimSpace(again)) {
		return name
	}
	return s
}
