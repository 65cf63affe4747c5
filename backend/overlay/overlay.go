// Package overlay draws on planar YCbCr in the picture's own subsampling. In: shapes in
// pixels, or a result to compose them from. Out: the rectangles they touch, and changed
// samples in these and nowhere else. It must never convert a picture to RGBA.
package overlay

import (
	"image"
	"math"
)

// Point is a place in the picture's coordinates, in pixels: pixel (x, y) covers the
// square from (x, y) to (x+1, y+1).
type Point struct{ X, Y float64 }

// List is what to draw, in order: later shapes lie on top. Call Reset, add shapes, then
// ask Touched or Draw as often as wanted. Storage is reused, so that a List in its steady
// state allocates nothing. The zero List draws nowhere until Reset.
//
// A List also keeps the glyphs it has drawn. It serves one goroutine at a time; several
// goroutines take a List each.
//
// Coordinates may lie anywhere: what falls outside the picture is cut off, coordinates
// beyond ±16 million pixels (infinite ones too) are moved to that border, and a shape
// with a coordinate that is not a number is left out.
type List struct {
	// Style is set by Reset to suit the picture's size and applies to the shapes that are
	// added from then on.
	Style Style

	bounds, area image.Rectangle // the picture; where drawing is allowed
	shapes       []shape
	points       []Point
	chars        []byte
	taken        []image.Rectangle // where Compose has put text
	order        []int             // of detections, while Compose labels them
	fonts        fonts
	scratch      scratch
}

type kind uint8

const (
	fill  kind = iota // rect
	box               // rect, cut
	text              // rect, a span of chars, px, pen
	path              // a span of points, closed, tapered
	pairs             // a span of points: two and two are the ends of a line
	dots              // a span of points
)

type shape struct {
	kind    kind
	closed  bool // path: the last point is joined to the first
	tapered bool // path: thin at its first point
	cut     bool // box: nothing but the corners
	rimmed  bool // text: with a dark outline
	colour  Colour
	rect    image.Rectangle // of a text: all its ink
	span
	width int         // box: stroke
	half  float64     // path, pairs: half the stroke; dots: their radius
	rim   int         // all but fill and text: thickness of the dark rim
	px    int         // text: height
	pen   image.Point // text: where the baseline starts
}

// Reset empties the list for a picture that covers bounds. Nothing is ever drawn outside
// clip; the zero rectangle stands for the whole picture. A chroma sample that also
// colours a pixel outside clip keeps its value.
func (l *List) Reset(bounds, clip image.Rectangle) {
	l.bounds, l.area = bounds, bounds
	if clip != (image.Rectangle{}) {
		l.area = bounds.Intersect(clip)
	}
	l.Style = StyleFor(bounds.Size())
	l.shapes, l.points, l.chars, l.taken = l.shapes[:0], l.points[:0], l.chars[:0], l.taken[:0]
}

// Fill adds a filled rectangle.
func (l *List) Fill(r image.Rectangle, c Colour) {
	l.shapes = append(l.shapes, shape{kind: fill, colour: c, rect: r})
}

// Box adds the outline of the rectangle between two corners, rounded to whole pixels,
// with a dark rim on both sides. The stroke lies inside the rectangle.
func (l *List) Box(a, b Point, c Colour) { l.box(a, b, c, false) }

// Corners is Box with nothing but its corners drawn.
func (l *List) Corners(a, b Point, c Colour) { l.box(a, b, c, true) }

func (l *List) box(a, b Point, c Colour, cut bool) {
	a, okA := a.bounded()
	b, okB := b.bounded()
	if !okA || !okB {
		return
	}
	r := image.Rect(round(a.X), round(a.Y), round(b.X), round(b.Y))
	// A box thinner than its stroke is still worth seeing.
	r.Max.X, r.Max.Y = max(r.Max.X, r.Min.X+l.Style.Stroke), max(r.Max.Y, r.Min.Y+l.Style.Stroke)
	l.shapes = append(l.shapes, shape{kind: box, colour: c, cut: cut, rect: r, width: l.Style.Stroke, rim: l.Style.Outline})
}

// Line adds a line through the given points, with round ends and a dark rim.
func (l *List) Line(c Colour, through ...Point) { l.path(c, through, false) }

// Polygon adds the closed outline through the given corners, with a dark rim.
func (l *List) Polygon(c Colour, corners ...Point) { l.path(c, corners, true) }

func (l *List) path(c Colour, through []Point, closed bool) {
	from := len(l.points)
	for _, p := range through {
		if !l.point(p) {
			l.points = l.points[:from]
			return
		}
	}
	s := l.stroked(path, c, from, float64(l.Style.Stroke), l.Style.Outline)
	s.closed = closed
}

// point keeps a place for the shape that is added next; false if it is none.
func (l *List) point(p Point) bool {
	p, ok := p.bounded()
	if ok {
		l.points = append(l.points, p)
	}
	return ok
}

// stroked adds a shape of the points kept since from.
func (l *List) stroked(k kind, c Colour, from int, width float64, rim int) *shape {
	l.shapes = append(l.shapes, shape{kind: k, colour: c, span: span{from, len(l.points)}, half: width / 2, rim: rim})
	return &l.shapes[len(l.shapes)-1]
}

// Points adds a dot with a dark rim at each of the given places.
func (l *List) Points(c Colour, at ...Point) {
	from := len(l.points)
	for _, p := range at {
		l.point(p)
	}
	l.stroked(dots, c, from, float64(l.Style.Dot), l.Style.Outline)
}

// far bounds every coordinate, so that sums stay exact and fit an int.
const far = 1 << 24

// bounded brings p into the coordinates that arithmetic is safe with; it is false where p
// is not a number.
func (p Point) bounded() (Point, bool) {
	q := Point{min(max(p.X, -far), far), min(max(p.Y, -far), far)} // min and max pass NaN on
	return q, !math.IsNaN(q.X) && !math.IsNaN(q.Y)
}

func round(x float64) int { return int(math.Floor(x + 0.5)) }

// Touched appends to dst rectangles that together cover every pixel that Draw may change,
// those included whose colour shares a chroma sample with a drawn one in any subsampling.
// All lie inside the picture and the clip; they may overlap. Outlines and lines give many
// small ones rather than the rectangle around them.
func (l *List) Touched(dst []image.Rectangle) []image.Rectangle {
	add := func(r image.Rectangle) {
		if r = r.Intersect(l.area); !r.Empty() {
			dst = append(dst, wholeCells(r).Intersect(l.area))
		}
	}
	for i := range l.shapes {
		s := &l.shapes[i]
		switch s.kind {
		case fill, text:
			add(s.rect)
		case box:
			var edges [8]image.Rectangle
			for _, r := range s.edges(edges[:0], s.rim) {
				add(r)
			}
		case path, pairs:
			for seg, half := range l.segments(s) {
				for r := range seg.stripes(half+float64(s.rim), l.area) {
					add(r)
				}
			}
		case dots:
			for _, p := range l.points[s.from:s.to] {
				add(disc(p, s.half+float64(s.rim)))
			}
		}
	}
	return dst
}

// Draw draws the shapes on im, in any of its subsamplings. Chroma samples mix with the
// share of their pixels that a shape covers.
func (l *List) Draw(im *image.YCbCr) {
	cv := newCanvas(im, l.area, &l.scratch)
	if cv.area.Empty() {
		return
	}
	for i := range l.shapes {
		s := &l.shapes[i]
		switch s.kind {
		case fill:
			cv.fill(s.rect, s.colour)
		case text:
			l.drawText(&cv, s)
		default:
			// The whole rim first: no part of a shape darkens another part of it.
			l.drawOutline(&cv, s, s.rim, dark)
			l.drawOutline(&cv, s, 0, s.colour)
		}
	}
}

// drawOutline draws all but fill and text, each stroke widened by rim on both sides.
func (l *List) drawOutline(cv *canvas, s *shape, rim int, c Colour) {
	switch s.kind {
	case box:
		var edges [8]image.Rectangle
		for _, r := range s.edges(edges[:0], rim) {
			cv.fill(r, c)
		}
	case path, pairs:
		for seg, half := range l.segments(s) {
			radius := half + float64(rim)
			for r := range seg.stripes(radius, cv.area) {
				cv.stroke(seg, radius, r, c)
			}
		}
	case dots:
		radius := s.half + float64(rim)
		for _, p := range l.points[s.from:s.to] {
			cv.stroke(segment{p, p}, radius, disc(p, radius).Intersect(cv.area), c)
		}
	}
}
