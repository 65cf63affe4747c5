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
	q := &painter{layout: p.layout, scene: p.scene, look: l, room: clonePlanes(p.room), ink: lighter(captionInk, l.brightness)}
	if l.pattern == ramp {
		drawRamp(q.room)
		darken(q.room, q.captionPlate())
	}
	if l.mirror {
		mirrorRows(q.room, q.caption.Min.Y)
	}
	lighten(q.room.Y, l.brightness)
	for _, s := range p.sprites {
		q.sprites = append(q.sprites, s.as(l))
	}
	q.unroll()
	return q
}

// place is how a sprite is seen in a picture of that width.
func (l look) place(p pose, width int) pose {
	if l.mirror {
		p.box.Min.X, p.box.Max.X = width-p.box.Max.X, width-p.box.Min.X
		p.lean = -p.lean
	}
	return p
}

func (s sprite) as(l look) sprite {
	t := sprite{size: s.size, cover: slices.Clone(s.cover), y: slices.Clone(s.y), tints: slices.Clone(s.tints)}
	if l.mirror {
		for row := range slices.Chunk(t.cover, t.size.X) {
			slices.Reverse(row)
		}
		for row := range slices.Chunk(t.y, t.size.X) {
			slices.Reverse(row)
		}
		for row := range slices.Chunk(t.tints, t.size.X+1) {
			slices.Reverse(row)
		}
	}
	t.measure()
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
	_, sy := chromaShift(im.SubsampleRatio)
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
