//go:build turbo

package turbo_test

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"freshframe/e2e/turbo"
	"freshframe/e2e/turbo/pictures"
)

// kind is a subsampling, or gray.
type kind struct {
	name  string
	ratio image.YCbCrSubsampleRatio
	gray  bool
}

var kinds = []kind{
	{"444", image.YCbCrSubsampleRatio444, false},
	{"422", image.YCbCrSubsampleRatio422, false},
	{"420", image.YCbCrSubsampleRatio420, false},
	{"440", image.YCbCrSubsampleRatio440, false},
	{"411", image.YCbCrSubsampleRatio411, false},
	{"gray", image.YCbCrSubsampleRatio420, true},
}

var qualities = []int{1, 25, 50, 85, 95, 100}

// sizes have every width and every height of 1..65, paired so that neighbours differ, and
// some larger ones with nothing whole about them.
func sizes() (all [][2]int) {
	for w := 1; w <= 65; w++ {
		all = append(all, [2]int{w, w*29%65 + 1})
	}
	return append(all, [2]int{65, 65}, [2]int{129, 43}, [2]int{43, 129}, [2]int{333, 77}, [2]int{641, 17}, [2]int{1, 300}, [2]int{1023, 9})
}

// restarts are intervals in MCUs for a picture of so many in a row.
func restarts(across int) []int { return []int{0, 1, 3, across, across + 1} }

// mcusAcross is how many MCUs are in a row.
func (k kind) mcusAcross(w int) int {
	side := 8 * pictures.Factors[k.ratio].X
	if k.gray {
		side = 8
	}
	return (w + side - 1) / side
}

// contents are what codecs get wrong in different ways: the smooth, the sharp, the extreme.
var contents = []struct {
	name string
	at   func(r *rand.Rand, x, y int) uint8
}{
	{"slopes", func(_ *rand.Rand, x, y int) uint8 { return uint8(3*x + 2*y) }},
	{"grain", func(r *rand.Rand, x, y int) uint8 {
		return uint8(min(max(120+float64(x-y)+12*r.NormFloat64(), 0), 255))
	}},
	{"noise", func(r *rand.Rand, _, _ int) uint8 { return uint8(r.Uint32()) }},
	{"black and white", func(r *rand.Rand, x, y int) uint8 { return uint8(255 * ((x>>1 ^ y>>1 ^ int(r.Uint32()%7/6)) & 1)) }},
}

// picture draws contents[i]; the same arguments give the same picture.
func picture(w, h int, k kind, i int) *image.YCbCr {
	im := turbo.Planes(w, h, k.ratio)
	r := rand.New(rand.NewPCG(uint64(w)<<16|uint64(h), uint64(i)))
	paint := func(samples []byte, stride int) {
		for j := range samples {
			samples[j] = contents[i].at(r, j%stride, j/stride)
		}
	}
	paint(im.Y, im.YStride)
	if k.gray {
		for i := range im.Cb {
			im.Cb[i], im.Cr[i] = 128, 128
		}
		return im
	}
	paint(im.Cb, im.CStride)
	paint(im.Cr, im.CStride)
	return im
}

func newCodec(t *testing.T) *turbo.Codec {
	t.Helper()
	c, err := turbo.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// compare wants all samples of the picture, and none beyond it, to be equal.
func (k kind) compare(got, want *image.YCbCr) error {
	if got.Rect != want.Rect || got.SubsampleRatio != want.SubsampleRatio {
		return fmt.Errorf("%v in %v, want %v in %v", got.Rect, got.SubsampleRatio, want.Rect, want.SubsampleRatio)
	}
	w, h, f := got.Rect.Dx(), got.Rect.Dy(), pictures.Factors[k.ratio]
	cw, ch := (w+f.X-1)/f.X, (h+f.Y-1)/f.Y
	if err := compare("luma", got.Y, want.Y, got.YStride, want.YStride, w, h); err != nil || k.gray {
		return err
	}
	if err := compare("Cb", got.Cb, want.Cb, got.CStride, want.CStride, cw, ch); err != nil {
		return err
	}
	return compare("Cr", got.Cr, want.Cr, got.CStride, want.CStride, cw, ch)
}

func compare(plane string, got, want []byte, gotStride, wantStride, w, h int) error {
	for y := range h {
		if bytes.Equal(got[y*gotStride:][:w], want[y*wantStride:][:w]) {
			continue
		}
		for x := range w {
			if a, b := got[y*gotStride+x], want[y*wantStride+x]; a != b {
				return fmt.Errorf("%s at %d,%d is %d, want %d", plane, x, y, a, b)
			}
		}
	}
	return nil
}
