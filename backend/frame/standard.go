package frame

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
)

// decodeStandard decodes with image/jpeg, which reads neither cameras that leave the Huffman
// tables out nor pictures without an end.
func (f *Frame) decodeStandard() error {
	im, err := stdjpeg.Decode(bytes.NewReader(f.Data))
	if err == nil {
		switch im := im.(type) {
		case *image.YCbCr:
			f.planes = im
		default:
			err = fmt.Errorf("the standard picture path takes no %T", im)
		}
	}
	if err == nil {
		err = f.checkSize(f.planes.Rect.Dx(), f.planes.Rect.Dy())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}
