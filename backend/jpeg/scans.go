package jpeg

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
)

// maxScans is far more than any encoder makes. A scan of end-of-band runs costs its
// sender ten bytes and us a walk over the whole picture, so they have to be counted.
const maxScans = 100

// decodeSlowly decodes with image/jpeg what is spread over several scans, progressive or a scan
// per component, and what is RGB or CMYK. Cameras do not send such pictures; still files may be
// so.
func decodeSlowly(data []byte, shift int, dst *image.YCbCr) (*image.YCbCr, error) {
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
		return im, shrink(im, shift)
	case *image.Gray:
		out := colourable(im)
		return out, shrink(out, shift)
	}
	out := converted(im)
	return out, shrink(out, shift)
}

// converted is a picture in RGB or CMYK in YCbCr, without subsampling.
func converted(im image.Image) *image.YCbCr {
	r := im.Bounds()
	out := image.NewYCbCr(image.Rectangle{Max: r.Size()}, image.YCbCrSubsampleRatio444)
	for y := range r.Dy() {
		for x := range r.Dx() {
			c := color.YCbCrModel.Convert(im.At(r.Min.X+x, r.Min.Y+y)).(color.YCbCr)
			at := y*out.YStride + x
			out.Y[at], out.Cb[at], out.Cr[at] = c.Y, c.Cb, c.Cr
		}
	}
	return out
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

// shrink reduces im in its own memory: each sample becomes the mean of those it stands for
// inside the picture.
func shrink(im *image.YCbCr, shift int) error {
	if shift == 0 {
		return nil
	}
	planes, err := split(im)
	if err != nil {
		return err
	}
	for i := range planes {
		planes[i].shrink(shift)
	}
	im.Rect = reducedRect(im.Rect.Dx(), im.Rect.Dy(), shift)
	return nil
}

// shrink keeps the stride, so a sample is written where none is read any more.
func (p *plane) shrink(shift int) {
	side := 1 << shift
	for y := 0; y < p.h; y += side {
		rows := min(side, p.h-y)
		for x := 0; x < p.w; x += side {
			columns := min(side, p.w-x)
			n := rows * columns
			sum := n / 2
			for i := range rows {
				for _, v := range p.samples[(y+i)*p.stride+x:][:columns] {
					sum += int(v)
				}
			}
			p.samples[y>>shift*p.stride+x>>shift] = uint8(sum / n)
		}
	}
}
