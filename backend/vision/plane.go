package vision

import "image"

// plane is one component of a picture, or a part of it at a reduced scale.
type plane struct {
	pix    []uint8
	stride int
	w, h   int // pixels, at least 1
	// Where pixels lie in the picture: pixel x covers x0 + x*dx to x0 + (x+1)*dx.
	x0, y0, dx, dy float64
}

// planesOf are the three components at full scale. A picture that begins inside a chroma
// sample (a sub-image with an odd corner) has its chroma taken from the sample's start.
func planesOf(p *image.YCbCr) [3]plane {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	y := plane{pix: p.Y[p.YOffset(p.Rect.Min.X, p.Rect.Min.Y):], stride: p.YStride, w: w, h: h, dx: 1, dy: 1}
	rx, ry := subsampling(p.SubsampleRatio)
	c := plane{stride: p.CStride, w: (w + rx - 1) / rx, h: (h + ry - 1) / ry, dx: float64(rx), dy: float64(ry)}
	cb, cr, at := c, c, p.COffset(p.Rect.Min.X, p.Rect.Min.Y)
	cb.pix, cr.pix = p.Cb[at:], p.Cr[at:]
	return [3]plane{y, cb, cr}
}

// subsampling is how many pixels share a chroma sample, across and down.
func subsampling(r image.YCbCrSubsampleRatio) (x, y int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}
