package vision

import (
	"encoding/binary"
	"image"
)

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

// reduce averages a part of p, given in picture coordinates, so that it is sampled at
// step picture pixels without skipping any: by halving each side while a pixel covers less
// than half a step. buf is where the result goes; it comes back grown to what that took.
// Where there is nothing to halve the plane comes back as it is.
func (p plane) reduce(buf []uint8, step, left, top, right, bottom float64) (plane, []uint8) {
	nx, ny := halvings(step, p.dx), halvings(step, p.dy)
	if nx+ny == 0 {
		return p, buf
	}
	// A margin of one reduced pixel keeps the part's own border out of what is sampled.
	kx, ky := 1<<nx, 1<<ny
	x0, x1 := span(left/p.dx, right/p.dx, kx, p.w)
	y0, y1 := span(top/p.dy, bottom/p.dy, ky, p.h)
	p.pix = p.pix[y0*p.stride+x0:]
	p.w, p.h, p.x0, p.y0 = x1-x0, y1-y0, float64(x0)*p.dx, float64(y0)*p.dy
	w, h := p.w, p.h // after the first halving, the largest of them
	if nx > 0 {
		w = (w + 1) / 2
	}
	if ny > 0 {
		h = (h + 1) / 2
	}
	if len(buf) < w*h {
		buf = make([]uint8, w*h)
	}
	for nx+ny > 0 {
		sx, sy := min(nx, 1), min(ny, 1)
		p = p.halve(buf, sx == 1, sy == 1)
		nx, ny = nx-sx, ny-sy
	}
	return p, buf
}

// halvings is how often a pixel of size d may double before it exceeds the step.
func halvings(step, d float64) (n int) {
	for ; 2*d <= step && n < 12; n++ {
		d *= 2
	}
	return n
}

// span is the part of n pixels from lo to hi with a margin of k, on multiples of k, and
// never empty.
func span(lo, hi float64, k, n int) (int, int) {
	bound := func(v float64) int { return int(min(max(v, 0), float64(n))) }
	from := (bound(lo-float64(k)) / k) * k
	to := min((bound(hi+float64(k))/k+1)*k, n)
	from = min(from, (n-1)/k*k)
	return from, max(to, from+1)
}

// halve averages pixels by twos across, down or both, into dst, which may be the memory p
// lies in. An odd last row or column counts twice. Halves are rounded up in even rows and
// down in odd ones, or several halvings would brighten the picture.
func (p plane) halve(dst []uint8, across, down bool) plane {
	q := plane{w: p.w, h: p.h, x0: p.x0, y0: p.y0, dx: p.dx, dy: p.dy}
	if across {
		q.w, q.dx = (p.w+1)/2, 2*p.dx
	}
	if down {
		q.h, q.dy = (p.h+1)/2, 2*p.dy
	}
	q.pix, q.stride = dst[:q.w*q.h], q.w
	for y := range q.h {
		upper, lower := y, y
		if down {
			upper, lower = 2*y, min(2*y+1, p.h-1)
		}
		a, b := p.pix[upper*p.stride:][:p.w], p.pix[lower*p.stride:][:p.w]
		up := 1 - y&1
		if d := q.pix[y*q.stride:][:q.w]; across {
			halveRows(d, a, b, up)
		} else {
			averageRows(d, a, b, up)
		}
	}
	return q
}

// halveRows averages blocks of two by two, four at a time in the lanes of a word.
func halveRows(dst, a, b []uint8, up int) {
	n := len(a) / 2
	round := uint64(1+up) * lanes
	x := 0
	for ; x+4 <= n; x += 4 {
		s := pairs(a[2*x:]) + pairs(b[2*x:]) + round
		s = s >> 2 & (0xff * lanes)
		s |= s >> 8
		binary.LittleEndian.PutUint32(dst[x:], uint32(s&0xffff|s>>16&0xffff0000))
	}
	for ; x < n; x++ {
		dst[x] = uint8((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 1 + up) / 4)
	}
	if n < len(dst) {
		dst[n] = uint8((int(a[2*n]) + int(b[2*n]) + up) / 2)
	}
}

func averageRows(dst, a, b []uint8, up int) {
	for x := range dst {
		dst[x] = uint8((int(a[x]) + int(b[x]) + up) / 2)
	}
}

// lanes is 1 in each of the four 16-bit lanes of a word.
const lanes = 0x0001000100010001

// pairs adds neighbouring pixels: four sums of two, in the lanes of a word.
func pairs(p []uint8) uint64 {
	w := binary.LittleEndian.Uint64(p)
	return w&(0xff*lanes) + w>>8&(0xff*lanes)
}
