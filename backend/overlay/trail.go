package overlay

import (
	"math"

	"freshframe/backend/analyze"
)

// composeTrail draws where a thing came from, thinner into the past. Places nearer together
// than the stroke is thick are one: who sits still leaves no knot.
func composeTrail(l *List, d *analyze.Detection) {
	step := float64(l.Style.Stroke)
	from := len(l.points)
	for _, at := range d.Trail {
		p, ok := l.pixel(at[0], at[1]).bounded()
		if !ok {
			continue
		}
		if n := len(l.points); n > from {
			if last := l.points[n-1]; math.Abs(p.X-last.X) < step && math.Abs(p.Y-last.Y) < step {
				continue
			}
		}
		l.points = append(l.points, p)
	}
	if len(l.points)-from < 2 { // it did not move
		l.points = l.points[:from]
		return
	}
	l.stroked(path, colourOf(d), from, step, l.Style.Outline).tapered = true
}
