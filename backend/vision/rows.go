package vision

import (
	"encoding/binary"
	"math"
)

// tap is where a tensor's column lies in a blended row: between the samples at the byte
// offsets a and b, f/256 of the way to b.
type tap struct{ a, b, f uint32 }

// tapsFor finds the columns from u on, which map into plane p.
func tapsFor(taps []tap, u int, m Affine, p plane) {
	for i := range taps {
		x := (m.XX*(float64(u+i)+0.5)+m.X0-p.x0)/p.dx - 0.5
		left, right, f := between(x, p.w)
		taps[i] = tap{uint32(lane(left, p.w)), uint32(lane(right, p.w)), uint32(f)}
	}
}

// between is the pair of n pixels around x, which counts from the first one's centre, and
// how many 256ths of the way x is to the second. Beyond the ends both are the end.
func between(x float64, n int) (a, b, f int) {
	x = min(max(x, 0), float64(n-1))
	a = int(x)
	return a, min(a+1, n-1), int(math.Round((x - float64(a)) * 256))
}

// blend mixes two rows, f/256 of b and the rest of a, into 16-bit numbers of 8.8 fixed
// point. It works on eight pixels at a time, the even and the odd ones in the lanes of a
// word each, and leaves them in that order: pixel x of w stands at lane(x, w).
func blend(dst []byte, a, b []uint8, f uint64) {
	g := 256 - f
	x := 0
	for ; x+8 <= len(a); x += 8 {
		p, q := binary.LittleEndian.Uint64(a[x:]), binary.LittleEndian.Uint64(b[x:])
		d := dst[2*x : 2*x+16]
		binary.LittleEndian.PutUint64(d, p&low*g+q&low*f)
		binary.LittleEndian.PutUint64(d[8:], p>>8&low*g+q>>8&low*f)
	}
	for ; x < len(a); x++ {
		binary.LittleEndian.PutUint16(dst[2*x:], uint16(uint64(a[x])*g+uint64(b[x])*f))
	}
}

// lane is the byte offset of pixel x in a blended row of w.
func lane(x, w int) int {
	if x >= w&^7 {
		return 2 * x
	}
	return 2 * (x&^7 + x&1*4 + x>>1&3)
}

// sample is the number at a byte offset of a blended row.
func sample(row []byte, at uint32) uint32 {
	high := row[uint64(at)+1] // first: it saves a check of bounds
	return uint32(row[at]) | uint32(high)<<8
}

// across samples a blended row at the taps, into 16.16 fixed point.
func across(dst []int32, row []byte, taps []tap) {
	taps = taps[:len(dst)]
	for i := range dst {
		t := taps[i]
		a, b := sample(row, t.a), sample(row, t.b)
		dst[i] = int32(a<<8 + (b-a)*t.f)
	}
}

// acrossBoth samples the rows of Cb and Cr at the same taps.
func acrossBoth(dst []uint64, cb, cr []byte, taps []tap) {
	cr, taps = cr[:len(cb)], taps[:len(dst)]
	for i := range dst {
		t := taps[i]
		a := both(sample(cb, t.a), sample(cr, t.a))
		b := both(sample(cb, t.b), sample(cr, t.b))
		dst[i] = a<<8 + (b-a)*uint64(t.f)
	}
}

// both are samples of Cb and Cr in the halves of a word, which can be reckoned with at once.
func both[V uint8 | int32 | uint32](cb, cr V) uint64 { return uint64(cb) | uint64(cr)<<32 }
