//go:build linux

package v4l2

import (
	"errors"
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
	cam    *webcam.Webcam
	fd     descriptor
	bufs   [][]byte
	waiter waiter

	ahead  filled // what wait has dequeued
	failed error  // why it could not
	waited bool   // ahead and failed are set
}

// newDevice is the ring of a camera that streams. Not sooner: to a driver that also offers
// read(2), being watched before it has buffers means that somebody wants to read, and it
// refuses buffers from then on.
func newDevice(cam *webcam.Webcam) (ring, error) {
	fd := privateFD(cam)
	var q capability
	if err := fd.ioctl(queryCapability, unsafe.Pointer(&q)); err != nil {
		return nil, err
	}
	w, err := newWaiter(int(fd), text(q.Driver[:]))
	if err != nil {
		return nil, err
	}
	return &device{cam: cam, fd: fd, bufs: privateBuffers(cam), waiter: w}, nil
}

// wait reports whether there is something to dequeue, a frame or an error, after limit at the
// latest. The library's WaitForFrame counts whole seconds and does not look at what poll saw.
func (d *device) wait(limit time.Duration) (bool, error) {
	ready, err := d.waiter.wait(limit, func(woken bool) bool {
		b, err := d.take()
		if err == unix.EAGAIN {
			if !woken || !d.waiter.broken() {
				return false
			}
			err = unix.ENODEV // waiting would end at once, for ever
		}
		d.ahead, d.failed, d.waited = b, err, true
		return true
	})
	if !ready && err == nil && d.waiter.broken() { // and was so before anybody waited
		err = unix.ENODEV
	}
	return ready, err
}

// dequeue takes the oldest filled buffer; unix.EAGAIN says that there is none.
func (d *device) dequeue() (filled, error) {
	if d.waited {
		d.waited = false
		return d.ahead, d.failed
	}
	return d.take()
}

// take is VIDIOC_DQBUF.
func (d *device) take() (filled, error) {
	b := buffer{Type: typeVideoCapture, Memory: memoryMMAP}
	if err := d.fd.ioctl(dequeueBuffer, unsafe.Pointer(&b)); err != nil {
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
func (d *device) Close() error { return errors.Join(d.waiter.Close(), d.cam.Close()) }
