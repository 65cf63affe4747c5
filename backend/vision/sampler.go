package vision

import (
	"errors"
	"fmt"
	"image"
	"math"
)

// Number is what tensors hold.
type Number interface{ float32 | int32 | uint8 }

// Sampler fills tensors with pictures. It keeps memory for the largest picture it has
// seen, and serves one goroutine at a time.
//
// Colours are those of JFIF (ITU-R BT.601, full range), and chroma samples lie in the
// middle of the pixels that share them. Sampling is bilinear. Where a step between samples
// spans two pixels or more, the picture is first averaged by powers of two, so that every
// pixel counts and small things dim instead of vanishing. Weights are rounded to 256ths
// and averages to whole numbers: of 255, a channel is off by 3 at most in a picture, and
// by 6 in pure noise.
type Sampler[T Number] struct {
	in       Input
	mul, add [3]float32 // from 16.16 fixed point to the tensor, by red, green and blue
	pad      [3]T       // a pixel of padding, by red, green and blue

	reduced [3][]uint8
	blended [3][]byte
	taps    [3][]tap
	line    [3][]int32 // one row of the tensor in YCbCr, 16.16 fixed point
}

// NewSampler makes a sampler for a network's input. The error says which number of in
// cannot be. Tensors of whole numbers take rounded values; those that fall outside a uint8
// after normalisation are undefined.
func NewSampler[T Number](in Input) (*Sampler[T], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s := &Sampler[T]{in: in}
	half := float32(0.5)
	if T(1)/2 != 0 { // a float: nothing to round
		half = 0
	}
	for c := range 3 { // red, green, blue
		i := c
		if in.Order == BGR {
			i = 2 - c
		}
		std := in.Std[i]
		if std == 0 {
			std = 1
		}
		s.mul[c], s.add[c] = 1/(one*std), half-in.Mean[i]/std
		s.pad[c] = T(float32(int(in.Pad)*one)*s.mul[c] + s.add[c])
	}
	for c := range s.line {
		s.line[c] = make([]int32, in.Width)
		s.taps[c] = make([]tap, in.Width)
	}
	return s, nil
}

// Input is what the sampler was made for.
func (s *Sampler[T]) Input() Input { return s.in }

// one is 1 in the fixed point of sampled values.
const one = 1 << 16

// check refuses a picture without pixels and a tensor of the wrong size.
func (s *Sampler[T]) check(dst []T, p *image.YCbCr) error {
	if p == nil || p.Rect.Empty() {
		return errors.New("vision: the picture is empty")
	}
	if len(dst) != s.in.Len() {
		return fmt.Errorf("vision: the tensor has room for %d numbers, want %d for %dx%d pixels", len(dst), s.in.Len(), s.in.Width, s.in.Height)
	}
	return nil
}

// Letterbox fills dst with the whole picture, as large as fits without distortion, and
// Pad around it. The map leads from the tensor's pixels back to the picture's. It fails
// for an empty picture and for a dst of another length than Input.Len.
func (s *Sampler[T]) Letterbox(dst []T, p *image.YCbCr) (Affine, error) {
	if err := s.check(dst, p); err != nil {
		return Affine{}, err
	}
	m := s.in.Fit(p.Rect.Dx(), p.Rect.Dy())
	planes := planesOf(p)
	w, h := float64(planes[0].w), float64(planes[0].h)
	u0, u1 := inside(m.XX, m.X0, w, s.in.Width)
	v0, v1 := inside(m.YY, m.Y0, h, s.in.Height)
	gray := [3]int32{int32(s.in.Pad) * one, 128 * one, 128 * one}
	for c, pl := range planes {
		pl, s.reduced[c] = pl.reduce(s.reduced[c], m.XX, 0, 0, w, h)
		if need := 2 * pl.w; len(s.blended[c]) < need {
			s.blended[c] = make([]byte, need)
		}
		tapsFor(s.taps[c][u0:u1], u0, m, pl)
		fill(s.line[c][:u0], gray[c])
		fill(s.line[c][u1:], gray[c])
		planes[c] = pl
	}
	for v := range s.in.Height {
		if v < v0 || v >= v1 {
			s.padRow(dst, v)
			continue
		}
		for c := range planes {
			pl := &planes[c]
			y := (m.YY*(float64(v)+0.5)+m.Y0-pl.y0)/pl.dy - 0.5
			up, low, f := between(y, pl.h)
			blend(s.blended[c][:2*pl.w], pl.pix[up*pl.stride:][:pl.w], pl.pix[low*pl.stride:][:pl.w], uint64(f))
			across(s.line[c][u0:u1], s.blended[c], s.taps[c][u0:u1])
		}
		s.convert(dst, v)
	}
	return m, nil
}

// inside is the range of n tensor pixels whose centres fall into a side of the picture.
func inside(scale, offset, side float64, n int) (from, to int) {
	from = max(0, int(math.Ceil(-offset/scale-0.5)))
	to = min(n, int(math.Ceil((side-offset)/scale-0.5)))
	if from >= to { // a hair's breadth of a picture, between two centres
		from = min(from, n-1)
		to = from + 1
	}
	return from, to
}

// convert turns the sampled row into row v of the tensor.
func (s *Sampler[T]) convert(dst []T, v int) {
	n := s.in.Width
	r, g, b, step := s.channels(dst, v)
	ly, lb, lr := s.line[0][:n], s.line[1][:n], s.line[2][:n]
	mr, mg, mb := s.mul[0], s.mul[1], s.mul[2]
	ar, ag, ab := s.add[0], s.add[1], s.add[2]
	const white = 255 * one
	i := 0
	for u := range ly {
		y, cb, cr := int64(ly[u]), int64(lb[u])-128*one, int64(lr[u])-128*one
		red := y + (91881*cr)>>16            // 1.402
		green := y - (22554*cb+46802*cr)>>16 // 0.344136, 0.714136
		blue := y + (116130*cb)>>16          // 1.772
		red = min(max(red, 0), white)
		green = min(max(green, 0), white)
		blue = min(max(blue, 0), white)
		r[i] = T(float32(red)*mr + ar)
		g[i] = T(float32(green)*mg + ag)
		b[i] = T(float32(blue)*mb + ab)
		i += step
	}
}

// padRow makes row v of the tensor padding.
func (s *Sampler[T]) padRow(dst []T, v int) {
	r, g, b, step := s.channels(dst, v)
	for i := 0; i < s.in.Width*step; i += step {
		r[i], g[i], b[i] = s.pad[0], s.pad[1], s.pad[2]
	}
}

// channels are red, green and blue of row v in the tensor, and the distance between
// neighbouring pixels in them.
func (s *Sampler[T]) channels(dst []T, v int) (r, g, b []T, step int) {
	w, area := s.in.Width, s.in.Width*s.in.Height
	if s.in.Layout == NCHW {
		r, g, b, step = dst[v*w:], dst[area+v*w:], dst[2*area+v*w:], 1
	} else {
		row := dst[3*v*w:]
		r, g, b, step = row, row[1:], row[2:], 3
	}
	if s.in.Order == BGR {
		r, b = b, r
	}
	return r, g, b, step
}

func fill(s []int32, v int32) {
	for i := range s {
		s[i] = v
	}
}
