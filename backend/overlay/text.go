package overlay

import (
	"image"
	"iter"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The heights that text is drawn in, in pixels; others are moved to the nearer end.
const (
	minText = 4
	maxText = 512
)

func textHeight(px int) int { return min(max(px, minText), maxText) }

// TextSize is the room that s takes at px pixels, its outline included.
func (l *List) TextSize(px int, s string) image.Point {
	t := l.write(s)
	size := l.textSize(px, t)
	l.chars = l.chars[:t.from]
	return size
}

// Text adds s at px pixels, at 4 to 512, with a dark outline; the room it takes (TextSize)
// has its top left corner at p. Runes that the font lacks show as an empty box.
func (l *List) Text(p image.Point, px int, s string, c Colour) { l.text(p, px, l.write(s), c, true) }

// Label adds s without an outline on a filled plate, whose top left corner is at p: as large
// as TextSize and a fifth of px more on the left and right.
func (l *List) Label(p image.Point, px int, s string, plate Colour) {
	l.label(p, px, l.write(s), plate)
}

// plateSize is the size of the plate behind text of the given size.
func plateSize(px int, text image.Point) image.Point {
	return text.Add(image.Pt(2*plateMargin(px), 0))
}

func plateMargin(px int) int { return textHeight(px) / 5 }

// span is a piece of List.points or of List.chars.
type span struct{ from, to int }

func (l *List) write(s string) span {
	from := len(l.chars)
	l.chars = append(l.chars, s...)
	return span{from, len(l.chars)}
}

func (l *List) textSize(px int, t span) image.Point {
	f := l.fonts.face(textHeight(px))
	w := 0
	for r := range runes(l.chars[t.from:t.to]) {
		w += f.glyph(r).advance
	}
	return image.Pt(w+2*f.rim, f.ascent+f.descent+2*f.rim)
}

func (l *List) label(p image.Point, px int, t span, plate Colour) {
	l.Fill(image.Rectangle{Min: p, Max: p.Add(plateSize(px, l.textSize(px, t)))}, plate)
	l.text(p.Add(image.Pt(plateMargin(px), 0)), px, t, onPlate(plate), false)
}

func (l *List) text(p image.Point, px int, t span, c Colour, rimmed bool) {
	px = textHeight(px)
	f := l.fonts.face(px)
	pen := image.Pt(min(max(p.X, -far), far), min(max(p.Y, -far), far)).Add(image.Pt(f.rim, f.rim+f.ascent))
	s := shape{kind: text, colour: c, rimmed: rimmed, span: t, px: px, pen: pen}
	for r := range runes(l.chars[t.from:t.to]) {
		g := f.glyph(r)
		s.rect = s.rect.Union(f.mask(g, rimmed).rect.Add(pen))
		pen.X += g.advance
	}
	l.shapes = append(l.shapes, s)
}

func (l *List) drawText(cv *canvas, s *shape) {
	f := l.fonts.face(s.px)
	if s.rimmed { // all of it first: no glyph may darken its neighbour
		l.drawGlyphs(cv, s, f, true, dark)
	}
	l.drawGlyphs(cv, s, f, false, s.colour)
}

func (l *List) drawGlyphs(cv *canvas, s *shape, f *face, rimmed bool, c Colour) {
	pen := s.pen
	for r := range runes(l.chars[s.from:s.to]) {
		g := f.glyph(r)
		m := f.mask(g, rimmed)
		whole := m.rect.Add(pen)
		if part := whole.Intersect(cv.area); !part.Empty() {
			stride := whole.Dx()
			cv.paint(m.pix[(part.Min.Y-whole.Min.Y)*stride+part.Min.X-whole.Min.X:], stride, part, c)
		}
		pen.X += g.advance
	}
}

// runes decodes UTF-8; a broken byte counts as a rune of its own.
func runes(b []byte) iter.Seq[rune] {
	return func(yield func(rune) bool) {
		for len(b) > 0 {
			r, n := utf8.DecodeRune(b)
			if !yield(r) {
				return
			}
			b = b[n:]
		}
	}
}

// mask is coverage, 0..255, one byte for each pixel of rect.
type mask struct {
	pix  []uint8
	rect image.Rectangle // the pen stands at (0, 0)
}

// glyph is a rune at one height.
type glyph struct {
	ink     mask
	rim     mask // ink grown by the face's rim; nil until it is wanted
	advance int
}

// face is the font at one height. Glyphs are rasterised when first wanted; their number
// is bounded by that of the font, since all unknown runes share one.
type face struct {
	px, ascent, descent int
	rim                 int // thickness of the outline
	ascii               [utf8.RuneSelf]*glyph
	others              map[rune]*glyph
	missing             *glyph
	raster              font.Face
	buf                 sfnt.Buffer
}

// fonts keeps the faces in use, the oldest making room for a new one.
type fonts struct {
	faces [8]*face
	next  int
}

func (fs *fonts) face(px int) *face {
	for _, f := range fs.faces {
		if f != nil && f.px == px {
			return f
		}
	}
	f := newFace(px)
	fs.faces[fs.next] = f
	fs.next = (fs.next + 1) % len(fs.faces)
	return f
}

// bold is the parsed font, read-only.
var bold = sync.OnceValue(func() *sfnt.Font {
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		panic("overlay: the built-in font is damaged: " + err.Error())
	}
	return f
})

func newFace(px int) *face {
	raster, err := opentype.NewFace(bold(), &opentype.FaceOptions{Size: float64(px), DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic("overlay: the built-in font cannot be scaled: " + err.Error())
	}
	m := raster.Metrics()
	f := &face{
		px: px, ascent: m.Ascent.Ceil(), descent: m.Descent.Ceil(), rim: min(max((px+5)/10, 1), 4),
		raster: raster, others: map[rune]*glyph{},
	}
	f.missing = emptyBox(px)
	return f
}

func (f *face) glyph(r rune) *glyph {
	if r < utf8.RuneSelf {
		g := f.ascii[r]
		if g == nil {
			g = f.rasterise(r)
			f.ascii[r] = g
		}
		return g
	}
	g := f.others[r]
	if g == nil {
		if g = f.rasterise(r); g != f.missing {
			f.others[r] = g
		}
	}
	return g
}

// mask is the glyph's ink, or that grown by the rim.
func (f *face) mask(g *glyph, rimmed bool) *mask {
	if !rimmed {
		return &g.ink
	}
	if g.rim.pix == nil {
		g.rim = g.ink.dilated(f.rim)
	}
	return &g.rim
}

func (f *face) rasterise(r rune) *glyph {
	if i, err := bold().GlyphIndex(&f.buf, r); err != nil || i == 0 || unicode.IsControl(r) {
		return f.missing
	}
	rect, m, from, advance, ok := f.raster.Glyph(fixed.Point26_6{}, r)
	alpha, isAlpha := m.(*image.Alpha)
	if !ok || !isAlpha {
		return f.missing
	}
	g := &glyph{ink: mask{pix: make([]uint8, rect.Dx()*rect.Dy()), rect: rect}, advance: advance.Round()}
	for y := range rect.Dy() {
		copy(g.ink.pix[y*rect.Dx():][:rect.Dx()], alpha.Pix[alpha.PixOffset(from.X, from.Y+y):])
	}
	return g
}

// emptyBox stands for what the font lacks.
func emptyBox(px int) *glyph {
	w, h, t := max(px/2, 3), max(px*7/10, 4), max(px/12, 1)
	r := image.Rect(1, -h, 1+w, 0)
	m := mask{pix: make([]uint8, w*h), rect: r}
	for y := range h {
		for x := range w {
			if min(x, w-1-x, y, h-1-y) < t {
				m.pix[y*w+x] = 255
			}
		}
	}
	return &glyph{ink: m, advance: w + 2}
}

// dilated grows the mask by a disc of the given radius.
func (m *mask) dilated(radius int) mask {
	if m.rect.Empty() {
		return mask{pix: []uint8{}, rect: m.rect}
	}
	d := mask{rect: m.rect.Inset(-radius)}
	w, stride := m.rect.Dx(), d.rect.Dx()
	d.pix = make([]uint8, stride*d.rect.Dy())
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if dx*dx+dy*dy > radius*radius+radius { // a disc of radius + 1/2
				continue
			}
			for y := range m.rect.Dy() {
				src := m.pix[y*w : (y+1)*w]
				dst := d.pix[(y+radius+dy)*stride+radius+dx:][:w]
				for x, a := range src {
					dst[x] = max(dst[x], a)
				}
			}
		}
	}
	return d
}
