//go:build turbo

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"

	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
	"freshframe/e2e/turbo"
	"freshframe/e2e/turbo/pictures"
)

// sort is a sort of JPEG that cameras send.
type sort struct {
	name  string
	w, h  int
	ratio image.YCbCrSubsampleRatio
	turbo.Options
	noDHT, noEOI bool
}

var sorts = []sort{
	{name: "webcam", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 85}},
	{name: "no-tables", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 80}, noDHT: true},
	{name: "no-end", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 80}, noEOI: true},
	{name: "restart-each", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 75, Restart: 1}},
	{name: "restart-row", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio420, Options: turbo.Options{Quality: 75, Restart: 20}},
	{name: "restart-odd", w: 323, h: 241, ratio: image.YCbCrSubsampleRatio420, Options: turbo.Options{Quality: 90, Restart: 7}},
	{name: "optimized", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio420, Options: turbo.Options{Quality: 50, Optimized: true}},
	{name: "full-colour", w: 321, h: 233, ratio: image.YCbCrSubsampleRatio444, Options: turbo.Options{Quality: 95}},
	{name: "upright", w: 319, h: 239, ratio: image.YCbCrSubsampleRatio440, Options: turbo.Options{Quality: 85}},
	{name: "quarter-colour", w: 333, h: 201, ratio: image.YCbCrSubsampleRatio411, Options: turbo.Options{Quality: 85}},
	{name: "gray", w: 317, h: 203, ratio: image.YCbCrSubsampleRatio420, Options: turbo.Options{Quality: 85, Gray: true}},
	{name: "best", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 100}},
	{name: "worst", w: 320, h: 240, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 1}},
	{name: "small", w: 33, h: 17, ratio: image.YCbCrSubsampleRatio422, Options: turbo.Options{Quality: 85}},
}

// pair is a camera's picture and what it becomes.
type pair struct {
	sort
	whole   []byte // before the camera left something out
	camera  []byte
	spliced []byte
	marks   overlay.List
	touched []image.Rectangle
}

// mcu is the size of an MCU in pixels.
func (s *sort) mcu() image.Point {
	if s.Gray {
		return image.Pt(8, 8)
	}
	return pictures.Factors[s.ratio].Mul(8)
}

// makePairs makes one of each sort, with one splicer for all.
func makePairs() ([]*pair, error) {
	codec, err := turbo.New()
	if err != nil {
		return nil, err
	}
	defer codec.Close()
	var sp splicer
	var all []*pair
	for i, s := range sorts {
		p := &pair{sort: s}
		if p.whole, err = p.take(codec, uint64(i)); err == nil {
			p.camera = p.send(p.whole)
			p.mark()
			p.touched = p.marks.Touched(nil)
			p.spliced, err = sp.draw(p.camera, &p.marks)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// splicer is what the pipeline does with a picture.
type splicer struct {
	index  jpeg.Index
	small  *image.YCbCr
	splice jpeg.Splicer
}

func (s *splicer) draw(data []byte, marks *overlay.List) (out []byte, err error) {
	if s.small, err = s.index.Walk(data, 2, s.small); err != nil {
		return nil, err
	}
	im, err := s.splice.Open(&s.index, marks.Touched(nil))
	if err != nil {
		return nil, err
	}
	marks.Draw(im)
	return s.splice.Close(nil)
}

// take is a slope with edges and grain.
func (s *sort) take(codec *turbo.Codec, seed uint64) ([]byte, error) {
	im := turbo.Planes(s.w, s.h, s.ratio)
	for i := range im.Y {
		x, y := i%im.YStride, i/im.YStride
		im.Y[i] = uint8(40 + x/2 + 60*(x/50+y/40&1))
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = uint8(80+i%im.CStride/4), uint8(180-i/im.CStride/4)
	}
	pictures.Grain(im, 4, seed)
	return codec.Encode(nil, im, s.Options)
}

// send leaves out what the camera does.
func (s *sort) send(data []byte) []byte {
	if s.noDHT {
		data = without(data, 0xc4)
	}
	if s.noEOI {
		data = data[:len(data)-2]
	}
	return data
}

// without leaves out the segments of a marker.
func without(data []byte, marker byte) []byte {
	out := bytes.Clone(data[:2])
	for at := 2; ; {
		n := 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if data[at+1] != marker {
			out = append(out, data[at:at+n]...)
		}
		if data[at+1] == 0xda { // then the scan
			return append(out, data[at+n:]...)
		}
		at += n
	}
}

// mark draws a box inside the picture, one over its edge, a label and a line to a corner.
func (p *pair) mark() {
	l, w, h := &p.marks, float64(p.w), float64(p.h)
	l.Reset(image.Rect(0, 0, p.w, p.h), image.Rectangle{})
	l.Box(overlay.Point{X: .2 * w, Y: .3 * h}, overlay.Point{X: .5 * w, Y: .7 * h}, overlay.ColourFor(1))
	l.Box(overlay.Point{X: .8 * w, Y: .8 * h}, overlay.Point{X: 1.2 * w, Y: 1.2 * h}, overlay.ColourFor(2))
	l.Label(image.Pt(p.w/4, p.h/10), 14, "person #7 87%", overlay.ColourFor(1))
	l.Line(overlay.ColourFor(3), overlay.Point{X: w, Y: 0}, overlay.Point{X: .7 * w, Y: .5 * h})
}
