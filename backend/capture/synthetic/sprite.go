package synthetic

import (
	"image"
	"image/color"
	"strconv"
)

// sprite is an object's looks, drawn once: side by side pixels of coverage and colour.
type sprite struct {
	side      int
	cover     []uint8 // 0 outside .. 255 inside
	y, cb, cr []uint8
}

// newSprite draws object number id: a rim a little darker than the rest, and the number
// in the upper part, where it leaves the middle to the object's colour.
func newSprite(p path, id int) sprite {
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

	n := p.side * p.side
	s := sprite{side: p.side, cover: make([]uint8, n), y: make([]uint8, n), cb: make([]uint8, n), cr: make([]uint8, n)}
	for i := range n {
		px := color.NRGBAModel.Convert(c.RGBAAt(i%p.side, i/p.side)).(color.NRGBA)
		s.cover[i] = px.A
		s.y[i], s.cb[i], s.cr[i] = color.RGBToYCbCr(px.R, px.G, px.B)
	}
	return s
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

// draw puts the sprite on im, whose bounds start at (0, 0), with its top left corner at.
// The whole sprite must be inside.
func (s *sprite) draw(im *image.YCbCr, at image.Point) {
	for y := range s.side {
		row := s.y[y*s.side:][:s.side]
		cover := s.cover[y*s.side:][:s.side]
		dst := im.Y[(at.Y+y)*im.YStride+at.X:][:s.side]
		for x, a := range cover {
			switch a {
			case 0:
			case 255:
				dst[x] = row[x]
			default:
				dst[x] = uint8((uint32(dst[x])*uint32(255-a) + uint32(row[x])*uint32(a) + 127) / 255)
			}
		}
	}
	// A chroma sample mixes what the sprite covers of its block of 2 or 4 pixels.
	sx, sy := chromaShift(im)
	full := uint32(255) << (sx + sy)
	for cy := at.Y >> sy; cy <= (at.Y+s.side-1)>>sy; cy++ {
		y0, y1 := max(cy<<sy-at.Y, 0), min((cy+1)<<sy-at.Y, s.side)
		for cx := at.X >> sx; cx <= (at.X+s.side-1)>>sx; cx++ {
			x0, x1 := max(cx<<sx-at.X, 0), min((cx+1)<<sx-at.X, s.side)
			var cover, cb, cr uint32
			for y := y0; y < y1; y++ {
				for i := y*s.side + x0; i < y*s.side+x1; i++ {
					a := uint32(s.cover[i])
					cover += a
					cb += a * uint32(s.cb[i])
					cr += a * uint32(s.cr[i])
				}
			}
			o := cy*im.CStride + cx
			im.Cb[o] = uint8((uint32(im.Cb[o])*(full-cover) + cb + full/2) / full)
			im.Cr[o] = uint8((uint32(im.Cr[o])*(full-cover) + cr + full/2) / full)
		}
	}
}

// chromaShift is how many bits a pixel's place is shifted to find its chroma sample, in
// the two subsamplings used here, 4:2:2 and 4:2:0.
func chromaShift(im *image.YCbCr) (x, y int) {
	if im.SubsampleRatio == image.YCbCrSubsampleRatio420 {
		return 1, 1
	}
	return 1, 0
}
