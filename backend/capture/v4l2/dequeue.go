//go:build linux

package v4l2

import (
	"reflect"
	"time"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// The library's GetFrame drops a buffer's timestamp, sequence number and error flag, and keeps
// its file descriptor to itself. This file takes buffers out beside it and gives them back
// through it. It reads three things of the library's by reflection, which allows reading
// unexported fields; a test pins their names and types.

// privateFD is the library's file descriptor.
func privateFD(cam *webcam.Webcam) descriptor {
	return descriptor(reflect.ValueOf(cam).Elem().FieldByName("fd").Uint())
}

// privateBuffers are the library's mapped buffers, nil where one is not mapped. They are gone
// with StopStreaming and Close: touching one after that is a fatal SIGSEGV.
func privateBuffers(cam *webcam.Webcam) [][]byte {
	v := reflect.ValueOf(cam).Elem().FieldByName("buffers")
	list := make([][]byte, v.Len())
	for i := range list {
		list[i] = v.Index(i).Bytes()
	}
	return list
}

// unmap takes back the mappings of a StartStreaming that failed. It must never follow one that
// did not: the library unmaps those itself.
func unmap(cam *webcam.Webcam) {
	for _, b := range privateBuffers(cam) {
		if b != nil {
			unix.Munmap(b) // it can only fail for what is not mapped
		}
	}
}

// filled is a buffer with a frame in it, on loan from the driver until it is released.
type filled struct {
	index     uint32
	data      []byte // the driver's memory
	sequence  uint32
	timestamp time.Duration // on CLOCK_MONOTONIC; only where monotonic is set
	monotonic bool
	damaged   bool
}

// dated reports whether the driver claims to have stamped the buffer on its clock.
func (b filled) dated() bool { return b.monotonic && b.timestamp > 0 }

// device is a ring of the kernel's.
type device struct {
	cam  *webcam.Webcam
	fd   descriptor
	bufs [][]byte
	poll []unix.PollFd
	gone bool // the last wait saw an error condition
}

func newDevice(cam *webcam.Webcam) *device {
	fd := privateFD(cam)
	// Not POLLPRI: the library cannot take a driver's events out, so none are subscribed to.
	return &device{cam: cam, fd: fd, bufs: privateBuffers(cam), poll: []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}}
}

// wait reports whether there may be something to dequeue, after limit at the latest. The
// library's WaitForFrame counts whole seconds and does not look at what poll saw. Blocking a
// thread costs a third less than Go's poller (90 instead of 135 µs of CPU a wake, 30 a
// second), which would need a second descriptor too, and that would keep the device open.
func (d *device) wait(limit time.Duration) (bool, error) {
	n, err := unix.Poll(d.poll, int(limit.Milliseconds()))
	if err == unix.EINTR {
		return false, nil
	}
	d.gone = err == nil && n > 0 && d.poll[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
	return n > 0, err
}

// dequeue takes the oldest filled buffer; unix.EAGAIN says that there is none.
func (d *device) dequeue() (filled, error) {
	b := buffer{Type: typeVideoCapture, Memory: memoryMMAP}
	if err := d.fd.ioctl(dequeueBuffer, unsafe.Pointer(&b)); err != nil {
		if err == unix.EAGAIN && d.gone {
			return filled{}, unix.ENODEV // poll would say so again at once, for ever
		}
		return filled{}, err
	}
	if int(b.Index) >= len(d.bufs) {
		return filled{}, unix.EINVAL
	}
	data := d.bufs[b.Index]
	return filled{
		index:     b.Index,
		data:      data[:min(int(b.BytesUsed), len(data))],
		sequence:  b.Sequence,
		timestamp: time.Duration(b.Timestamp.Nano()),
		monotonic: b.Flags&flagTimestampMask == flagTimestampMonotonic,
		damaged:   b.Flags&flagError != 0,
	}, nil
}

func (d *device) release(index uint32) error { return d.cam.ReleaseFrame(index) }

// Close unmaps, stops streaming and closes, in the library's order: no buffer may be looked at
// any more. Only the closing gives the buffers back to the driver, which the library never does
// by itself, so a camera is never stopped without it, and another format takes a new opening.
func (d *device) Close() error { return d.cam.Close() }
