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
	var coef [64]int32
	forward(src, stride, &coef)
	return q.quantize(&coef, out)
}

// forward transforms the 8x8 samples at src, rows stride bytes apart, into coef in natural
// order, scaled as above.
func forward(src []byte, stride int, coef *[64]int32) {
	for y := range 8 {
		s := (*[8]byte)(src[y*stride:])
		c := (*[8]int32)(coef[y*8:])
		x0, x1, x2, x3, x4, x5, x6, x7 := int32(s[0]), int32(s[1]), int32(s[2]), int32(s[3]), int32(s[4]), int32(s[5]), int32(s[6]), int32(s[7])
		s0, d0 := x0+x7, x0-x7
		s1, d1 := x1+x6, x1-x6
		s2, d2 := x2+x5, x2-x5
		s3, d3 := x3+x4, x3-x4

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		const shift = fixBits - passBits
		const round = 1 << (shift - 1)
		c[0], c[4] = (e0+e1)<<passBits, (e0-e1)<<passBits
		z1 := (e2+e3)*fix0541 + round
		c[2], c[6] = (z1+e3*fix0765)>>shift, (z1-e2*fix1847)>>shift

		z1, z2, z3, z4 := (d3+d0)*-fix0899, (d2+d1)*-fix2562, d3+d1, d2+d0
		z5 := (z3+z4)*fix1175 + round
		z3 = z5 - z3*fix1961
		z4 = z5 - z4*fix0390
		c[7] = (d3*fix0298 + z1 + z3) >> shift
		c[5] = (d2*fix2053 + z2 + z4) >> shift
		c[3] = (d1*fix3072 + z2 + z3) >> shift
		c[1] = (d0*fix1501 + z1 + z4) >> shift
	}
	for x := range 8 {
		c := coef[x:]
		_ = c[56]
		s0, d0 := c[0]+c[56], c[0]-c[56]
		s1, d1 := c[8]+c[48], c[8]-c[48]
		s2, d2 := c[16]+c[40], c[16]-c[40]
		s3, d3 := c[24]+c[32], c[24]-c[32]

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		const plainRound = 1 << (passBits - 1)
		const shift = fixBits + passBits
		const round = 1 << (shift - 1)
		c[0], c[32] = (e0+e1+plainRound)>>passBits, (e0-e1+plainRound)>>passBits
		z1 := (e2+e3)*fix0541 + round
		c[16], c[48] = (z1+e3*fix0765)>>shift, (z1-e2*fix1847)>>shift

		z1, z2, z3, z4 := (d3+d0)*-fix0899, (d2+d1)*-fix2562, d3+d1, d2+d0
		z5 := (z3+z4)*fix1175 + round
		z3 = z5 - z3*fix1961
		z4 = z5 - z4*fix0390
		c[56] = (d3*fix0298 + z1 + z3) >> shift
		c[40] = (d2*fix2053 + z2 + z4) >> shift
		c[24] = (d1*fix3072 + z2 + z3) >> shift
		c[8] = (d0*fix1501 + z1 + z4) >> shift
	}
	coef[0] -= 128 * 64 // the level shift (A.3.1) of 64 samples at once
}
