//go:build linux

package v4l2

import (
	"bytes"
	"math"
	"unsafe"

	"github.com/blackjack/webcam/ioctl"
	"golang.org/x/sys/unix"

	"freshframe/backend/frame"
)

// The structures below are those of the kernel's linux/videodev2.h, field by field; fields
// that nothing here reads are blank. Their sizes are part of the ioctl numbers.

type capability struct {
	Driver       [16]byte
	Card         [32]byte
	BusInfo      [32]byte
	_            uint32
	Capabilities uint32 // of the whole physical device
	DeviceCaps   uint32 // of this node; valid where Capabilities has capDeviceCaps
	_            [3]uint32
}

type formatDescription struct {
	Index       uint32
	Type        uint32
	_           uint32
	Description [32]byte
	PixelFormat fourcc
	_           [4]uint32
}

type sizeEnum struct {
	Index       uint32
	PixelFormat fourcc
	Type        uint32
	// Union is width and height where Type is discrete, else the least, largest and step of
	// the width, then of the height.
	Union [6]uint32
	_     [2]uint32
}

type intervalEnum struct {
	Index         uint32
	PixelFormat   fourcc
	Width, Height uint32
	Type          uint32
	// Union is one fraction of a second where Type is discrete, else the shortest, longest
	// and step.
	Union [3]fraction
	_     [2]uint32
}

// fraction is a time in seconds.
type fraction struct{ Numerator, Denominator uint32 }

// rate is how many such times fit into a second, to the thousandth; 0 where there is none.
func (f fraction) rate() float64 {
	if f.Numerator == 0 {
		return 0
	}
	return thousandths(float64(f.Denominator) / float64(f.Numerator))
}

// thousandths rounds a framerate: 10000000/333333 is 30, and so is float32(30).
func thousandths(r float64) float64 { return math.Round(r*1000) / 1000 }

type pixelFormat struct {
	Type          uint32
	_             [0]uintptr // the kernel's union holds pointers and is aligned like one
	Width, Height uint32
	PixelFormat   fourcc
	_             uint32
	BytesPerLine  uint32
	SizeImage     uint32
	_             [200 - 24]byte
}

type requestBuffers struct {
	Count, Type, Memory uint32
	_                   [2]uint32
}

type buffer struct {
	Index     uint32
	Type      uint32
	BytesUsed uint32
	Flags     uint32
	_         uint32
	Timestamp unix.Timeval
	_         [4]uint32 // timecode
	Sequence  uint32
	Memory    uint32
	_         uintptr // where the memory is
	Length    uint32
	_         [2]uint32
}

// controlQuery is of a control and its properties; extendedQuery has room for 64-bit ranges and
// arrays, and older drivers do not answer it.
type controlQuery struct {
	ID               uint32
	Type             uint32
	Name             [32]byte
	Minimum, Maximum int32
	Step, Default    int32
	Flags            uint32
	_                [2]uint32
}

type extendedQuery struct {
	ID               uint32
	Type             uint32
	Name             [32]byte
	Minimum, Maximum int64
	Step             uint64
	Default          int64
	Flags            uint32
	_                [3]uint32 // of arrays
	_                [4]uint32
	_                [32]uint32
}

type menuQuery struct {
	ID    uint32
	Index uint32
	Union [32]byte // the entry's name or, of a menu of numbers, an int64
	_     uint32
}

// controlValue is the value of one control.
type controlValue struct {
	ID    uint32
	Value int32
}

// extendedValue is one of 32 or 64 bits, which stand at the beginning of Union.
type extendedValue struct {
	ID    uint32
	_     [2]uint32
	Union [8]byte
}

type extendedValues struct {
	Which    uint32
	Count    uint32
	_        [3]uint32
	Controls *extendedValue // the first of Count
}

const (
	typeVideoCapture = 1
	memoryMMAP       = 1

	discrete = 1 // of sizes and intervals; the other types are ranges

	capVideoCapture       = 0x00000001
	capVideoOutput        = 0x00000002
	capVideoCaptureMPlane = 0x00001000
	capVideoOutputMPlane  = 0x00002000
	capM2MMPlane          = 0x00004000
	capM2M                = 0x00008000
	capMetaCapture        = 0x00800000
	capStreaming          = 0x04000000
	capDeviceCaps         = 0x80000000

	flagError              = 0x00000040
	flagTimestampMask      = 0x0000e000
	flagTimestampMonotonic = 0x00002000

	controlInt     = 1
	controlBool    = 2
	controlMenu    = 3
	controlButton  = 4
	controlInt64   = 5
	controlBitmask = 8
	controlIntMenu = 9

	controlDisabled  = 0x00000001
	controlReadOnly  = 0x00000004
	controlInactive  = 0x00000010
	controlWriteOnly = 0x00000040
	controlPayload   = 0x00000100 // the value is an array or a structure
	// controlNext, with an ID, asks for the control after it.
	controlNext = 0x80000000

	// major is the major number of every V4L2 node.
	major = 81
)

var (
	queryCapability = ioctl.IoR('V', 0, unsafe.Sizeof(capability{}))
	enumFormats     = ioctl.IoRW('V', 2, unsafe.Sizeof(formatDescription{}))
	getFormat       = ioctl.IoRW('V', 4, unsafe.Sizeof(pixelFormat{}))
	reqBuffers      = ioctl.IoRW('V', 8, unsafe.Sizeof(requestBuffers{}))
	dequeueBuffer   = ioctl.IoRW('V', 17, unsafe.Sizeof(buffer{}))
	getControl      = ioctl.IoRW('V', 27, unsafe.Sizeof(controlValue{}))
	setControl      = ioctl.IoRW('V', 28, unsafe.Sizeof(controlValue{}))
	queryControl    = ioctl.IoRW('V', 36, unsafe.Sizeof(controlQuery{}))
	queryMenu       = ioctl.IoRW('V', 37, unsafe.Sizeof(menuQuery{}))
	getExtended     = ioctl.IoRW('V', 71, unsafe.Sizeof(extendedValues{}))
	setExtended     = ioctl.IoRW('V', 72, unsafe.Sizeof(extendedValues{}))
	enumSizes       = ioctl.IoRW('V', 74, unsafe.Sizeof(sizeEnum{}))
	enumIntervals   = ioctl.IoRW('V', 75, unsafe.Sizeof(intervalEnum{}))
	queryExtended   = ioctl.IoRW('V', 103, unsafe.Sizeof(extendedQuery{}))
)

// kernel is an open node. arg points to the structure that belongs to the request.
type kernel interface {
	ioctl(request uintptr, arg unsafe.Pointer) error
	Close() error
}

// descriptor is the kernel behind a file descriptor.
type descriptor int

func (d descriptor) ioctl(request uintptr, arg unsafe.Pointer) error {
	for {
		switch _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d), request, uintptr(arg)); errno {
		case 0:
			return nil
		case unix.EINTR: // Go's own signals may hit a driver that does not restart
		default:
			return errno
		}
	}
}

func (d descriptor) Close() error { return unix.Close(int(d)) }

// text is a string that the kernel ended with a zero byte, or cut.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(bytes.ToValidUTF8(bytes.TrimSpace(b), nil))
}

// fourcc is the kernel's name of a pixel format: four letters, the first in the lowest byte.
type fourcc uint32

func code(s string) fourcc {
	return fourcc(s[0]) | fourcc(s[1])<<8 | fourcc(s[2])<<16 | fourcc(s[3])<<24
}

// String gives the four letters, with a dot for what is none.
func (c fourcc) String() string {
	b := []byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c>>24) &^ 0x80} // bit 31: big-endian variant
	for i := range b {
		if b[i] < ' ' || b[i] > '~' {
			b[i] = '.'
		}
	}
	return string(b)
}

// formats are the pixel formats that the program reads.
var formats = map[fourcc]frame.Format{
	code("MJPG"): frame.JPEG,
	code("JPEG"): frame.JPEG,
	code("YUYV"): frame.YUYV,
	code("NV12"): frame.NV12,
	code("YU12"): frame.I420,
}
