package overlay

import (
	"image"
	"iter"
	"math"
)

// edges appends the rectangles of a box's stroke, each side widened by rim.
func (s *shape) edges(dst []image.Rectangle, rim int) []image.Rectangle {
	out, in := s.rect.Inset(-rim), s.rect
	t := s.width + rim
	in.Min, in.Max = in.Min.Add(image.Pt(t, t)), in.Max.Sub(image.Pt(t, t))
	if in.Min.X >= in.Max.X || in.Min.Y >= in.Max.Y {
		return append(dst, out) // the strokes meet in the middle
	}
	if !s.cut {
		return append(dst,
			image.Rect(out.Min.X, out.Min.Y, out.Max.X, in.Min.Y),
			image.Rect(out.Min.X, in.Max.Y, out.Max.X, out.Max.Y),
			image.Rect(out.Min.X, in.Min.Y, in.Min.X, in.Max.Y),
			image.Rect(in.Max.X, in.Min.Y, out.Max.X, in.Max.Y))
	}
	// Each arm is a quarter of its side, its end rimmed too.
	ax, ay := max(s.rect.Dx()/4, s.width)+2*rim, max(s.rect.Dy()/4, s.width)+2*rim
	for _, x := range [2][3]int{{out.Min.X, out.Min.X + ax, in.Min.X}, {out.Max.X, out.Max.X - ax, in.Max.X}} {
		for _, y := range [2][3]int{{out.Min.Y, out.Min.Y + ay, in.Min.Y}, {out.Max.Y, out.Max.Y - ay, in.Max.Y}} {
			dst = append(dst, image.Rect(x[0], y[0], x[1], y[2]), image.Rect(x[0], y[2], x[2], y[1]))
		}
	}
	return dst
}

// segment is a straight piece of a path.
type segment struct{ a, b Point }

// segments are the pieces of a path or the lines of pairs, with half the stroke of each; a
// path of a single point is a piece of no length.
func (l *List) segments(s *shape) iter.Seq2[segment, float64] {
	return func(yield func(segment, float64) bool) {
		p := l.points[s.from:s.to]
		if s.kind == pairs {
			for i := 1; i < len(p); i += 2 {
				if !yield(segment{p[i-1], p[i]}, s.half) {
					return
				}
			}
			return
		}
		if len(p) == 1 {
			yield(segment{p[0], p[0]}, s.half)
			return
		}
		for i := 1; i < len(p); i++ {
			half := s.half
			if s.tapered {
				half *= thinnest + (1-thinnest)*float64(i)/float64(len(p)-1)
			}
			if !yield(segment{p[i-1], p[i]}, half) {
				return
			}
		}
		if s.closed && len(p) > 2 {
			yield(segment{p[len(p)-1], p[0]}, s.half)
		}
	}
}

// thinnest is the stroke that a tapered path begins with, as a share of its own.
const thinnest = 0.25

// soft is how far anti-aliasing reaches beyond a stroke's edge.
const soft = 0.5

// disc is the rectangle around a dot.
func disc(p Point, radius float64) image.Rectangle {
	r := radius + soft
	return image.Rect(int(math.Floor(p.X-r)), int(math.Floor(p.Y-r)), int(math.Ceil(p.X+r)), int(math.Ceil(p.Y+r)))
}

// stripe is the length of the pieces that a line's surroundings are cut into, as long as a
// JPEG block: no chroma sample crosses the border between two of them.
const stripe = 8

// stripes cuts the surroundings of a segment inside area into rectangles that do not
// overlap, side by side along the axis in which the segment is longer.
func (g segment) stripes(radius float64, area image.Rectangle) iter.Seq[image.Rectangle] {
	return func(yield func(image.Rectangle) bool) {
		// u runs along the longer axis, v across.
		a, b := g.a, g.b
		flip := math.Abs(b.Y-a.Y) > math.Abs(b.X-a.X)
		if flip {
			a, b, area = a.flipped(), b.flipped(), flipped(area)
		}
		r := radius + soft
		slope := 0.0
		if a.X != b.X {
			slope = (b.Y - a.Y) / (b.X - a.X)
		}
		// The band of points nearer than r to the infinite line, measured across.
		band := r * math.Hypot(1, slope)
		lo := max(int(math.Floor(min(a.X, b.X)-r)), area.Min.X)
		hi := min(int(math.Ceil(max(a.X, b.X)+r)), area.Max.X)
		for u := lo; u < hi; {
			_, end := cellSpan(u/stripe, stripe)
			end = min(end, hi)
			v0, v1 := a.Y+(float64(u)-a.X)*slope, a.Y+(float64(end)-a.X)*slope
			top := max(min(v0, v1)-band, min(a.Y, b.Y)-r)
			bottom := min(max(v0, v1)+band, max(a.Y, b.Y)+r)
			piece := image.Rectangle{
				Min: image.Pt(u, int(math.Floor(top))),
				Max: image.Pt(end, int(math.Ceil(bottom))),
			}.Intersect(area)
			if flip {
				piece = flipped(piece)
			}
			if !piece.Empty() && !yield(piece) {
				return
			}
			u = end
		}
	}
}

func (p Point) flipped() Point { return Point{p.Y, p.X} }

func flipped(r image.Rectangle) image.Rectangle {
	return image.Rectangle{Min: image.Pt(r.Min.Y, r.Min.X), Max: image.Pt(r.Max.Y, r.Max.X)}
}

// coverage fills dst, one byte for each pixel of r, with how much of the pixel lies within
// radius of the segment: exact on edges along an axis, else to within a few percent. A
// pixel's value does not depend on r.
func (g segment) coverage(dst []uint8, r image.Rectangle, radius float64) {
	dx, dy := g.b.X-g.a.X, g.b.Y-g.a.Y
	length := math.Hypot(dx, dy)
	if length > 0 {
		dx, dy = dx/length, dy/length
	}
	// Coverage falls by 1 a pixel, across the edge.
	reach := 255*(radius+soft) + 0.5
	w := r.Dx()
	for y := range r.Dy() {
		py := float64(r.Min.Y+y) + 0.5 - g.a.Y
		row := dst[y*w : y*w+w]
		for x := range row {
			px := float64(r.Min.X+x) + 0.5 - g.a.X
			var d float64
			switch along := px*dx + py*dy; {
			case along <= 0: // the nearest point is an end
				d = math.Sqrt(px*px + py*py)
			case along >= length:
				qx, qy := px-(g.b.X-g.a.X), py-(g.b.Y-g.a.Y)
				d = math.Sqrt(qx*qx + qy*qy)
			default:
				d = math.Abs(px*dy - py*dx)
			}
			switch v := reach - 255*d; {
			case v <= 0:
				row[x] = 0
			case v >= 255:
				row[x] = 255
			default:
				row[x] = uint8(v)
			}
		}
	}
}
