//go:build linux

package v4l2

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// stream is a camera that delivers, and what the driver really granted.
type stream struct {
	ring   ring
	format frame.Format
	size   option.Dimensions
	stride int     // bytes from one row to the next; 0 where the format has no rows
	rate   float64 // frames a second; 0 where the driver does not say
}

// buffers is how many frames the driver may hold. The library asks for 256: 56 MiB at 720p,
// and after a pause a picture that is seconds old. Four are enough for a reader that drains.
const buffers = 4

// start makes the camera stream. After an error nothing is left open, mapped or reserved.
// Errors are the kernel's or, where the driver grants something else, *capture.Error.
func start(path string, m mode) (_ *stream, err error) {
	cam, err := openLibrary(path)
	if err != nil {
		return nil, err
	}
	streaming := false
	defer func() {
		if err == nil {
			return
		}
		if !streaming {
			// The library forgets its mappings when StartStreaming fails, and they keep the
			// device busy for everyone, after Close too.
			unmap(cam)
		}
		cam.Close()
	}()
	if _, _, _, err := cam.SetImageFormat(webcam.PixelFormat(m.code), uint32(m.size.Width), uint32(m.size.Height)); err != nil {
		return nil, err
	}
	if m.rate > 0 {
		// A driver without framerates is as good as one with a single framerate.
		if err := cam.SetFramerate(float32(m.rate)); err != nil && !errors.Is(err, unix.ENOTTY) && !errors.Is(err, unix.EINVAL) {
			return nil, err
		}
	}
	s, err := readBack(cam, path, m)
	if err != nil {
		return nil, err
	}
	if err := cam.SetBufferCount(buffers); err != nil {
		return nil, err
	}
	if err := cam.StartStreaming(); err != nil {
		return nil, err
	}
	streaming = true
	if s.ring, err = newDevice(cam); err != nil {
		return nil, err
	}
	return s, nil
}

// openLibrary opens the node through the library, which leaves O_CLOEXEC out: a child process
// would keep the camera. The lock keeps this process from forking in between.
func openLibrary(path string) (*webcam.Webcam, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	cam, err := webcam.Open(path)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(int(privateFD(cam)))
	return cam, nil
}

// readBack asks the driver what it set. SetImageFormat of the library returns the size that
// was asked for, whatever the driver made of it.
func readBack(cam *webcam.Webcam, path string, m mode) (*stream, error) {
	p := pixelFormat{Type: typeVideoCapture}
	if err := privateFD(cam).ioctl(getFormat, unsafe.Pointer(&p)); err != nil {
		return nil, err
	}
	s := &stream{size: option.Dimensions{Width: int(p.Width), Height: int(p.Height)}}
	if p.PixelFormat != m.code || m.exact && s.size != m.size {
		return nil, &capture.Error{Code: capture.Unsupported, Device: path,
			Hint: "ask for what the camera grants, or leave video_size and input_format out",
			Err:  fmt.Errorf("asked for %v %v, the camera grants %v %v", formats[m.code], m.size, p.PixelFormat, s.size)}
	}
	s.format = formats[p.PixelFormat]
	if s.format != frame.JPEG {
		s.stride = int(p.BytesPerLine)
	}
	if rate, err := cam.GetFramerate(); err == nil {
		s.rate = thousandths(float64(rate))
	}
	return s, nil
}
