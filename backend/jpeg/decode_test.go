package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"testing"
)

// tolerance is how far a sample may be from image/jpeg's. Both round the same real number,
// each after its own fixed-point transform of the same accuracy, so they may differ by one
// where it lies near a half. Our shortcuts for sparse blocks change nothing about that.
const tolerance = 1

// wantSamePicture compares size, subsampling and all samples inside the picture.
func wantSamePicture(t *testing.T, got, want *image.YCbCr) {
	t.Helper()
	if got.Rect != want.Rect || got.SubsampleRatio != want.SubsampleRatio {
		t.Fatalf("got %v %v, want %v %v", got.Rect, got.SubsampleRatio, want.Rect, want.SubsampleRatio)
	}
	w, h := got.Rect.Dx(), got.Rect.Dy()
	f := subsampled[got.SubsampleRatio]
	wantSamePlane(t, "Y", got.Y, got.YStride, want.Y, want.YStride, w, h)
	w, h = ceilDiv(w, f[0]), ceilDiv(h, f[1])
	wantSamePlane(t, "Cb", got.Cb, got.CStride, want.Cb, want.CStride, w, h)
	wantSamePlane(t, "Cr", got.Cr, got.CStride, want.Cr, want.CStride, w, h)
}

func wantSamePlane(t *testing.T, name string, got []byte, gs int, want []byte, ws, w, h int) {
	t.Helper()
	for y := range h {
		for x := range w {
			if g, w := int(got[y*gs+x]), int(want[y*ws+x]); g < w-tolerance || g > w+tolerance {
				t.Fatalf("%s at %d,%d is %d, image/jpeg has %d", name, x, y, g, w)
			}
		}
	}
}

func stdDecode(t *testing.T, data []byte) *image.YCbCr {
	t.Helper()
	im, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal("image/jpeg:", err)
	}
	switch im := im.(type) {
	case *image.YCbCr:
		return im
	case *image.Gray:
		return colourable(im)
	}
	t.Fatalf("image/jpeg gives %T", im)
	return nil
}

// TestDecodeLikeStandardLibrary goes through the corpus with one Decoder and one image, so
// that every picture meets what the one before left behind.
func TestDecodeLikeStandardLibrary(t *testing.T) {
	var d Decoder
	var im *image.YCbCr
	for _, ratio := range ratios {
		t.Run(ratioName(ratio), func(t *testing.T) {
			for _, size := range sizes {
				src := scene(size[0], size[1], ratio, 12)
				for _, quality := range []int{1, 25, 75, 100} {
					for _, restart := range []int{0, 1, 3, 8} {
						data := builder{quality: quality, restart: restart}.build(src)
						var err error
						if im, err = d.Decode(data, im); err != nil {
							t.Fatalf("%v quality %d restart %d: %v", size, quality, restart, err)
						}
						wantSamePicture(t, im, stdDecode(t, data))
						if t.Failed() {
							t.Fatalf("in %v quality %d restart %d", size, quality, restart)
						}
					}
				}
			}
		})
	}
}

// TestDecodeSmallSizes has every size up to 17x17.
func TestDecodeSmallSizes(t *testing.T) {
	var d Decoder
	var im *image.YCbCr
	for _, ratio := range ratios {
		for w := 1; w <= 17; w++ {
			for h := 1; h <= 17; h++ {
				data, err := NewEncoder(80).Encode(nil, scene(w, h, ratio, 8))
				if err != nil {
					t.Fatal(err)
				}
				if im, err = d.Decode(data, im); err != nil {
					t.Fatalf("%v %dx%d: %v", ratio, w, h, err)
				}
				wantSamePicture(t, im, stdDecode(t, data))
			}
		}
	}
}

// TestDecodeDialects has streams that differ from Encode's in one way each. All of them
// say the same picture as the plain stream does.
func TestDecodeDialects(t *testing.T) {
	src := scene(75, 43, image.YCbCrSubsampleRatio422, 10)
	plain := stdDecode(t, builder{quality: 80}.build(src))
	stray := builder{quality: 80}.build(src)
	stray = append(append([]byte{}, stray[:2]...), append([]byte{0, 0, 0xff, 0, 7}, stray[2:]...)...)
	for name, data := range map[string][]byte{
		"restart every MCU":        builder{quality: 80, restart: 1}.build(src),
		"restart interval too big": builder{quality: 80, restart: 65535}.build(src),
		"last restart superfluous": append(builder{quality: 80, noEOI: true, restart: 4}.build(src), 0xff, markRST0+(5*6/4)&7, 0xff, markEOI),
		"no DHT":                   builder{quality: 80, noDHT: true}.build(src),
		"one DHT":                  builder{quality: 80, oneDHT: true}.build(src),
		"no EOI":                   builder{quality: 80, noEOI: true}.build(src),
		"no EOI, no DHT, restart":  builder{quality: 80, noEOI: true, noDHT: true, restart: 2}.build(src),
		"16-bit DQT":               builder{quality: 80, wideQuant: true}.build(src),
		"fill bytes":               builder{quality: 80, fillBytes: true, restart: 3}.build(src),
		"extended sequential":      builder{quality: 80, sof: markSOF1}.build(src),
		"tall MCUs":                builder{quality: 80, chroma: [2]int{1, 2}}.build(src),
		"a scan per component":     builder{quality: 80, separate: true}.build(src),
		"zeros after EOI":          append(builder{quality: 80}.build(src), make([]byte, 500)...),
		"stray bytes":              stray,
		"AVI1 segment":             builder{quality: 80, app: []byte("\xff\xe0\x00\x06AVI1")}.build(src),
		"Adobe YCbCr":              builder{quality: 80, app: []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01")}.build(src),
	} {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			im, err := d.Decode(data, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantSamePicture(t, im, plain)
			c, err := Probe(data)
			if want := (Config{Width: 75, Height: 43, Ratio: image.YCbCrSubsampleRatio422, Slow: name == "a scan per component"}); err != nil || c != want {
				t.Errorf("Probe gives %+v, %v, want %+v", c, err, want)
			}
		})
	}
}

// TestDecodeForeign: RGB and CMYK come as image/jpeg has them, converted.
func TestDecodeForeign(t *testing.T) {
	src := scene(40, 24, image.YCbCrSubsampleRatio444, 5)
	for name, data := range map[string][]byte{
		"RGB by Adobe": builder{quality: 80, app: []byte(adobeRGB)}.build(src),
		"RGB by name":  builder{quality: 80, ids: [3]byte{'R', 'G', 'B'}}.build(src),
		"CMYK":         cmyk(),
	} {
		want, err := stdjpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c, err := Probe(data); err != nil || !c.Slow || c.Width != want.Bounds().Dx() || c.Ratio != image.YCbCrSubsampleRatio444 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		im, err := new(Decoder).Decode(data, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for y := range im.Rect.Dy() {
			for x := range im.Rect.Dx() {
				if got, want := im.YCbCrAt(x, y), color.YCbCrModel.Convert(want.At(x, y)); got != want {
					t.Fatalf("%s: %v at %d,%d, want %v", name, got, x, y, want)
				}
			}
		}
		if im.Rect != want.Bounds() {
			t.Errorf("%s: %v, want %v", name, im.Rect, want.Bounds())
		}
		small, err := new(Decoder).DecodeReduced(data, 2, nil)
		if err != nil || small.Rect != reducedRect(im.Rect.Dx(), im.Rect.Dy(), 2) {
			t.Errorf("%s at 1/4: %v, %v", name, small, err)
		}
	}
}

func TestDecodeProgressive(t *testing.T) {
	for _, gray := range []bool{false, true} {
		data := builder{quality: 80, progressive: true, gray: gray}.build(scene(40, 30, image.YCbCrSubsampleRatio420, 5))
		c, err := Probe(data)
		if want := (Config{40, 30, image.YCbCrSubsampleRatio420, gray, true}); err != nil || c != want {
			t.Errorf("Probe gives %+v, %v, want %+v", c, err, want)
		}
		var d Decoder
		im, err := d.Decode(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantSamePicture(t, im, stdDecode(t, data))
	}
}

func TestDecodeTooManyScans(t *testing.T) {
	data := builder{quality: 80, progressive: true}.build(scene(40, 30, image.YCbCrSubsampleRatio420, 5))
	for range maxScans {
		data = append(data, 0xff, markSOS)
	}
	var d Decoder
	if _, err := d.Decode(data, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

func TestDecodeGray(t *testing.T) {
	var d Decoder
	var im *image.YCbCr
	for _, size := range sizes {
		data := builder{quality: 90, gray: true}.build(scene(size[0], size[1], image.YCbCrSubsampleRatio444, 10))
		if im != nil { // as an overlay leaves it
			fill(im.Cb, 7)
			fill(im.Cr, 7)
		}
		var err error
		if im, err = d.Decode(data, im); err != nil {
			t.Fatal(err)
		}
		wantSamePicture(t, im, stdDecode(t, data))
		if c, err := Probe(data); err != nil || !c.Gray || c.Ratio != im.SubsampleRatio {
			t.Errorf("Probe gives %+v, %v", c, err)
		}
	}
}

// TestDecodeReuse checks which dst serves again.
func TestDecodeReuse(t *testing.T) {
	data, err := NewEncoder(80).Encode(nil, scene(33, 17, image.YCbCrSubsampleRatio422, 5))
	if err != nil {
		t.Fatal(err)
	}
	padded := func(w, h int, r image.YCbCrSubsampleRatio) *image.YCbCr {
		return image.NewYCbCr(image.Rect(0, 0, w, h), r)
	}
	short := padded(48, 24, image.YCbCrSubsampleRatio422)
	short.Cr = short.Cr[:len(short.Cr)-1]
	for _, c := range []struct {
		name  string
		dst   *image.YCbCr
		reuse bool
	}{
		{"nil", nil, false},
		{"whole MCUs", padded(48, 24, image.YCbCrSubsampleRatio422), true},
		{"the bare size", padded(33, 17, image.YCbCrSubsampleRatio422), false},
		{"other subsampling", padded(48, 24, image.YCbCrSubsampleRatio420), false},
		{"wider", padded(64, 24, image.YCbCrSubsampleRatio422), false},
		{"short plane", short, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Decoder
			im, err := d.Decode(data, c.dst)
			if err != nil {
				t.Fatal(err)
			}
			if (im == c.dst) != c.reuse {
				t.Errorf("reused: %v, want %v", im == c.dst, c.reuse)
			}
			wantSamePicture(t, im, stdDecode(t, data))
		})
	}
}

// TestDecodeTruncated cuts streams at every byte. All that may be missing is EOI.
func TestDecodeTruncated(t *testing.T) {
	src := scene(35, 19, image.YCbCrSubsampleRatio420, 15)
	for _, b := range []builder{{quality: 70}, {quality: 70, restart: 2}, {quality: 70, noDHT: true, restart: 1}, {quality: 95, gray: true}} {
		data := b.build(src)
		var d Decoder
		var im *image.YCbCr
		for n := range len(data) {
			var err error
			im, err = d.Decode(bytes.Clone(data[:n]), im)
			if n < len(data)-2 && !errors.Is(err, ErrFormat) {
				t.Fatalf("%+v cut to %d of %d bytes: got %v, want ErrFormat", b, n, len(data), err)
			}
			if n >= len(data)-2 && err != nil {
				t.Fatalf("%+v without EOI: %v", b, err)
			}
		}
		// What damage left behind must not show in the next picture.
		im, err := d.Decode(data, im)
		if err != nil {
			t.Fatal(err)
		}
		b.noDHT = false // which image/jpeg needs
		wantSamePicture(t, im, stdDecode(t, b.build(src)))
	}
}

// TestDecodeDamaged flips bytes: an error that says so, or a picture of the probed size.
func TestDecodeDamaged(t *testing.T) {
	src := scene(50, 37, image.YCbCrSubsampleRatio422, 15)
	r := rand.New(rand.NewPCG(1, 2))
	var d Decoder
	var im *image.YCbCr
	for _, b := range []builder{{quality: 70}, {quality: 95, restart: 3}, {quality: 50, separate: true}, {quality: 50, progressive: true}} {
		data := b.build(src)
		for range 2000 {
			bad := bytes.Clone(data)
			for range 1 + r.IntN(4) {
				bad[r.IntN(len(bad))] = byte(r.Uint32())
			}
			c, probeErr := Probe(bad)
			var err error
			im, err = d.Decode(bad, im)
			if err == nil && (probeErr != nil || im.Rect != image.Rect(0, 0, c.Width, c.Height)) {
				t.Fatalf("decoded %v; Probe gives %+v, %v", im.Rect, c, probeErr)
			}
			if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("got %v, want ErrFormat or ErrUnsupported", err)
			}
		}
	}
}

// TestDecodeLostInterval drops one restart interval, as a camera does with a lost packet.
func TestDecodeLostInterval(t *testing.T) {
	data := builder{quality: 70, restart: 1}.build(scene(64, 64, image.YCbCrSubsampleRatio420, 15))
	from := bytes.Index(data, []byte{0xff, markRST0 + 2})
	to := bytes.Index(data, []byte{0xff, markRST0 + 3})
	var d Decoder
	if _, err := d.Decode(append(data[:from:from], data[to:]...), nil); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want ErrFormat", err)
	}
}

// TestDecodeTablesDoNotOutliveThePicture: a picture without tables fails, whatever came
// before it.
func TestDecodeTablesDoNotOutliveThePicture(t *testing.T) {
	data := builder{quality: 70}.build(scene(16, 16, image.YCbCrSubsampleRatio444, 5))
	var d Decoder
	if _, err := d.Decode(data, nil); err != nil {
		t.Fatal(err)
	}
	body := 4 + 2*65 // DQT is the first segment
	bare := append([]byte{0xff, markSOI}, data[2+body:]...)
	if _, err := d.Decode(bare, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want ErrFormat", err)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	for _, b := range []builder{{quality: 80}, {quality: 80, restart: 5}, {quality: 80, noDHT: true}, {quality: 80, gray: true}} {
		data := b.build(scene(200, 120, image.YCbCrSubsampleRatio422, 8))
		var d Decoder
		im, err := d.Decode(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { im, err = d.Decode(data, im) }); n != 0 || err != nil {
			t.Errorf("%+v: Decode allocates %v times, %v", b, n, err)
		}
		if n := testing.AllocsPerRun(20, func() { _, err = Probe(data) }); n != 0 || err != nil {
			t.Errorf("%+v: Probe allocates %v times, %v", b, n, err)
		}
		e := NewEncoder(80)
		out, err := e.Encode(nil, im)
		if err != nil {
			t.Fatal(err)
		}
		room := make([]byte, 0, len(out)+4096)
		if n := testing.AllocsPerRun(20, func() { out, err = e.Encode(room, im) }); n != 0 || err != nil {
			t.Errorf("%+v: Encode allocates %v times, %v", b, n, err)
		}
	}
}

func ExampleDecoder_Decode() {
	data, _ := NewEncoder(80).Encode(nil, image.NewYCbCr(image.Rect(0, 0, 30, 20), image.YCbCrSubsampleRatio422))
	var d Decoder
	im, err := d.Decode(data, nil)
	fmt.Println(im.Rect, im.SubsampleRatio, im.YStride, err)
	// Output: (0,0)-(30,20) YCbCrSubsampleRatio422 32 <nil>
}
