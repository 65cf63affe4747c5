package blockcode

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// sizes are common ones, odd ones, the smallest, and the extremes of both shapes.
var sizes = []image.Point{
	{160, 120}, {160, 160}, {161, 121}, {167, 4096}, {176, 144}, {191, 163}, {240, 180}, {320, 240}, {333, 251},
	{352, 288}, {424, 240}, {640, 360}, {640, 480}, {641, 479}, {800, 600}, {854, 480}, {960, 540}, {1000, 700},
	{1024, 768}, {1280, 720}, {1280, 960}, {1366, 768}, {1920, 1080}, {4096, 160}, {4096, 512},
}

var payloads = []struct {
	seq    uint64
	micros int64
}{
	{0, 0},
	{1, 1735689600123456},
	{1<<48 - 1, math.MaxInt64},
	{0xAAAAAAAAAAAA, -1},
	{123456789, math.MinInt64},
}

// picture is noise with a code, so that a reader has something to stumble over.
func picture(size image.Point, ratio image.YCbCrSubsampleRatio, seq uint64, micros int64) *image.YCbCr {
	im := noise(size, ratio, 1)
	Draw(im, seq, micros)
	return im
}

// noise is noise in the lowest rows, where the code is, and black above.
func noise(size image.Point, ratio image.YCbCrSubsampleRatio, seed uint64) *image.YCbCr {
	im := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, p := range [][]byte{im.Y, im.Cb, im.Cr} {
		p = p[max(0, len(p)-180*size.X):]
		for len(p) > 0 {
			p = p[copy(p, binary.LittleEndian.AppendUint64(nil, r.Uint64())):]
		}
	}
	return im
}

func wantCode(t *testing.T, what string, im *image.YCbCr, seq uint64, micros int64) {
	t.Helper()
	s, m, err := Read(im)
	if err != nil || s != seq || m != micros {
		t.Errorf("%s: read (%d, %d, %v), want (%d, %d)", what, s, m, err, seq, micros)
	}
}

// reencode puts the lower part of im, from whole MCUs above the strip on, through
// image/jpeg, which always writes 4:2:0. A reader finds its place from the lower edge.
func reencode(t *testing.T, im *image.YCbCr, quality int) *image.YCbCr {
	t.Helper()
	part := im.Rect
	part.Min.Y = max(part.Min.Y, Strip(part.Dx(), part.Dy()).Min.Y-32)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im.SubImage(part), &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	got, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return got.(*image.YCbCr)
}

func TestRoundTrip(t *testing.T) {
	ratios := []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444}
	for i, size := range sizes {
		for j, p := range payloads {
			ratio := ratios[j%len(ratios)]
			wantCode(t, fmt.Sprint(size, ratio, " as drawn"), picture(size, ratio, p.seq, p.micros), p.seq, p.micros)
			if (i+j)%3 != 0 {
				continue
			}
			once := reencode(t, picture(size, image.YCbCrSubsampleRatio420, p.seq, p.micros), 60)
			wantCode(t, fmt.Sprint(size, " JPEG at 60"), once, p.seq, p.micros)
			wantCode(t, fmt.Sprint(size, " JPEG at 60, twice"), reencode(t, once, 60), p.seq, p.micros)
		}
	}
}

// tap is one old pixel's share in a new one.
type tap struct {
	at    int
	share float64
}

// taps says how n new pixels are made of old ones: each averages the stretch it covers,
// or one pixel's width where the picture grows (linear interpolation).
func taps(n, old int) [][]tap {
	step := float64(old) / float64(n)
	width := max(step, 1)
	out := make([][]tap, n)
	for i := range out {
		lo := (float64(i)+0.5)*step - width/2
		hi := lo + width
		for j := math.Floor(lo); j < hi; j++ {
			share := (min(hi, j+1) - max(lo, j)) / width
			out[i] = append(out[i], tap{min(max(int(j), 0), old-1), share})
		}
	}
	return out
}

// scale resizes luma as browsers and decoders do, approximately.
func scale(im *image.YCbCr, w, h int) *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	xs, ys := taps(w, im.Rect.Dx()), taps(h, im.Rect.Dy())
	for y := h - (w+31)/32; y < h; y++ { // two cells; nobody reads above
		for x := range w {
			sum := 0.0
			for _, v := range ys[y] {
				for _, u := range xs[x] {
					sum += float64(im.Y[v.at*im.YStride+u.at]) * v.share * u.share
				}
			}
			out.Y[y*out.YStride+x] = uint8(math.Round(sum))
		}
	}
	return out
}

func TestSurvivesScaling(t *testing.T) {
	for i, size := range []image.Point{{160, 120}, {161, 121}, {176, 144}, {320, 240}, {640, 360}, {641, 479}, {1366, 768}} {
		p := payloads[i%len(payloads)]
		im := noise(size, image.YCbCrSubsampleRatio420, 1)
		Draw(im, p.seq, p.micros)
		lossy := reencode(t, im, 60)
		for y := range lossy.Rect.Dy() { // it is the lower part
			copy(im.Y[(size.Y-lossy.Rect.Dy()+y)*im.YStride:][:size.X], lossy.Y[y*lossy.YStride:])
		}
		for _, factor := range []float64{0.5, 0.6, 2.0 / 3, 0.75, 0.9, 1.1, 1.25, 1.5, 1.77, 2} {
			w, h := int(math.Round(float64(size.X)*factor)), int(math.Round(float64(size.Y)*factor))
			if w < 96 {
				continue // below 1.5 pixels a cell, the documented limit
			}
			wantCode(t, fmt.Sprintf("%v scaled to %dx%d", size, w, h), scale(im, w, h), p.seq, p.micros)
		}
	}
}

func TestSubImage(t *testing.T) {
	whole := noise(image.Pt(400, 300), image.YCbCrSubsampleRatio420, 1)
	part := whole.SubImage(image.Rect(40, 20, 360, 260)).(*image.YCbCr)
	before := bytes.Clone(whole.Y)
	Draw(part, 42, 43)
	wantCode(t, "sub-image", part, 42, 43)
	strip := Strip(320, 240).Add(part.Rect.Min)
	for i := range before {
		p := image.Pt(i%whole.YStride, i/whole.YStride)
		if !p.In(strip) && before[i] != whole.Y[i] {
			t.Fatalf("Draw touched %v, outside its strip %v", p, strip)
		}
	}
}

func TestStrip(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want image.Rectangle
	}{
		{160, 120, image.Rect(0, 96, 160, 120)},
		{640, 480, image.Rect(0, 448, 640, 480)},
		{1280, 720, image.Rect(0, 672, 1280, 720)},
		{1920, 1080, image.Rect(0, 1008, 1920, 1080)},
		{4096, 160, image.Rect(0, 32, 4096, 160)},
		{4096, 127, image.Rectangle{}},
		{63, 100, image.Rectangle{}},
		{64, 15, image.Rectangle{}},
		{0, 0, image.Rectangle{}},
	} {
		if got := Strip(c.w, c.h); got != c.want {
			t.Errorf("Strip(%d, %d) = %v, want %v", c.w, c.h, got, c.want)
		}
	}
	for _, s := range sizes {
		r := Strip(s.X, s.Y)
		if r.Min.Y%16 != 0 || r.Max != s || r.Min.X != 0 || 32*r.Dy() < s.X {
			t.Errorf("Strip%v = %v: not whole blocks at the lower edge, or too low for 2 cells", s, r)
		}
	}
}

// The example of the package comment is what a reader in another language is tested with.
func TestDocumentedExample(t *testing.T) {
	at := time.Date(2025, 1, 1, 0, 0, 0, 123456000, time.UTC)
	if at.UnixMicro() != 1735689600123456 {
		t.Fatalf("the documented time is %d µs", at.UnixMicro())
	}
	b := pack(1, at.UnixMicro())
	if got, want := hex.EncodeToString(b[:]), "9e3779b97f4b7c13d9057a6e1eadb7b5"; got != want {
		t.Errorf("drawn bytes %s, documented are %s", got, want)
	}
	if got := crc16([]byte("123456789")); got != 0x29B1 {
		t.Errorf("CRC of the check string is %#04x, want 0x29b1", got)
	}
	// The layout by its formulas, bit by bit.
	im := picture(image.Pt(640, 480), image.YCbCrSubsampleRatio420, 1, at.UnixMicro())
	for k := range 128 {
		x, y := (float64(k%64)+0.5)*10, 480-(1.5-float64(k/64))*10
		want := byte(16)
		if b[k>>3]>>(7-k&7)&1 == 1 {
			want = 235
		}
		if got := im.YCbCrAt(int(x), int(y)); got.Y != want || got.Cb != 128 || got.Cr != 128 {
			t.Errorf("cell %d at (%v, %v) is %v, want luma %d", k, x, y, got, want)
		}
	}
}

func TestLongSeqIsCut(t *testing.T) {
	im := picture(image.Pt(320, 240), image.YCbCrSubsampleRatio420, 5<<48|7, 9)
	wantCode(t, "a number beyond 48 bits", im, 7, 9)
}

func TestRejectsOtherPictures(t *testing.T) {
	rejected := func(what string, im *image.YCbCr) {
		t.Helper()
		if seq, micros, err := Read(im); err == nil {
			t.Errorf("%s: read (%d, %d), want an error", what, seq, micros)
		}
	}
	for _, size := range []image.Point{{160, 120}, {333, 251}, {640, 480}, {1280, 64}} {
		im := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
		for v := 0; v < 256; v += 15 {
			fill(im.Y, byte(v))
			rejected(fmt.Sprint(size, " flat ", v), im)
		}
		for period := 1; period <= 64; period *= 2 { // stripes, both ways
			for i := range im.Y {
				im.Y[i] = 255 * byte(i%im.YStride*64/size.X/period&1)
			}
			rejected(fmt.Sprint(size, " columns of ", period), im)
		}
		for half := range 2 {
			for i := range im.Y {
				im.Y[i] = 255 * byte((i/im.YStride+(size.X/64)+half*size.X/64-size.Y)/max(1, size.X/64)&1)
			}
			rejected(fmt.Sprint(size, " rows ", half), im)
		}
	}
	for seed := range uint64(500) {
		rejected(fmt.Sprint("noise ", seed), noise(image.Pt(160, 120), image.YCbCrSubsampleRatio420, seed))
	}
	for _, size := range []image.Point{{0, 0}, {1, 1}, {63, 400}, {640, 19}} {
		rejected(fmt.Sprint(size), image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420))
	}
}

// A CRC of 16 bits finds every damage of up to 3 bits and every burst of up to 16.
func TestRejectsDamage(t *testing.T) {
	flip := func(b [16]byte, bits ...int) [16]byte {
		for _, k := range bits {
			b[k>>3] ^= 1 << (7 - k&7)
		}
		return b
	}
	good := pack(123456, 1735689600123456)
	for i := range 128 {
		if _, _, ok := unpack(flip(good, i)); ok {
			t.Errorf("bit %d wrong, and accepted", i)
		}
		for j := range i {
			if _, _, ok := unpack(flip(good, i, j)); ok {
				t.Errorf("bits %d and %d wrong, and accepted", i, j)
			}
		}
	}
	// In the picture: cells painted over.
	size := image.Pt(640, 480)
	for i := range 64 {
		im := picture(size, image.YCbCrSubsampleRatio420, 123456, 1735689600123456)
		for y := 460; y < 480; y++ {
			for x := 10 * i; x < 10*i+10; x++ {
				im.Y[y*im.YStride+x] ^= 0xff
			}
		}
		if _, _, err := Read(im); err == nil {
			t.Errorf("column %d inverted, and accepted", i)
		}
	}
}

// FuzzRead feeds arbitrary luma in arbitrary sizes: no panic, no sample outside the
// picture, and what is read must be what Draw would draw.
func FuzzRead(f *testing.F) {
	f.Add(uint16(64), uint16(16), []byte{0})
	f.Add(uint16(640), uint16(20), []byte{255, 0})
	f.Add(uint16(0), uint16(0), []byte{1})
	f.Add(uint16(63), uint16(999), []byte{1})
	f.Add(uint16(160), uint16(120), picture(image.Pt(160, 120), image.YCbCrSubsampleRatio420, 1, 2).Y)
	f.Fuzz(func(t *testing.T, w16, h16 uint16, pix []byte) {
		w, h := int(w16)%5000, int(h16)%5000
		if len(pix) == 0 {
			return
		}
		seq, micros, err := ReadLuma(w, h, func(x, y int) uint8 {
			if x < 0 || y < 0 || x >= w || y >= h {
				t.Fatalf("asked for (%d, %d) of %dx%d", x, y, w, h)
			}
			return pix[(y*w+x)%len(pix)]
		})
		if err != nil {
			return
		}
		if seq >= 1<<48 {
			t.Fatalf("seq %d has more than 48 bits", seq)
		}
		if s, m, ok := unpack(pack(seq, micros)); !ok || s != seq || m != micros {
			t.Fatalf("(%d, %d) does not survive packing: (%d, %d, %v)", seq, micros, s, m, ok)
		}
	})
}

// FuzzRoundTrip draws arbitrary payloads in arbitrary sizes.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint16(160), uint16(120), uint64(1), int64(1735689600123456))
	f.Add(uint16(64), uint16(16), uint64(1<<48-1), int64(-1))
	f.Add(uint16(1023), uint16(40), uint64(7), int64(7))
	f.Fuzz(func(t *testing.T, w16, h16 uint16, seq uint64, micros int64) {
		w, h := int(w16)%1200, int(h16)%400
		if Strip(w, h).Empty() {
			return
		}
		im := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio422)
		Draw(im, seq, micros)
		wantCode(t, fmt.Sprintf("%dx%d", w, h), im, seq&(1<<48-1), micros)
	})
}

func BenchmarkDraw(b *testing.B) {
	im := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio422)
	b.ReportAllocs()
	for b.Loop() {
		Draw(im, 123456, 1735689600123456)
	}
}
