package synthetic

import (
	"image"
	"strconv"
	"time"

	"freshframe/backend/capture/blockcode"
)

// painter draws the frames of a scene, always into the same planes.
type painter struct {
	layout
	scene   scene
	look    look
	sprites []sprite
	ink     uint8        // of the caption
	room    *image.YCbCr // what never changes
	picture *image.YCbCr
	posed   []pose            // the memory of paint
	dirty   []image.Rectangle // where picture differs from room, the strip apart
	touched []image.Rectangle // the memory of changed
	text    []byte
}

func newPainter(s scene, ratio image.YCbCrSubsampleRatio) *painter {
	l := s.parts()
	p := &painter{layout: l, scene: s, sprites: s.sprites(ratio), room: paintRoom(&l, s, ratio), ink: captionInk}
	p.unroll()
	return p
}

// unroll gives the painter planes of its own, with nothing in them yet.
func (p *painter) unroll() {
	p.picture = image.NewYCbCr(p.room.Rect, p.room.SubsampleRatio)
	p.dirty = []image.Rectangle{p.picture.Rect}
}

// paint draws frame seq, captured at that time. The planes are valid until the next call.
func (p *painter) paint(seq uint64, at time.Time) *image.YCbCr {
	for _, r := range p.dirty {
		p.restore(r)
	}
	p.dirty = p.dirty[:0]
	p.posed = p.scene.poses(p.posed[:0], seq)
	for _, at := range p.posed {
		at = p.look.place(at, p.size.X)
		p.sprites[at.sprite].draw(p.picture, at)
		p.dirty = append(p.dirty, at.bounds())
	}
	p.writeCaption(seq, at)
	blockcode.Draw(p.picture, seq, at.UnixMicro())
	return p.picture
}

// changed is where the painted picture differs from the room.
func (p *painter) changed() []image.Rectangle {
	p.touched = append(append(p.touched[:0], p.dirty...), p.strip)
	return p.touched
}

// restore copies the room into the part of the picture that touches r.
func (p *painter) restore(r image.Rectangle) {
	dst, src := p.picture, p.room
	for y := r.Min.Y; y < r.Max.Y; y++ {
		lo, hi := src.YOffset(r.Min.X, y), src.YOffset(r.Max.X-1, y)+1
		copy(dst.Y[lo:hi], src.Y[lo:hi])
		lo, hi = src.COffset(r.Min.X, y), src.COffset(r.Max.X-1, y)+1
		copy(dst.Cb[lo:hi], src.Cb[lo:hi])
		copy(dst.Cr[lo:hi], src.Cr[lo:hi])
	}
}

const (
	captionMargin  = 2  // blocks around the text
	captionLetters = 22 // fit on the plate: the clock and a seq of eight digits
	captionInk     = 232
)

// captionBlock is the side of a block of the caption's letters in pixels.
func captionBlock(size image.Point) int { return max(1, min(size.X/320, size.Y/240)) }

// captionHeight is the height in pixels of the band that holds the caption.
func captionHeight(size image.Point) int {
	return (glyphHeight + 2*captionMargin) * captionBlock(size)
}

// writeCaption writes time of day (local) and seq on the plate, for people.
func (p *painter) writeCaption(seq uint64, at time.Time) {
	p.text = at.AppendFormat(p.text[:0], "15:04:05.000 ")
	p.text = strconv.AppendUint(append(p.text, '#'), seq, 10)
	p.text = p.text[:min(len(p.text), captionLetters)]
	plate := p.captionPlate()
	p.dirty = append(p.dirty, plate)
	n := captionBlock(p.size)
	from := plate.Min.Add(image.Pt(captionMargin*n, captionMargin*n))
	blocks(p.text, func(b image.Point) {
		at := from.Add(b.Mul(n))
		for y := range n {
			row := p.picture.Y[p.picture.YOffset(at.X, at.Y+y):][:n]
			for x := range row {
				row[x] = p.ink
			}
		}
	})
}
