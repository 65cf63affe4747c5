package jpeg

import (
	"math"
	"math/bits"
)

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

// quantizer divides by a quantization table and forward's scale at once, by multiplying
// with the reciprocal in quantBits fractional bits. Natural order.
type quantizer [64]int64

const quantBits = 24

// newQuantizer prepares a table in zig-zag order.
func newQuantizer(table *[64]uint8) (q quantizer) {
	for k, place := range zigzag {
		scale := 8 * (1 << forwardBits) * forwardScale[place>>3] * forwardScale[place&7]
		q[place] = int64(math.Round((1 << quantBits) / (scale * float64(table[k]))))
	}
	return q
}

// quantize rounds coef's quotients into out (A.3.4), in natural order, and returns which
// of them are not zero, a bit for each zig-zag position: most are zero, and with the mask
// the entropy coder never looks at those.
func (q *quantizer) quantize(coef *[64]int32, out *[64]int16) (mask uint64) {
	const half = 1 << (quantBits - 1)
	for row := range 8 {
		c, r, o := (*[8]int32)(coef[8*row:]), (*[8]int64)(q[8*row:]), (*[8]int16)(out[8*row:])
		v0 := (int64(c[0])*r[0] + half) >> quantBits
		v1 := (int64(c[1])*r[1] + half) >> quantBits
		v2 := (int64(c[2])*r[2] + half) >> quantBits
		v3 := (int64(c[3])*r[3] + half) >> quantBits
		v4 := (int64(c[4])*r[4] + half) >> quantBits
		v5 := (int64(c[5])*r[5] + half) >> quantBits
		v6 := (int64(c[6])*r[6] + half) >> quantBits
		v7 := (int64(c[7])*r[7] + half) >> quantBits
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
