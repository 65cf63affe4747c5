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
	outside := [3]int32{int32(s.in.Pad), 128, 128}
	for v := range s.in.Height {
		for c := range planes {
			planes[c].along(s.line[c], m, v, s.in.Border, outside[c])
		}
		s.convert(dst, v)
	}
	return nil
}

// along samples row v of a tensor from p, into 16.16 fixed point.
func (p *plane) along(dst []int32, m Affine, v int, border Border, outside int32) {
	start := m.Point(Point{0.5, float64(v) + 0.5})
	// Half a 256th more, because the weights drop what is below.
	x, y := fixed((start.X-p.x0)/p.dx-0.5)+128, fixed((start.Y-p.y0)/p.dy-0.5)+128
	dx, dy := fixed(m.XX/p.dx), fixed(m.YX/p.dy)
	pix, stride, w, h := p.pix, p.stride, uint64(p.w-1), uint64(p.h-1)
	for u := range dst {
		if i, j := x>>16, y>>16; uint64(i) < w && uint64(j) < h {
			at := int(j)*stride + int(i)
			a, b := pix[at:at+2:at+2], pix[at+stride:at+stride+2:at+stride+2]
			fx, fy := int32(x>>8&255), int32(y>>8&255)
			upper := int32(a[0])<<8 + (int32(a[1])-int32(a[0]))*fx
			lower := int32(b[0])<<8 + (int32(b[1])-int32(b[0]))*fx
			dst[u] = upper<<8 + (lower-upper)*fy
		} else {
			dst[u] = p.edge(x, y, border, outside)
		}
		x += dx
		y += dy
	}
}

// edge samples p where not all four pixels around x, y (16.16 fixed point) are in it.
func (p *plane) edge(x, y int64, border Border, outside int32) int32 {
	at := func(i, j int) int32 {
		if border == Constant && (i < 0 || j < 0 || i >= p.w || j >= p.h) {
			return outside
		}
		return int32(p.pix[min(max(j, 0), p.h-1)*p.stride+min(max(i, 0), p.w-1)])
	}
	i, j := int(x>>16), int(y>>16)
	fx, fy := int32(x>>8&255), int32(y>>8&255)
	upper := at(i, j)<<8 + (at(i+1, j)-at(i, j))*fx
	lower := at(i, j+1)<<8 + (at(i+1, j+1)-at(i, j+1))*fx
	return upper<<8 + (lower-upper)*fy
}

// fixed is v in 16.16 fixed point.
func fixed(v float64) int64 { return int64(math.Round(v * one)) }
