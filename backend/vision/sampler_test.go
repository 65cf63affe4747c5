package vision

import (
	"image"
	"math"
	"strings"
	"testing"
)

// within is the promised distance of a channel from the exact value, of 255, in noise;
// usually is what the distances may be on average.
const within, usually = 6, 0.6

const runs = 150

// A picture that is no noise is nearer.
func TestSmoothPicturesAreNear(t *testing.T) {
	r := random(t)
	for range 100 {
		in := anyInput(r, 60)
		p := noise(r, 60+r.IntN(400), 60+r.IntN(400), ratios[r.IntN(len(ratios))])
		wave := func(s []uint8, stride int) {
			a, b, c := r.Float64()/20, r.Float64()/20, r.Float64()
			for i := range s {
				s[i] = uint8(128 + 90*math.Sin(a*float64(i%stride)+b*float64(i/stride)+c))
			}
		}
		wave(p.Y, p.YStride)
		wave(p.Cb, p.CStride)
		wave(p.Cr, p.CStride)
		s, err := NewSampler[float32](in)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, in.Len())
		m := Square{X: 30, Y: 30, Side: 10 + 100*r.Float64(), Angle: 6 * r.Float64()}.Map(in.Width, in.Height)
		if err := s.Crop(dst, p, m); err != nil {
			t.Fatal(err)
		}
		if in.Border == Constant {
			continue // the edge against the padding is not smooth
		}
		if off, _, at := worst(dst, in, reference(p, in, m, false)); off > 3 {
			t.Fatalf("%v %v in %+v: off by %.2f at %s", p.Rect, p.SubsampleRatio, in, off, at)
		}
	}
}

func TestLetterboxIsTheReference(t *testing.T) {
	r := random(t)
	sum := 0.0
	for range runs {
		in := anyInput(r, 60)
		p := noise(r, 1+r.IntN(200), 1+r.IntN(200), ratios[r.IntN(len(ratios))])
		s, err := NewSampler[float32](in)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, in.Len())
		m, err := s.Letterbox(dst, p)
		if err != nil {
			t.Fatal(err)
		}
		if m.XX > float64(min(p.Rect.Dx(), p.Rect.Dy())) {
			continue // narrower than a pixel of the tensor, which is shown all the same
		}
		off, mean, at := worst(dst, in, reference(p, in, m, true))
		if off > within {
			t.Fatalf("%v %v in %+v: off by %.2f at %s", p.Rect, p.SubsampleRatio, in, off, at)
		}
		sum += mean
	}
	if sum/runs > usually {
		t.Errorf("off by %.2f on average", sum/runs)
	}
}

func TestCropIsTheReference(t *testing.T) {
	r := random(t)
	sum := 0.0
	for range runs {
		in := anyInput(r, 60)
		p := noise(r, 1+r.IntN(200), 1+r.IntN(200), ratios[r.IntN(len(ratios))])
		s, err := NewSampler[float32](in)
		if err != nil {
			t.Fatal(err)
		}
		q := Square{
			X: r.Float64()*300 - 50, Y: r.Float64()*300 - 50,
			Side: 400 * r.Float64() * r.Float64(), Angle: 10*r.Float64() - 5,
		}
		m := q.Map(in.Width, in.Height)
		dst := make([]float32, in.Len())
		if err := s.Crop(dst, p, m); err != nil {
			t.Fatal(err)
		}
		off, mean, at := worst(dst, in, reference(p, in, m, false))
		if off > within {
			t.Fatalf("%v %v at %+v in %+v: off by %.2f at %s", p.Rect, p.SubsampleRatio, q, in, off, at)
		}
		sum += mean
	}
	if sum/runs > usually {
		t.Errorf("off by %.2f on average", sum/runs)
	}
}

// By hand: a picture of 4x2 in a tensor of 4x4 leaves a row above and one below.
func TestLetterboxByHand(t *testing.T) {
	p := image.NewYCbCr(image.Rect(0, 0, 4, 2), image.YCbCrSubsampleRatio444)
	copy(p.Y, []uint8{0, 10, 20, 30, 40, 50, 60, 255})
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = 128, 128
	}
	p.Y[0], p.Cb[0], p.Cr[0] = 76, 85, 255 // JFIF's pure red
	for _, c := range []struct {
		in   Input
		want []int32
	}{
		{Input{Width: 4, Height: 4, Pad: 114}, []int32{
			114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114,
			254, 0, 0, 10, 10, 10, 20, 20, 20, 30, 30, 30,
			40, 40, 40, 50, 50, 50, 60, 60, 60, 255, 255, 255,
			114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114,
		}},
		{Input{Width: 4, Height: 3, Align: TopLeft, Layout: NCHW, Order: BGR}, []int32{
			0, 10, 20, 30, 40, 50, 60, 255, 0, 0, 0, 0,
			0, 10, 20, 30, 40, 50, 60, 255, 0, 0, 0, 0,
			254, 10, 20, 30, 40, 50, 60, 255, 0, 0, 0, 0,
		}},
		{Input{Width: 2, Height: 1}, []int32{ // 2x2 blocks, averaged
			89, 24, 24, 91, 91, 91,
		}},
	} {
		s, err := NewSampler[int32](c.in)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]int32, c.in.Len())
		if _, err := s.Letterbox(dst, p); err != nil {
			t.Fatal(err)
		}
		for i := range dst {
			if d := dst[i] - c.want[i]; d < -1 || d > 1 {
				t.Errorf("%+v: got %v, want %v", c.in, dst, c.want)
				break
			}
		}
	}
}

// The kinds of numbers agree, and padding is exact.
func TestNumbers(t *testing.T) {
	r := random(t)
	p := noise(r, 40, 20, image.YCbCrSubsampleRatio420)
	in := Input{Width: 32, Height: 32, Pad: 77}
	f, _ := NewSampler[float32](in)
	i, _ := NewSampler[int32](in)
	u, _ := NewSampler[uint8](in)
	fs, is, us := make([]float32, in.Len()), make([]int32, in.Len()), make([]uint8, in.Len())
	for _, fill := range []func() error{
		func() error { _, err := f.Letterbox(fs, p); return err },
		func() error { _, err := i.Letterbox(is, p); return err },
		func() error { _, err := u.Letterbox(us, p); return err },
	} {
		if err := fill(); err != nil {
			t.Fatal(err)
		}
	}
	for k := range fs {
		if want := int32(fs[k] + 0.5); is[k] != want || int32(us[k]) != want {
			t.Fatalf("number %d: %v as float32, %d as int32, %d as uint8", k, fs[k], is[k], us[k])
		}
	}
	if fs[0] != 77 || is[0] != 77 || us[0] != 77 {
		t.Errorf("padding is %v, %d, %d; want 77", fs[0], is[0], us[0])
	}
	if got := i.Input(); got != in {
		t.Errorf("Input() = %+v, want %+v", got, in)
	}
}

// A sub-image is seen alone: what surrounds it does not leak in.
func TestSubImage(t *testing.T) {
	r := random(t)
	whole := noise(r, 64, 64, image.YCbCrSubsampleRatio420)
	part := whole.SubImage(image.Rect(10, 20, 43, 51)).(*image.YCbCr)
	in := Input{Width: 16, Height: 16, Border: Replicate}
	s, _ := NewSampler[float32](in)
	dst := make([]float32, in.Len())
	m, err := s.Letterbox(dst, part)
	if err != nil {
		t.Fatal(err)
	}
	if off, _, at := worst(dst, in, reference(part, in, m, true)); off > within {
		t.Errorf("letterbox off by %.2f at %s", off, at)
	}
	m = Square{16, 16, 40, 0.3}.Map(16, 16)
	if err := s.Crop(dst, part, m); err != nil {
		t.Fatal(err)
	}
	if off, _, at := worst(dst, in, reference(part, in, m, false)); off > within {
		t.Errorf("crop off by %.2f at %s", off, at)
	}
}

// Wherever a small bright thing lies in a large picture, a pixel of the tensor shows it.
func TestSmallThingsSurvive(t *testing.T) {
	in := Input{Width: 192, Height: 192}
	s, _ := NewSampler[float32](in)
	dst := make([]float32, in.Len())
	p := even(3840, 2160, 0, 128, 128)
	const side = 8 // of the thing; a tensor's pixel spans 20
	for at := range 12 {
		x, y := 1000+2*at, 700+3*at
		paint := func(v uint8) {
			for j := range side {
				for i := range side {
					p.Y[p.YOffset(x+i, y+j)] = v
				}
			}
		}
		paint(255)
		if _, err := s.Letterbox(dst, p); err != nil {
			t.Fatal(err)
		}
		paint(0)
		best := float32(0)
		for _, v := range dst {
			best = max(best, v)
		}
		// Its share of a pixel is 64/400; a corner between four reduced pixels of 16 leaves
		// a quarter of 255*64/256.
		if best < 12 {
			t.Errorf("at %d,%d the thing is %v of 255 bright", x, y, best)
		}
	}
}

func TestEdgesOfSizes(t *testing.T) {
	in := Input{Width: 64, Height: 64, Pad: 9}
	s, _ := NewSampler[float32](in)
	dst := make([]float32, in.Len())
	for _, size := range []image.Point{{1, 1}, {1, 2000}, {2000, 1}, {7680, 4320}, {63, 65}, {3, 1}} {
		p := even(size.X, size.Y, 200, 128, 128)
		m, err := s.Letterbox(dst, p)
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		seen := 0
		for _, v := range dst {
			switch {
			case math.Abs(float64(v)-200) < 0.01:
				seen++
			case v != 9:
				t.Fatalf("%v: %v is neither the picture's 200 nor the padding's 9", size, v)
			}
		}
		if seen == 0 {
			t.Errorf("%v: the picture is nowhere", size)
		}
		if err := s.Crop(dst, p, m); err != nil {
			t.Fatalf("crop of %v: %v", size, err)
		}
	}
}

func TestUndoingTheLetterbox(t *testing.T) {
	for _, c := range []struct {
		in   Input
		w, h int
		from Box
		want Box
	}{
		{Input{Width: 416, Height: 416}, 1280, 720, Box{0, 91, 416, 325}, Box{0, 0, 1280, 720}},
		{Input{Width: 100, Height: 100}, 50, 100, Box{25, 0, 75, 100}, Box{0, 0, 50, 100}},
		{Input{Width: 100, Height: 100, Align: TopLeft}, 50, 100, Box{0, 0, 50, 100}, Box{0, 0, 50, 100}},
		{Input{Width: 200, Height: 100}, 50, 50, Box{50, 0, 100, 50}, Box{0, 0, 25, 25}},
	} {
		got := c.in.Fit(c.w, c.h).Box(c.from)
		if !same(got, c.want) {
			t.Errorf("%dx%d in %dx%d: %v is %v in the picture, want %v", c.w, c.h, c.in.Width, c.in.Height, c.from, got, c.want)
		}
	}
}

func TestSquareMap(t *testing.T) {
	m := Square{X: 100, Y: 50, Side: 20, Angle: math.Pi / 2}.Map(10, 10)
	for from, want := range map[Point]Point{
		{5, 5}: {100, 50}, {10, 5}: {100, 60}, {5, 0}: {110, 50}, {0, 0}: {110, 40},
	} {
		if got := m.Point(from); math.Hypot(got.X-want.X, got.Y-want.Y) > 1e-9 {
			t.Errorf("%v maps to %v, want %v", from, got, want)
		}
	}
	if got := m.Box(Box{0, 0, 10, 5}); !same(got, Box{100, 40, 110, 60}) {
		t.Errorf("the upper half maps to %v", got)
	}
}

func same(a, b Box) bool {
	return math.Abs(a.X0-b.X0)+math.Abs(a.Y0-b.Y0)+math.Abs(a.X1-b.X1)+math.Abs(a.Y1-b.Y1) < 1e-9
}

func TestRefused(t *testing.T) {
	nan := float32(math.NaN())
	for want, in := range map[string]Input{
		"0x5":                  {Height: 5},
		"8193x1":               {Width: 8193, Height: 1},
		"channel 1 has mean N": {Width: 1, Height: 1, Mean: [3]float32{0, nan, 0}},
		"deviation -1":         {Width: 1, Height: 1, Std: [3]float32{0, 0, -1}},
	} {
		if _, err := NewSampler[float32](in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", in, err, want)
		}
	}
	s, _ := NewSampler[float32](Input{Width: 2, Height: 2})
	p := even(4, 4, 0, 128, 128)
	dst := make([]float32, 12)
	far := Square{X: 1e9, Side: 1}.Map(2, 2)
	lost := Square{X: math.NaN(), Side: 1}.Map(2, 2)
	for want, f := range map[string]func() error{
		"picture is empty": func() error { _, err := s.Letterbox(dst, &image.YCbCr{}); return err },
		"room for 11":      func() error { _, err := s.Letterbox(dst[:11], p); return err },
		"want 12":          func() error { return s.Crop(dst[:3], p, Affine{}) },
		"empty":            func() error { return s.Crop(dst, nil, Affine{}) },
		"outside every":    func() error { return s.Crop(dst, p, far) },
		"crop from NaN":    func() error { return s.Crop(dst, p, lost) },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	p := even(1280, 720, 100, 90, 160)
	in := Input{Width: 192, Height: 192}
	s, _ := NewSampler[float32](in)
	dst := make([]float32, in.Len())
	m := Square{640, 360, 700, 1}.Map(192, 192)
	if n := testing.AllocsPerRun(10, func() {
		if _, err := s.Letterbox(dst, p); err != nil {
			t.Fatal(err)
		}
		if err := s.Crop(dst, p, m); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
}

func FuzzCrop(f *testing.F) {
	f.Add(10.0, 10.0, 5.0, 1.0, uint8(0), uint16(20), uint16(30))
	f.Add(-1e5, 1e5, 1e5, -9.0, uint8(3), uint16(1), uint16(1))
	f.Add(math.Inf(1), math.NaN(), 0.0, 0.0, uint8(5), uint16(333), uint16(2))
	f.Fuzz(func(t *testing.T, x, y, side, angle float64, kind uint8, w, h uint16) {
		p := image.NewYCbCr(image.Rect(0, 0, 1+int(w)%400, 1+int(h)%400), ratios[int(kind)%len(ratios)])
		in := Input{Width: 9, Height: 7, Border: Border(kind / 128)}
		s, err := NewSampler[float32](in)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, in.Len())
		if s.Crop(dst, p, Square{x, y, side, angle}.Map(9, 7)) != nil {
			return
		}
		for _, v := range dst {
			if !(v >= 0 && v <= 255) {
				t.Fatalf("%v is no channel", v)
			}
		}
	})
}

func benchmarkLetterbox(b *testing.B, w, h int, in Input) {
	p := noise(random(b), w, h, image.YCbCrSubsampleRatio422)
	s, err := NewSampler[float32](in)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, in.Len())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Letterbox(dst, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLetterbox(b *testing.B) {
	nano := Input{Width: 416, Height: 416, Layout: NCHW, Order: BGR, Std: [3]float32{57, 57, 58}}
	face := Input{Width: 128, Height: 128, Std: [3]float32{127.5, 127.5, 127.5}}
	palm := Input{Width: 192, Height: 192}
	b.Run("640x480to416", func(b *testing.B) { benchmarkLetterbox(b, 640, 480, nano) })
	b.Run("1280x720to416", func(b *testing.B) { benchmarkLetterbox(b, 1280, 720, nano) })
	b.Run("640x480to192", func(b *testing.B) { benchmarkLetterbox(b, 640, 480, palm) })
	b.Run("1280x720to192", func(b *testing.B) { benchmarkLetterbox(b, 1280, 720, palm) })
	b.Run("1280x720to128", func(b *testing.B) { benchmarkLetterbox(b, 1280, 720, face) })
	b.Run("640x480to128", func(b *testing.B) { benchmarkLetterbox(b, 640, 480, face) })
}

func BenchmarkCrop(b *testing.B) {
	in := Input{Width: 224, Height: 224, Std: [3]float32{255, 255, 255}, Border: Replicate}
	s, err := NewSampler[float32](in)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, in.Len())
	for name, q := range map[string]Square{
		"300":       {640, 360, 300, 0.5},
		"500":       {640, 360, 500, 0.5},
		"300AtEdge": {60, 360, 300, 0.5},
	} {
		b.Run(name, func(b *testing.B) {
			p := noise(random(b), 1280, 720, image.YCbCrSubsampleRatio422)
			m := q.Map(224, 224)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Crop(dst, p, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
