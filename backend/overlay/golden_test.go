package overlay

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures instead of comparing with them")

// checkGolden compares the picture, as a viewer sees it, with testdata/NAME.png. Rounding
// may differ by machine: each channel may be off by 6.
func checkGolden(t *testing.T, name string, im *image.YCbCr) {
	t.Helper()
	path := filepath.Join("testdata", name+".png")
	got := viewed(im)
	if *update {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./backend/overlay -update writes it; look at it before you commit it)", err)
	}
	decoded, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	want, ok := decoded.(*image.RGBA) // what an opaque picture is decoded to
	if !ok || want.Rect != got.Rect {
		t.Fatalf("%s is a %T of %v, want RGBA of %v", path, decoded, decoded.Bounds(), got.Rect)
	}
	for i := range want.Pix {
		if absInt(int(got.Pix[i])-int(want.Pix[i])) > 6 {
			x, y := i/4%got.Rect.Dx(), i/got.Stride
			t.Fatalf("%s: at %d,%d is %v, want %v (-update rewrites the pictures; look at them)", name, x, y, got.RGBAAt(x, y), want.RGBAAt(x, y))
		}
	}
}

// viewed is a picture that begins at 0, 0 as a screen shows it.
func viewed(im *image.YCbCr) *image.RGBA {
	out := image.NewRGBA(im.Rect)
	for y := range im.Rect.Max.Y {
		for x := range im.Rect.Max.X {
			c := im.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			out.SetRGBA(x, y, color.RGBA{r, g, b, 255})
		}
	}
	return out
}

// The backgrounds that the overlay must read on.
func bright(x, y int) Colour { return Colour{uint8(220 + x*35/640), 122, 132} }
func night(x, y int) Colour  { return Colour{uint8(12 + y*30/480), 134, 124} }
func noisy(seed uint64) func(x, y int) Colour {
	rng := rand.New(rand.NewPCG(seed, 0))
	tiles := map[image.Point]Colour{}
	return func(x, y int) Colour {
		p := image.Pt(x/6, y/6)
		if _, ok := tiles[p]; !ok {
			tiles[p] = Colour{uint8(rng.IntN(256)), uint8(88 + rng.IntN(80)), uint8(88 + rng.IntN(80))}
		}
		return tiles[p]
	}
}

// room is bright, grey, dark and cluttered side by side, for a picture of height h.
func room(h int) func(x, y int) Colour {
	return func(x, y int) Colour {
		u, v := x*720/h, y*720/h
		switch shelf := (u/9*7 + v/31*13) % 5; {
		case v > 560: // a chequered floor
			return Colour{uint8(90 + 70*((u/40+v/40)%2)), 124, 132}
		case u < 300:
			return Colour{uint8(235 - v/20), 122, 132}
		case u < 620:
			return Colour{128, 128, 128}
		case u < 980:
			return Colour{uint8(14 + v/40), 134, 124}
		default: // shelves
			return Colour{uint8(30 + 50*shelf), uint8(100 + 14*shelf), uint8(160 - 12*shelf)}
		}
	}
}

func painted(r image.Rectangle, ratio image.YCbCrSubsampleRatio, f func(x, y int) Colour) *image.YCbCr {
	im := image.NewYCbCr(r, ratio)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c, o := f(x, y), im.COffset(x, y)
			im.Y[im.YOffset(x, y)], im.Cb[o], im.Cr[o] = c.Y, c.Cb, c.Cr
		}
	}
	return im
}

func TestGoldenComposition(t *testing.T) {
	for _, tc := range []struct {
		name       string
		size       image.Point
		ratio      image.YCbCrSubsampleRatio
		background func(x, y int) Colour
		scene      Scene
	}{
		{"compose-bright", image.Pt(640, 480), image.YCbCrSubsampleRatio420, bright, few},
		{"compose-dark", image.Pt(640, 480), image.YCbCrSubsampleRatio422, night, few},
		{"compose-noisy", image.Pt(640, 480), image.YCbCrSubsampleRatio420, noisy(1), few},
		{"compose-small", image.Pt(161, 121), image.YCbCrSubsampleRatio420, night, few},
		{"busy-320x240", image.Pt(320, 240), image.YCbCrSubsampleRatio420, room(240), busy},
		{"busy-1280x720", image.Pt(1280, 720), image.YCbCrSubsampleRatio422, room(720), busy},
	} {
		im := painted(image.Rectangle{Max: tc.size}, tc.ratio, tc.background)
		var l List
		l.Reset(im.Rect, image.Rectangle{})
		Compose(&l, everything, tc.scene)
		l.Draw(im)
		checkGolden(t, tc.name, im)
	}
}

func TestGoldenShapes(t *testing.T) {
	half := func(x, y int) Colour {
		if x < 160 {
			return Colour{30, 128, 128}
		}
		return Colour{225, 128, 128}
	}
	im := painted(image.Rect(0, 0, 320, 240), image.YCbCrSubsampleRatio420, half)
	var l List
	l.Reset(im.Rect, image.Rectangle{})
	l.Style.Stroke = 3
	l.Box(Point{20, 20}, Point{150, 80}, ColourFor(0))
	l.Corners(Point{170, 20}, Point{300, 80}, ColourFor(1))
	l.Box(Point{100, 40}, Point{100, 60}, ColourFor(3))
	l.Line(ColourFor(2), Point{-20, 120}, Point{120, 95}, Point{180, 160}, Point{340, 100})
	l.Polygon(ColourFor(3), Point{60, 120}, Point{110, 190}, Point{30, 180})
	l.Polygon(ColourFor(4), Point{200, 150}, Point{290, 160}, Point{270, 220}, Point{215, 215}, Point{240, 185})
	for i := range 7 {
		l.Points(ColourFor(uint64(i)), Point{130 + 9*float64(i), 200 + 3.3*float64(i)})
	}
	l.Text(image.Pt(6, 210), 20, "Ünicode 猫 \x00", light)
	l.Label(image.Pt(170, 90), 14, "label", ColourFor(6))
	l.Draw(im)
	checkGolden(t, "shapes", im)
}

func TestGoldenNotice(t *testing.T) {
	for name, size := range map[string]image.Point{"notice-640x480": {640, 480}, "notice-64x48": {64, 48}, "notice-270x480": {270, 480}} {
		im := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
		var l List
		l.Reset(im.Rect, image.Rectangle{})
		Notice(&l, "CAMERA LOST", "no signal for 12 s", "/dev/video0: plug the camera in again")
		l.Draw(im)
		checkGolden(t, name, im)
	}
}
