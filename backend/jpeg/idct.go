package jpeg

import "encoding/binary"

// The inverse DCT (A.3.3) by the factorization of Loeffler, Ligtenberg and Moschytz
// ("Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989), in the
// fixed point of libjpeg's accurate integer transform: constants with fixBits fractional
// bits, and passBits more precision kept between the two passes.
const (
	fixBits  = 13
	passBits = 2

	fix0298 = 2446  // 0.298631336
	fix0390 = 3196  // 0.390180644
	fix0541 = 4433  // 0.541196100
	fix0765 = 6270  // 0.765366865
	fix0899 = 7373  // 0.899976223
	fix1175 = 9633  // 1.175875602
	fix1501 = 12299 // 1.501321110
	fix1847 = 15137 // 1.847759065
	fix1961 = 16069 // 1.961570560
	fix2053 = 16819 // 2.053119869
	fix2562 = 20995 // 2.562915447
	fix3072 = 25172 // 3.072711026
)

// lastInCorner is the last zig-zag position up to which all coefficients lie in the
// top-left 4x4 corner.
const lastInCorner = 9

// inverse transforms dequantized coefficients in natural order into 8>>shift rows of as
// many samples at dst, stride bytes apart, and leaves coef zero for the next block. last is
// the zig-zag position of the last coefficient that may differ from zero: most blocks of a
// camera picture need a fraction of the full transform only.
func inverse(coef *[64]int32, last, shift int, dst []byte, stride int) {
	switch {
	case shift > 0:
		inverseReduced(coef, last, dst, stride)
	case last == 0:
		inverseFlat(coef, dst, stride)
	case !useAVX2:
		if last <= lastInCorner {
			inverseCorner(coef, dst, stride)
		} else {
			inverseFull(coef, dst, stride)
		}
	default:
		_ = dst[7*stride+7] // the assembly does not check
		if last <= lastInCorner {
			inverseCornerAVX2(coef, &dst[0], stride)
		} else {
			inverseFullAVX2(coef, &dst[0], stride)
		}
	}
}

// inverseFlat handles a lone DC coefficient, eight times the block's mean.
func inverseFlat(coef *[64]int32, dst []byte, stride int) {
	row := uint64(clamp((coef[0]+4)>>3+128)) * 0x0101010101010101
	coef[0] = 0
	for y := range 8 {
		binary.NativeEndian.PutUint64(dst[y*stride:], row)
	}
}

// Each pass ends in a shift: the columns' keeps passBits, the rows' takes those, fixBits
// and the transform's factor of 8 away, after adding one half and the level shift of
// A.3.1.
const (
	columnShift = fixBits - passBits
	columnRound = 1 << (columnShift - 1)
	rowShift    = fixBits + passBits + 3
	rowRound    = 1<<(rowShift-1) + 128<<rowShift
)

func inverseFull(coef *[64]int32, dst []byte, stride int) {
	for x := range 8 {
		c := coef[x:]
		_ = c[56]
		if c[8]|c[16]|c[24]|c[32]|c[40]|c[48]|c[56] == 0 { // a flat column, quite common
			v := (c[0]<<fixBits + columnRound) >> columnShift // wraps as below
			c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56] = v, v, v, v, v, v, v, v
			continue
		}
		z := (c[16] + c[48]) * fix0541
		t2 := z - c[48]*fix1847
		t3 := z + c[16]*fix0765
		t0 := (c[0]+c[32])<<fixBits + columnRound
		t1 := (c[0]-c[32])<<fixBits + columnRound
		e0, e1, e2, e3 := t0+t3, t1+t2, t1-t2, t0-t3

		o0, o1, o2, o3 := c[56], c[40], c[24], c[8]
		z1 := (o0 + o3) * -fix0899
		z2 := (o1 + o2) * -fix2562
		z3, z4 := o0+o2, o1+o3
		z5 := (z3 + z4) * fix1175
		z3 = z5 - z3*fix1961
		z4 = z5 - z4*fix0390
		o0 = o0*fix0298 + z1 + z3
		o1 = o1*fix2053 + z2 + z4
		o2 = o2*fix3072 + z2 + z3
		o3 = o3*fix1501 + z1 + z4

		c[0], c[56] = (e0+o3)>>columnShift, (e0-o3)>>columnShift
		c[8], c[48] = (e1+o2)>>columnShift, (e1-o2)>>columnShift
		c[16], c[40] = (e2+o1)>>columnShift, (e2-o1)>>columnShift
		c[24], c[32] = (e3+o0)>>columnShift, (e3-o0)>>columnShift
	}
	for y := range 8 {
		c := (*[8]int32)(coef[y*8:])
		z := (c[2] + c[6]) * fix0541
		t2 := z - c[6]*fix1847
		t3 := z + c[2]*fix0765
		t0 := (c[0]+c[4])<<fixBits + rowRound
		t1 := (c[0]-c[4])<<fixBits + rowRound
		e0, e1, e2, e3 := t0+t3, t1+t2, t1-t2, t0-t3

		o0, o1, o2, o3 := c[7], c[5], c[3], c[1]
		z1 := (o0 + o3) * -fix0899
		z2 := (o1 + o2) * -fix2562
		z3, z4 := o0+o2, o1+o3
		z5 := (z3 + z4) * fix1175
		z3 = z5 - z3*fix1961
		z4 = z5 - z4*fix0390
		o0 = o0*fix0298 + z1 + z3
		o1 = o1*fix2053 + z2 + z4
		o2 = o2*fix3072 + z2 + z3
		o3 = o3*fix1501 + z1 + z4

		putRow(dst[y*stride:], e0, e1, e2, e3, o0, o1, o2, o3)
	}
	*coef = [64]int32{}
}

// inverseCorner is inverseFull without the terms of coefficients outside the corner.
func inverseCorner(coef *[64]int32, dst []byte, stride int) {
	for x := range 4 {
		c := coef[x:]
		_ = c[56]
		t2 := c[16] * fix0541
		t3 := c[16] * (fix0541 + fix0765)
		t0 := c[0]<<fixBits + columnRound
		e0, e1, e2, e3 := t0+t3, t0+t2, t0-t2, t0-t3

		o2, o3 := c[24], c[8]
		z1, z2 := o3*-fix0899, o2*-fix2562
		z5 := (o2 + o3) * fix1175
		z3 := z5 - o2*fix1961
		z4 := z5 - o3*fix0390
		o0, o1 := z1+z3, z2+z4
		o2 = o2*fix3072 + z2 + z3
		o3 = o3*fix1501 + z1 + z4

		c[0], c[56] = (e0+o3)>>columnShift, (e0-o3)>>columnShift
		c[8], c[48] = (e1+o2)>>columnShift, (e1-o2)>>columnShift
		c[16], c[40] = (e2+o1)>>columnShift, (e2-o1)>>columnShift
		c[24], c[32] = (e3+o0)>>columnShift, (e3-o0)>>columnShift
	}
	for y := range 8 {
		c := (*[4]int32)(coef[y*8:])
		t2 := c[2] * fix0541
		t3 := c[2] * (fix0541 + fix0765)
		t0 := c[0]<<fixBits + rowRound
		e0, e1, e2, e3 := t0+t3, t0+t2, t0-t2, t0-t3

		o2, o3 := c[3], c[1]
		z1, z2 := o3*-fix0899, o2*-fix2562
		z5 := (o2 + o3) * fix1175
		z3 := z5 - o2*fix1961
		z4 := z5 - o3*fix0390
		o0, o1 := z1+z3, z2+z4
		o2 = o2*fix3072 + z2 + z3
		o3 = o3*fix1501 + z1 + z4

		putRow(dst[y*stride:], e0, e1, e2, e3, o0, o1, o2, o3)
		*c = [4]int32{}
	}
}

// putRow adds up the even and odd halves of a row and stores its samples.
func putRow(dst []byte, e0, e1, e2, e3, o0, o1, o2, o3 int32) {
	d := (*[8]byte)(dst)
	d[0], d[7] = clamp((e0+o3)>>rowShift), clamp((e0-o3)>>rowShift)
	d[1], d[6] = clamp((e1+o2)>>rowShift), clamp((e1-o2)>>rowShift)
	d[2], d[5] = clamp((e2+o1)>>rowShift), clamp((e2-o1)>>rowShift)
	d[3], d[4] = clamp((e3+o0)>>rowShift), clamp((e3-o0)>>rowShift)
}

// clamp limits v to 0..255.
func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31)) // 0 below, 255 above
	}
	return uint8(v)
}
