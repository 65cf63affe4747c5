// Package v4l2 opens cameras of the Linux kernel (Video for Linux 2). In: a device node and
// what is wanted of it. Out: frames with the driver's own time, sequence number and error
// flag, newest first. It must never hand out memory that the driver still writes to, leave a
// device held after an error, or spin on a camera that has gone.
package v4l2

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// The names of the options, as ffmpeg calls them.
const (
	optSize   = "video_size"
	optRate   = "framerate"
	optFormat = "input_format"
)

// Scheme is the source v4l2:/dev/video0?video_size=1280x720&framerate=30&input_format=mjpeg.
// The target is the path of a device node or of a link to one (/dev/v4l/by-id/…), or the place
// where the camera is attached as the driver calls it (usb-0000:00:14.0-1, with ,2 the second
// camera there); without a target it is the first camera found. A camera that was lost is
// found again under whatever node it returns, and at another port by its serial number; without
// a target also without a serial number, if it was and is the only one of its make.
func Scheme() capture.Scheme {
	return capture.Scheme{
		Name: "v4l2",
		Form: "v4l2:/dev/video0?video_size=1280x720&framerate=30&input_format=mjpeg",
		Doc:  "A camera of this Linux machine by its node, a link to it (/dev/v4l/by-id/…) or its bus info (usb-0000:00:14.0-1); v4l2: alone takes the first one.",
		Options: []option.Option{
			option.Option{Name: optSize, Type: option.Size, Default: "1280x720",
				Doc: "Picture size in pixels; unless given, the nearest that the camera offers."}.Between(16, 16384),
			option.Option{Name: optRate, Type: option.Float, Default: "30",
				Doc: "Frames a second; the camera takes the nearest that it offers."}.Between(0.1, 1000),
			{Name: optFormat, Type: option.Enum, Choices: []string{frame.JPEG.String(), frame.YUYV.String(), frame.NV12.String(), frame.I420.String()},
				Doc: "Pixel format; unless given, the one that comes nearest to the framerate at that size, where several do the one with the higher rate or, at the same, the one that the camera lists first."},
		},
		// Looking for a missing node costs microseconds, so a camera that is plugged in again
		// need not wait for long.
		Retry:    500 * time.Millisecond,
		Remember: remember,
	}
}

// request is what a source value asks of a camera.
type request struct {
	size   option.Dimensions
	exact  bool // the size was asked for and no other will do
	rate   float64
	format string // "" where the choice is ours
}

func requested(v option.Values) request {
	return request{size: v.Size(optSize), exact: v.Given(optSize), rate: v.Float(optRate), format: v.Enum(optFormat)}
}

// target is what a source value calls the camera: by a path, by a place, or not at all.
type target struct {
	path string // of the node or of a link to it
	bus  string // the driver's bus info
	nth  int    // which of the cameras at that place, from 1
}

// String is the target as a source value holds it.
func (t target) String() string {
	if t.nth > 1 {
		return t.bus + "," + strconv.Itoa(t.nth)
	}
	return t.path + t.bus // one of them is empty
}

// parseTarget reads what stands between the colon and the options. A bus info never holds a
// slash; no name of a node could be mistaken for one.
func parseTarget(text string) (target, error) {
	if text == "" {
		return target{}, nil
	}
	if filepath.IsAbs(text) {
		return target{path: text}, nil
	}
	t := target{bus: text, nth: 1}
	if bus, n, ok := strings.Cut(text, ","); ok {
		nth, err := strconv.Atoi(n)
		if err != nil || nth < 1 {
			return target{}, fmt.Errorf("%q does not count the cameras at one place from 1", n)
		}
		t = target{bus: bus, nth: nth}
	}
	if strings.Contains(t.bus, "/") || !strings.ContainsAny(t.bus, "-:") {
		return target{}, errors.New("the target is neither the path of a device nor the bus info of a camera")
	}
	return t, nil
}

// remember makes the opener, which keeps between reopenings which camera it was.
func remember(a capture.Address) (capture.Opener, error) {
	t, err := parseTarget(a.Target)
	if err != nil {
		return nil, &capture.Error{Code: capture.BadSource, Device: a.Text,
			Hint: "write the whole path (v4l2:/dev/video0), or a bus info (v4l2:usb-0000:00:14.0-1; freshframe cameras lists them), or v4l2: for the first camera", Err: err}
	}
	return opener(t, requested(a.Options)), nil
}
