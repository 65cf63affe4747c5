package rendition

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
)

var ratios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411,
}

// gradient is a picture without detail: its samples say where they are.
func gradient(w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	im := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	slope := func(plane []byte, stride int, size image.Point, a, b float64) {
		for i := range plane {
			x, y := float64(i%stride)/float64(size.X), float64(i/stride)/float64(size.Y)
			plane[i] = byte(40 + a*x + b*y)
		}
	}
	slope(im.Y, im.YStride, im.Rect.Size(), 100, 80)
	slope(im.Cb, im.CStride, chroma(im), 120, 20)
	slope(im.Cr, im.CStride, chroma(im), 10, 130)
	return im
}

func encoded(t testing.TB, im *image.YCbCr) []byte {
	t.Helper()
	data, err := jpeg.NewEncoder(95).Encode(nil, im)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pictureOf(t testing.TB, im *image.YCbCr) *hub.Picture {
	size := im.Rect.Size()
	return &hub.Picture{Seq: 5, JPEG: encoded(t, im), Width: size.X, Height: size.Y, Captured: time.Unix(77, 0), Result: 3, Notice: "lost"}
}

// mean is the reference for the scaler: the mean of the area that sample (x, y) of the new
// plane covers, num/den samples of the old one in each direction, in floating point.
func mean(plane []byte, stride int, size image.Point, x, y int, num, den image.Point) float64 {
	edges := func(i, n, num, den int) (from, to float64) {
		from, to = float64(i*num)/float64(den), float64((i+1)*num)/float64(den)
		return min(from, float64(n)-1), min(to, float64(n))
	}
	x0, x1 := edges(x, size.X, num.X, den.X)
	y0, y1 := edges(y, size.Y, num.Y, den.Y)
	var sum, area float64
	for v := int(y0); float64(v) < y1; v++ {
		for u := int(x0); float64(u) < x1; u++ {
			a := (min(x1, float64(u+1)) - max(x0, float64(u))) * (min(y1, float64(v+1)) - max(y0, float64(v)))
			sum += a * float64(plane[v*stride+u])
			area += a
		}
	}
	return sum / area
}

// wantMeans wants each sample of dst to be the mean of what it covers in src, give or take.
func wantMeans(t *testing.T, what string, dst, src *image.YCbCr, whole image.Point, shift int, most float64) {
	t.Helper()
	den := dst.Rect.Size().Mul(1 << shift)
	check := func(name string, to []byte, toStride int, toSize image.Point, from []byte, fromStride int, fromSize image.Point) {
		for y := range toSize.Y {
			for x := range toSize.X {
				got, want := float64(to[y*toStride+x]), mean(from, fromStride, fromSize, x, y, whole, den)
				if math.Abs(got-want) > most {
					t.Fatalf("%s: %s at %d,%d is %v, want %.2f", what, name, x, y, got, want)
				}
			}
		}
	}
	check("Y", dst.Y, dst.YStride, dst.Rect.Size(), src.Y, src.YStride, src.Rect.Size())
	check("Cb", dst.Cb, dst.CStride, chroma(dst), src.Cb, src.CStride, chroma(src))
	check("Cr", dst.Cr, dst.CStride, chroma(dst), src.Cr, src.CStride, chroma(src))
}

func TestScalerGivesMeans(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	var s scaler // one for all: what a picture leaves behind must not show in the next
	for range 300 {
		shift := rng.IntN(jpeg.MaxShift + 1)
		ratio := ratios[rng.IntN(len(ratios))]
		whole := image.Pt(1+rng.IntN(400), 1+rng.IntN(300))
		src := image.NewYCbCr(image.Rect(0, 0, (whole.X+1<<shift-1)>>shift, (whole.Y+1<<shift-1)>>shift), ratio)
		for _, plane := range [][]byte{src.Y, src.Cb, src.Cr} {
			for i := range plane {
				plane[i] = byte(rng.Uint32())
			}
		}
		size := image.Pt(1+rng.IntN(src.Rect.Dx()), 1+rng.IntN(src.Rect.Dy()))
		dst := s.scale(src, size, whole, shift)
		what := fmt.Sprintf("%v of %v/%d %v", size, whole, 1<<shift, ratio)
		if dst.Rect.Size() != size || dst.SubsampleRatio != ratio {
			t.Fatalf("%s: got %v %v", what, dst.Rect, dst.SubsampleRatio)
		}
		// Half a level is the last rounding; each weight is rounded too, and there may be many.
		most := 0.95
		if 2*size.X < src.Rect.Dx() || 2*size.Y < src.Rect.Dy() {
			most = 2
		}
		wantMeans(t, what, dst, src, whole, shift, most)
	}
}

// A flat picture stays the same flat one, black and white too.
func TestScalerKeepsLevels(t *testing.T) {
	var s scaler
	for _, level := range []byte{0, 1, 127, 254, 255} {
		for width := 1; width < 100; width++ {
			src := image.NewYCbCr(image.Rect(0, 0, 101, 67), image.YCbCrSubsampleRatio420)
			for _, plane := range [][]byte{src.Y, src.Cb, src.Cr} {
				for i := range plane {
					plane[i] = level
				}
			}
			dst := s.scale(src, image.Pt(width, 1+width*66/101), src.Rect.Size(), 0)
			for _, plane := range [][]byte{dst.Y, dst.Cb, dst.Cr} {
				for i, v := range plane {
					if v != level {
						t.Fatalf("width %d: sample %d is %d, want %d", width, i, v, level)
					}
				}
			}
		}
	}
}

// Whatever the camera gives, the rendition shows it, in the right size and place.
func TestRenditionsShowThePicture(t *testing.T) {
	m := Maker{Quality: 100}
	for _, ratio := range ratios {
		for _, whole := range []image.Point{{320, 240}, {321, 241}, {333, 77}, {64, 48}, {255, 257}} {
			src := gradient(whole.X, whole.Y, ratio)
			pic := pictureOf(t, src)
			for _, width := range []int{16, 17, 40, 63, 80, 107, 160, 161, 319} {
				if width >= whole.X {
					continue
				}
				what := fmt.Sprintf("%v %v to %d", ratio, whole, width)
				made, err := m.Picture(pic, Want{Width: width})
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				size := image.Pt(width, int(math.Round(float64(width)*float64(whole.Y)/float64(whole.X))))
				if made.Width != size.X || made.Height != size.Y {
					t.Errorf("%s: %dx%d, want %v", what, made.Width, made.Height, size)
				}
				if made.Seq != 5 || !made.Captured.Equal(pic.Captured) || made.Result != 3 || made.Notice != "lost" {
					t.Errorf("%s: it lost what is said about it: %+v", what, made)
				}
				var d jpeg.Decoder
				got, err := d.Decode(made.JPEG, nil)
				if err != nil || got.Rect.Size() != size || got.SubsampleRatio != ratio {
					t.Fatalf("%s: %v, %v", what, got, err)
				}
				wantMeans(t, what, got, src, whole, 0, 8)
				if std, err := stdjpeg.Decode(bytes.NewReader(made.JPEG)); err != nil || std.Bounds().Size() != size {
					t.Errorf("%s: image/jpeg says %v", what, err)
				}
			}
		}
	}
}

func TestGrayPictures(t *testing.T) {
	im := image.NewGray(image.Rect(0, 0, 100, 50))
	for i := range im.Pix {
		im.Pix[i] = 200
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, im, nil); err != nil {
		t.Fatal(err)
	}
	m := Maker{Quality: 90}
	made, err := m.Picture(&hub.Picture{JPEG: b.Bytes()}, Want{Width: 33})
	if err != nil {
		t.Fatal(err)
	}
	got, err := stdjpeg.Decode(bytes.NewReader(made.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, bl, _ := got.At(16, 8).RGBA(); got.Bounds().Size() != image.Pt(33, 17) || r != g || g != bl || r>>8 < 198 || r>>8 > 202 {
		t.Errorf("%v with %d %d %d in it", got.Bounds(), r>>8, g>>8, bl>>8)
	}
}

func TestWantsOfQuality(t *testing.T) {
	pic := pictureOf(t, gradient(200, 100, image.YCbCrSubsampleRatio422))
	m := Maker{Quality: 70}
	make := func(w Want) *hub.Picture {
		t.Helper()
		made, err := m.Picture(pic, w)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	for _, w := range []Want{{}, {Width: 200}, {Width: 4096}} {
		if make(w) != pic {
			t.Errorf("%+v: the picture was made anew", w)
		}
	}
	for _, w := range []Want{{Quality: 30}, {Width: 200, Quality: 30}, {Width: 500, Quality: 30}} {
		made := make(w)
		if made.Width != 200 || made.Height != 100 || len(made.JPEG) >= len(pic.JPEG) || !bytes.Equal(made.JPEG, make(Want{Quality: 30}).JPEG) {
			t.Errorf("%+v: %dx%d in %d bytes of %d", w, made.Width, made.Height, len(made.JPEG), len(pic.JPEG))
		}
	}
	low, own, high := make(Want{Width: 90, Quality: 30}), make(Want{Width: 90}), make(Want{Width: 90, Quality: 95})
	if !bytes.Equal(own.JPEG, make(Want{Width: 90, Quality: 70}).JPEG) {
		t.Error("without a wanted quality it is not the maker's")
	}
	if len(low.JPEG) >= len(own.JPEG) || len(own.JPEG) >= len(high.JPEG) {
		t.Errorf("quality 30, 70 and 95 take %d, %d and %d bytes", len(low.JPEG), len(own.JPEG), len(high.JPEG))
	}
}

func TestMakerGoesOnAfterDamage(t *testing.T) {
	pic := pictureOf(t, gradient(200, 100, image.YCbCrSubsampleRatio420))
	m := Maker{Quality: 80}
	want, err := m.Picture(pic, Want{Width: 77})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 2, 50, len(pic.JPEG) / 2} {
		if made, err := m.Picture(&hub.Picture{JPEG: pic.JPEG[:n]}, Want{Width: 77}); !errors.Is(err, jpeg.ErrFormat) || made != nil {
			t.Errorf("%d bytes of it: %v, %v", n, made, err)
		}
		if got, err := m.Picture(pic, Want{Width: 77}); err != nil || !bytes.Equal(got.JPEG, want.JPEG) {
			t.Errorf("after that: %v", err)
		}
	}
}

// Decode serves those who scale themselves.
func TestDecodeForOthers(t *testing.T) {
	data := encoded(t, gradient(1000, 500, image.YCbCrSubsampleRatio420))
	for width, want := range map[int]struct{ planes, size image.Point }{
		0:    {image.Pt(1000, 500), image.Pt(1000, 500)},
		1000: {image.Pt(1000, 500), image.Pt(1000, 500)},
		501:  {image.Pt(1000, 500), image.Pt(501, 251)},
		500:  {image.Pt(500, 250), image.Pt(500, 250)},
		251:  {image.Pt(500, 250), image.Pt(251, 126)},
		250:  {image.Pt(250, 125), image.Pt(250, 125)},
		1:    {image.Pt(125, 63), image.Pt(1, 1)},
		2000: {image.Pt(1000, 500), image.Pt(2000, 1000)},
	} {
		var m Maker
		planes, size, err := m.Decode(data, width)
		if err != nil || planes.Rect.Size() != want.planes || size != want.size {
			t.Errorf("%d: %v for %v, %v; want %v for %v", width, planes.Rect, size, err, want.planes, want.size)
		}
	}
}

// Only what is handed out is new.
func TestWarmMakerAllocatesTheResultOnly(t *testing.T) {
	pic := pictureOf(t, gradient(320, 240, image.YCbCrSubsampleRatio422))
	for _, w := range []Want{{Width: 160}, {Width: 100}, {Width: 300, Quality: 40}, {Quality: 50}} {
		m := Maker{Quality: 80}
		if n := testing.AllocsPerRun(20, func() {
			if _, err := m.Picture(pic, w); err != nil {
				t.Fatal(err)
			}
		}); n > 2 { // the picture and its bytes
			t.Errorf("%v: %v allocations", w, n)
		}
	}
}

func BenchmarkPicture(b *testing.B) {
	pic := pictureOf(b, gradient(1280, 720, image.YCbCrSubsampleRatio422))
	for _, w := range []Want{{Width: 320}, {Width: 640}, {Width: 1000}, {Quality: 50}} {
		b.Run(w.String(), func(b *testing.B) {
			m := Maker{Quality: 80}
			for b.Loop() {
				if _, err := m.Picture(pic, w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
