package jpeg

import (
	"bytes"
	"errors"
	"image"
	"testing"
)

// dialects are the single-scan pictures that builder makes of any picture, one difference
// each.
var dialects = map[string]builder{
	"plain":             {quality: 80},
	"restart every MCU": {quality: 80, restart: 1},
	"restart":           {quality: 80, restart: 5},
	"big interval":      {quality: 80, restart: 65535},
	"no DHT":            {quality: 80, noDHT: true},
	"one DHT":           {quality: 80, oneDHT: true},
	"no EOI":            {quality: 80, noEOI: true, restart: 3},
	"16-bit DQT":        {quality: 80, wideQuant: true},
	"fill bytes":        {quality: 80, fillBytes: true, restart: 2},
	"fill bytes, bare":  {quality: 80, fillBytes: true, noDHT: true, noEOI: true},
	"extended":          {quality: 80, sof: markSOF1},
	"tall MCUs":         {quality: 80, chroma: [2]int{1, 2}},
	"gray":              {quality: 80, gray: true},
	"fine":              {quality: 100},
	"coarse":            {quality: 1},
}

// TestWalkLikeDecodeReduced: the planes are the same, but for WalkLuma's chroma at 1/4.
func TestWalkLikeDecodeReduced(t *testing.T) {
	var x Index
	var d Decoder
	var walked, want *image.YCbCr
	for name, b := range dialects {
		for _, ratio := range ratios {
			for _, size := range sizes {
				if f := subsampled[ratio]; f[0]*f[1]*b.chroma[0]*b.chroma[1] > 4 {
					continue
				}
				data := b.build(scene(size[0], size[1], ratio, 8))
				for i := range 2 * (MaxShift + 1) {
					shift, walk := i/2, x.Walk
					if i%2 == 1 {
						walk = x.WalkLuma
					}
					var err error
					if walked, err = walk(data, shift, walked); err != nil {
						t.Fatalf("%s %v %v by %d: %v", name, ratio, size, shift, err)
					}
					if want, err = d.DecodeReduced(data, shift, want); err != nil {
						t.Fatal(err)
					}
					if walked.Rect != want.Rect || walked.SubsampleRatio != want.SubsampleRatio || !bytes.Equal(walked.Y, want.Y) {
						t.Fatalf("%s %v %v by %d: luma differs", name, ratio, size, shift)
					}
					if shift != 2 || i%2 == 0 {
						if !bytes.Equal(walked.Cb, want.Cb) || !bytes.Equal(walked.Cr, want.Cr) {
							t.Fatalf("%s %v %v by %d: chroma differs", name, ratio, size, shift)
						}
						continue
					}
					if want, err = d.DecodeReduced(data, 3, want); err != nil {
						t.Fatal(err)
					}
					for i := range walked.Cb {
						at := i/walked.CStride/2*want.CStride + i%walked.CStride/2
						if walked.Cb[i] != want.Cb[at] || walked.Cr[i] != want.Cr[at] {
							t.Fatalf("%s %v %v: chroma at 1/4 is %d %d, at 1/8 %d %d", name, ratio, size, walked.Cb[i], walked.Cr[i], want.Cb[at], want.Cr[at])
						}
					}
				}
			}
		}
	}
}

// TestNoIndex: what cannot be spliced is refused with its kind of error, by Walk or by Open,
// whatever was indexed before.
func TestNoIndex(t *testing.T) {
	src := scene(40, 30, image.YCbCrSubsampleRatio420, 5)
	good := builder{quality: 80}.build(src)
	sof := bytes.Index(good, []byte{0xff, markSOF0})
	patch := func(offset int, v byte) []byte {
		data := bytes.Clone(good)
		data[sof+offset] = v
		return data
	}
	for name, c := range map[string]struct {
		data []byte
		walk error
	}{
		"progressive":          {builder{quality: 80, progressive: true}.build(src), nil},
		"a scan per component": {builder{quality: 80, separate: true}.build(src), nil},
		"arithmetic":           {patch(1, 0xc9), ErrUnsupported},
		"12 bits":              {patch(4, 12), ErrUnsupported},
		"CMYK":                 {cmyk(), nil},
		"cut off":              {good[:len(good)-30], ErrFormat},
		"empty":                {nil, ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			var x Index
			if _, err := x.Walk(good, 3, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Walk(c.data, 3, nil); !errors.Is(err, c.walk) {
				t.Fatalf("Walk: %v, want %v", err, c.walk)
			}
			if x.Known() {
				t.Error("an index is known")
			}
			var s Splicer
			if _, err := s.Open(&x, nil); !errors.Is(err, ErrUnsupported) {
				t.Errorf("Open: %v, want ErrUnsupported", err)
			}
			if _, err := s.Close(nil); !errors.Is(err, errNotOpen) {
				t.Errorf("Close: %v, want %v", err, errNotOpen)
			}
			if _, err := x.Walk(good, 3, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Open(&x, nil); err != nil || !x.Known() {
				t.Errorf("Open of a good picture: %v, known: %v", err, x.Known())
			}
		})
	}
}

func TestWalkSteadyStateDoesNotAllocate(t *testing.T) {
	for _, b := range []builder{{quality: 80}, {quality: 80, restart: 5}, {quality: 80, noDHT: true}, {quality: 80, gray: true}} {
		data := b.build(scene(192, 112, image.YCbCrSubsampleRatio422, 8))
		data = refit(t, data)
		var x Index
		im, err := x.Walk(data, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { im, err = x.Walk(data, 2, im) }); n != 0 || err != nil {
			t.Errorf("%+v: allocates %v times, %v", b, n, err)
		}
	}
}

// TestHuffmanTablesFollowThePicture: tables are kept from picture to picture, so each must
// be told from the one before.
func TestHuffmanTablesFollowThePicture(t *testing.T) {
	var d Decoder
	im := scene(60, 40, image.YCbCrSubsampleRatio422, 10)
	typical := builder{quality: 80}.build(im)
	pictures := [][]byte{typical, refit(t, typical), builder{quality: 30, noDHT: true}.build(im), refit(t, builder{quality: 30}.build(im)), refit(t, typical)}
	for i, data := range append(pictures, pictures...) {
		got, err := d.Decode(data, nil)
		if err != nil {
			t.Fatalf("picture %d: %v", i, err)
		}
		want, err := new(Decoder).Decode(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.Cb, want.Cb) || !bytes.Equal(got.Cr, want.Cr) {
			t.Fatalf("picture %d differs from what another decoder makes of it", i)
		}
	}
	// A table that fails leaves none behind.
	bad := bytes.Clone(pictures[1])
	dht := bytes.LastIndex(bad, []byte{0xff, markDHT})
	bad[dht+5] = 3 // codes of one bit
	if _, err := d.Decode(bad, nil); !errors.Is(err, ErrFormat) {
		t.Fatalf("a bad table: %v", err)
	}
	if _, err := d.Decode(pictures[1], nil); err != nil {
		t.Fatalf("after a bad table: %v", err)
	}
}

// FuzzIndex: no input panics or hangs, Walk refuses and gives what DecodeReduced does, and
// every mark is where its MCU begins.
func FuzzIndex(f *testing.F) {
	seed(f)
	var x Index
	var d Decoder
	var s Splicer
	var walked, want *image.YCbCr
	f.Fuzz(func(t *testing.T, data []byte) {
		for shift := range MaxShift + 1 {
			var err, again error
			want, err = d.DecodeReduced(data, shift, want)
			walked, again = x.Walk(data, shift, walked)
			if kind(err) != kind(again) || reason(err) != reason(again) {
				t.Fatalf("by %d: %v, DecodeReduced says %v", shift, again, err)
			}
			if err != nil {
				return
			}
			if walked.Rect != want.Rect || !bytes.Equal(walked.Y, want.Y) {
				t.Fatalf("by %d: luma differs", shift)
			}
		}
		whole, err := d.Decode(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		im, err := s.Open(&x, []image.Rectangle{whole.Rect})
		if errors.Is(err, ErrUnsupported) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for y := range whole.Rect.Dy() { // what is beyond the picture is not open
			for x := range whole.Rect.Dx() {
				if at := whole.YOffset(x, y); im.Y[at] != whole.Y[at] {
					t.Fatalf("block by block, luma at %d,%d is another one", x, y)
				}
				if at := whole.COffset(x, y); im.Cb[at] != whole.Cb[at] || im.Cr[at] != whole.Cr[at] {
					t.Fatalf("block by block, chroma at %d,%d is another one", x, y)
				}
			}
		}
	})
}
