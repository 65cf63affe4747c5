package vision

import (
	"fmt"
	"image"
	"math"
)

// Square is a square part of a picture, turned about its centre.
type Square struct {
	X, Y  float64 // the centre, picture pixels
	Side  float64 // picture pixels
	Angle float64 // radians; positive turns from x to y, clockwise on a screen
}

// Map leads from the pixels of a tensor of that size, whose width spans the square's side,
// to the picture's.
func (q Square) Map(width, height int) Affine {
	k := q.Side / float64(width)
	sin, cos := math.Sincos(q.Angle)
	m := Affine{XX: k * cos, XY: -k * sin, YX: k * sin, YY: k * cos}
	cx, cy := float64(width)/2, float64(height)/2
	m.X0 = q.X - m.XX*cx - m.XY*cy
	m.Y0 = q.Y - m.YX*cx - m.YY*cy
	return m
}

// Crop fills dst with what the map (Square.Map, from the tensor's pixels to the picture's)
// shows of the picture. It fails for an empty picture, for a dst of another length than
// Input.Len, and for a map that no picture of up to 65535 pixels a side comes near.
func (s *Sampler[T]) Crop(dst []T, p *image.YCbCr, m Affine) error {
	if err := s.check(dst, p); err != nil {
		return err
	}
	part := m.Box(Box{0, 0, float64(s.in.Width), float64(s.in.Height)})
	const far = 1 << 20
	if !finite(part.X0, part.Y0, part.X1, part.Y1) || min(part.X0, part.Y0) < -far || max(part.X1, part.Y1) > far {
		return fmt.Errorf("vision: a crop from %g,%g to %g,%g lies outside every picture", part.X0, part.Y0, part.X1, part.Y1)
	}
	planes := planesOf(p)
	step := min(math.Hypot(m.XX, m.YX), math.Hypot(m.XY, m.YY))
	for c := range planes {
		planes[c], s.reduced[c] = planes[c].reduce(s.reduced[c], step, part.X0, part.Y0, part.X1, part.Y1)
	}
	luma, cb, cr := &planes[0], &planes[1], &planes[2]
	for v := range s.in.Height {
		luma.along(s.luma, luma.ray(m, v), s.in.Border, s.in.Pad)
		alongBoth(s.chroma, cb, cr, cb.ray(m, v), s.in.Border)
		s.convert(dst, v)
	}
	return nil
}

// ray is where a row of the tensor lies in a plane: its first place, and the way to the next,
// in 16.16 fixed point.
type ray struct{ x, y, dx, dy int64 }

// ray is that of row v.
func (p *plane) ray(m Affine, v int) ray {
	start := m.Point(Point{0.5, float64(v) + 0.5})
	// Half a 256th more, because the weights drop what is below.
	return ray{
		fixed((start.X-p.x0)/p.dx-0.5) + 128, fixed((start.Y-p.y0)/p.dy-0.5) + 128,
		fixed(m.XX / p.dx), fixed(m.YX / p.dy),
	}
}

// to is the ray u places on.
func (r ray) to(u int) ray {
	r.x, r.y = r.x+int64(u)*r.dx, r.y+int64(u)*r.dy
	return r
}

// inside is the one run of n places on r that have all four pixels around them in p.
func (p *plane) inside(r ray, n int) (from, to int) {
	in := func(u int) bool {
		q := r.to(u)
		return uint64(q.x>>16) < uint64(p.w-1) && uint64(q.y>>16) < uint64(p.h-1)
	}
	for to = n; from < to && !in(from); from++ {
	}
	for from < to && !in(to-1) {
		to--
	}
	return from, to
}

// along samples p along r, into 16.16 fixed point.
func (p *plane) along(dst []int32, r ray, border Border, outside uint8) {
	from, to := p.inside(r, len(dst))
	for u := range dst[:from] {
		dst[u] = p.edge(r.to(u), border, outside)
	}
	for u := to; u < len(dst); u++ {
		dst[u] = p.edge(r.to(u), border, outside)
	}
	if from == to {
		return
	}
	pix, below, stride := p.pix, p.pix[p.stride:], uint64(p.stride)
	dst = dst[from:to]
	at, step := r.to(from).packed()
	for u := range dst {
		i, fx, fy := at.in(stride)
		b, a := int32(pix[i+1]), int32(pix[i]) // the right one first saves a check of bounds
		d, c := int32(below[i+1]), int32(below[i])
		upper, lower := a<<8+(b-a)*int32(fx), c<<8+(d-c)*int32(fx)
		dst[u] = upper<<8 + (lower-upper)*int32(fy)
		at += step
	}
}

// alongBoth samples Cb and Cr, whose planes are alike, along r.
func alongBoth(dst []uint64, cb, cr *plane, r ray, border Border) {
	from, to := cb.inside(r, len(dst))
	for u := range dst[:from] {
		dst[u] = both(cb.edge(r.to(u), border, 128), cr.edge(r.to(u), border, 128))
	}
	for u := to; u < len(dst); u++ {
		dst[u] = both(cb.edge(r.to(u), border, 128), cr.edge(r.to(u), border, 128))
	}
	if from == to {
		return
	}
	n, stride := min(len(cb.pix), len(cr.pix)), uint64(cb.stride)
	blue, red := cb.pix[:n], cr.pix[:n]
	blueBelow, redBelow := blue[stride:], red[stride:]
	redBelow = redBelow[:len(blueBelow)]
	dst = dst[from:to]
	at, step := r.to(from).packed()
	for u := range dst {
		i, fx, fy := at.in(stride)
		b, a := both(blue[i+1], red[i+1]), both(blue[i], red[i])
		d, c := both(blueBelow[i+1], redBelow[i+1]), both(blueBelow[i], redBelow[i])
		upper, lower := a<<8+(b-a)*fx, c<<8+(d-c)*fx
		dst[u] = upper<<8 + (lower-upper)*fy
		at += step
	}
}

// place is one inside a plane: y in the upper half, x in the lower, 16.16 fixed point.
type place uint64

// packed is the start of r, which is inside, and the way to the next.
func (r ray) packed() (at, step place) {
	return place(r.y<<32 + r.x), place(r.dy<<32 + r.dx)
}

// in is the index of the upper left of the four pixels around, and how many 256ths of the way
// to the right and lower ones the place is. The index has 32 bits, so that adding 1 is safe.
func (at place) in(stride uint64) (index, fx, fy uint64) {
	index = uint64(uint32(uint64(at)>>48*stride + uint64(uint16(at>>16))))
	return index, uint64(uint8(at >> 8)), uint64(uint8(at >> 40))
}

// edge samples p at the start of r, where not all four pixels around are in p.
func (p *plane) edge(r ray, border Border, outside uint8) int32 {
	x, y := min(max(r.x, 0), int64(p.w-1)*one), min(max(r.y, 0), int64(p.h-1)*one)
	i, j := int(x>>16), int(y>>16)
	fx, fy := int32(uint8(x>>8)), int32(uint8(y>>8))
	right, down := min(1, p.w-1-i), min(1, p.h-1-j)*p.stride
	pix := p.pix[j*p.stride+i:]
	a, b, c, d := int32(pix[0]), int32(pix[right]), int32(pix[down]), int32(pix[down+right])
	upper, lower := a<<8+(b-a)*fx, c<<8+(d-c)*fx
	v := upper<<8 + (lower-upper)*fy
	if border == Constant { // beyond half a pixel from the last one's centre nothing of p is left
		share := covered(r.x, p.w) * covered(r.y, p.h)
		v = int32((int64(v)*share + int64(outside)*one*(one-share)) >> 16)
	}
	return v
}

// covered is how many 256ths of what is interpolated at x come from n pixels.
func covered(x int64, n int) int64 {
	return min(max(min(x+one, int64(n)*one-x), 0), one) >> 8
}

// fixed is v in 16.16 fixed point.
func fixed(v float64) int64 { return int64(math.Round(v * one)) }
