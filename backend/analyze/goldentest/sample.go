package goldentest

import (
	"image"
	"math"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/vision"
)

// Sampling is how a reference takes pixels from a picture. All of them interpolate between
// four pixels, however many they skip.
type Sampling bool

// The samplings.
const (
	// Corners is warpPerspective of OpenCV, as MediaPipe and NanoDet call it: pixel 0 of the
	// tensor shows pixel 0 of the picture, whatever the scale, the border shines in, and
	// places are rounded to 32nds of a pixel.
	Corners Sampling = true
	// Centres is the resizing of TensorFlow: the middle of a pixel shows what is there.
	Centres Sampling = false
)

// Tensor is what the map shows of the frame, in channels of 0 to 255 made into the numbers that
// in wants.
func Tensor(tb testing.TB, f *frame.Frame, in vision.Input, m vision.Affine, how Sampling) []float32 {
	tb.Helper()
	planes, err := f.Planes()
	if err != nil {
		tb.Fatal(err)
	}
	p := colours(planes)
	tensor := make([]float32, in.Len())
	for v := range in.Height {
		for u := range in.Width {
			var rgb [3]float32
			if how == Corners {
				rgb = p.corner(u, v, in, m)
			} else {
				rgb = p.centre(u, v, in, m)
			}
			for c := range 3 {
				value := rgb[c]
				if in.Order == vision.BGR {
					value = rgb[2-c]
				}
				if in.Std[c] != 0 {
					value = (value - in.Mean[c]) / in.Std[c]
				}
				i := 3*(v*in.Width+u) + c
				if in.Layout == vision.NCHW {
					i = (c*in.Height+v)*in.Width + u
				}
				tensor[i] = value
			}
		}
	}
	return tensor
}

// rgb is a picture in colours, as decoders of JPEG give it.
type rgb struct {
	pix  [][3]float32
	w, h int
}

// colours converts the picture as libjpeg does, to the last bit: chroma of a quarter of the
// pixels is interpolated, and rounded by turns up and down.
func colours(p *image.YCbCr) rgb {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	out := rgb{make([][3]float32, 0, w*h), w, h}
	quarter := p.SubsampleRatio == image.YCbCrSubsampleRatio420
	chroma := func(pix []uint8, x, y int) float64 {
		if !quarter {
			return float64(pix[y*p.CStride+x])
		}
		cw, ch := (w+1)/2, (h+1)/2
		exact := bilinear(float32(x)/2-0.25, float32(y)/2-0.25, func(i, j int) float32 {
			return float32(pix[min(max(j, 0), ch-1)*p.CStride+min(max(i, 0), cw-1)])
		})
		return math.Floor(float64(exact) + float64(8-x%2)/16)
	}
	for y := range h {
		for x := range w {
			l, cb, cr := float64(p.Y[y*p.YStride+x]), chroma(p.Cb, x, y)-128, chroma(p.Cr, x, y)-128
			var c [3]float32
			for i, v := range [...]float64{l + 1.402*cr, l - 0.344136*cb - 0.714136*cr, l + 1.772*cb} {
				c[i] = float32(math.Round(min(max(v, 0), 255)))
			}
			out.pix = append(out.pix, c)
		}
	}
	return out
}

// corner is a pixel of the tensor by Corners.
func (r rgb) corner(u, v int, in vision.Input, m vision.Affine) [3]float32 {
	at := m.Point(vision.Point{X: float64(u), Y: float64(v)})
	out := r.between(float32(math.Round(32*at.X)/32), float32(math.Round(32*at.Y)/32), in)
	for c := range out {
		out[c] = float32(math.Round(float64(out[c])))
	}
	return out
}

// centre is a pixel of a letterbox by Centres, with TensorFlow's rounding: a network that takes
// whole numbers sees whether a number is just one or just not.
func (r rgb) centre(u, v int, in vision.Input, m vision.Affine) [3]float32 {
	left, above := int(math.Round(-m.X0/m.XX)), int(math.Round(-m.Y0/m.YY))
	x := (float32(u-left)+0.5)*float32(m.XX) - 0.5
	y := (float32(v-above)+0.5)*float32(m.YY) - 0.5
	if x < -0.5 || y < -0.5 || x > float32(r.w)-0.5 || y > float32(r.h)-0.5 {
		pad := float32(in.Pad)
		return [3]float32{pad, pad, pad}
	}
	in.Border = vision.Replicate
	return r.between(x, y, in)
}

// between interpolates; x and y count from the middle of the first pixel.
func (r rgb) between(x, y float32, in vision.Input) (out [3]float32) {
	for c := range out {
		out[c] = bilinear(x, y, func(i, j int) float32 {
			if in.Border == vision.Constant && (i < 0 || j < 0 || i >= r.w || j >= r.h) {
				return float32(in.Pad)
			}
			return r.pix[min(max(j, 0), r.h-1)*r.w+min(max(i, 0), r.w-1)][c]
		})
	}
	return out
}

func bilinear(x, y float32, at func(i, j int) float32) float32 {
	i, j := int(math.Floor(float64(x))), int(math.Floor(float64(y)))
	fx, fy := x-float32(i), y-float32(j)
	upper := at(i, j) + float32((at(i+1, j)-at(i, j))*fx) // conversions forbid fusing
	lower := at(i, j+1) + float32((at(i+1, j+1)-at(i, j+1))*fx)
	return upper + float32((lower-upper)*fy)
}
