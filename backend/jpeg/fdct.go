package jpeg

// The forward DCT (A.3.3) by the factorization of Arai, Agui and Nakajima ("A fast
// DCT-SQ scheme for images", Trans. IEICE E-71, 1988). It leaves coefficient (v, u) too
// large by the factor 8 * forwardScale[v] * forwardScale[u], which costs nothing to undo:
// the quantizer divides anyway.
var forwardScale = [8]float64{
	1, 1.3870398453221475, 1.3065629648763766, 1.1758756024193588,
	1, 0.7856949583871022, 0.5411961001461971, 0.2758993792829431,
}

const (
	forwardBits  = 3  // more precision kept in the result: coefficients are 1<<3 too large
	forwardConst = 13 // fractional bits of the constants below

	c0382 = 3135  // 0.382683433
	c0541 = 4433  // 0.541196100
	c0707 = 5793  // 0.707106781
	c1306 = 10703 // 1.306562965
)

// lanes are two signed 32-bit numbers in one 64-bit register: value = low + high<<32,
// with a negative low borrowing from high. Sums, differences and products with a constant
// then are right in both halves at the price of one, as long as neither overflows; only
// shifting right needs them apart. Largest here are sums of products below 2^30.
type lanes = int64

func pack(low, high int64) lanes { return low + high<<32 }
func low(v lanes) int64          { return int64(int32(v)) }
func high(v lanes) int64         { return (v + 1<<31) >> 32 }

// rounding is r in both halves.
func rounding(r int64) lanes { return pack(r, r) }

// forward transforms the 8x8 samples at src, rows stride bytes apart, into coef in natural
// order, scaled as above. Rows go in pairs, two to a register, and then columns. The
// transform is written out for each: calls would cost the encoder a tenth of its speed.
func forward(src []byte, stride int, coef *[64]int32) {
	var mid [32]lanes // four registers a row: columns 0 and 1, 2 and 3, …
	for y := 0; y < 8; y += 2 {
		a, b := (*[8]byte)(src[y*stride:]), (*[8]byte)(src[(y+1)*stride:])
		x0, x1, x2, x3, x4, x5, x6, x7 :=
			pack(int64(a[0]), int64(b[0])), pack(int64(a[1]), int64(b[1])),
			pack(int64(a[2]), int64(b[2])), pack(int64(a[3]), int64(b[3])),
			pack(int64(a[4]), int64(b[4])), pack(int64(a[5]), int64(b[5])),
			pack(int64(a[6]), int64(b[6])), pack(int64(a[7]), int64(b[7]))
		s0, d0 := x0+x7, x0-x7
		s1, d1 := x1+x6, x1-x6
		s2, d2 := x2+x5, x2-x5
		s3, d3 := x3+x4, x3-x4

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		z1 := (e2 + e3) * c0707
		y0, y4 := e0+e1, e0-e1
		y2, y6 := e3<<forwardConst+z1, e3<<forwardConst-z1

		o0, o1, o2 := d3+d2, d2+d1, d1+d0
		z5 := (o0 - o2) * c0382
		z2 := o0*c0541 + z5
		z4 := o2*c1306 + z5
		z3 := o1 * c0707
		p, q := d0<<forwardConst+z3, d0<<forwardConst-z3
		y5, y3 := q+z2, q-z2
		y1, y7 := p+z4, p-z4

		const shift = forwardConst - forwardBits
		const round = 1 << (shift - 1)
		y1, y2, y3 = y1+rounding(round), y2+rounding(round), y3+rounding(round)
		y5, y6, y7 = y5+rounding(round), y6+rounding(round), y7+rounding(round)
		m := (*[8]lanes)(mid[y*4:])
		m[0] = pack(low(y0)<<forwardBits, low(y1)>>shift)
		m[1] = pack(low(y2)>>shift, low(y3)>>shift)
		m[2] = pack(low(y4)<<forwardBits, low(y5)>>shift)
		m[3] = pack(low(y6)>>shift, low(y7)>>shift)
		m[4] = pack(high(y0)<<forwardBits, high(y1)>>shift)
		m[5] = pack(high(y2)>>shift, high(y3)>>shift)
		m[6] = pack(high(y4)<<forwardBits, high(y5)>>shift)
		m[7] = pack(high(y6)>>shift, high(y7)>>shift)
	}
	for x := range 4 {
		m := mid[x:]
		_ = m[28]
		x0, x1, x2, x3, x4, x5, x6, x7 := m[0], m[4], m[8], m[12], m[16], m[20], m[24], m[28]
		s0, d0 := x0+x7, x0-x7
		s1, d1 := x1+x6, x1-x6
		s2, d2 := x2+x5, x2-x5
		s3, d3 := x3+x4, x3-x4

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		z1 := (e2 + e3) * c0707
		y0, y4 := e0+e1, e0-e1
		y2, y6 := e3<<forwardConst+z1, e3<<forwardConst-z1

		o0, o1, o2 := d3+d2, d2+d1, d1+d0
		z5 := (o0 - o2) * c0382
		z2 := o0*c0541 + z5
		z4 := o2*c1306 + z5
		z3 := o1 * c0707
		p, q := d0<<forwardConst+z3, d0<<forwardConst-z3
		y5, y3 := q+z2, q-z2
		y1, y7 := p+z4, p-z4

		const round = 1 << (forwardConst - 1)
		c := coef[2*x:]
		_ = c[57]
		c[0], c[1] = int32(low(y0)), int32(high(y0))
		c[32], c[33] = int32(low(y4)), int32(high(y4))
		y1, y2, y3 = y1+rounding(round), y2+rounding(round), y3+rounding(round)
		y5, y6, y7 = y5+rounding(round), y6+rounding(round), y7+rounding(round)
		c[8], c[9] = int32(low(y1)>>forwardConst), int32(high(y1)>>forwardConst)
		c[16], c[17] = int32(low(y2)>>forwardConst), int32(high(y2)>>forwardConst)
		c[24], c[25] = int32(low(y3)>>forwardConst), int32(high(y3)>>forwardConst)
		c[40], c[41] = int32(low(y5)>>forwardConst), int32(high(y5)>>forwardConst)
		c[48], c[49] = int32(low(y6)>>forwardConst), int32(high(y6)>>forwardConst)
		c[56], c[57] = int32(low(y7)>>forwardConst), int32(high(y7)>>forwardConst)
	}
	coef[0] -= 128 * 64 << forwardBits // the level shift (A.3.1) of 64 samples at once
}
