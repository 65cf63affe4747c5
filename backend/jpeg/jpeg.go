// Package jpeg is a baseline JPEG codec for camera pictures.
// In: JPEG bytes or planar YCbCr. Out: planar YCbCr in the picture's own subsampling, or
// JPEG bytes, in buffers that serve picture after picture without allocation.
// It must never make RGB, read past its input, or trust a header with memory.
//
// Clause numbers in the comments are those of ITU-T T.81 (ISO/IEC 10918-1).
package jpeg

import (
	"errors"
	"fmt"
	"image"
)

var (
	// ErrFormat wraps every reason why bytes are not a whole, undamaged JPEG.
	ErrFormat = errors.New("malformed JPEG")
	// ErrUnsupported wraps what a JPEG may be and this codec does not read or write.
	ErrUnsupported = errors.New("unsupported JPEG")
)

// maxPixels bounds a picture, and with it the memory that decoding takes.
const maxPixels = 8192 * 8192

// Config is what the headers of a JPEG say about its picture.
type Config struct {
	Width, Height int // pixels, 1..65535, at most 8192*8192 together
	// Ratio is the subsampling of the planes that Decode returns: the stream's own, and
	// 4:2:0 for gray.
	Ratio image.YCbCrSubsampleRatio
	// Gray is set for a picture without chroma.
	Gray bool
	// Slow pictures, progressive, with a scan per component, RGB or CMYK, are decoded too, but by
	// image/jpeg into fresh memory, and they have no index.
	Slow bool
}

// Probe reads the headers up to the first scan and decodes nothing. It also fails for a
// scan too short to hold the picture, so a header that claims gigabytes has to come with
// the bytes for them. Errors wrap ErrFormat or ErrUnsupported.
func Probe(data []byte) (Config, error) {
	var h header
	if err := h.parse(data, nil); err != nil {
		return Config{}, err
	}
	return Config{
		Width:  h.width,
		Height: h.height,
		Ratio:  h.ratio,
		Gray:   h.gray(),
		Slow:   h.slow(),
	}, nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}
