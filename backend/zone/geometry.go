package zone

import "math"

type point = [2]float64

func length(a, b point) float64 { return math.Hypot(b[0]-a[0], b[1]-a[1]) }

// side is positive where p lies to the right of the way from a to b, as seen in the picture,
// whose y grows downwards; its size is twice the triangle's area.
func side(a, b, p point) float64 {
	return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
}

// size is the polygon's signed area (the shoelace formula).
func size(ps []point) float64 {
	sum := 0.0
	for i, p := range ps {
		q := ps[(i+1)%len(ps)]
		sum += p[0]*q[1] - q[0]*p[1]
	}
	return sum / 2
}

// meet reports whether the segments ab and cd have a point in common.
func meet(a, b, c, d point) bool {
	abc, abd, cda, cdb := side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
	if abc*abd < 0 && cda*cdb < 0 {
		return true
	}
	within := func(a, b, p point) bool {
		return min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
	}
	return abc == 0 && within(a, b, c) || abd == 0 && within(a, b, d) ||
		cda == 0 && within(c, d, a) || cdb == 0 && within(c, d, b)
}

// crosses is +1 when the step from p to q leads over the segment ab to its right side, -1 to
// its left one, else 0. A point on the line counts as on its right, and of the segment's ends
// the first belongs to it: so a step that ends there and the next one are together one
// crossing or none.
func crosses(a, b, p, q point) int {
	from, to := side(a, b, p) >= 0, side(a, b, q) >= 0
	if from == to {
		return 0
	}
	// Where along ab the step meets the line, by the distances of a and b from the step's line.
	da, db := side(p, q, a), side(p, q, b)
	if t := da / (da - db); !(t >= 0 && t < 1) {
		return 0
	}
	if to {
		return 1
	}
	return -1
}

// away is the distance of p from the segment ab.
func away(a, b, p point) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = max(0, min(1, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/l))
	}
	ex, ey := p[0]-a[0]-t*dx, p[1]-a[1]-t*dy
	return math.Sqrt(ex*ex + ey*ey) // coordinates are tame: no need for Hypot's care
}

// inside reports whether p is in the polygon or on its border (ray casting; the border by
// distance, so that a zone up to the picture's edge includes the edge).
func inside(ps []point, p point) bool {
	in := false
	for i, a := range ps {
		b := ps[(i+1)%len(ps)]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in || beside(ps, p) <= 1e-9
}

// beside is the distance of p from the polygon's border.
func beside(ps []point, p point) float64 {
	least := math.Inf(1)
	for i, a := range ps {
		least = min(least, away(a, ps[(i+1)%len(ps)], p))
	}
	return least
}
