package overlay

import (
	"image"
	"math"
	"strconv"
)

// Area is a place in the picture that things are counted in or across.
type Area struct {
	Name    string
	Line    bool         // to be crossed; else a zone to be inside of
	Points  [][2]float64 // fractions of the picture: a zone's corners in turn, a line's ends
	Inside  int          // a zone's
	ToRight uint64       // over a line, seen from its first end to its second
	ToLeft  uint64
}

// composeArea draws an area's outline in a colour that no track has.
func composeArea(l *List, a *Area) {
	from := len(l.points)
	for _, at := range a.Points {
		if !l.point(l.pixel(at[0], at[1])) {
			l.points = l.points[:from]
			return
		}
	}
	l.stroked(path, light, from, float64(l.Style.Stroke), l.Style.Outline).closed = !a.Line
}

// labelArea puts the name and the counts at the topmost corner, to the side where the area is.
func labelArea(l *List, a *Area) {
	top := Point{Y: math.Inf(1)}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range a.Points {
		p, ok := l.pixel(f[0], f[1]).bounded()
		if !ok {
			return
		}
		if p.Y < top.Y {
			top = p
		}
		lo, hi = min(lo, p.X), max(hi, p.X)
	}
	if len(a.Points) == 0 {
		return
	}
	from := len(l.chars)
	l.chars = append(l.chars, a.Name...)
	if a.Line {
		right, left := l.arrows(a)
		l.chars = append(append(l.chars, ' '), right...)
		l.chars = strconv.AppendUint(append(l.chars, ' '), a.ToRight, 10)
		l.chars = append(append(l.chars, ' '), left...)
		l.chars = strconv.AppendUint(append(l.chars, ' '), a.ToLeft, 10)
	} else {
		l.chars = append(l.chars, " inside "...)
		l.chars = strconv.AppendInt(l.chars, int64(a.Inside), 10)
	}
	t := span{from, len(l.chars)}
	corner := image.Rect(round(top.X), round(top.Y), round(top.X)+1, round(top.Y)+1).Inset(-l.Style.Stroke/2 - l.Style.Outline)
	if top.X > (lo+hi)/2 {
		corner.Min.X = corner.Max.X - plateSize(l.Style.Text, l.textSize(l.Style.Text, t)).X
	}
	l.tag(corner, t, calm)
}

// arrows point where who crosses the line to its right, and to its left, goes in the
// picture: the nearest of the four arrows that the font has.
func (l *List) arrows(a *Area) (right, left string) {
	if len(a.Points) < 2 {
		return "→", "←"
	}
	p, q := l.pixel(a.Points[0][0], a.Points[0][1]), l.pixel(a.Points[1][0], a.Points[1][1])
	dx, dy := p.Y-q.Y, q.X-p.X // a quarter turn to the right of the way from p to q
	switch {
	case math.Abs(dx) < math.Abs(dy) && dy > 0:
		return "↓", "↑"
	case math.Abs(dx) < math.Abs(dy):
		return "↑", "↓"
	case dx < 0:
		return "←", "→"
	}
	return "→", "←"
}
