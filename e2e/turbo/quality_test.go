//go:build turbo

package turbo_test

import (
	"image"
	"math"
	"path/filepath"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
	"freshframe/e2e/turbo"
	"freshframe/e2e/turbo/pictures"
)

// rounding is what this test's own arithmetic may lose, dB.
const rounding = 1e-6

// At equal size our pictures are as good as libjpeg-turbo's with its exact transform.
func TestQualityAtEqualSize(t *testing.T) {
	steps := []int{30, 50, 60, 70, 75, 80, 85, 90, 95, 98}
	theirs := newCodec(t)
	var sum, worst float64
	var n int
	for name, im := range still(t) {
		var ours, peers curve
		for _, q := range steps {
			a, err := jpeg.NewEncoder(q).Encode(nil, im)
			if err != nil {
				t.Fatal(err)
			}
			b, err := theirs.Encode(nil, im, turbo.Options{Quality: q, Accurate: true})
			if err != nil {
				t.Fatal(err)
			}
			ours = append(ours, judge(t, theirs, im, a))
			peers = append(peers, judge(t, theirs, im, b))
		}
		for i, p := range ours {
			if p.size < peers[0].size || p.size > peers[len(peers)-1].size {
				continue // nothing to compare with
			}
			more := p.psnr - peers.at(p.size)
			if more < -rounding {
				t.Errorf("%s at quality %d: %.3f dB in %.0f bytes, libjpeg-turbo has %.3f more", name, steps[i], p.psnr, p.size, -more)
			}
			sum, worst, n = sum+more, min(worst, more), n+1
		}
	}
	if mean := sum / float64(n); n < 50 || mean < -rounding {
		t.Errorf("%d pictures: on average %.4f dB less than libjpeg-turbo", n, -mean)
	} else {
		t.Logf("%d pictures: on average %+.4f dB, at worst %+.4f", n, mean, worst)
	}
}

// point is one picture's size in bytes and its PSNR in dB.
type point struct{ size, psnr float64 }

// curve is sorted by size.
type curve []point

// at is the PSNR at a size on the curve, on straight lines over the size's logarithm.
func (c curve) at(size float64) float64 {
	i := 1
	for c[i].size < size {
		i++
	}
	a, b := c[i-1], c[i]
	return a.psnr + (b.psnr-a.psnr)*math.Log(size/a.size)/math.Log(b.size/a.size)
}

// judge decodes with libjpeg-turbo. All samples count alike.
func judge(t *testing.T, c *turbo.Codec, want *image.YCbCr, data []byte) point {
	t.Helper()
	got, err := c.Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, h, f := want.Rect.Dx(), want.Rect.Dy(), pictures.Factors[want.SubsampleRatio]
	cw, ch := (w+f.X-1)/f.X, (h+f.Y-1)/f.Y
	var sum float64
	add := func(a, b []byte, as, bs, w, h int) {
		for y := range h {
			for x := range w {
				d := float64(a[y*as+x]) - float64(b[y*bs+x])
				sum += d * d
			}
		}
	}
	add(got.Y, want.Y, got.YStride, want.YStride, w, h)
	add(got.Cb, want.Cb, got.CStride, want.CStride, cw, ch)
	add(got.Cr, want.Cr, got.CStride, want.CStride, cw, ch)
	return point{float64(len(data)), 10 * math.Log10(255*255*float64(w*h+2*cw*ch)/sum)}
}

// still are photographs at three quarters of their size, so that no trace of their first
// encoding is left on the grid of blocks, and the synthetic camera's room with grain.
func still(t *testing.T) map[string]*image.YCbCr {
	t.Helper()
	all := map[string]*image.YCbCr{}
	files, err := filepath.Glob("../../testdata/pictures/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	for i, file := range files {
		from, err := pictures.Size(file)
		if err != nil {
			t.Fatal(err)
		}
		k := kinds[i%(len(kinds)-1)]
		im, err := pictures.Photo(file, from.X*3/4, from.Y*3/4, k.ratio)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)+" in "+k.name] = im
	}
	err = pictures.Room(t.Context(), 640, 480, 2, true, func(f *frame.Frame) error {
		im, err := f.Planes()
		if err == nil && f.Seq == 2 {
			pictures.Grain(im, 3, 1)
			all["room"] = im
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
