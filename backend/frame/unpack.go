package frame

import (
	"fmt"
	"image"
)

// maxSide is the longest side of a picture in pixels, JPEG's own limit.
const maxSide = 65535

// checkRaw says why the frame is no whole uncompressed picture: whatever passes can be
// unpacked.
func (f *Frame) checkRaw() error {
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide {
		return fmt.Errorf("size %dx%d is outside 1..%d", f.Width, f.Height, maxSide)
	}
	w, h := int64(f.Width), int64(f.Height) // the product exceeds 32 bits
	var need int64
	switch f.Format {
	case YUYV:
		if w%2 != 0 {
			return fmt.Errorf("%v needs an even width, got %d", f.Format, w)
		}
		need = 2 * w * h
	case NV12, I420:
		need = w*h + 2*((w+1)/2)*((h+1)/2)
	default:
		return fmt.Errorf("%v is no uncompressed format", f.Format)
	}
	if int64(len(f.Data)) < need {
		return fmt.Errorf("%v %dx%d needs %d bytes, got %d", f.Format, w, h, need, len(f.Data))
	}
	return nil
}

// ratio is the subsampling of an uncompressed format.
func (f Format) ratio() image.YCbCrSubsampleRatio {
	if f == YUYV {
		return image.YCbCrSubsampleRatio422
	}
	return image.YCbCrSubsampleRatio420
}

// unpack splits src into the planes of im, which has the format's subsampling and no gaps
// between its rows. src is long enough: checkRaw has seen it.
func (f Format) unpack(src []byte, im *image.YCbCr) {
	luma := im.Rect.Dx() * im.Rect.Dy()
	chroma := im.CStride * ((im.Rect.Dy() + 1) / 2)
	switch f {
	case YUYV:
		unpackYUYV(src[:2*luma], im)
	case NV12:
		copy(im.Y, src[:luma])
		deinterleave(src[luma:luma+2*chroma], im.Cb, im.Cr)
	case I420: // copied too, so that drawing never touches the camera's bytes
		copy(im.Y, src[:luma])
		copy(im.Cb, src[luma:luma+chroma])
		copy(im.Cr, src[luma+chroma:luma+2*chroma])
	}
}

// chunk is how many bytes of a camera's picture the assembly takes at once. The Go code
// does the rest, or all.
const chunk = 64

// unpackYUYV splits packed 4:2:2 (Y0 Cb Y1 Cr) into planes of the same subsampling.
func unpackYUYV(src []byte, im *image.YCbCr) {
	n := len(src) / 4 // pixel pairs
	y, cb, cr := im.Y[:2*n], im.Cb[:n], im.Cr[:n]
	done := 0
	if chunks := len(src) / chunk; useAVX2 && chunks > 0 {
		unpackYUYVAVX2(&src[0], &y[0], &cb[0], &cr[0], chunks)
		done = chunks * chunk / 4
	}
	for i := done; i < n; i++ {
		s := src[4*i : 4*i+4 : 4*i+4]
		y[2*i], y[2*i+1] = s[0], s[2]
		cb[i], cr[i] = s[1], s[3]
	}
}

// deinterleave splits CbCr pairs into the two planes.
func deinterleave(src, cb, cr []byte) {
	n := len(src) / 2
	cb, cr = cb[:n], cr[:n]
	done := 0
	if chunks := len(src) / chunk; useAVX2 && chunks > 0 {
		deinterleaveAVX2(&src[0], &cb[0], &cr[0], chunks)
		done = chunks * chunk / 2
	}
	for i := done; i < n; i++ {
		cb[i], cr[i] = src[2*i], src[2*i+1]
	}
}

// planesFor gives planes of that size and subsampling with no gaps between their rows, the
// old ones where they fit. Those of a JPEG decoder may have rows to spare at the end.
func planesFor(old *image.YCbCr, w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	r := image.Rect(0, 0, w, h)
	cw, ch := (w+1)/2, h
	if ratio == image.YCbCrSubsampleRatio420 {
		ch = (h + 1) / 2
	}
	if old != nil && old.Rect == r && old.SubsampleRatio == ratio && old.YStride == w && old.CStride == cw &&
		len(old.Y) >= w*h && len(old.Cb) >= cw*ch && len(old.Cr) >= cw*ch {
		return old
	}
	return image.NewYCbCr(r, ratio)
}
