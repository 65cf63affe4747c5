package vision

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// random gives a generator and prints its seed.
func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

var ratios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
}

// noise is a picture in the worst case: every pixel random. Its rows have gaps, as those
// of a JPEG decoder have.
func noise(r *rand.Rand, w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	p := image.NewYCbCr(image.Rect(0, 0, w+16, h+16), ratio)
	for _, s := range [][]uint8{p.Y, p.Cb, p.Cr} {
		for i := range s {
			s[i] = uint8(r.Uint32())
		}
	}
	p.Rect = image.Rect(0, 0, w, h)
	return p
}

func even(w, h int, y, cb, cr uint8) *image.YCbCr {
	p := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range p.Y {
		p.Y[i] = y
	}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = cb, cr
	}
	return p
}

// field is a component as real numbers, whose pixels cover dx by dy of the picture.
type field struct {
	v      [][]float64
	dx, dy float64
}

func component(p *image.YCbCr, c int) field {
	rx, ry := 1, 1
	if c > 0 {
		rx, ry = subsampling(p.SubsampleRatio)
	}
	f := field{dx: float64(rx), dy: float64(ry)}
	for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y += ry {
		var row []float64
		for x := p.Rect.Min.X; x < p.Rect.Max.X; x += rx {
			switch c {
			case 0:
				row = append(row, float64(p.Y[p.YOffset(x, y)]))
			case 1:
				row = append(row, float64(p.Cb[p.COffset(x, y)]))
			default:
				row = append(row, float64(p.Cr[p.COffset(x, y)]))
			}
		}
		f.v = append(f.v, row)
	}
	return f
}

// fitted halves the sides while a step spans two pixels.
func (f field) fitted(step float64) field {
	for 2*f.dx <= step {
		for y, row := range f.v {
			var next []float64
			for x := 0; x < len(row); x += 2 {
				next = append(next, (row[x]+row[min(x+1, len(row)-1)])/2)
			}
			f.v[y] = next
		}
		f.dx *= 2
	}
	for 2*f.dy <= step {
		var next [][]float64
		for y := 0; y < len(f.v); y += 2 {
			row := make([]float64, len(f.v[y]))
			for x := range row {
				row[x] = (f.v[y][x] + f.v[min(y+1, len(f.v)-1)][x]) / 2
			}
			next = append(next, row)
		}
		f.v = next
		f.dy *= 2
	}
	return f
}

// at is the value at a place of the picture; outside is that beyond its edge, NaN for the
// nearest pixel.
func (f field) at(x, y, outside float64) float64 {
	x, y = x/f.dx-0.5, y/f.dy-0.5
	i, j := math.Floor(x), math.Floor(y)
	pixel := func(i, j float64) float64 {
		h, w := float64(len(f.v)), float64(len(f.v[0]))
		if !math.IsNaN(outside) && (i < 0 || j < 0 || i >= w || j >= h) {
			return outside
		}
		return f.v[int(min(max(j, 0), h-1))][int(min(max(i, 0), w-1))]
	}
	fx, fy := x-i, y-j
	return (pixel(i, j)*(1-fx)+pixel(i+1, j)*fx)*(1-fy) + (pixel(i, j+1)*(1-fx)+pixel(i+1, j+1)*fx)*fy
}

// reference is the tensor before normalisation, as red, green and blue 0..255 per pixel.
func reference(p *image.YCbCr, in Input, m Affine, letterbox bool) [][3]float64 {
	step := min(math.Hypot(m.XX, m.YX), math.Hypot(m.XY, m.YY))
	var fs [3]field
	for c := range fs {
		fs[c] = component(p, c).fitted(step)
	}
	pad := float64(in.Pad)
	var out [][3]float64
	for v := range in.Height {
		for u := range in.Width {
			at := m.Point(Point{float64(u) + 0.5, float64(v) + 0.5})
			outside := [3]float64{pad, 128, 128}
			if letterbox {
				w, h := float64(p.Rect.Dx()), float64(p.Rect.Dy())
				if min(math.Abs(at.X), math.Abs(at.Y), math.Abs(at.X-w), math.Abs(at.Y-h)) < 1e-9 {
					out = append(out, [3]float64{math.NaN()}) // on the edge: in or out
					continue
				}
				if at.X < 0 || at.Y < 0 || at.X >= w || at.Y >= h {
					out = append(out, [3]float64{pad, pad, pad})
					continue
				}
			}
			if letterbox || in.Border == Replicate {
				outside = [3]float64{math.NaN(), math.NaN(), math.NaN()}
			}
			y, cb, cr := fs[0].at(at.X, at.Y, outside[0]), fs[1].at(at.X, at.Y, outside[1])-128, fs[2].at(at.X, at.Y, outside[2])-128
			rgb := [3]float64{y + 1.402*cr, y - 0.344136*cb - 0.714136*cr, y + 1.772*cb}
			for c := range rgb {
				rgb[c] = min(max(rgb[c], 0), 255)
			}
			out = append(out, rgb)
		}
	}
	return out
}

// channel is one number of the tensor, brought back to 0..255.
func channel(dst []float32, in Input, i, c int) float64 {
	if in.Order == BGR {
		c = 2 - c
	}
	at := 3*i + c
	if in.Layout == NCHW {
		at = c*in.Width*in.Height + i
	}
	std := in.Std[c]
	if std == 0 {
		std = 1
	}
	return float64(dst[at]*std + in.Mean[c])
}

// worst is the greatest difference of any channel, and the mean of all.
func worst(dst []float32, in Input, want [][3]float64) (off, mean float64, at string) {
	for i := range want {
		if math.IsNaN(want[i][0]) {
			continue
		}
		for c := range 3 {
			got := channel(dst, in, i, c)
			d := math.Abs(got - want[i][c])
			mean += d / float64(3*len(want))
			if !(d <= off) {
				off, at = d, fmt.Sprintf("%d,%d channel %d: %v, want %v", i%in.Width, i/in.Width, c, got, want[i][c])
			}
		}
	}
	return off, mean, at
}

func anyInput(r *rand.Rand, side int) Input {
	return Input{
		Width: 1 + r.IntN(side), Height: 1 + r.IntN(side),
		Layout: Layout(r.IntN(2)), Order: Order(r.IntN(2)), Border: Border(r.IntN(2)), Align: Align(r.IntN(2)),
		Mean: [3]float32{103.53, 116.28, 123.675}, Std: [3]float32{57.375, 0, 58.395},
		Pad: uint8(r.IntN(256)),
	}
}
