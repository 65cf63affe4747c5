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
// pixel counts and small things dim instead of vanishing. Weights are rounded to 256ths,
// averages to whole numbers and channels to thirds: of 255, a channel is off by 3 at most in
// a picture, and by 6 in pure noise.
type Sampler[T Number] struct {
	in     Input
	number [3][levels]T // of the tensor, for a channel's value in parts, from -below on
	pad    [3]T         // a pixel of padding, by red, green and blue

	reduced [3][]uint8
	blended [3][]byte
	taps    [2][]tap // of luma and of chroma
	luma    []int32  // one row of the tensor, 16.16 fixed point
	chroma  []uint64 // both of the same, 16.16 fixed point
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
		for v := range s.number[c] {
			value := min(max(float32(v)/parts-below, 0), 255)
			s.number[c][v] = T(value/std + half - in.Mean[i]/std)
		}
		s.pad[c] = s.number[c][(below+int(in.Pad))*parts]
	}
	for c := range s.taps {
		s.taps[c] = make([]tap, in.Width)
	}
	s.luma, s.chroma = make([]int32, in.Width), make([]uint64, in.Width)
	return s, nil
}

// Input is what the sampler was made for.
func (s *Sampler[T]) Input() Input { return s.in }

// Channels are rounded to thirds (parts), so that rounding them on to whole numbers is rounding
// once. Those of colours that no screen shows reach from -227 to 482.
const below, parts, levels = 256, 3, 4096

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
	for c := range planes {
		planes[c], s.reduced[c] = planes[c].reduce(s.reduced[c], m.XX, 0, 0, w, h)
		if need := 2 * planes[c].w; len(s.blended[c]) < need {
			s.blended[c] = make([]byte, need)
		}
	}
	tapsFor(s.taps[0][u0:u1], u0, m, planes[0])
	tapsFor(s.taps[1][u0:u1], u0, m, planes[1])
	for u := range s.luma {
		if u < u0 || u >= u1 {
			s.luma[u], s.chroma[u] = int32(s.in.Pad)*one, both[int32](128*one, 128*one)
		}
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
		}
		across(s.luma[u0:u1], s.blended[0], s.taps[0][u0:u1])
		acrossBoth(s.chroma[u0:u1], s.blended[1], s.blended[2], s.taps[1][u0:u1])
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
	r, g, b, step := s.channels(dst, v)
	g, b = g[:len(r)], b[:len(r)]
	chroma, number := s.chroma, &s.number
	luma := s.luma[:len(chroma)]
	i := 0
	for u, both := range chroma {
		y, cb, cr := int64(luma[u]), int64(uint32(both))-128*one, int64(both>>32)-128*one
		y = parts*(y+below*one) + one/2
		red := y + (parts*91881*cr)>>16                  // 1.402
		green := y - (parts*22554*cb+parts*46802*cr)>>16 // 0.344136, 0.714136
		blue := y + (parts*116130*cb)>>16                // 1.772
		r[i] = number[0][uint64(red)>>16%levels]
		g[i] = number[1][uint64(green)>>16%levels]
		b[i] = number[2][uint64(blue)>>16%levels]
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
	n := (w-1)*step + 1
	return r[:n], g[:n], b[:n], step
}
