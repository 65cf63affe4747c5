package synthetic

import (
	"image"
	"slices"
)

// look is what the camera's controls make of the scene; the zero value leaves it as it is.
// The block code is not part of it: measurements must not depend on a look.
type look struct {
	brightness int  // added to the luma
	mirror     bool // left and right are exchanged, but for the caption
	pattern    pattern
}

// pattern is what stands behind the objects.
type pattern int

const (
	furnished pattern = iota // the room
	ramp                     // black on the left to white on the right
)

// as is a painter of the same scene with another look. It may be made while p paints.
func (p *painter) as(l look) *painter {
	q := &painter{scene: p.scene, look: l, room: clonePlanes(p.room), ink: lighter(captionInk, l.brightness)}
	if l.pattern == ramp {
		drawRamp(q.room)
		darken(q.room, q.scene.captionPlate())
	}
	if l.mirror {
		mirrorRows(q.room, q.scene.caption.Min.Y)
	}
	lighten(q.room.Y, l.brightness)
	for _, s := range p.sprites {
		q.sprites = append(q.sprites, s.as(l))
	}
	q.unroll()
	return q
}

// place is where an object at box is seen in a picture of that width.
func (l look) place(box image.Rectangle, width int) image.Rectangle {
	if l.mirror {
		box.Min.X, box.Max.X = width-box.Max.X, width-box.Min.X
	}
	return box
}

func (s sprite) as(l look) sprite {
	t := sprite{side: s.side, cover: slices.Clone(s.cover), y: slices.Clone(s.y), cb: slices.Clone(s.cb), cr: slices.Clone(s.cr)}
	if l.mirror {
		for y := range t.side {
			for _, plane := range [][]uint8{t.cover, t.y, t.cb, t.cr} {
				slices.Reverse(plane[y*t.side:][:t.side])
			}
		}
	}
	lighten(t.y, l.brightness)
	return t
}

func clonePlanes(im *image.YCbCr) *image.YCbCr {
	c := *im
	c.Y, c.Cb, c.Cr = slices.Clone(im.Y), slices.Clone(im.Cb), slices.Clone(im.Cr)
	return &c
}

// mirrorRows mirrors what stands above row end.
func mirrorRows(im *image.YCbCr, end int) {
	_, sy := chromaShift(im)
	width, chromaWidth := im.Rect.Dx(), (im.Rect.Dx()+1)/2
	for y := range end {
		slices.Reverse(im.Y[y*im.YStride:][:width])
	}
	for y := range end >> sy {
		slices.Reverse(im.Cb[y*im.CStride:][:chromaWidth])
		slices.Reverse(im.Cr[y*im.CStride:][:chromaWidth])
	}
}

func drawRamp(im *image.YCbCr) {
	width := im.Rect.Dx()
	for i := range im.Y {
		im.Y[i] = uint8(min(i%im.YStride, width-1) * 255 / (width - 1))
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = 128, 128
	}
}

func lighten(luma []uint8, by int) {
	if by == 0 {
		return
	}
	var table [256]uint8
	for i := range table {
		table[i] = lighter(uint8(i), by)
	}
	for i, v := range luma {
		luma[i] = table[v]
	}
}

func lighter(luma uint8, by int) uint8 { return uint8(min(max(int(luma)+by, 0), 255)) }
