package frame_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"freshframe/backend/frame"
)

var rawFormats = []frame.Format{frame.YUYV, frame.NV12, frame.I420}

// naive reads one pixel straight from the camera's bytes, by the formats' definitions.
func naive(f *frame.Frame, x, y int) color.YCbCr {
	w, h, d := f.Width, f.Height, f.Data
	cw, ch := (w+1)/2, (h+1)/2
	switch f.Format {
	case frame.YUYV:
		pair := d[2*w*y+x/2*4:]
		return color.YCbCr{Y: pair[x%2*2], Cb: pair[1], Cr: pair[3]}
	case frame.NV12:
		pair := d[w*h+(y/2)*2*cw+x/2*2:]
		return color.YCbCr{Y: d[y*w+x], Cb: pair[0], Cr: pair[1]}
	default:
		c := (y/2)*cw + x/2
		return color.YCbCr{Y: d[y*w+x], Cb: d[w*h+c], Cr: d[w*h+cw*ch+c]}
	}
}

// wantPixels compares every pixel of im with what the frame's bytes say.
func wantPixels(t *testing.T, f *frame.Frame, im *image.YCbCr) {
	t.Helper()
	if want := image.Rect(0, 0, f.Width, f.Height); im.Rect != want {
		t.Fatalf("the planes are %v, want %v", im.Rect, want)
	}
	for y := range f.Height {
		for x := range f.Width {
			if got, want := im.YCbCrAt(x, y), naive(f, x, y); got != want {
				t.Fatalf("%v %dx%d at %d,%d: %v, want %v", f.Format, f.Width, f.Height, x, y, got, want)
			}
		}
	}
}

func TestUnpackLikeNaiveReference(t *testing.T) {
	for _, format := range rawFormats {
		for _, w := range []int{1, 2, 3, 4, 5, 15, 16, 17, 62, 64} {
			for _, h := range []int{1, 2, 3, 8, 17, 36} {
				t.Run(fmt.Sprintf("%v %dx%d", format, w, h), func(t *testing.T) {
					f := rawFrame(format, w, h)
					im, err := f.Unpack(nil)
					if format == frame.YUYV && w%2 == 1 { // its pixels come in pairs
						if !errors.Is(err, frame.ErrCorrupt) || im != nil {
							t.Fatalf("an odd width gave %v, %v", im, err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					want := image.YCbCrSubsampleRatio420
					if format == frame.YUYV {
						want = image.YCbCrSubsampleRatio422
					}
					if im.SubsampleRatio != want {
						t.Errorf("subsampling %v, want %v", im.SubsampleRatio, want)
					}
					wantPixels(t, f, im)
				})
			}
		}
	}
}

// Drivers pad their buffers; what stands behind the picture is no part of it.
func TestUnpackIgnoresPadding(t *testing.T) {
	for _, format := range rawFormats {
		f := rawFrame(format, 6, 5)
		f.Data = append(f.Data, noise(100)...)
		im, err := f.Unpack(nil)
		if err != nil {
			t.Fatal(err)
		}
		wantPixels(t, f, im)
	}
}

func TestUnpackShortBuffers(t *testing.T) {
	for _, format := range rawFormats {
		whole := rawFrame(format, 6, 5).Data
		dst := image.NewYCbCr(image.Rect(0, 0, 6, 5), image.YCbCrSubsampleRatio420)
		for n := range len(whole) {
			f := &frame.Frame{Format: format, Width: 6, Height: 5, Data: whole[:n:n]}
			im, err := f.Unpack(dst)
			if !errors.Is(err, frame.ErrCorrupt) || im != dst {
				t.Fatalf("%v with %d of %d bytes: %p, %v", format, n, len(whole), im, err)
			}
			if planes, err := f.Planes(); planes != nil || !errors.Is(err, frame.ErrCorrupt) {
				t.Fatalf("%v with %d of %d bytes: Planes gave %v, %v", format, n, len(whole), planes, err)
			}
		}
		for i, v := range dst.Y {
			if v != 0 {
				t.Fatalf("%v: a failed Unpack wrote byte %d of its destination", format, i)
			}
		}
	}
}

func TestUnpackRefusesWhatIsNotRaw(t *testing.T) {
	for _, format := range []frame.Format{0, frame.JPEG, frame.I420 + 1, 255} {
		f := &frame.Frame{Format: format, Width: 2, Height: 2, Data: noise(100)}
		if im, err := f.Unpack(nil); im != nil || !errors.Is(err, frame.ErrCorrupt) {
			t.Errorf("%v: %v, %v", format, im, err)
		}
	}
}

// Planes that fit are written again, whoever made them; others are left alone.
func TestUnpackReuse(t *testing.T) {
	const w, h = 48, 21
	ratios := map[frame.Format]image.YCbCrSubsampleRatio{frame.YUYV: image.YCbCrSubsampleRatio422, frame.NV12: image.YCbCrSubsampleRatio420, frame.I420: image.YCbCrSubsampleRatio420}
	for format, ratio := range ratios {
		decoded, err := (&frame.Frame{Format: frame.JPEG, Width: w, Height: h, Data: jpegBytes(t, w, h, ratio)}).Planes()
		if err != nil {
			t.Fatal(err)
		}
		fresh := func() *image.YCbCr { return image.NewYCbCr(image.Rect(0, 0, w, h), ratio) }
		short, shortChroma, wide := fresh(), fresh(), fresh()
		short.Y = short.Y[:w*h-1]
		shortChroma.Cr = shortChroma.Cr[:len(shortChroma.Cr)-1]
		wide.CStride++
		for _, c := range []struct {
			name string
			dst  *image.YCbCr
			same bool
		}{
			{"none", nil, false},
			{"its own", fresh(), true},
			{"a JPEG decoder's, in whole MCUs", decoded, true},
			{"another size", image.NewYCbCr(image.Rect(0, 0, w, h+1), ratio), false},
			{"another subsampling", image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444), false},
			{"a part of a larger picture", image.NewYCbCr(image.Rect(0, 0, 2*w, h), ratio).SubImage(image.Rect(0, 0, w, h)).(*image.YCbCr), false},
			{"another origin", image.NewYCbCr(image.Rect(2, 2, w+2, h+2), ratio), false},
			{"too little luma", short, false},
			{"too little chroma", shortChroma, false},
			{"gaps between chroma rows", wide, false},
		} {
			t.Run(fmt.Sprintf("%v into %s", format, c.name), func(t *testing.T) {
				f := rawFrame(format, w, h)
				im, err := f.Unpack(c.dst)
				if err != nil {
					t.Fatal(err)
				}
				if (im == c.dst) != c.same {
					t.Errorf("reused: %t, want %t", im == c.dst, c.same)
				}
				wantPixels(t, f, im)
			})
		}
	}
}

func TestUnpackDoesNotAllocate(t *testing.T) {
	for _, format := range rawFormats {
		f := rawFrame(format, 64, 48)
		dst, err := f.Unpack(nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { dst, _ = f.Unpack(dst) }); n != 0 {
			t.Errorf("%v: %v allocations", format, n)
		}
	}
}

// FuzzUnpack holds that nothing a driver can say about a buffer panics, that what Check
// lets pass can be unpacked, and that the pixels are the right ones.
func FuzzUnpack(f *testing.F) {
	for _, format := range rawFormats {
		f.Add(uint8(format), 4, 2, noise(rawBytes(format, 4, 2)))
		f.Add(uint8(format), 3, 3, noise(rawBytes(format, 3, 3)))
		f.Add(uint8(format), 4, 2, noise(rawBytes(format, 4, 2)-1))
		f.Add(uint8(format), 0, 0, []byte(nil))
		f.Add(uint8(format), -2, 5, noise(40))
		f.Add(uint8(format), -3, -3, noise(40))
		f.Add(uint8(format), 65536, 1, noise(40))
		f.Add(uint8(format), math.MaxInt/2+1, math.MaxInt/2+1, noise(40)) // their product overflows to 0
		f.Add(uint8(format), math.MaxInt, math.MaxInt, noise(40))
		f.Add(uint8(format), math.MinInt, 2, noise(40))
	}
	f.Add(uint8(0), 2, 2, noise(40))
	f.Add(uint8(frame.JPEG), 2, 2, noise(40))
	f.Add(uint8(255), 2, 2, noise(40))
	f.Fuzz(func(t *testing.T, format uint8, w, h int, data []byte) {
		fr := &frame.Frame{Format: frame.Format(format), Width: w, Height: h, Data: data}
		im, err := fr.Unpack(image.NewYCbCr(image.Rect(0, 0, 4, 2), image.YCbCrSubsampleRatio420))
		if err != nil {
			if !errors.Is(err, frame.ErrCorrupt) {
				t.Fatalf("%v does not wrap ErrCorrupt", err)
			}
			if fr.Format != frame.JPEG && fr.Check() == nil {
				t.Fatalf("Check lets pass what gives %v", err)
			}
			return
		}
		if err := fr.Check(); err != nil {
			t.Fatalf("Check refuses what can be unpacked: %v", err)
		}
		wantPixels(t, fr, im)
	})
}
