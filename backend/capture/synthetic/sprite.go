package synthetic

import (
	"image"
	"image/color"
	"strconv"
)

// sprite is a picture that moves, made once, in rows of pixels.
type sprite struct {
	size  image.Point
	cover []uint8 // 0 outside .. 255 inside
	y     []uint8
	seen  []span // a row each: what is not 0 in cover
	// tints are what blocks of 2 or 4 pixels, as many as share a chroma sample, have of the
	// sprite, wherever a block may begin: the first one ends with the sprite's first pixel.
	tints  []tint
	tinted []span // a row each
}

// span is a part of a row; to is just outside.
type span struct{ from, to int }

// spans are the parts of rows of that length outside which nothing is covered.
func spans(width, rows int, covered func(i int) bool) []span {
	out := make([]span, rows)
	for y := range out {
		for x := range width {
			if covered(y*width + x) {
				if out[y].to == 0 {
					out[y].from = x
				}
				out[y].to = x + 1
			}
		}
	}
	return out
}

// tint is the mean coverage, and chroma times that.
type tint struct{ cover, cb, cr uint8 }

// newSprite prepares a picture for planes of that subsampling.
func newSprite(c *image.RGBA, ratio image.YCbCrSubsampleRatio) sprite {
	w, h := c.Rect.Dx(), c.Rect.Dy()
	s := sprite{size: c.Rect.Size(), cover: make([]uint8, w*h), y: make([]uint8, w*h)}
	cb, cr := make([]uint8, w*h), make([]uint8, w*h)
	for i := range w * h {
		px := c.RGBAAt(i%w, i/w)
		s.cover[i] = px.A
		if px.A > 0 {
			s.y[i], cb[i], cr[i] = color.RGBToYCbCr(whole(px.R, px.A), whole(px.G, px.A), whole(px.B, px.A))
		}
	}
	_, sy := chromaShift(ratio)
	down := 1 << sy
	full := uint32(255 * 2 * down)
	s.tints = make([]tint, 0, (w+1)*(h+down-1))
	for y := 1 - down; y < h; y++ {
		for x := -1; x < w; x++ {
			var cover, b, r uint32
			for j := max(y, 0); j < min(y+down, h); j++ {
				for i := j*w + max(x, 0); i < j*w+min(x+2, w); i++ {
					a := uint32(s.cover[i])
					cover += a
					b += a * uint32(cb[i])
					r += a * uint32(cr[i])
				}
			}
			s.tints = append(s.tints, tint{uint8((cover*255 + full/2) / full), uint8((b + full/2) / full), uint8((r + full/2) / full)})
		}
	}
	s.measure()
	return s
}

// whole is a colour's part that was multiplied by its alpha (above 0).
func whole(c, alpha uint8) uint8 { return uint8(min(255*uint32(c)/uint32(alpha), 255)) }

// measure finds what is covered of each row.
func (s *sprite) measure() {
	s.seen = spans(s.size.X, s.size.Y, func(i int) bool { return s.cover[i] > 0 })
	s.tinted = spans(s.size.X+1, len(s.tints)/(s.size.X+1), func(i int) bool { return s.tints[i].cover > 0 })
}

// drawObject draws object number id: a rim a little darker than the rest, and the number
// in the upper part, where it leaves the middle to the object's colour.
func drawObject(p path, id int) *image.RGBA {
	c := newCanvas(p.side, p.side)
	d := float64(p.side)
	outline := func(inset float64, col color.Color) {
		if p.shape == Disc {
			c.disc(point{d / 2, d / 2}, d/2-inset, col)
			return
		}
		c.roundRect(point{inset, inset}, point{d - inset, d - inset}, 0.2*d-inset, col)
	}
	outline(0, darker(p.colour))
	outline(0.045*d, p.colour)
	number := strconv.Itoa(id)
	block := 0.26 * d / glyphHeight
	width := float64(len(number)*glyphPitch-1) * block
	c.text(number, point{(d - width) / 2, 0.14 * d}, block, ink(p.colour))
	return c.RGBA
}

func darker(c color.RGBA) color.RGBA {
	return color.RGBA{c.R / 4 * 3, c.G / 4 * 3, c.B / 4 * 3, 255}
}

// ink is a colour that can be read on c.
func ink(c color.RGBA) color.RGBA {
	if y, _, _ := color.RGBToYCbCr(c.R, c.G, c.B); y > 150 {
		return color.RGBA{0x20, 0x20, 0x20, 255}
	}
	return color.RGBA{0xf4, 0xf4, 0xf4, 255}
}

// pose is how a sprite stands in one frame.
type pose struct {
	sprite int
	box    image.Rectangle // what it fills upright; down to half its size
	lean   int             // pixels that its top stands to the right of its foot
	floor  int             // it is hidden from that row on, an even one
}

// bounds is where it may be seen.
func (p *pose) bounds() image.Rectangle {
	return image.Rect(p.box.Min.X+min(0, p.lean), p.box.Min.Y, p.box.Max.X+max(0, p.lean), p.end())
}

// end is the row just below what is seen.
func (p *pose) end() int { return min(p.box.Max.Y, p.floor) }

// left is where row y of the box begins.
func (p *pose) left(y int) int {
	return p.box.Min.X + p.lean*(p.box.Dy()-y)/p.box.Dy()
}

// steps lead over a sprite from the middle of one pixel seen to the middle of the next, in
// parts of 65536 of its own.
type steps struct{ x, y int }

func (s *sprite) steps(p pose) steps {
	return steps{s.size.X << 16 / p.box.Dx(), s.size.Y << 16 / p.box.Dy()}
}

// row is the sprite's at row y of its box.
func (st steps) row(y int) int { return (y*st.y + st.y/2) >> 16 }

// across is where in a box of that width a part of a row is seen, or a pixel more.
func (st steps) across(part span, width int) span {
	if part.to == 0 {
		return span{}
	}
	return span{max(part.from<<16/st.x-1, 0), min(part.to<<16/st.x+1, width)}
}

// draw puts the sprite on im, whose bounds start at (0, 0). Its own must be inside. A box
// smaller than the sprite has only some of its rows and columns.
func (s *sprite) draw(im *image.YCbCr, p pose) {
	width, st := p.box.Dx(), s.steps(p)
	for y := range p.end() - p.box.Min.Y {
		from := st.row(y)
		row, cover := s.y[from*s.size.X:][:s.size.X], s.cover[from*s.size.X:][:s.size.X]
		part := st.across(s.seen[from], width)
		dst := im.Y[(p.box.Min.Y+y)*im.YStride+p.left(y):][part.from:part.to]
		at := part.from*st.x + st.x/2
		for x := range dst {
			i := at >> 16
			switch a := uint32(cover[i]); a {
			case 0:
			case 255:
				dst[x] = row[i]
			default:
				dst[x] = uint8((uint32(dst[x])*(255-a) + uint32(row[i])*a + 127) / 255)
			}
			at += st.x
		}
	}
	_, sy := chromaShift(im.SubsampleRatio)
	for cy := p.box.Min.Y >> sy; cy <= (p.end()-1)>>sy; cy++ {
		y := cy<<sy - p.box.Min.Y // of the block's first row: may be the one above the box
		from := st.row(y) + 1<<sy - 1
		row := s.tints[from*(s.size.X+1):][:s.size.X+1]
		part := s.tinted[from]
		if part.to == 0 {
			continue
		}
		// The first block may end with the first pixel.
		part = st.across(span{max(part.from-1, 0), part.to}, width)
		left := p.left(max(y, 0))
		first, last := (left+part.from)>>1, (left+part.to-1)>>1
		cb, cr := im.Cb[cy*im.CStride:][first:last+1], im.Cr[cy*im.CStride:][first:last+1]
		at := (2*first-left)*st.x + st.x/2
		for x := range cb {
			if t := &row[at>>16+1]; t.cover > 0 {
				rest := 255 - uint32(t.cover)
				cb[x] = uint8((uint32(cb[x])*rest+127)/255) + t.cb
				cr[x] = uint8((uint32(cr[x])*rest+127)/255) + t.cr
			}
			at += 2 * st.x
		}
	}
}

// chromaShift is how many bits a pixel's place is shifted to find its chroma sample, in
// the two subsamplings used here, 4:2:2 and 4:2:0.
func chromaShift(ratio image.YCbCrSubsampleRatio) (x, y int) {
	if ratio == image.YCbCrSubsampleRatio420 {
		return 1, 1
	}
	return 1, 0
}
