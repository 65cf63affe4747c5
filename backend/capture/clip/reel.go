package clip

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
)

// maxPictures bounds the index of a clip: 92 hours at 30 pictures a second, 160 MB of
// memory.
const maxPictures = 10_000_000

// reel is an open clip: its pictures in order, of which it keeps only the places.
type reel interface {
	// len is the number of pictures, at least 1.
	len() int
	// rate is the clip's own frame rate in pictures a second, 0 where it names none.
	rate() float64
	// read puts picture i in place of what buf holds and returns it.
	read(i int, buf []byte) ([]byte, error)
	close() error
}

const (
	hintPath    = "check the path; a relative one starts from the working directory"
	hintRight   = "give this program's user the right to read it"
	hintCamera  = "give a file or a folder of JPEGs; a camera is written v4l2:/dev/video0"
	hintConvert = "repair or convert it with: ffmpeg -i CLIP -c:v mjpeg -q:v 3 new.avi"
)

// open indexes the clip and finds a first picture that can be shown.
func open(ctx context.Context, path string) (*player, error) {
	r, err := openReel(ctx, path)
	if err != nil {
		return nil, openError(ctx, path, err)
	}
	c, err := firstConfig(ctx, r)
	if err != nil {
		r.close()
		return nil, openError(ctx, path, err)
	}
	return &player{
		path: path,
		reel: r,
		info: capture.Info{
			Device:    deviceName(path),
			Format:    frame.JPEG,
			Width:     c.Width,
			Height:    c.Height,
			Framerate: rateOf(r),
			Simulated: true,
		},
	}, nil
}

func openReel(ctx context.Context, path string) (reel, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case st.IsDir():
		return openFolder(ctx, path)
	case st.Mode().IsRegular():
		return openFile(ctx, path)
	}
	return nil, &capture.Error{Code: capture.NotACamera, Device: path, Hint: hintCamera, Err: fmt.Errorf("it is no file or folder but %s", kindOf(st.Mode()))}
}

// firstConfig is what the first readable picture header says.
func firstConfig(ctx context.Context, r reel) (jpeg.Config, error) {
	var buf []byte
	var first error
	for i := range r.len() {
		if ctx.Err() != nil {
			return jpeg.Config{}, ctx.Err()
		}
		var err error
		if buf, err = r.read(i, buf); err != nil {
			return jpeg.Config{}, err
		}
		c, err := jpeg.Probe(buf)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
	}
	return jpeg.Config{}, fmt.Errorf("none of its %d pictures has a readable JPEG header; the first: %w", r.len(), first)
}

// rateOf is the clip's own rate where that can be played, else the default.
func rateOf(r reel) float64 {
	if own := r.rate(); own >= minRate && own <= maxRate {
		return own
	}
	return defaultRate
}

// openError gives err its code and remedy. The end of ctx is passed through.
func openError(ctx context.Context, path string, err error) error {
	var known *capture.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrPermission):
		return &capture.Error{Code: capture.PermissionDenied, Device: path, Hint: hintRight, Err: bare(path, err)}
	case errors.Is(err, fs.ErrNotExist):
		return &capture.Error{Code: capture.NoSuchDevice, Device: path, Hint: hintPath, Err: bare(path, err)}
	}
	return &capture.Error{Code: capture.BadClip, Device: path, Hint: hintConvert, Err: bare(path, err)}
}

// bare drops the path from err where the message names it already.
func bare(path string, err error) error {
	if pe, ok := err.(*fs.PathError); ok && pe.Path == path {
		return pe.Err
	}
	return err
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeDevice != 0:
		return "a device"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "something else"
}

func deviceName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return filepath.Base(path)
}
