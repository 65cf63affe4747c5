package vision

import "encoding/binary"

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
	for min(nx, ny) >= 2 && p.w%4 == 0 && p.h%4 == 0 {
		p = p.quarter(buf)
		nx, ny = nx-2, ny-2
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
		up := uint64(1 - y&1)
		if d := q.pix[y*q.stride:][:q.w]; across {
			halveRows(d, a, b, up)
		} else {
			averageRows(d, a, b, up)
		}
	}
	return q
}

// quarter halves both sides twice, in less time and with one rounding. They are multiples of 4.
func (p plane) quarter(dst []uint8) plane {
	q := plane{w: p.w / 4, h: p.h / 4, x0: p.x0, y0: p.y0, dx: 4 * p.dx, dy: 4 * p.dy}
	q.pix, q.stride = dst[:q.w*q.h], q.w
	for y := range q.h {
		row := func(i int) []uint8 { return p.pix[(4*y+i)*p.stride:][:p.w] }
		quarterRows(q.pix[y*q.stride:][:q.w], row(0), row(1), row(2), row(3), uint64(1-y&1))
	}
	return q
}

// The sums of neighbours stand in the 16-bit lanes of a word: lanes is 1 in each, low in
// their lower halves.
const (
	lanes = 0x0001000100010001
	low   = 0xff * lanes
)

// pairs adds neighbouring pixels, eight to four sums.
func pairs(p []uint8) uint64 {
	w := binary.LittleEndian.Uint64(p)
	return w&low + w>>8&low
}

// packed is the lower halves of the lanes side by side.
func packed(w uint64) uint64 {
	w = (w | w>>8) & 0x0000ffff0000ffff
	return uint64(uint32(w | w>>16))
}

// halveRows averages blocks of two by two.
func halveRows(dst, a, b []uint8, up uint64) {
	round := (1 + up) * lanes
	for len(a) >= 16 && len(b) >= 16 && len(dst) >= 8 {
		left, right := pairs(a)+pairs(b)+round, pairs(a[8:])+pairs(b[8:])+round
		binary.LittleEndian.PutUint64(dst, packed(left>>2&low)|packed(right>>2&low)<<32)
		a, b, dst = a[16:], b[16:], dst[8:]
	}
	for x := range dst {
		l, r := 2*x, min(2*x+1, len(a)-1)
		dst[x] = uint8((uint64(a[l]) + uint64(a[r]) + uint64(b[l]) + uint64(b[r]) + 1 + up) / 4)
	}
}

// averageRows averages pixels with those below.
func averageRows(dst, a, b []uint8, up uint64) {
	flip := -up // what is rounded down in the negative is rounded up
	for len(a) >= 8 && len(b) >= 8 && len(dst) >= 8 {
		v, w := binary.LittleEndian.Uint64(a)^flip, binary.LittleEndian.Uint64(b)^flip
		binary.LittleEndian.PutUint64(dst, (v&w+(v^w)>>1&0x7f7f7f7f7f7f7f7f)^flip)
		a, b, dst = a[8:], b[8:], dst[8:]
	}
	for x := range dst {
		dst[x] = uint8((uint64(a[x]) + uint64(b[x]) + up) / 2)
	}
}

// quarterRows averages blocks of four by four.
func quarterRows(dst, a, b, c, d []uint8, up uint64) {
	const even = 0x0000ffff0000ffff
	round := (7 + up) * lanes
	for len(a) >= 16 && len(b) >= 16 && len(c) >= 16 && len(d) >= 16 && len(dst) >= 4 {
		left, right := pairs(a)+pairs(b)+pairs(c)+pairs(d), pairs(a[8:])+pairs(b[8:])+pairs(c[8:])+pairs(d[8:])
		s := left&even + left>>16&even + (right&even+right>>16&even)<<16 + round
		s = s >> 4 & low // pixels 0, 2, 1, 3
		binary.LittleEndian.PutUint32(dst, uint32(s|s>>24&0xff00|s&0xff0000|s>>24&0xff000000))
		a, b, c, d, dst = a[16:], b[16:], c[16:], d[16:], dst[4:]
	}
	for x := range dst {
		s := 7 + up
		for _, row := range [...][]uint8{a, b, c, d} {
			for _, v := range row[4*x:][:4] {
				s += uint64(v)
			}
		}
		dst[x] = uint8(s / 16)
	}
}
