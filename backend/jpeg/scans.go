package jpeg

import (
	"bytes"
	"errors"
	"image"
	stdjpeg "image/jpeg"
)

// maxScans is far more than any encoder makes. A scan of end-of-band runs costs its
// sender ten bytes and us a walk over the whole picture, so they have to be counted.
const maxScans = 100

// decodeScans decodes what is spread over several scans, progressive or a scan per
// component, with image/jpeg. Cameras do not send such pictures; still files may be so.
func decodeScans(data []byte, dst *image.YCbCr) (*image.YCbCr, error) {
	// Inside entropy-coded data a zero follows every 0xFF, so this misses no scan.
	if n := bytes.Count(data, []byte{0xff, markSOS}); n > maxScans {
		return dst, unsupported("it has %d scans, %d are the most", n, maxScans)
	}
	im, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		if _, ok := errors.AsType[stdjpeg.UnsupportedError](err); ok {
			return dst, unsupported("%w", err)
		}
		return dst, malformed("%w", err)
	}
	switch im := im.(type) {
	case *image.YCbCr:
		return im, nil
	case *image.Gray:
		return colourable(im), nil
	}
	return dst, unsupported("its colours are RGB, not YCbCr")
}

// colourable gives a gray picture neutral chroma.
func colourable(im *image.Gray) *image.YCbCr {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	out := image.NewYCbCr(image.Rect(0, 0, (w+15)&^15, (h+15)&^15), image.YCbCrSubsampleRatio420)
	out.Rect = image.Rect(0, 0, w, h)
	for y := range h {
		copy(out.Y[y*out.YStride:][:w], im.Pix[y*im.Stride:])
	}
	fill(out.Cb, 128)
	fill(out.Cr, 128)
	return out
}
