//go:build turbo

package main

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"freshframe/e2e/turbo"
	"freshframe/e2e/turbo/pictures"
)

// Each decoder finds the camera's samples in every block that was not drawn on, and the drawing
// in those that were.
func TestSplicesDecodeEverywhere(t *testing.T) {
	all, err := makePairs()
	if err != nil {
		t.Fatal(err)
	}
	codec, err := turbo.New()
	if err != nil {
		t.Fatal(err)
	}
	defer codec.Close()
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			for _, d := range decoders(codec) {
				t.Run(d.name, func(t *testing.T) {
					if d.missing != "" {
						t.Skip(d.missing)
					}
					before, err := d.decode(t, p, p.whole)
					if err != nil {
						t.Fatal(err)
					}
					spliced, err := d.decode(t, p, p.spliced)
					if err != nil {
						t.Fatal(err)
					}
					p.judge(t, before, spliced)
				})
			}
		})
	}
}

// judge compares the splice with the camera's picture outside the touched blocks, and inside
// with the drawing.
func (p *pair) judge(t *testing.T, camera, spliced *image.YCbCr) {
	t.Helper()
	if camera.Rect != spliced.Rect || camera.SubsampleRatio != spliced.SubsampleRatio || camera.Rect.Size() != image.Pt(p.w, p.h) {
		t.Fatalf("%v in %v became %v in %v", camera.Rect, camera.SubsampleRatio, spliced.Rect, spliced.SubsampleRatio)
	}
	if !p.Gray && camera.SubsampleRatio != p.ratio {
		t.Fatalf("it has %v", camera.SubsampleRatio)
	}
	drawn := turbo.Planes(p.w, p.h, camera.SubsampleRatio)
	for y := range p.h {
		for x := range p.w {
			drawn.Y[drawn.YOffset(x, y)] = camera.Y[camera.YOffset(x, y)]
			drawn.Cb[drawn.COffset(x, y)], drawn.Cr[drawn.COffset(x, y)] = camera.Cb[camera.COffset(x, y)], camera.Cr[camera.COffset(x, y)]
		}
	}
	p.marks.Draw(drawn)
	f := pictures.Factors[p.ratio]
	cw, ch := (p.w+f.X-1)/f.X, (p.h+f.Y-1)/f.Y
	p.judgePlane(t, "luma", image.Pt(p.w, p.h), image.Pt(1, 1), camera.Y, spliced.Y, drawn.Y, camera.YStride, spliced.YStride, drawn.YStride)
	if p.Gray {
		return
	}
	p.judgePlane(t, "Cb", image.Pt(cw, ch), f, camera.Cb, spliced.Cb, drawn.Cb, camera.CStride, spliced.CStride, drawn.CStride)
	p.judgePlane(t, "Cr", image.Pt(cw, ch), f, camera.Cr, spliced.Cr, drawn.Cr, camera.CStride, spliced.CStride, drawn.CStride)
}

// judgePlane is judge for a plane of that size, whose samples stand for f pixels each.
func (p *pair) judgePlane(t *testing.T, name string, size, f image.Point, camera, spliced, drawn []byte, cameraStride, splicedStride, drawnStride int) {
	t.Helper()
	touched := p.touchedBlocks(f)
	if all := ((size.X + 7) / 8) * ((size.Y + 7) / 8); len(touched) == 0 || p.w > 64 && len(touched) > all/2 {
		t.Fatalf("%s: %d of %d blocks are touched: this tests nothing", name, len(touched), all)
	}
	var square, before float64
	for y := range size.Y {
		for x := range size.X {
			was, is, want := camera[y*cameraStride+x], spliced[y*splicedStride+x], drawn[y*drawnStride+x]
			if touched[image.Pt(x/8, y/8)] {
				square += sq(is, want)
				before += sq(was, want)
			} else if is != was {
				t.Fatalf("%s at %d,%d is %d outside the overlay, was %d", name, x, y, is, was)
			}
		}
	}
	// In the worst of qualities a block is its mean and little else.
	if limit := before / 4; p.Quality > 1 && square > limit {
		t.Errorf("%s, where it was drawn: the splice differs from the drawing by %.0f in all, the camera's picture by %.0f", name, square, before)
	}
}

func sq(a, b byte) float64 { d := float64(a) - float64(b); return d * d }

// touchedBlocks are the places of the blocks, of samples that stand for f pixels each, that
// are drawn on.
func (p *pair) touchedBlocks(f image.Point) map[image.Point]bool {
	m := map[image.Point]bool{}
	for _, r := range p.touched {
		for y := r.Min.Y / (8 * f.Y); y*8*f.Y < r.Max.Y; y++ {
			for x := r.Min.X / (8 * f.X); x*8*f.X < r.Max.X; x++ {
				m[image.Pt(x, y)] = true
			}
		}
	}
	return m
}

// decoder is one of those that people have.
type decoder struct {
	name    string
	missing string // why it cannot be asked
	decode  func(t *testing.T, p *pair, data []byte) (*image.YCbCr, error)
}

func decoders(codec *turbo.Codec) []decoder {
	ffmpeg := decoder{name: "ffmpeg", decode: ffmpegDecode}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		ffmpeg.missing = "ffmpeg is not installed: " + err.Error()
	}
	return []decoder{
		{name: "image-jpeg", decode: standardDecode},
		{name: "libjpeg-turbo", decode: func(_ *testing.T, p *pair, data []byte) (*image.YCbCr, error) {
			im, err := codec.Decode(data, nil)
			if err == nil && p.Gray {
				grayChroma(im)
			}
			return im, err
		}},
		ffmpeg,
	}
}

func standardDecode(_ *testing.T, p *pair, data []byte) (*image.YCbCr, error) {
	any, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if gray, ok := any.(*image.Gray); ok {
		im := turbo.Planes(p.w, p.h, p.ratio)
		for y := range p.h {
			copy(im.Y[y*im.YStride:], gray.Pix[y*gray.Stride:][:p.w])
		}
		grayChroma(im)
		return im, nil
	}
	return any.(*image.YCbCr), nil
}

func grayChroma(im *image.YCbCr) {
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = 128, 128
	}
}

// ffmpegDecode has it write its planes as they are, without a change of subsampling.
func ffmpegDecode(t *testing.T, p *pair, data []byte) (*image.YCbCr, error) {
	file := filepath.Join(t.TempDir(), "picture.jpg")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return nil, err
	}
	c := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-xerror", "-f", "mjpeg", "-i", file, "-f", "rawvideo", "-")
	var complaint bytes.Buffer
	c.Stderr = &complaint
	raw, err := c.Output()
	if err != nil || complaint.Len() > 0 {
		return nil, fmt.Errorf("%v, %s", err, &complaint)
	}
	f := pictures.Factors[p.ratio]
	cw, ch := (p.w+f.X-1)/f.X, (p.h+f.Y-1)/f.Y
	im := &image.YCbCr{Rect: image.Rect(0, 0, p.w, p.h), SubsampleRatio: p.ratio, Y: raw[:p.w*p.h], YStride: p.w, CStride: cw}
	if p.Gray {
		im.Cb, im.Cr = make([]byte, cw*ch), make([]byte, cw*ch)
		grayChroma(im)
		return im, nil
	}
	if len(raw) != p.w*p.h+2*cw*ch {
		t.Fatalf("ffmpeg gave %d bytes, want %d", len(raw), p.w*p.h+2*cw*ch)
	}
	im.Cb, im.Cr = raw[p.w*p.h:][:cw*ch], raw[p.w*p.h+cw*ch:]
	return im, nil
}
