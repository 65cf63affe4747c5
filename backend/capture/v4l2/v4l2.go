// Package v4l2 opens cameras of the Linux kernel (Video for Linux 2). In: a device node and
// what is wanted of it. Out: frames with the driver's own time, sequence number and error
// flag, newest first. It must never hand out memory that the driver still writes to, leave a
// device held after an error, or spin on a camera that has gone.
package v4l2

import (
	"context"
	"errors"
	"path/filepath"
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
// The target is the path of a device node or of a link to one (/dev/v4l/by-id/…); without a
// target it is the first camera found, and that same camera at every reopening.
func Scheme() capture.Scheme {
	return capture.Scheme{
		Name: "v4l2",
		Form: "v4l2:/dev/video0?video_size=1280x720&framerate=30&input_format=mjpeg",
		Doc:  "A camera of this Linux machine; v4l2: alone takes the first one.",
		Options: []option.Option{
			option.Option{Name: optSize, Type: option.Size, Default: "1280x720",
				Doc: "Picture size in pixels; unless given, the nearest that the camera offers."}.Between(16, 16384),
			option.Option{Name: optRate, Type: option.Float, Default: "30",
				Doc: "Frames a second; the camera takes the nearest that it offers."}.Between(0.1, 1000),
			{Name: optFormat, Type: option.Enum, Choices: []string{frame.JPEG.String(), frame.YUYV.String(), frame.NV12.String(), frame.I420.String()},
				Doc: "Pixel format; unless given, the one that comes nearest to the framerate at that size, where several do the one that the camera lists first."},
		},
		// Looking for a missing node costs microseconds, so a camera that is plugged in again
		// need not wait for long.
		Retry:    time.Second,
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

// remember makes the opener. Between reopenings it keeps which camera was meant by an empty
// target.
func remember(a capture.Address) (capture.Opener, error) {
	if a.Target != "" && !filepath.IsAbs(a.Target) {
		return nil, &capture.Error{Code: capture.BadSource, Device: a.Text,
			Hint: "write the whole path, as in v4l2:/dev/video0, or v4l2: for the first camera",
			Err:  errors.New("the target is no path of a device")}
	}
	want, target := requested(a.Options), a.Target
	return func(ctx context.Context, firstSeq uint64) (capture.Source, error) {
		src, stable, err := open(ctx, target, want, firstSeq)
		if err != nil {
			return nil, err
		}
		target = stable
		return src, nil
	}, nil
}
