// Package pictures makes the pictures on which codecs are compared: photographs as a camera
// of that size would take them, and the synthetic camera's room. In: names and sizes. Out:
// planar YCbCr, or the room's JPEGs. The same arguments give the same pictures.
package pictures

import (
	"context"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"os"

	"golang.org/x/image/draw"

	"freshframe/backend/capture"
	"freshframe/backend/capture/synthetic"
	"freshframe/backend/frame"
	"freshframe/e2e/turbo"
)

// Factors are how many luma samples a chroma sample stands for, across and down.
var Factors = map[image.YCbCrSubsampleRatio]image.Point{
	image.YCbCrSubsampleRatio444: {X: 1, Y: 1},
	image.YCbCrSubsampleRatio422: {X: 2, Y: 1},
	image.YCbCrSubsampleRatio420: {X: 2, Y: 2},
	image.YCbCrSubsampleRatio440: {X: 1, Y: 2},
	image.YCbCrSubsampleRatio411: {X: 4, Y: 1},
}

// Size is a JPEG's.
func Size(file string) (image.Point, error) {
	r, err := os.Open(file)
	if err != nil {
		return image.Point{}, err
	}
	defer r.Close()
	c, err := stdjpeg.DecodeConfig(r)
	return image.Pt(c.Width, c.Height), err
}

// Photo reads a JPEG and scales it to w by h, with one colour for each chroma sample's pixels.
func Photo(file string, w, h int, ratio image.YCbCrSubsampleRatio) (*image.YCbCr, error) {
	r, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	from, err := stdjpeg.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	scaled := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(scaled, scaled.Rect, from, from.Bounds(), draw.Src, nil)
	return fromRGBA(scaled, ratio), nil
}

func fromRGBA(from *image.RGBA, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	im, f := turbo.Planes(w, h, ratio), Factors[ratio]
	pixel := func(x, y int) (uint8, uint8, uint8) { // beyond the edge, the last one
		c := from.RGBAAt(min(x, w-1), min(y, h-1))
		return color.RGBToYCbCr(c.R, c.G, c.B)
	}
	for y := 0; y < h; y += f.Y {
		for x := 0; x < w; x += f.X {
			var cb, cr int
			for j := range f.Y {
				for i := range f.X {
					l, b, r := pixel(x+i, y+j)
					im.Y[(y+j)*im.YStride+x+i] = l
					cb, cr = cb+int(b), cr+int(r)
				}
			}
			n, at := f.X*f.Y, y/f.Y*im.CStride+x/f.X
			im.Cb[at], im.Cr[at] = uint8((cb+n/2)/n), uint8((cr+n/2)/n)
		}
	}
	return im
}

// Grain adds a sensor's noise of that standard deviation, half as much to chroma.
func Grain(im *image.YCbCr, deviation float64, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	for plane, samples := range [][]byte{im.Y, im.Cb, im.Cr} {
		d := deviation / float64(min(plane, 1)+1)
		for i, v := range samples {
			samples[i] = uint8(min(max(float64(v)+d*r.NormFloat64()+.5, 0), 255))
		}
	}
}

// Room passes n frames of the synthetic camera's room to take: JPEGs of quality 85 in 4:2:2,
// or with raw as YUYV.
func Room(ctx context.Context, w, h, n int, raw bool, take func(*frame.Frame) error) error {
	format := frame.JPEG
	if raw {
		format = frame.YUYV
	}
	scheme, address, err := capture.Schemes{synthetic.Scheme()}.Parse(fmt.Sprintf("synthetic:?scene=room&video_size=%dx%d&framerate=240&input_format=%v", w, h, format))
	if err != nil {
		return err
	}
	open, err := scheme.Remember(address)
	if err != nil {
		return err
	}
	source, err := open(ctx, 1)
	if err != nil {
		return err
	}
	defer source.Close()
	for range n {
		f := &frame.Frame{}
		if err := source.Read(ctx, f); err != nil {
			return err
		}
		if err := take(f); err != nil {
			return err
		}
	}
	return nil
}
