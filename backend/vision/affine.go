package vision

// Affine maps the pixels of a tensor to those of a picture:
// x' = XX*x + XY*y + X0, y' = YX*x + YY*y + Y0.
type Affine struct{ XX, XY, X0, YX, YY, Y0 float64 }

// Point maps p.
func (m Affine) Point(p Point) Point {
	return Point{m.XX*p.X + m.XY*p.Y + m.X0, m.YX*p.X + m.YY*p.Y + m.Y0}
}

// Box is the smallest upright box around what b becomes.
func (m Affine) Box(b Box) Box {
	p := m.Point(Point{b.X0, b.Y0})
	around := Box{p.X, p.Y, p.X, p.Y}
	for _, q := range [3]Point{{b.X1, b.Y0}, {b.X0, b.Y1}, {b.X1, b.Y1}} {
		q = m.Point(q)
		around.X0, around.X1 = min(around.X0, q.X), max(around.X1, q.X)
		around.Y0, around.Y1 = min(around.Y0, q.Y), max(around.Y1, q.Y)
	}
	return around
}

// Fit is the map of a letterbox: from the tensor's pixels to those of a picture of that
// size, at least 1x1.
func (in Input) Fit(width, height int) Affine {
	w, h := float64(width), float64(height)
	k := max(w/float64(in.Width), h/float64(in.Height)) // picture pixels per tensor pixel
	m := Affine{XX: k, YY: k}
	if in.Align == Centre {
		m.X0 = (w - k*float64(in.Width)) / 2
		m.Y0 = (h - k*float64(in.Height)) / 2
	}
	return m
}
