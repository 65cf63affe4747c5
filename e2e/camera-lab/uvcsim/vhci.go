package uvcsim

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	vhciFolder = "/sys/devices/platform/vhci_hcd.0"

	portFree  = "004" // state of a port, as the kernel's usbip_common.h numbers them
	highSpeed = 3

	// After an unplug the kernel needs some time to clear the port.
	freePatience = 5 * time.Second
	freeCheck    = 5 * time.Millisecond
)

// vhciAttach plugs one end of a socket pair into the kernel's virtual host controller and
// returns the other.
func vhciAttach(port int) (io.ReadWriteCloser, error) {
	if err := awaitFree(port); err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close() // the kernel holds its own reference
	device := 1<<16 | (port + 1)
	line := fmt.Sprintf("%d %d %d %d", port, theirs.Fd(), device, highSpeed)
	if err := os.WriteFile(filepath.Join(vhciFolder, "attach"), []byte(line), 0); err != nil {
		ours.Close()
		return nil, fmt.Errorf("%w (it takes root)", err)
	}
	return ours, nil
}

// awaitFree waits until nothing is plugged into the port: asking the kernel to attach to a
// busy one leaves an error in its log.
func awaitFree(port int) error {
	for deadline := time.Now().Add(freePatience); ; time.Sleep(freeCheck) {
		b, err := os.ReadFile(filepath.Join(vhciFolder, "status"))
		if errors.Is(err, os.ErrNotExist) {
			return errors.New("the kernel has no virtual host controller: modprobe vhci-hcd")
		}
		if err != nil {
			return err
		}
		state, ok := portState(string(b), port)
		switch {
		case !ok:
			return errors.New("the virtual host controller has no such port")
		case state == portFree:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("busy for %v (state %s): something else is plugged in", freePatience, state)
		}
	}
}

// portState finds a port's state in the controller's table, the lines of which begin with
// "hs  0000 004": hub, port, state.
func portState(table string, port int) (state string, ok bool) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != "hs" {
			continue
		}
		if n, err := strconv.Atoi(f[1]); err == nil && n == port {
			return f[2], true
		}
	}
	return "", false
}

// socketPair gives two connected ends; reads and writes of ours end when it is closed.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "usbip"), os.NewFile(uintptr(fds[1]), "usbip"), nil
}

// Monotonic is the present time of CLOCK_MONOTONIC, by which the kernel times buffers.
func Monotonic() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(fmt.Sprintf("uvcsim: CLOCK_MONOTONIC: %v", err)) // every kernel has it
	}
	return time.Duration(t.Nano())
}
