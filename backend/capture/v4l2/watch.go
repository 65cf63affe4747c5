//go:build linux

package v4l2

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// waiter waits for a camera.
type waiter interface {
	// wait calls try, with whether the camera has just announced something, until it is
	// content or limit is over. The end of limit is false; so may be half of it.
	wait(limit time.Duration, try func(woken bool) bool) (bool, error)
	// broken reports an error condition of the camera, as after an unplug.
	broken() bool
	// Close must come before the camera's own.
	Close() error
}

// newWaiter is a watch where that is safe. Go's poller, on which the whole server depends,
// calls the driver to see whether it has something: uvcvideo answers at once whatever its
// camera does, other drivers may wait for a lock that a hung camera holds.
func newWaiter(camera int, driver string) (waiter, error) {
	if driver == "uvcvideo" {
		return newWatch(camera)
	}
	return poller{camera}, nil
}

// poller waits in poll(2).
type poller struct{ camera int }

func (p poller) poll(limit time.Duration) (n int, events int16, err error) {
	list := []unix.PollFd{{Fd: int32(p.camera), Events: unix.POLLIN}}
	n, err = unix.Poll(list, int(limit.Milliseconds()))
	return n, list[0].Revents, err
}

func (p poller) wait(limit time.Duration, try func(woken bool) bool) (bool, error) {
	runtime.Gosched() // poll blocks one of Go's processors: those whom a frame has woken go first
	n, _, err := p.poll(limit)
	if err == unix.EINTR {
		return false, nil
	}
	if n > 0 {
		try(true)
	}
	return n > 0, err
}

func (p poller) broken() bool {
	n, events, err := p.poll(0)
	return err == nil && n > 0 && events&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
}

func (p poller) Close() error { return nil }

// watch waits for a camera in Go's own poller. To wait in poll(2) would block a thread and
// with it one of Go's processors until the runtime notices, up to 10 ms later: those whom a
// frame has woken would wait that long on a busy machine. In the camera lab, with one CPU,
// poll(2) costs 1.7 ms of CPU a frame instead of 1.0 (npm run bench:camera).
//
// Go's poller watches an epoll instance that watches the camera. A second descriptor of the
// camera would do too, but it would keep the camera open.
type watch struct {
	poller
	epoll    *os.File
	conn     syscall.RawConn
	deadline time.Time // of epoll
}

func newWatch(camera int) (*watch, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// Not EPOLLPRI: the library cannot take a driver's events out, so none are subscribed to.
	err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, camera, &unix.EpollEvent{Events: unix.EPOLLIN})
	if err == nil {
		err = unix.SetNonblock(epoll, true) // else Go would not watch it
	}
	if err != nil {
		unix.Close(epoll)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	w := &watch{poller: poller{camera}, epoll: os.NewFile(uintptr(epoll), "camera's epoll")}
	if w.conn, err = w.epoll.SyscallConn(); err != nil {
		w.epoll.Close()
		return nil, err
	}
	return w, nil
}

// wait tries at once, for what is there already wakes nobody.
func (w *watch) wait(limit time.Duration, try func(woken bool) bool) (bool, error) {
	// A deadline for each frame would cost as much as the wait itself.
	if now := time.Now(); w.deadline.Sub(now) < limit/2 {
		w.deadline = now.Add(limit)
		if err := w.epoll.SetReadDeadline(w.deadline); err != nil {
			return false, err
		}
	}
	woken := false
	err := w.conn.Read(func(uintptr) bool {
		defer func() { woken = true }()
		return try(woken)
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}

func (w *watch) Close() error { return w.epoll.Close() }
