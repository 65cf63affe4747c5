package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"strings"
	"testing"
)

// psnr is the peak signal-to-noise ratio over all three planes of equal pictures, in dB.
func psnr(a, b *image.YCbCr) float64 {
	f := subsampled[a.SubsampleRatio]
	w, h := a.Rect.Dx(), a.Rect.Dy()
	sum, n := 0.0, 0
	add := func(p []byte, ps int, q []byte, qs, w, h int) {
		for y := range h {
			for x := range w {
				d := float64(p[y*ps+x]) - float64(q[y*qs+x])
				sum += d * d
				n++
			}
		}
	}
	add(a.Y, a.YStride, b.Y, b.YStride, w, h)
	w, h = ceilDiv(w, f[0]), ceilDiv(h, f[1])
	add(a.Cb, a.CStride, b.Cb, b.CStride, w, h)
	add(a.Cr, a.CStride, b.Cr, b.CStride, w, h)
	return 10 * math.Log10(255*255*float64(n)/sum)
}

// TestEncodeAsGoodAsStandardLibrary compares with image/jpeg at the same quality, hence
// the same tables: no worse and no bigger. The transforms round differently, so either may
// win by a hair where few coefficients are left: a twentieth of a decibel, a five-hundredth
// of the size. Ours is libjpeg's accurate one to the bit; image/jpeg keeps more bits between
// the passes, which counts where steps are 1 or 2 and the picture has no noise: a tenth of a
// decibel, a seventieth of the size. APP0, which image/jpeg does not write, takes 18 bytes.
func TestEncodeAsGoodAsStandardLibrary(t *testing.T) {
	for _, noise := range []float64{0, 3, 15} {
		src := scene(320, 240, image.YCbCrSubsampleRatio420, noise)
		for _, quality := range []int{1, 10, 30, 50, 75, 90, 97, 100} {
			var theirs bytes.Buffer
			if err := stdjpeg.Encode(&theirs, src, &stdjpeg.Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			ours, err := NewEncoder(quality).Encode(nil, src)
			if err != nil {
				t.Fatal(err)
			}
			got, want := psnr(stdDecode(t, ours), src), psnr(stdDecode(t, theirs.Bytes()), src)
			t.Logf("noise %2g quality %3d: %.3f dB in %d bytes, image/jpeg %.3f dB in %d", noise, quality, got, len(ours), want, theirs.Len())
			decibels, size := 0.05, 0.002
			if quality >= 97 {
				decibels, size = 0.1, 0.015
			}
			if got < want-decibels {
				t.Errorf("noise %g quality %d: %.3f dB, image/jpeg has %.3f", noise, quality, got, want)
			}
			if extra := float64(len(ours)-18-theirs.Len()) / float64(theirs.Len()); extra > size {
				t.Errorf("noise %g quality %d: %d bytes, image/jpeg has %d", noise, quality, len(ours), theirs.Len())
			}
		}
	}
}

// TestEncodeRoundTrip: at the best quality every size and subsampling comes back nearly as
// it was, through a decoder that is not ours.
func TestEncodeRoundTrip(t *testing.T) {
	for _, ratio := range ratios {
		for _, size := range sizes {
			src := scene(size[0], size[1], ratio, 10)
			data, err := NewEncoder(100).Encode(nil, src)
			if err != nil {
				t.Fatal(err)
			}
			back := stdDecode(t, data)
			if back.SubsampleRatio != ratio || back.Rect != src.Rect {
				t.Fatalf("got %v %v, want %v %v", back.SubsampleRatio, back.Rect, ratio, src.Rect)
			}
			// Steps of 1 err by a uniform half at most: 10*log10(255²*12) = 58.9 dB, less what
			// rounding samples to integers costs.
			if p := psnr(back, src); p < 50 {
				t.Errorf("%v %v: %.1f dB", ratio, size, p)
			}
		}
	}
}

// TestTablesLikeStandardLibrary compares the quantization tables of every quality, and the
// Huffman tables, with what image/jpeg writes.
func TestTablesLikeStandardLibrary(t *testing.T) {
	im := image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420)
	for quality := 1; quality <= 100; quality++ {
		var theirs bytes.Buffer
		if err := stdjpeg.Encode(&theirs, im, &stdjpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		ours, err := NewEncoder(quality).Encode(nil, im)
		if err != nil {
			t.Fatal(err)
		}
		for _, marker := range []byte{markDQT, markDHT, markSOF0, markSOS} {
			if got, want := bodies(t, ours, marker), bodies(t, theirs.Bytes(), marker); !bytes.Equal(got, want) {
				t.Fatalf("quality %d, marker %#x:\n got %x\nwant %x", quality, marker, got, want)
			}
		}
	}
}

// bodies joins the bodies of all segments of a marker before the scan.
func bodies(t *testing.T, data []byte, marker byte) (all []byte) {
	for pos := 2; ; {
		m, body, next, err := nextSegment(data, pos)
		if err != nil {
			t.Fatal(err)
		}
		if m == marker {
			all = append(all, body...)
		}
		if m == markSOS {
			return all
		}
		pos = next
	}
}

func TestQualityIsClamped(t *testing.T) {
	for quality, like := range map[int]int{-5: 1, 0: 1, 101: 100, math.MaxInt: 100} {
		if NewEncoder(quality).tables != NewEncoder(like).tables {
			t.Errorf("quality %d is not like %d", quality, like)
		}
	}
}

// TestEncodeWindow encodes parts of a picture, whose planes then begin anywhere and are
// longer than they need be. A copy of the same samples must give the same bytes.
func TestEncodeWindow(t *testing.T) {
	for _, ratio := range ratios {
		whole := scene(90, 70, ratio, 10)
		f := subsampled[ratio]
		for _, r := range []image.Rectangle{image.Rect(0, 0, 33, 21), image.Rect(8, 6, 71, 45), image.Rect(13, 9, 20, 70), image.Rect(89, 69, 90, 70)} {
			part := whole.SubImage(r).(*image.YCbCr)
			alone := image.NewYCbCr(image.Rect(0, 0, r.Dx(), r.Dy()), ratio)
			for y := range r.Dy() {
				copy(alone.Y[y*alone.YStride:][:r.Dx()], part.Y[y*part.YStride:])
			}
			for y := range ceilDiv(r.Dy(), f[1]) {
				copy(alone.Cb[y*alone.CStride:][:alone.CStride], part.Cb[y*part.CStride:])
				copy(alone.Cr[y*alone.CStride:][:alone.CStride], part.Cr[y*part.CStride:])
			}
			e := NewEncoder(85)
			got, err := e.Encode(nil, part)
			if err != nil {
				t.Fatal(err)
			}
			want, err := e.Encode(nil, alone)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%v %v encodes otherwise than its copy", ratio, r)
			}
		}
	}
}

// TestEncodeExtremes codes the largest coefficients there are: every basis function of the
// transform, saturated. They must not outgrow the Huffman tables (F.1.2).
func TestEncodeExtremes(t *testing.T) {
	im := image.NewYCbCr(image.Rect(0, 0, 64*8, 2*8), image.YCbCrSubsampleRatio444)
	for place := range 64 {
		for y := range 16 {
			for x := range 8 {
				basis := math.Cos(float64((2*x+1)*(place%8))*math.Pi/16) * math.Cos(float64((2*(y%8)+1)*(place/8))*math.Pi/16)
				v := uint8(0)
				if (basis > 0) == (y < 8) { // and its negative below
					v = 255
				}
				i := im.YOffset(8*place+x, y)
				im.Y[i], im.Cb[i], im.Cr[i] = v, v, 255-v
			}
		}
	}
	data, err := NewEncoder(100).Encode(nil, im)
	if err != nil {
		t.Fatal(err)
	}
	var d Decoder
	got, err := d.Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantSamePicture(t, got, stdDecode(t, data))
	if p := psnr(got, im); p < 50 {
		t.Errorf("%.1f dB", p)
	}
}

func TestEncodeAppends(t *testing.T) {
	src := scene(100, 60, image.YCbCrSubsampleRatio422, 5)
	e := NewEncoder(80)
	want, err := e.Encode(nil, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 1, 1000, len(want), len(want) + 5000} {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			head := make([]byte, 6, 6+room)
			copy(head, "header")
			got, err := e.Encode(head, src)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "header"+string(want) {
				t.Error("the picture is not what it is alone")
			}
		})
	}
}

// TestEncodeGrowsSeldom encodes noise, which compresses least of all.
func TestEncodeGrowsSeldom(t *testing.T) {
	for _, c := range []struct {
		noise   float64
		quality int
		most    float64
	}{{3, 80, 1}, {120, 100, 6}} {
		src := scene(640, 480, image.YCbCrSubsampleRatio444, c.noise)
		e := NewEncoder(c.quality)
		if n := testing.AllocsPerRun(2, func() {
			if _, err := e.Encode(nil, src); err != nil {
				t.Fatal(err)
			}
		}); n > c.most {
			t.Errorf("noise %g quality %d: %v allocations, want %v at most", c.noise, c.quality, n, c.most)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := scene(16, 16, image.YCbCrSubsampleRatio420, 5)
	change := func(f func(*image.YCbCr)) *image.YCbCr {
		im := *good
		f(&im)
		return &im
	}
	for _, c := range []struct {
		name string
		im   *image.YCbCr
		err  error
		says string
	}{
		{"4:1:0", image.NewYCbCr(good.Rect, image.YCbCrSubsampleRatio410), ErrUnsupported, "YCbCrSubsampleRatio410"},
		{"empty", change(func(im *image.YCbCr) { im.Rect = image.Rectangle{} }), ErrUnsupported, "0x0"},
		{"too wide", image.NewYCbCr(image.Rect(0, 0, 65536, 1), image.YCbCrSubsampleRatio444), ErrUnsupported, "65536x1"},
		{"short luma", change(func(im *image.YCbCr) { im.Y = im.Y[:255] }), ErrFormat, "plane 0"},
		{"short Cr", change(func(im *image.YCbCr) { im.Cr = im.Cr[:63] }), ErrFormat, "plane 2"},
		{"stride below width", change(func(im *image.YCbCr) { im.YStride = 8 }), ErrFormat, "stride 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := NewEncoder(80).Encode([]byte("as it was"), c.im)
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.err, c.says)
			}
			if string(got) != "as it was" {
				t.Errorf("dst became %q", got)
			}
		})
	}
}
