package overlay

import (
	"cmp"
	"image"
	"math"
	"slices"
	"strconv"

	"freshframe/backend/analyze"
)

// labelDetections labels them from the oldest track to the youngest, then what is not
// tracked, so that a newcomer's label makes room rather than everybody's.
func labelDetections(l *List, ds []analyze.Detection) {
	l.order = l.order[:0]
	for i := range ds {
		l.order = append(l.order, i)
	}
	slices.SortStableFunc(l.order, func(a, b int) int { return cmp.Compare(ds[a].Track-1, ds[b].Track-1) }) // 0 wraps round: the last
	for _, i := range l.order {
		labelDetection(l, &ds[i])
	}
}

func labelDetection(l *List, d *analyze.Detection) {
	a, b, ok := l.corners(d)
	rim := l.Style.Outline
	outline := image.Rect(round(a.X), round(a.Y), round(b.X), round(b.Y)).Inset(-rim)
	if !ok || !outline.Overlaps(l.area) {
		return
	}
	from := len(l.chars)
	l.chars = appendLabel(l.chars, d)
	l.tag(outline, span{from, len(l.chars)}, colourOf(d))
}

// appendLabel writes "~person #7 87% waving"; the ~ is for what is predicted.
func appendLabel(b []byte, d *analyze.Detection) []byte {
	if d.Predicted {
		b = append(b, '~')
	}
	from := len(b)
	word := func(s string) {
		if s == "" {
			return
		}
		if len(b) > from {
			b = append(b, ' ')
		}
		b = append(b, s...)
	}
	// Names such as thumb_up are for programs.
	phrase := func(s string) {
		at := len(b)
		word(s)
		for i, c := range b[at:] {
			if c == '_' {
				b[at+i] = ' '
			}
		}
	}
	word(d.Label)
	if d.Track != 0 {
		word("#")
		b = strconv.AppendUint(b, d.Track, 10)
	}
	if d.Score >= 0 && d.Score <= 1 { // what is no score is not shown as one
		if len(b) > from {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(math.Round(d.Score*100)), 10)
		b = append(b, '%')
	}
	phrase(d.Gesture)
	phrase(d.Action)
	return b
}

// tag adds text on a plate beside the outline of what it names; an empty text adds nothing.
func (l *List) tag(outline image.Rectangle, t span, plate Colour) {
	if t.from == t.to {
		return
	}
	size := plateSize(l.Style.Text, l.textSize(l.Style.Text, t))
	p := l.place(outline, size)
	l.taken = append(l.taken, image.Rectangle{Min: p, Max: p.Add(size)})
	l.label(p, l.Style.Text, t, plate)
}

// place finds room for a plate: on top of the outline or on top of what is there already,
// else at the top inside or below what is there, each flush left or flush right. Where
// nothing is free the plate lies over others, but inside the picture if it fits at all.
func (l *List) place(outline image.Rectangle, size image.Point) image.Point {
	left := max(min(outline.Min.X, l.area.Max.X-size.X), l.area.Min.X)
	right := max(min(outline.Max.X, l.area.Max.X)-size.X, l.area.Min.X)
	above, inside := outline.Min.Y-size.Y, outline.Min.Y+2*l.Style.Outline+l.Style.Stroke
	for _, x := range [...]int{left, right} {
		if p, ok := l.free(image.Pt(x, above), size, true); ok {
			return p
		}
	}
	for _, x := range [...]int{left, right} {
		if p, ok := l.free(image.Pt(x, inside), size, false); ok {
			return p
		}
	}
	y := above
	if y < l.area.Min.Y {
		y = inside
	}
	return image.Pt(left, max(min(y, l.area.Max.Y-size.Y), l.area.Min.Y))
}

// free moves p up or down past what is taken; false where that leads too far.
func (l *List) free(p, size image.Point, up bool) (image.Point, bool) {
	for start := p.Y; ; {
		r := image.Rectangle{Min: p, Max: p.Add(size)}
		// Farther away than four plates nobody sees what this one belongs to.
		if r.Min.Y < l.area.Min.Y || r.Max.Y > l.area.Max.Y || max(p.Y-start, start-p.Y) > 4*size.Y {
			return p, false
		}
		i := slices.IndexFunc(l.taken, r.Overlaps)
		switch {
		case i < 0:
			return p, true
		case up:
			p.Y = l.taken[i].Min.Y - size.Y
		default:
			p.Y = l.taken[i].Max.Y
		}
	}
}
