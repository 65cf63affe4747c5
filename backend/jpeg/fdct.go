package jpeg

// The forward DCT (A.3.3) is the mirror image of the inverse one in idct.go, in the same
// fixed point, rows first. Its coefficients are 8 times those of the standard: the quantizer
// divides anyway.

// forwardQuantize transforms the 8x8 samples at src, rows stride bytes apart, and divides
// by q: see quantize.
func forwardQuantize(src []byte, stride int, q *quantizer, out *[64]int16) (mask uint64) {
	if useAVX2 {
		_ = src[7*stride+7] // the assembly does not check
		return forwardQuantizeAVX2(&src[0], stride, q, out)
	}
	var coef pairs
	forward(src, stride, &coef)
	return q.quantize(&coef, out)
}

// pairs are 64 numbers in natural order, two neighbours in each int64: the left one plus the
// right one times 1<<32. Sums, and products with a constant, come out right for both at once
// as long as each stays within 32 bits.
type pairs [32]int64

// pair packs two numbers.
func pair(left, right int64) int64 { return left + right<<32 }

// left is the left number without its lowest bits, rounded down.
func left(p int64, bits uint) int64 { return int64(int32(p)) >> (bits & 31) }

// right is the right number without its lowest bits, rounded down. A negative left one has
// borrowed 1 of it.
func right(p int64, bits uint) int64 { return (p + 1<<31) >> (32 + bits&31) }

// columnBits is how many bits of fraction forward leaves to its coefficients, one half added.
const columnBits = fixBits + passBits

// forward transforms the 8x8 samples at src, rows stride bytes apart, into coef, scaled as
// above and with columnBits of fraction. It takes two columns at a time.
func forward(src []byte, stride int, coef *pairs) {
	for y := range 8 {
		s := (*[8]byte)(src[y*stride:])
		c := (*[4]int64)(coef[y*4:])
		x0, x1, x2, x3, x4, x5, x6, x7 := int64(s[0]), int64(s[1]), int64(s[2]), int64(s[3]), int64(s[4]), int64(s[5]), int64(s[6]), int64(s[7])
		s0, d0 := x0+x7, x0-x7
		s1, d1 := x1+x6, x1-x6
		s2, d2 := x2+x5, x2-x5
		s3, d3 := x3+x4, x3-x4

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		const shift = fixBits - passBits
		const round = 1 << (shift - 1)
		const level = 8 * 128 // the level shift (A.3.1) of a row
		z := (e2+e3)*fix0541 + round
		z1, z2, z3, z4 := (d3+d0)*-fix0899, (d2+d1)*-fix2562, d3+d1, d2+d0
		z5 := (z3+z4)*fix1175 + round
		z3 = z5 - z3*fix1961
		z4 = z5 - z4*fix0390
		c[0] = pair((e0+e1-level)<<passBits, (d0*fix1501+z1+z4)>>shift)
		c[1] = pair((z+e3*fix0765)>>shift, (d1*fix3072+z2+z3)>>shift)
		c[2] = pair((e0-e1)<<passBits, (d2*fix2053+z2+z4)>>shift)
		c[3] = pair((z-e2*fix1847)>>shift, (d3*fix0298+z1+z3)>>shift)
	}
	for x := range 4 {
		c := coef[x:]
		_ = c[28]
		s0, d0 := c[0]+c[28], c[0]-c[28]
		s1, d1 := c[4]+c[24], c[4]-c[24]
		s2, d2 := c[8]+c[20], c[8]-c[20]
		s3, d3 := c[12]+c[16], c[12]-c[16]

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		const half = 1 << (columnBits - 1)
		const round = half + half<<32
		c[0], c[16] = (e0+e1)<<fixBits+round, (e0-e1)<<fixBits+round
		z1 := (e2+e3)*fix0541 + round
		c[8], c[24] = z1+e3*fix0765, z1-e2*fix1847

		z1, z2, z3, z4 := (d3+d0)*-fix0899, (d2+d1)*-fix2562, d3+d1, d2+d0
		z5 := (z3+z4)*fix1175 + round
		z3 = z5 - z3*fix1961
		z4 = z5 - z4*fix0390
		c[28] = d3*fix0298 + z1 + z3
		c[20] = d2*fix2053 + z2 + z4
		c[12] = d1*fix3072 + z2 + z3
		c[4] = d0*fix1501 + z1 + z4
	}
}
