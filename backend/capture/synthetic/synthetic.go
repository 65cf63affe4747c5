// Package synthetic is a camera without a camera: a room in which pictures of people move, or
// numbered shapes on known paths, and the frame's number and clock in the picture. In: options
// and the monotonic clock. Out: frames at exact instants, with faults where asked for. It must
// never add its own drawing time to a frame's age, nor depend on anything but its seed.
package synthetic

import (
	"errors"
	"fmt"
	"image"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

const (
	minWidth  = 160
	minHeight = 120
	maxSide   = 4096
	// maxShape is the widest picture in heights: wider ones have no room above the code.
	maxShape = 8

	// never is a fault's time when the fault was not asked for.
	never = 100 * 365 * 24 * time.Hour

	day = 24 * 60 * 60 // seconds

	// The scenes.
	inhabited = "people"
	measured  = "room"
)

// Scheme is the synthetic camera, for the list of sources.
func Scheme() capture.Scheme {
	return capture.Scheme{
		Name:    "synthetic",
		Form:    "synthetic:?video_size=1280x720&framerate=30&objects=3",
		Doc:     "A simulated camera: a person, hands and things to be found, or known moving objects, and a machine-readable clock in the picture.",
		Options: options(),
		Retry:   time.Second,
		Remember: func(a capture.Address) (capture.Opener, error) {
			c, err := configure(a)
			if err != nil {
				return nil, &capture.Error{Code: capture.BadSource, Device: a.Text, Hint: "see freshframe serve --help for the options of each source", Err: err}
			}
			return (&camera{config: c}).open, nil
		},
	}
}

func options() []option.Option {
	return []option.Option{
		option.Option{Name: "video_size", Type: option.Size, Default: "1280x720", Doc: "Picture size in pixels, at least 160x120 and at most 8 times as wide as high."}.Between(minHeight, maxSide),
		option.Option{Name: "framerate", Type: option.Float, Default: "30", Doc: "Frames a second."}.Between(1, 240),
		{Name: "input_format", Type: option.Enum, Default: frame.JPEG.String(), Choices: []string{frame.JPEG.String(), frame.YUYV.String(), frame.NV12.String(), frame.I420.String()}, Doc: "Pixel format of the frames; mjpeg is 4:2:2, like most webcams."},
		option.Option{Name: "quality", Type: option.Int, Default: "85", Doc: "JPEG quality of mjpeg frames."}.Between(1, 100),
		{Name: "scene", Type: option.Enum, Default: inhabited, Choices: []string{inhabited, measured}, Doc: "What moves in the room: people is a person, hands that make gestures, and things on a table, for networks to find; room is numbered shapes on known paths, to measure by."},
		option.Option{Name: "objects", Type: option.Int, Default: "3", Doc: "Number of moving shapes, or of things on the table."}.Between(0, maxObjects),
		{Name: "seed", Type: option.Int, Default: "1", Doc: "Chooses what moves when and where, how large the shapes are, and the jitter."},
		option.Option{Name: "freeze_after", Type: option.Duration, Doc: "Fault: that long after each opening frames stop, without an error (never when unset)."}.Between(0, day),
		option.Option{Name: "lose_after", Type: option.Duration, Doc: "Fault: that long after each opening the camera is lost, as if unplugged (never when unset)."}.Between(0, day),
		option.Option{Name: "return_after", Type: option.Duration, Default: "0s", Doc: "Fault: after a loss, how long opening keeps failing; needs lose_after."}.Between(0, day),
		option.Option{Name: "corrupt_every", Type: option.Int, Default: "0", Doc: "Fault: every Nth frame is damaged: truncated, empty, garbage, beheaded, and so on in turn (0: none)."}.Between(0, 1e9),
		option.Option{Name: "drop_every", Type: option.Int, Default: "0", Doc: "Fault: every Nth frame, N at least 2, is lost upstream and leaves a gap in seq (0: none)."}.Between(0, 1e9),
		option.Option{Name: "jitter", Type: option.Duration, Default: "0s", Doc: "Fault: frames are delivered late by a pseudo-random time up to this; one overtaken by its successor is lost upstream."}.Between(0, 10),
		option.Option{Name: "slow", Type: option.Duration, Default: "0s", Doc: "Fault: every frame is delivered this long after its capture time."}.Between(0, 60),
	}
}

// config is what the options ask for, checked.
type config struct {
	size      image.Point
	framerate float64
	format    frame.Format
	quality   int
	scene     string
	objects   int
	seed      int

	freezeAfter  time.Duration // never, or 0 and more
	loseAfter    time.Duration // never, or 0 and more
	returnAfter  time.Duration
	corruptEvery uint64 // 0: none
	dropEvery    uint64 // 0: none, else at least 2
	jitter       time.Duration
	slow         time.Duration
}

func (c *config) newScene() scene {
	if c.scene == measured {
		return NewScene(c.size, c.objects, c.seed)
	}
	return newPeople(c.size, c.framerate, c.objects, c.seed)
}

func configure(a capture.Address) (config, error) {
	v := a.Options
	size := v.Size("video_size")
	c := config{
		size:         image.Pt(size.Width, size.Height),
		framerate:    v.Float("framerate"),
		quality:      v.Int("quality"),
		scene:        v.Enum("scene"),
		objects:      v.Int("objects"),
		seed:         v.Int("seed"),
		freezeAfter:  never,
		loseAfter:    never,
		returnAfter:  v.Duration("return_after"),
		corruptEvery: uint64(v.Int("corrupt_every")),
		dropEvery:    uint64(v.Int("drop_every")),
		jitter:       v.Duration("jitter"),
		slow:         v.Duration("slow"),
	}
	for _, f := range []frame.Format{frame.JPEG, frame.YUYV, frame.NV12, frame.I420} {
		if f.String() == v.Enum("input_format") {
			c.format = f
		}
	}
	if v.Given("freeze_after") {
		c.freezeAfter = v.Duration("freeze_after")
	}
	if v.Given("lose_after") {
		c.loseAfter = v.Duration("lose_after")
	}

	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if a.Target != "" {
		complain("the synthetic camera has no device, but %q stands before the options; write synthetic:?name=value", a.Target)
	}
	switch {
	case size.Width < minWidth:
		complain("option video_size=%v: the width is below %d pixels", size, minWidth)
	case size.Width > maxShape*size.Height:
		complain("option video_size=%v: more than %d times as wide as high", size, maxShape)
	case c.format == frame.YUYV && size.Width%2 != 0:
		complain("option video_size=%v: yuyv422 needs an even width", size)
	}
	if c.dropEvery == 1 {
		complain("option drop_every=1: that loses every frame; use 2 or more, or 0 for none")
	}
	if c.returnAfter > 0 && c.loseAfter == never {
		complain("option return_after=%v: it has no meaning without lose_after", c.returnAfter)
	}
	return c, errors.Join(errs...)
}
