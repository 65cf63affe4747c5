//go:build linux

package v4l2

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// The library's own request numbers hold the sizes of its structures, which are the kernel's.
func TestRequestNumbersAreTheLibrarys(t *testing.T) {
	for name, pair := range map[string][2]uintptr{
		"QUERYCAP":            {queryCapability, webcam.VIDIOC_QUERYCAP},
		"ENUM_FMT":            {enumFormats, webcam.VIDIOC_ENUM_FMT},
		"REQBUFS":             {reqBuffers, webcam.VIDIOC_REQBUFS},
		"DQBUF":               {dequeueBuffer, webcam.VIDIOC_DQBUF},
		"ENUM_FRAMESIZES":     {enumSizes, webcam.VIDIOC_ENUM_FRAMESIZES},
		"ENUM_FRAMEINTERVALS": {enumIntervals, webcam.VIDIOC_ENUM_FRAMEINTERVALS},
		"G_CTRL":              {getControl, webcam.VIDIOC_G_CTRL},
		"S_CTRL":              {setControl, webcam.VIDIOC_S_CTRL},
		"QUERYCTRL":           {queryControl, webcam.VIDIOC_QUERYCTRL},
		// G_FMT differs from S_FMT in its number only: 4 and 5.
		"G_FMT": {getFormat + 1, webcam.VIDIOC_S_FMT},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %#x here and %#x in the library", name, pair[0], pair[1])
		}
	}
}

// The library has no numbers for these; they are linux/videodev2.h's on 64-bit machines.
func TestRequestNumbersAreTheKernels(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the numbers below are those of 64-bit machines")
	}
	for name, pair := range map[string][2]uintptr{
		"QUERYMENU": {queryMenu, 0xc02c5625}, "QUERY_EXT_CTRL": {queryExtended, 0xc0e85667},
		"G_EXT_CTRLS": {getExtended, 0xc0205647}, "S_EXT_CTRLS": {setExtended, 0xc0205648},
		"G_CTRL": {getControl, 0xc008561b}, "S_CTRL": {setControl, 0xc008561c}, "QUERYCTRL": {queryControl, 0xc0445624},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %#x here and %#x in the kernel", name, pair[0], pair[1])
		}
	}
}

// Offsets in bytes by linux/videodev2.h on 64-bit machines.
func TestFieldsStandWhereTheKernelPutsThem(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the offsets below are those of 64-bit machines")
	}
	var (
		b buffer
		p pixelFormat
		c capability
		s sizeEnum
		i intervalEnum
		d formatDescription
		q controlQuery
		x extendedQuery
		m menuQuery
		v extendedValue
		l extendedValues
	)
	for name, pair := range map[string][2]uintptr{
		"buffer.bytesused": {unsafe.Offsetof(b.BytesUsed), 8}, "buffer.flags": {unsafe.Offsetof(b.Flags), 12},
		"buffer.timestamp": {unsafe.Offsetof(b.Timestamp), 24}, "buffer.sequence": {unsafe.Offsetof(b.Sequence), 56},
		"buffer.memory": {unsafe.Offsetof(b.Memory), 60}, "buffer.length": {unsafe.Offsetof(b.Length), 72}, "buffer": {unsafe.Sizeof(b), 88},
		"format.width": {unsafe.Offsetof(p.Width), 8}, "format.pixelformat": {unsafe.Offsetof(p.PixelFormat), 16},
		"format.bytesperline": {unsafe.Offsetof(p.BytesPerLine), 24}, "format": {unsafe.Sizeof(p), 208},
		"capability.capabilities": {unsafe.Offsetof(c.Capabilities), 84}, "capability.device_caps": {unsafe.Offsetof(c.DeviceCaps), 88},
		"frmsizeenum.union": {unsafe.Offsetof(s.Union), 12}, "frmivalenum.union": {unsafe.Offsetof(i.Union), 20},
		"fmtdesc.pixelformat": {unsafe.Offsetof(d.PixelFormat), 44},
		"queryctrl.minimum":   {unsafe.Offsetof(q.Minimum), 40}, "queryctrl.flags": {unsafe.Offsetof(q.Flags), 56}, "queryctrl": {unsafe.Sizeof(q), 68},
		"query_ext_ctrl.minimum": {unsafe.Offsetof(x.Minimum), 40}, "query_ext_ctrl.step": {unsafe.Offsetof(x.Step), 56},
		"query_ext_ctrl.default_value": {unsafe.Offsetof(x.Default), 64}, "query_ext_ctrl.flags": {unsafe.Offsetof(x.Flags), 72}, "query_ext_ctrl": {unsafe.Sizeof(x), 232},
		"querymenu.name": {unsafe.Offsetof(m.Union), 8}, "querymenu": {unsafe.Sizeof(m), 44},
		"ext_control.value": {unsafe.Offsetof(v.Union), 12}, "ext_control": {unsafe.Sizeof(v), 20},
		"ext_controls.count": {unsafe.Offsetof(l.Count), 4}, "ext_controls.controls": {unsafe.Offsetof(l.Controls), 24}, "ext_controls": {unsafe.Sizeof(l), 32},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is at %d, want %d", name, pair[0], pair[1])
		}
	}
}

// What dequeue.go reads of the library. When this fails, a new version of it has to be read
// line by line before the pin is moved.
func TestLibraryLayout(t *testing.T) {
	want := []string{"fd uintptr", "bufcount uint32", "buffers [][]uint8", "streaming bool", "pollFds []unix.PollFd"}
	var got []string
	for f := range fields(reflect.TypeFor[webcam.Webcam]()) {
		got = append(got, f.Name+" "+f.Type.String())
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("webcam.Webcam is %v, want %v", got, want)
	}
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// forge writes the library's private fields, as only a test may.
func forge(cam *webcam.Webcam, fd uintptr, bufs [][]byte) {
	v := reflect.ValueOf(cam).Elem()
	*(*uintptr)(v.FieldByName("fd").Addr().UnsafePointer()) = fd
	*(*[][]byte)(v.FieldByName("buffers").Addr().UnsafePointer()) = bufs
}

func TestPrivateParts(t *testing.T) {
	cam := new(webcam.Webcam)
	forge(cam, 42, [][]byte{{1, 2}, nil, {3}})
	if fd := privateFD(cam); fd != 42 {
		t.Errorf("fd %d, want 42", fd)
	}
	if got := fmt.Sprint(privateBuffers(cam)); got != "[[1 2] [] [3]]" {
		t.Errorf("buffers %s", got)
	}
}

func TestUnmapTakesBackEveryMapping(t *testing.T) {
	mapped, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	cam := new(webcam.Webcam)
	forge(cam, 0, [][]byte{mapped, nil}) // the second one failed to map
	unmap(cam)
	if err := unix.Munmap(mapped); err != unix.EINVAL {
		t.Errorf("the mapping was still there (%v)", err)
	}
}

// A pipe is as readable as a camera, and hangs up like one.
func TestWait(t *testing.T) {
	for _, driver := range []string{"uvcvideo", "another"} {
		t.Run(driver, func(t *testing.T) {
			var p [2]int
			if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
				t.Fatal(err)
			}
			defer unix.Close(p[0])
			w, err := newWaiter(p[0], driver)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}()
			var buf [1]byte
			read := func(bool) bool {
				_, err := unix.Read(p[0], buf[:])
				return err == nil
			}
			check := func(when string, want bool, limit time.Duration, try func(bool) bool) {
				t.Helper()
				if got, err := w.wait(limit, try); got != want || err != nil {
					t.Errorf("%s: %v, %v; want %v", when, got, err, want)
				}
			}
			check("empty", false, time.Millisecond, read)
			if _, err := unix.Write(p[1], []byte{1, 2}); err != nil {
				t.Fatal(err)
			}
			check("filled", true, time.Minute, read)
			check("what wakes nobody any more", true, time.Minute, read)
			go unix.Write(p[1], []byte{3})
			check("filled while it waits", true, time.Minute, read)
			if w.broken() {
				t.Error("broken before it hung up")
			}
			unix.Close(p[1])
			check("hung up", true, time.Minute, func(woken bool) bool { return woken && w.broken() })
			if !w.broken() {
				t.Error("not broken after it hung up")
			}
		})
	}
}

// A ring says what became of its camera: here, that it is none, and then that it is gone.
func TestDeviceWait(t *testing.T) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	cam := new(webcam.Webcam)
	forge(cam, uintptr(p[0]), nil)
	if _, err := newDevice(cam); err != unix.ENOTTY {
		t.Errorf("a ring of a pipe: %v, want ENOTTY", err)
	}
	d := &device{cam: cam, fd: privateFD(cam), waiter: poller{p[0]}}
	if _, err := unix.Write(p[1], []byte{1}); err != nil {
		t.Fatal(err)
	}
	if ready, err := d.wait(time.Minute); !ready || err != nil {
		t.Errorf("%v, %v", ready, err)
	}
	if _, err := d.dequeue(); err != unix.ENOTTY {
		t.Errorf("dequeue from a pipe: %v, want ENOTTY", err)
	}
	unix.Close(p[1])
	d.waiter = deaf{poller{p[0]}}
	if ready, err := d.wait(time.Millisecond); ready || err != unix.ENODEV {
		t.Errorf("nobody said that it broke: %v, %v, want ENODEV", ready, err)
	}
}

// deaf never hears from its camera.
type deaf struct{ poller }

func (deaf) wait(time.Duration, func(bool) bool) (bool, error) { return false, nil }

func TestFourcc(t *testing.T) {
	for c, want := range map[fourcc]string{
		0x47504a4d:              "MJPG",
		0x56595559:              "YUYV",
		0x3231564e:              "NV12",
		0x32315559:              "YU12",
		0x47504a4d | 0x80000000: "MJPG",
		0x00010203:              "....",
	} {
		if got := c.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint32(c), got, want)
		}
		if c < 0x80000000 && want != "...." && code(want) != c {
			t.Errorf("code(%q) is %#x, want %#x", want, uint32(code(want)), uint32(c))
		}
	}
	for c, f := range formats {
		if (c.String() == "MJPG" || c.String() == "JPEG") != (f.String() == "mjpeg") {
			t.Errorf("%v is read as %v", c, f)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"HD Webcam\x00\x00rest": "HD Webcam", "no end": "no end", "": "", "\x00x": "", "bad \xff byte": "bad  byte", " spaced  \x00": "spaced",
	} {
		if got := text([]byte(in)); got != want {
			t.Errorf("text(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestTidyName(t *testing.T) {
	for in, want := range map[string]string{
		"HD Webcam: HD Webcam":            "HD Webcam",
		"Integrated Camera: Integrated C": "Integrated Camera",
		"Logitech: BRIO":                  "Logitech: BRIO",
		"C920":                            "C920",
		"Cam: ":                           "Cam",
		"":                                "",
	} {
		if got := tidyName(in); got != want {
			t.Errorf("tidyName(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestRate(t *testing.T) {
	for f, want := range map[fraction]float64{
		{1, 30}: 30, {333333, 10000000}: 30, {1001, 30000}: 29.97, {2, 15}: 7.5, {0, 30}: 0, {1, 0}: 0, {math.MaxUint32, 1}: 0,
	} {
		if got := f.rate(); got != want {
			t.Errorf("%v is %v a second, want %v", f, got, want)
		}
	}
}
