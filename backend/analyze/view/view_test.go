package view

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"math"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/vision"
)

// picture is a JPEG of soft waves in all three components.
func picture(t *testing.T, width, height int) *frame.Frame {
	t.Helper()
	p := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	wave := func(x, y, by int) uint8 {
		return uint8(128 + 90*math.Sin(float64(x*by)/25)*math.Cos(float64(y*by)/40))
	}
	for i := range p.Y {
		p.Y[i] = wave(i%p.YStride, i/p.YStride, 1)
	}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = wave(i%p.CStride, i/p.CStride, 2), wave(i/p.CStride, i%p.CStride, 2)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	f := new(frame.Pool).Get()
	t.Cleanup(f.Release)
	f.Format, f.Data = frame.JPEG, b.Bytes()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	return f
}

func sampler(t *testing.T, size int) *vision.Sampler[float32] {
	t.Helper()
	s, err := vision.NewSampler[float32](vision.Input{Width: size, Height: size})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// off is the mean difference of two tensors, 0..255.
func off(a, b []float32) (mean float64) {
	for i := range a {
		mean += math.Abs(float64(a[i]-b[i])) / float64(len(a))
	}
	return mean
}

func near(a, b vision.Affine) bool {
	for _, d := range [6]float64{a.XX - b.XX, a.XY - b.XY, a.X0 - b.X0, a.YX - b.YX, a.YY - b.YY, a.Y0 - b.Y0} {
		if math.Abs(d) > 1 { // of a picture's pixel; sizes are rounded
			return false
		}
	}
	return true
}

// From a coarser picture a tensor shows the same, in the same place.
func TestSameAsTheWhole(t *testing.T) {
	for _, c := range []struct {
		width, height, size int
		reduced             bool
	}{
		{1280, 720, 128, true}, {641, 479, 128, true}, {1920, 1080, 192, true}, {480, 640, 100, true},
		{640, 480, 416, false}, {1, 1, 128, false}, {100, 3, 64, false},
	} {
		f, whole := picture(t, c.width, c.height), picture(t, c.width, c.height)
		full, err := whole.Planes()
		if err != nil {
			t.Fatal(err)
		}
		s := sampler(t, c.size)
		got, want := make([]float32, s.Input().Len()), make([]float32, s.Input().Len())
		m, err := Letterbox(s, got, f, Detail)
		if err != nil {
			t.Fatal(err)
		}
		exact, err := s.Letterbox(want, full)
		if err != nil {
			t.Fatal(err)
		}
		if o := off(got, want); o > 2 || !near(m, exact) {
			t.Errorf("%+v: off by %.2f, the map is %v, want %v", c, o, m, exact)
		}
		p, err := f.Reduced(1, 1) // the finest at hand, at most 1/8
		if err != nil {
			t.Fatal(err)
		}
		if reduced := p.Rect.Dx() < c.width; reduced != c.reduced {
			t.Errorf("%+v: from %v", c, p.Rect)
		}

		// A part, turned, that is as large as half the picture.
		part := vision.Square{X: float64(c.width) / 2, Y: float64(c.height) / 2, Side: float64(max(c.width, c.height)) / 2, Angle: 0.4}.Map(c.size, c.size)
		if err := Crop(s, got, picture(t, c.width, c.height), part, Detail); err != nil {
			t.Fatal(err)
		}
		if err := s.Crop(want, full, part); err != nil {
			t.Fatal(err)
		}
		if o := off(got, want); o > 2 {
			t.Errorf("%+v: a crop is off by %.2f", c, o)
		}
	}
}

func TestCorrupt(t *testing.T) {
	f := picture(t, 640, 480)
	f.Data = f.Data[:len(f.Data)/2]
	s := sampler(t, 64)
	dst := make([]float32, s.Input().Len())
	if _, err := Letterbox(s, dst, f, Detail); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a letterbox of half a picture: %v", err)
	}
	if err := Crop(s, dst, f, vision.Square{X: 100, Y: 100, Side: 300}.Map(64, 64), Detail); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a crop of half a picture: %v", err)
	}
	if _, err := Letterbox(s, dst[1:], picture(t, 64, 48), Detail); err == nil {
		t.Error("a tensor of the wrong size was filled")
	}
}
