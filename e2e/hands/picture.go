package main

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"freshframe/backend/frame"
)

// fixture is a picture of one hand whose gesture is known.
type fixture struct {
	name    string
	gesture string // "none" for a hand that means nothing
	picture *image.YCbCr
}

var named = regexp.MustCompile(`^([a-z-]+)-\d+\.jpg$`)

// load reads the folder's pictures, by rising name. The gesture is in the name:
// pointing-up-2.jpg is a "pointing up".
func load(folder string) (all []fixture, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		m := named.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		p, err := decode(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		all = append(all, fixture{e.Name(), gestureOf(m[1]), p})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no picture with a name like fist-1.jpg", folder)
	}
	return all, nil
}

// gestureOf is the gesture by its name in a file's name: "pointing-up", "ok".
func gestureOf(part string) string {
	part = strings.ReplaceAll(part, "-", " ")
	for _, s := range shapes() {
		if strings.EqualFold(s, part) {
			return s
		}
	}
	return part
}

func decode(path string) (*image.YCbCr, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	img, err := jpeg.Decode(file)
	if err != nil {
		return nil, err
	}
	p, ok := img.(*image.YCbCr)
	if !ok || p.SubsampleRatio != image.YCbCrSubsampleRatio420 {
		return nil, errors.New("not a colour JPEG of 4:2:0: save it with chroma subsampled")
	}
	return p, nil
}

// view is how the picture is laid into a frame of its size: about its middle, its border
// drawn out.
type view struct {
	turn     float64 // degrees, clockwise
	mirrored bool
	scale    float64 // up to 1
}

// seen makes the frame that a camera would give of the view. The caller releases it.
func seen(pool *frame.Pool, p *image.YCbCr, v view) *frame.Frame {
	f := pool.Get()
	f.Format = frame.I420
	f.Width, f.Height = p.Rect.Dx(), p.Rect.Dy()
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	f.Data = lay(f.Data[:0], p.Y, p.YStride, f.Width, f.Height, v)
	f.Data = lay(f.Data, p.Cb, p.CStride, cw, ch, v)
	f.Data = lay(f.Data, p.Cr, p.CStride, cw, ch, v)
	return f
}

// lay appends the view of a plane. Each pixel is the mean of several bilinear samples, so
// that small views are as smooth as a lens would make them.
func lay(dst, plane []byte, stride, w, h int, v view) []byte {
	n := int(math.Ceil(1 / v.scale))
	sin, cos := math.Sincos(v.turn * math.Pi / 180)
	cx, cy := float64(w)/2, float64(h)/2
	for y := range h {
		for x := range w {
			sum := 0.0
			for i := range n * n {
				dx := float64(x) + (float64(i%n)+0.5)/float64(n) - cx
				dy := float64(y) + (float64(i/n)+0.5)/float64(n) - cy
				sx, sy := (dx*cos+dy*sin)/v.scale, (dy*cos-dx*sin)/v.scale
				if v.mirrored {
					sx = -sx
				}
				sum += bilinear(plane, stride, w, h, cx+sx-0.5, cy+sy-0.5)
			}
			dst = append(dst, byte(sum/float64(n*n)+0.5))
		}
	}
	return dst
}

func bilinear(plane []byte, stride, w, h int, x, y float64) float64 {
	x, y = max(0, min(float64(w-1), x)), max(0, min(float64(h-1), y))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
	fx, fy := x-float64(x0), y-float64(y0)
	at := func(x, y int) float64 { return float64(plane[y*stride+x]) }
	return (at(x0, y0)*(1-fx)+at(x1, y0)*fx)*(1-fy) + (at(x0, y1)*(1-fx)+at(x1, y1)*fx)*fy
}
