package jpeg

import (
	"bytes"
	"errors"
	"image"
	stdjpeg "image/jpeg"
	"testing"
)

func seed(f *testing.F) {
	for _, ratio := range ratios {
		f.Add(builder{quality: 60}.build(scene(19, 13, ratio, 8)))
	}
	src := scene(20, 20, image.YCbCrSubsampleRatio420, 8)
	for _, b := range []builder{
		{quality: 60, restart: 1}, {quality: 90, noDHT: true}, {quality: 60, noEOI: true, wideQuant: true},
		{quality: 60, fillBytes: true, restart: 2}, {quality: 60, gray: true}, {quality: 60, oneDHT: true},
		{quality: 60, separate: true}, {quality: 60, progressive: true}, {quality: 60, progressive: true, gray: true},
	} {
		f.Add(b.build(src))
	}
	f.Add([]byte{})
	f.Add([]byte{0xff, markSOI, 0xff, markEOI})
	f.Add(cmyk())
}

// FuzzDecode: no input panics or hangs, every error has its kind, whatever the reduction,
// and a picture that image/jpeg reads too has the same size there.
func FuzzDecode(f *testing.F) {
	seed(f)
	var d Decoder
	var im *image.YCbCr
	var reduced [MaxShift + 1]*image.YCbCr
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		var err error
		im, err = d.Decode(data, im)
		for shift := 1; shift <= MaxShift; shift++ {
			var again error
			reduced[shift], again = d.DecodeReduced(data, shift, reduced[shift])
			if kind(again) != kind(err) {
				t.Fatalf("by %d: %v, whole: %v", shift, again, err)
			}
			if err == nil && reduced[shift].Rect != reducedRect(im.Rect.Dx(), im.Rect.Dy(), shift) {
				t.Fatalf("by %d: %v of %v", shift, reduced[shift].Rect, im.Rect)
			}
		}
		if !bytes.Equal(data, before) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			return // kind has looked at it
		}
		c, err := Probe(data)
		if err != nil || im.Rect != image.Rect(0, 0, c.Width, c.Height) || im.SubsampleRatio != c.Ratio {
			t.Fatalf("decoded %v %v; Probe says %+v, %v", im.Rect, im.SubsampleRatio, c, err)
		}
		if theirs, err := stdjpeg.Decode(bytes.NewReader(data)); err == nil && theirs.Bounds() != im.Rect {
			t.Fatalf("decoded %v, image/jpeg %v", im.Rect, theirs.Bounds())
		}
		if _, err := NewEncoder(50).Encode(nil, im); err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
	})
}

// FuzzProbe: no input panics, and what Probe accepts has a size within the bounds.
func FuzzProbe(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Probe(data)
		if err != nil {
			if c != (Config{}) {
				t.Fatalf("an error and a Config: %+v", c)
			}
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("an error of neither kind: %v", err)
			}
			return
		}
		if c.Width < 1 || c.Height < 1 || c.Width*c.Height > maxPixels || c.Width*c.Height > 8*64*len(data) {
			t.Fatalf("%d bytes hold %dx%d", len(data), c.Width, c.Height)
		}
	})
}
