package jpeg

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// A finished draft is, pixel for pixel, the picture that Encode makes, whatever was drawn
// in between and wherever.
func TestFinishIsEncode(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, ratio := range ratios {
		for _, size := range []image.Point{{1, 1}, {8, 8}, {16, 16}, {17, 33}, {65, 31}, {200, 150}, {33, 300}, {512, 20}, {1280, 24}, {1281, 40}} {
			t.Run(fmt.Sprint(ratio, size), func(t *testing.T) {
				e := NewEncoder(75)
				var d Draft
				for range 5 {
					im := scene(size.X, size.Y, ratio, 4)
					if err := e.Draft(&d, im); err != nil {
						t.Fatal(err)
					}
					var touched []image.Rectangle
					for range rnd.IntN(4) {
						// Whole samples of every subsampling, so that chroma is covered too.
						r := image.Rect(rnd.IntN(size.X+8)&^3, rnd.IntN(size.Y+8)&^1, rnd.IntN(size.X+8)&^3, rnd.IntN(size.Y+8)&^1)
						touched = append(touched, r)
						r = r.Intersect(im.Rect)
						for y := r.Min.Y; y < r.Max.Y; y++ {
							for x := r.Min.X; x < r.Max.X; x++ {
								im.Y[im.YOffset(x, y)] = 235
								im.Cb[im.COffset(x, y)], im.Cr[im.COffset(x, y)] = 40, 200
							}
						}
					}
					got, err := e.Finish(nil, &d, im, touched)
					if err != nil {
						t.Fatal(err)
					}
					want, err := e.Encode(nil, im)
					if err != nil {
						t.Fatal(err)
					}
					equalPlanes(t, got, want)
					stdDecode(t, got)
				}
			})
		}
	}
}

func equalPlanes(t *testing.T, a, b []byte) {
	t.Helper()
	var da, db Decoder
	x, err := da.Decode(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := db.Decode(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if x.Rect != y.Rect || string(x.Y) != string(y.Y) || string(x.Cb) != string(y.Cb) || string(x.Cr) != string(y.Cr) {
		t.Error("the finished draft differs from the encoded picture")
	}
}

// Only touched pieces are encoded again: elsewhere the draft's bits come out even if the
// picture has changed.
func TestFinishKeepsUntouchedPieces(t *testing.T) {
	im := scene(64, 64, image.YCbCrSubsampleRatio420, 2)
	e := NewEncoder(80)
	var d Draft
	if err := e.Draft(&d, im); err != nil {
		t.Fatal(err)
	}
	want, err := e.Finish(nil, &d, im, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range im.Y {
		im.Y[i] ^= 0x55
	}
	got, err := e.Finish(nil, &d, im, []image.Rectangle{{}, image.Rect(0, 64, 64, 80), image.Rect(64, 0, 80, 64)})
	if err != nil {
		t.Fatal(err)
	}
	equalPlanes(t, got, want)
}

func TestFinishRefusesAnotherPicture(t *testing.T) {
	e := NewEncoder(80)
	var d Draft
	im := scene(32, 32, image.YCbCrSubsampleRatio420, 0)
	if _, err := e.Finish(nil, &d, im, nil); err == nil {
		t.Error("a picture without a draft was finished")
	}
	if err := e.Draft(&d, im); err != nil {
		t.Fatal(err)
	}
	for _, other := range []*image.YCbCr{scene(31, 32, image.YCbCrSubsampleRatio420, 0), scene(32, 32, image.YCbCrSubsampleRatio422, 0), scene(32, 64, image.YCbCrSubsampleRatio420, 0)} {
		if _, err := e.Finish(nil, &d, other, nil); err == nil {
			t.Errorf("the draft of another picture was taken for %v %v", other.Rect, other.SubsampleRatio)
		}
	}
}

func TestDraftAllocatesNothing(t *testing.T) {
	im := scene(320, 240, image.YCbCrSubsampleRatio422, 5)
	e := NewEncoder(80)
	var d Draft
	out := make([]byte, 0, 1<<20)
	touched := []image.Rectangle{image.Rect(0, 0, 100, 40)}
	if n := testing.AllocsPerRun(20, func() {
		if err := e.Draft(&d, im); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Finish(out, &d, im, touched); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Pieces fill each row, and are as short as may be.
func TestPiece(t *testing.T) {
	for _, c := range []struct{ width, across, want int }{
		{1, 1, 1}, {640, 2, 20}, {1280, 2, 16}, {1280, 1, 16}, {1920, 2, 20}, {3840, 2, 16},
		{31 * 8, 1, 31}, {37 * 16, 2, 37}, {34 * 8, 1, 17},
	} {
		p := plane{w: c.width, across: c.across}
		if got := p.piece(); got != c.want || p.mcusAcross()%got != 0 {
			t.Errorf("%d pixels, %d blocks an MCU: %d, want %d", c.width, c.across, got, c.want)
		}
	}
}
