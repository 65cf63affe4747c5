package jpeg

import "math/bits"

// scaledQuant is the example table for a quality of 1..100, in zig-zag order, scaled as
// the Independent JPEG Group's library does.
func scaledQuant(example *[64]uint8, quality int) (scaled [64]uint8) {
	percent := 200 - 2*quality
	if quality < 50 {
		percent = 5000 / quality
	}
	for k, place := range zigzag {
		scaled[k] = uint8(min(max((int(example[place])*percent+50)/100, 1), 255))
	}
	return scaled
}

// quantizer divides by a quantization table and by forward's 8 at once, which is to multiply
// with a reciprocal rounded up (Granlund and Montgomery, "Division by invariant integers
// using multiplication", PLDI 1994, theorem 4.2): n/d is exactly
//
//	(n * (1<<(15+l)/d + 1)) >> (15+l)    for n below 1<<15 and d of up to 1<<l
//
// That is for vectors of 16-bit numbers: 15+l comes in two, 16 and the rest as the high half
// of another product. See divide for single numbers. Natural order.
type quantizer struct {
	half       [64]uint16 // d/2, for rounding vectors
	factor     [64]uint16 // 1<<(15+l)/d + 1
	scale      [64]uint16 // 1<<(17-l)
	reciprocal [64]uint32 // 1<<32/d + 1
}

// newQuantizer prepares a table in zig-zag order. Its elements are 1..4095.
func newQuantizer[T uint8 | uint16](table *[64]T) (q quantizer) {
	for k, place := range zigzag {
		d := 8 * int(table[k])
		l := bits.Len(uint(d - 1))
		q.half[place] = uint16(d / 2)
		q.factor[place] = uint16(1<<(15+l)/d + 1)
		q.scale[place] = uint16(1 << (17 - l))
		q.reciprocal[place] = uint32(1<<32/uint64(d) + 1)
	}
	return q
}

// quantize rounds coef's quotients into out (A.3.4), halves away from zero, in natural
// order, and returns which of them are not zero, a bit for each zig-zag position: most are
// zero, and with the mask the entropy coder never looks at those. coef must be forward's.
func (q *quantizer) quantize(coef *pairs, out *[64]int16) (mask uint64) {
	for row := range 8 {
		c, o, r := (*[4]int64)(coef[4*row:]), (*[8]int16)(out[8*row:]), (*[8]uint32)(q.reciprocal[8*row:])
		v0, v1 := divide(left(c[0], columnBits), r[0]), divide(right(c[0], columnBits), r[1])
		v2, v3 := divide(left(c[1], columnBits), r[2]), divide(right(c[1], columnBits), r[3])
		v4, v5 := divide(left(c[2], columnBits), r[4]), divide(right(c[2], columnBits), r[5])
		v6, v7 := divide(left(c[3], columnBits), r[6]), divide(right(c[3], columnBits), r[7])
		o[0], o[1], o[2], o[3] = int16(v0), int16(v1), int16(v2), int16(v3)
		o[4], o[5], o[6], o[7] = int16(v4), int16(v5), int16(v6), int16(v7)
		if v0|v1|v2|v3|v4|v5|v6|v7 == 0 {
			continue
		}
		columns := sign(v0) | sign(v1)<<1 | sign(v2)<<2 | sign(v3)<<3 |
			sign(v4)<<4 | sign(v5)<<5 | sign(v6)<<6 | sign(v7)<<7
		mask |= zigzagMask[row][columns&0xff]
	}
	return mask
}

// divide rounds c over the divisor d of which this is the reciprocal. That is a little too
// large, which takes halves away from zero, whichever sign they have, and changes nothing else
// as long as |c|*d is below 1<<31: forward makes no coefficient beyond 1<<14, and d is 8*maxStep
// at most.
func divide(c int64, reciprocal uint32) int64 { return (c*int64(reciprocal) + 1<<31) >> 32 }

// sign is 1 for what is not zero: such a number or its negative has the sign bit.
func sign(v int64) uint64 { return uint64(v|-v) >> 63 }

// zigzagMask moves a row's mask of natural columns to zig-zag positions.
var zigzagMask = func() (m [8][256]uint64) {
	for k, place := range zigzag {
		for columns := range 256 {
			if columns>>(place&7)&1 != 0 {
				m[place>>3][columns] |= 1 << k
			}
		}
	}
	return m
}()

// magnitude is the number of value bits of v (table F.1), 0 for 0.
func magnitude(v int32) uint {
	sign := v >> 31
	return uint(bits.Len32(uint32(v ^ sign - sign)))
}
