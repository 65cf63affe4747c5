package frame

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
)

// decodeStandard decodes with image/jpeg, into new planes. It reads neither cameras that leave
// the Huffman tables out nor pictures without an end.
func decodeStandard(data []byte, old *image.YCbCr) (*image.YCbCr, error) {
	im, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return old, err
	}
	planes, ok := im.(*image.YCbCr)
	if !ok {
		return old, fmt.Errorf("the standard picture path takes no %T", im)
	}
	return planes, nil
}
