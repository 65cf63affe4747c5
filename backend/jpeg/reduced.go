package jpeg

import "image"

// A picture at 1/2, 1/4 or 1/8 is not decoded first and averaged then. The mean of two
// neighbours in a row of samples is, for each of its cosines,
//
//	cos((4i+1)kπ/16) + cos((4i+3)kπ/16) = 2 cos(kπ/16) cos((2i+1)kπ/8)
//
// which for k < 4 is a cosine of the four-point transform, made weaker by cos(kπ/16). The
// others repeat those (k > 4) or vanish (k = 4): they are detail finer than the new samples
// can show, and left out. What remains is a four-point inverse DCT of the top-left 4x4
// corner, with the weights in its constants. The same once more gives the two-point one.
const (
	fix1282 = 10498 // √2 cos(π/8) cos(π/16)
	fix0531 = 4348  // √2 cos(3π/8) cos(π/16)
	fix0924 = 7568  // cos(2π/16), and √2 cos(π/4) is 1
	fix0450 = 3686  // √2 cos(3π/8) cos(3π/16)
	fix1086 = 8900  // √2 cos(π/8) cos(3π/16)

	fix0906 = 7423 // cos(π/16) cos(π/8), and √2 cos(π/4) is 1
	fix0821 = 6726 // the square of that
)

// MaxShift stands for 1/8 of the width and height, a sample from each block: the coarsest picture
// that DecodeReduced and Walk give.
const MaxShift = 3

// cornerEnd is the zig-zag position of the last coefficient that counts at 1/2.
const cornerEnd = 24

// reducedRect is the rectangle of a picture of that size, reduced.
func reducedRect(w, h, shift int) image.Rectangle {
	return image.Rect(0, 0, ceilDiv(w, 1<<shift), ceilDiv(h, 1<<shift))
}

// inverseReduced is inverse for shift 1; see walk for the others. coef has nothing outside
// the corner that counts.
func inverseReduced(coef *[64]int32, last int, dst []byte, stride int) {
	switch {
	case last == 0:
		inverse4Flat(coef, dst, stride)
	case useAVX2:
		_ = dst[3*stride+3] // the assembly does not check
		inverse4AVX2(coef, &dst[0], stride)
	default:
		inverse4(coef, dst, stride)
	}
}

// mean is the mean of a block with that DC coefficient.
func mean(dc int32) uint8 { return clamp((dc+4)>>3 + 128) }

func inverse4Flat(coef *[64]int32, dst []byte, stride int) {
	v := mean(coef[0])
	coef[0] = 0
	for y := range 4 {
		*(*[4]byte)(dst[y*stride:]) = [4]byte{v, v, v, v}
	}
}

// inverse4 gives 4x4 samples, in the fixed point of inverseFull.
func inverse4(coef *[64]int32, dst []byte, stride int) {
	for x := range 4 {
		c := coef[x : x+25]
		t0 := c[0]<<fixBits + columnRound
		t2 := c[16] * fix0924
		e0, e1 := t0+t2, t0-t2
		o0 := c[8]*fix1282 + c[24]*fix0450
		o1 := c[8]*fix0531 - c[24]*fix1086
		c[0], c[24] = (e0+o0)>>columnShift, (e0-o0)>>columnShift
		c[8], c[16] = (e1+o1)>>columnShift, (e1-o1)>>columnShift
	}
	for y := range 4 {
		c := (*[4]int32)(coef[y*8:])
		t0 := c[0]<<fixBits + rowRound
		t2 := c[2] * fix0924
		e0, e1 := t0+t2, t0-t2
		o0 := c[1]*fix1282 + c[3]*fix0450
		o1 := c[1]*fix0531 - c[3]*fix1086
		*c = [4]int32{}
		d := (*[4]byte)(dst[y*stride:])
		d[0], d[3] = clamp((e0+o0)>>rowShift), clamp((e0-o0)>>rowShift)
		d[1], d[2] = clamp((e1+o1)>>rowShift), clamp((e1-o1)>>rowShift)
	}
}

// inverse2 gives 2x2 samples from the corner's four coefficients, in one pass.
func inverse2(dc, x, y, xy int32, dst []byte, stride int) {
	const (
		shift = fixBits + 3
		round = 1<<(shift-1) + 128<<shift
	)
	upper, lower := (*[2]byte)(dst), (*[2]byte)(dst[stride:])
	dc = dc<<fixBits + round
	x, y, xy = x*fix0906, y*fix0906, xy*fix0821
	upper[0], upper[1] = clamp((dc+x+y+xy)>>shift), clamp((dc-x+y-xy)>>shift)
	lower[0], lower[1] = clamp((dc+x-y-xy)>>shift), clamp((dc-x-y+xy)>>shift)
}
