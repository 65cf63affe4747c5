package frame

import (
	"fmt"
	"image"
)

// planesFor gives planes of that size and subsampling, reusing old where it fits.
func planesFor(old *image.YCbCr, w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	r := image.Rect(0, 0, w, h)
	if old != nil && old.Rect == r && old.SubsampleRatio == ratio && old.YStride == w {
		return old
	}
	return image.NewYCbCr(r, ratio)
}

// unpackYUYV splits packed 4:2:2 (Y0 Cb Y1 Cr) into planes of the same subsampling.
func unpackYUYV(src []byte, w, h int, old *image.YCbCr) (*image.YCbCr, error) {
	if w%2 != 0 {
		return old, fmt.Errorf("yuyv422 needs an even width, got %d", w)
	}
	n := w * h / 2 // pixel pairs
	if len(src) < 4*n {
		return old, fmt.Errorf("yuyv422 %dx%d needs %d bytes, got %d", w, h, 4*n, len(src))
	}
	im := planesFor(old, w, h, image.YCbCrSubsampleRatio422)
	src = src[:4*n]
	y, cb, cr := im.Y[:2*n], im.Cb[:n], im.Cr[:n]
	for i := range n {
		s := src[4*i : 4*i+4 : 4*i+4]
		y[2*i], y[2*i+1] = s[0], s[2]
		cb[i], cr[i] = s[1], s[3]
	}
	return im, nil
}

// unpackNV12 splits the interleaved chroma plane of 4:2:0.
func unpackNV12(src []byte, w, h int, old *image.YCbCr) (*image.YCbCr, error) {
	cn := ((w + 1) / 2) * ((h + 1) / 2)
	if len(src) < w*h+2*cn {
		return old, fmt.Errorf("nv12 %dx%d needs %d bytes, got %d", w, h, w*h+2*cn, len(src))
	}
	im := planesFor(old, w, h, image.YCbCrSubsampleRatio420)
	copy(im.Y, src[:w*h])
	uv := src[w*h : w*h+2*cn]
	cb, cr := im.Cb[:cn], im.Cr[:cn]
	for i := range cn {
		cb[i], cr[i] = uv[2*i], uv[2*i+1]
	}
	return im, nil
}

// unpackI420 copies planar 4:2:0, so that drawing never touches the camera's bytes.
func unpackI420(src []byte, w, h int, old *image.YCbCr) (*image.YCbCr, error) {
	cn := ((w + 1) / 2) * ((h + 1) / 2)
	if len(src) < w*h+2*cn {
		return old, fmt.Errorf("yuv420p %dx%d needs %d bytes, got %d", w, h, w*h+2*cn, len(src))
	}
	im := planesFor(old, w, h, image.YCbCrSubsampleRatio420)
	copy(im.Y, src[:w*h])
	copy(im.Cb, src[w*h:w*h+cn])
	copy(im.Cr, src[w*h+cn:w*h+2*cn])
	return im, nil
}
