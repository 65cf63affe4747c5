package rendition

import (
	"image"
	"slices"
)

// The weights of the samples that make one, in each direction, sum up to 1<<weightBits. Twice
// that and a sample are 30 bits: sums fit in 32.
const weightBits = 11

// scaler makes planes smaller. A sample becomes the mean of the area that it covers in the
// old plane, the samples on its edges counted as far as it covers them: nothing rings and
// nothing is left out. Its memory is used again.
type scaler struct {
	dst    *image.YCbCr
	across axis
	down   axis
	sums   []uint32 // of a row of the new plane, not yet made narrower
}

// scale gives src, a picture of the size whole reduced by that shift, in the wanted size. The
// planes are good until the next call.
//
// All planes and reductions share the picture's own ratio of sizes, although theirs are
// rounded up: else what sticks out at the right and lower edges would move the rest.
func (s *scaler) scale(src *image.YCbCr, size, whole image.Point, shift int) *image.YCbCr {
	if s.dst == nil || s.dst.SubsampleRatio != src.SubsampleRatio || s.dst.Rect.Size() != size {
		s.dst = image.NewYCbCr(image.Rectangle{Max: size}, src.SubsampleRatio)
	}
	dst := s.dst
	num, den := whole, size.Mul(1<<shift)

	s.across.lay(size.X, src.Rect.Dx(), num.X, den.X)
	s.down.lay(size.Y, src.Rect.Dy(), num.Y, den.Y)
	s.plane(dst.Y, dst.YStride, src.Y, src.YStride)

	from, to := chroma(src), chroma(dst)
	s.across.lay(to.X, from.X, num.X, den.X)
	s.down.lay(to.Y, from.Y, num.Y, den.Y)
	s.plane(dst.Cb, dst.CStride, src.Cb, src.CStride)
	s.plane(dst.Cr, dst.CStride, src.Cr, src.CStride)
	return dst
}

// chroma is the size of the picture's chroma planes, samples.
func chroma(im *image.YCbCr) image.Point {
	across, down := 1, 1
	switch im.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		across = 2
	case image.YCbCrSubsampleRatio420:
		across, down = 2, 2
	case image.YCbCrSubsampleRatio440:
		down = 2
	case image.YCbCrSubsampleRatio411:
		across = 4
	}
	return image.Pt((im.Rect.Dx()+across-1)/across, (im.Rect.Dy()+down-1)/down)
}

// plane makes one plane smaller, as the axes say: each row first lower, then narrower.
func (s *scaler) plane(dst []byte, dstStride int, src []byte, srcStride int) {
	across, down := &s.across, &s.down
	s.sums = slices.Grow(s.sums[:0], across.from)[:across.from]
	for y, first := range down.first {
		lower(s.sums, src[first*srcStride:], srcStride, down.weights[y*down.taps:][:down.taps])
		narrow(dst[y*dstStride:][:len(across.first)], s.sums, across)
	}
}

// lower sums up a row for each weight, samples of a plane.
func lower(sums []uint32, plane []byte, stride int, weights []uint32) {
	if len(weights) == usualTaps {
		a, b, c := plane[:len(sums)], plane[stride:][:len(sums)], plane[2*stride:][:len(sums)]
		w := [usualTaps]uint32(weights)
		for x := range sums {
			sums[x] = w[0]*uint32(a[x]) + w[1]*uint32(b[x]) + w[2]*uint32(c[x])
		}
		return
	}
	clear(sums)
	for k, weight := range weights {
		for x, v := range plane[k*stride:][:len(sums)] {
			sums[x] += weight * uint32(v)
		}
	}
}

// narrow makes a row of what lower has summed up.
func narrow(dst []byte, sums []uint32, a *axis) {
	const half = 1 << (2*weightBits - 1)
	if a.taps == usualTaps {
		for x, first := range a.first {
			v, w := (*[usualTaps]uint32)(sums[first:]), (*[usualTaps]uint32)(a.weights[x*usualTaps:])
			dst[x] = byte((half + v[0]*w[0] + v[1]*w[1] + v[2]*w[2]) >> (2 * weightBits))
		}
		return
	}
	for x, first := range a.first {
		sum := uint32(half)
		for k, w := range a.weights[x*a.taps:][:a.taps] {
			sum += sums[first+k] * w
		}
		dst[x] = byte(sum >> (2 * weightBits))
	}
}

// usualTaps are for all but the narrowest renditions: a coarser reduction is found for what
// is half as wide.
const usualTaps = 3

// axis says, for each sample of the new row or column, which ones of the old it is made of:
// taps of them from first on, with a weight each, 0 for those that only fill up.
type axis struct {
	from    int // samples of the old
	taps    int
	first   []int
	weights []uint32 // taps for each
}

// lay sets the axis for to samples out of from, of which num/den make one. The last of them
// is made of what there is.
func (a *axis) lay(to, from, num, den int) {
	a.from, a.first, a.weights = from, a.first[:0], a.weights[:0]
	a.taps = min((num+den-1)/den+1, from) // one more, for it may begin anywhere
	if a.taps < usualTaps && from >= usualTaps {
		a.taps = usualTaps
	}
	n, d := int64(num), int64(den) // products are beyond 32 bits
	for i := range int64(to) {
		// In 1/den of an old sample, and not beyond them.
		begin, end := min(i*n, int64(from-1)*d), min((i+1)*n, int64(from)*d)
		first := min(int(begin/d), from-a.taps)
		a.first = append(a.first, first)
		// Differences of rounded sums, not rounded differences: they sum up exactly.
		var sum uint32
		for k := first; k < first+a.taps; k++ {
			covered := max(min(int64(k+1)*d, end)-begin, 0)
			upTo := uint32((covered<<(weightBits+1) + end - begin) / (2 * (end - begin)))
			a.weights = append(a.weights, upTo-sum)
			sum = upTo
		}
	}
}
