//go:build linux

package v4l2

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// fakeCamera is a node's answers; the zero value is a capture device without formats.
type fakeCamera struct {
	card, bus string
	caps      uint32
	notV4L2   bool
	openErr   error
	streaming bool // by another program
	formats   []fakeFormat
	hang      chan struct{} // every question waits for it
	opened    func()        // told of every opening
	controls  *fakeControls

	// What sysfs says of it; nothing where port is "".
	port, iface, index, serial string
}

type fakeFormat struct {
	code, description string
	sizes             []sizeEnum
	intervals         []intervalEnum // the same at each size
}

func discreteSize(w, h uint32) sizeEnum {
	return sizeEnum{Type: discrete, Union: [6]uint32{w, h}}
}

func interval(num, den uint32) intervalEnum {
	return intervalEnum{Type: discrete, Union: [3]fraction{{num, den}}}
}

const webcamCaps = capVideoCapture | capStreaming

// webcamFake is what most laptops have.
func webcamFake() *fakeCamera {
	sizes := []sizeEnum{discreteSize(640, 480), discreteSize(1280, 720)}
	return &fakeCamera{card: "HD Webcam: HD Webcam", bus: "usb-0000:00:14.0-1", caps: webcamCaps, formats: []fakeFormat{
		{"MJPG", "Motion-JPEG", sizes, []intervalEnum{interval(1, 30), interval(1, 15)}},
		{"YUYV", "YUYV 4:2:2", sizes, []intervalEnum{interval(1, 10)}},
		{"H264", "H.264", sizes, []intervalEnum{interval(1, 30)}},
	}}
}

// fakeKernel answers for a fakeCamera and counts itself as open.
type fakeKernel struct {
	*fakeCamera
	closed func()
}

func (k fakeKernel) Close() error { k.closed(); return nil }

func (k fakeKernel) ioctl(request uintptr, arg unsafe.Pointer) error {
	if k.hang != nil {
		<-k.hang
	}
	if k.notV4L2 {
		return unix.ENOTTY
	}
	find := func(c fourcc) *fakeFormat {
		for i := range k.formats {
			if code(k.formats[i].code) == c {
				return &k.formats[i]
			}
		}
		return &fakeFormat{}
	}
	switch request {
	case queryCapability:
		c := (*capability)(arg)
		copy(c.Driver[:], "uvcvideo")
		copy(c.Card[:], k.card)
		copy(c.BusInfo[:], k.bus)
		c.Capabilities = k.caps | webcamCaps | capDeviceCaps // as every node of a webcam says
		c.DeviceCaps = k.caps
		return nil
	case enumFormats:
		d := (*formatDescription)(arg)
		if int(d.Index) >= len(k.formats) {
			return unix.EINVAL
		}
		d.PixelFormat = code(k.formats[d.Index].code)
		copy(d.Description[:], k.formats[d.Index].description)
		return nil
	case enumSizes:
		e := (*sizeEnum)(arg)
		f := find(e.PixelFormat)
		if int(e.Index) >= len(f.sizes) {
			return unix.EINVAL
		}
		e.Type, e.Union = f.sizes[e.Index].Type, f.sizes[e.Index].Union
		return nil
	case enumIntervals:
		e := (*intervalEnum)(arg)
		f := find(e.PixelFormat)
		if int(e.Index) >= len(f.intervals) {
			return unix.EINVAL
		}
		e.Type, e.Union = f.intervals[e.Index].Type, f.intervals[e.Index].Union
		return nil
	case reqBuffers:
		if k.streaming {
			return unix.EBUSY
		}
		return nil
	}
	return k.controls.ioctl(request, arg)
}

// fakeMachine is a host of which the cameras can be exchanged for others.
type fakeMachine struct {
	host
	become func(*testing.T, ...*fakeCamera)
}

// fakeHost is a machine with these cameras as /dev/video0, 1, …; nil leaves a number out.
// It fails the test if a node is still open at the end.
func fakeHost(t *testing.T, cameras ...*fakeCamera) fakeMachine {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := fakeMachine{host: host{dev: filepath.Join(dir, "dev"), proc: filepath.Join(dir, "proc"), sys: filepath.Join(dir, "sys", "class", "video4linux")}}
	for _, d := range []string{h.dev, h.proc} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	byPath := map[string]*fakeCamera{}
	h.become = func(t *testing.T, cameras ...*fakeCamera) {
		t.Helper()
		for p := range byPath {
			if err := os.Remove(p); err != nil {
				t.Fatal(err)
			}
		}
		clear(byPath)
		if err := os.RemoveAll(filepath.Join(dir, "sys")); err != nil {
			t.Fatal(err)
		}
		for i, c := range cameras {
			if c != nil {
				byPath[h.node(i)] = c
				write(t, h.node(i), "")
				h.describe(t, i, c)
			}
		}
	}
	h.become(t, cameras...)
	find := func(path string) (*fakeCamera, error) {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, unix.ENOENT
		}
		return byPath[real], nil
	}
	h.stat = func(path string) (st unix.Stat_t, err error) {
		if c, err := find(path); err != nil || c == nil {
			return st, unix.ENOENT
		}
		st.Mode, st.Rdev, st.Gid = unix.S_IFCHR|0o660, unix.Mkdev(major, 0), 44
		return st, nil
	}
	var mu sync.Mutex
	open := 0
	h.open = func(path string) (kernel, error) {
		c, err := find(path)
		if err != nil {
			return nil, err
		}
		if c.openErr != nil {
			return nil, c.openErr
		}
		mu.Lock()
		defer mu.Unlock()
		open++
		if c.opened != nil {
			c.opened()
		}
		return fakeKernel{c, func() { mu.Lock(); defer mu.Unlock(); open-- }}, nil
	}
	h.start = func(string, mode) (*stream, error) { return nil, unix.EIO }
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if open != 0 {
			t.Errorf("%d nodes left open", open)
		}
	})
	return h
}

// openTarget opens what a source value names, for the first time.
func (h host) openTarget(ctx context.Context, text string, want request, firstSeq uint64) (capture.Source, error) {
	t, err := parseTarget(text)
	if err != nil {
		return nil, err
	}
	src, _, err := h.openSource(ctx, make(chan struct{}, 1), t, nil, want, firstSeq)
	return src, err
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// describe makes the sysfs entries of a USB camera.
func (h host) describe(t *testing.T, n int, c *fakeCamera) {
	t.Helper()
	if c.port == "" {
		return
	}
	usb := filepath.Join(h.sys, "..", "..", "devices", c.port)
	class, iface := filepath.Join(h.sys, "video"+strconv.Itoa(n)), filepath.Join(usb, c.port+":"+c.iface)
	write(t, filepath.Join(usb, "idVendor"), "1234\n")
	if c.serial != "" {
		write(t, filepath.Join(usb, "serial"), c.serial+"\n")
	}
	if err := os.MkdirAll(iface, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(class, "name"), c.card+"\n")
	write(t, filepath.Join(class, "index"), c.index+"\n")
	link(t, iface, filepath.Join(class, "device"))
}

// node is the path of a fake host's node.
func (h host) node(n int) string { return filepath.Join(h.dev, "video"+strconv.Itoa(n)) }

// hold lets a process of the fake host have the node open.
func (h host) hold(t *testing.T, pid int, name, node string) {
	t.Helper()
	dir := filepath.Join(h.proc, strconv.Itoa(pid))
	if err := os.MkdirAll(filepath.Join(dir, "fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("/usr/bin", name), filepath.Join(dir, "exe")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(node, filepath.Join(dir, "fd", "7")); err != nil {
		t.Fatal(err)
	}
}

// fakeRing hands out what a test puts in. Each of wakes is what one wait finds ready; when they
// are used up, last is what happens.
type fakeRing struct {
	t      *testing.T
	wakes  [][]filled
	last   error // of dequeue; nil: wait finds nothing, ever
	ready  []filled
	lent   map[uint32][]byte
	waits  int
	over   bool // the wakes were used up before the last wait
	closed bool
	refuse error         // of release
	hang   chan struct{} // Close waits for it
}

func (r *fakeRing) wait(limit time.Duration) (bool, error) {
	if r.closed {
		r.t.Error("wait after Close")
	}
	r.waits++
	if len(r.wakes) > 0 {
		r.ready, r.wakes = r.wakes[0], r.wakes[1:]
		return true, nil
	}
	r.over = true
	if r.last != nil {
		return true, nil
	}
	time.Sleep(limit) // the bubble's clock
	return false, nil
}

func (r *fakeRing) dequeue() (filled, error) {
	if len(r.ready) > 0 {
		b := r.ready[0]
		r.ready = r.ready[1:]
		if r.lent == nil {
			r.lent = map[uint32][]byte{}
		}
		if _, twice := r.lent[b.index]; twice {
			r.t.Errorf("buffer %d dequeued twice without a release", b.index)
		}
		r.lent[b.index] = b.data
		return b, nil
	}
	if r.last != nil && r.over {
		return filled{}, r.last
	}
	return filled{}, unix.EAGAIN
}

// release lets the driver write to what it gets at once.
func (r *fakeRing) release(index uint32) error {
	data, ok := r.lent[index]
	if !ok {
		r.t.Errorf("release of buffer %d, which was not lent", index)
	}
	delete(r.lent, index)
	for i := range data {
		data[i] = 0xEE
	}
	return r.refuse
}

func (r *fakeRing) Close() error {
	if r.hang != nil {
		<-r.hang
	}
	if len(r.lent) > 0 {
		r.t.Errorf("%d buffers not given back", len(r.lent))
	}
	r.closed = true
	return nil
}

// fakeStream is a stream of 2x2 YUYV pictures, 30 a second.
func fakeStream(r *fakeRing) *stream {
	return &stream{ring: r, format: frame.YUYV, size: option.Dimensions{Width: 2, Height: 2}, stride: 4, rate: 30}
}
