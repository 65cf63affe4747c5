package track

// Box is x and y of the top left corner, width and height, in any unit: fractions of the
// picture or pixels. Nothing here changes when an axis is scaled.
type Box [4]float64

// grown is the box with the given share of its size added on each of its sides.
func (b Box) grown(by float64) Box {
	return Box{b[0] - by*b[2], b[1] - by*b[3], b[2] * (1 + 2*by), b[3] * (1 + 2*by)}
}

// IoU is the share of the union of two boxes that both cover, 0..1.
func (b Box) IoU(o Box) float64 {
	w := min(b[0]+b[2], o[0]+o[2]) - max(b[0], o[0])
	h := min(b[1]+b[3], o[1]+o[3]) - max(b[1], o[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (b[2]*b[3] + o[2]*o[3] - w*h)
}

// What a number may be, whatever the unit: beyond, the filter's squares lose their meaning.
const (
	largest  = 1e6
	smallest = 1e-6
)

// sound says whether the box has a place and a size.
func (b Box) sound() bool {
	within := func(x, lo, hi float64) bool { return x >= lo && x <= hi } // NaN is not
	return within(b[0], -largest, largest) && within(b[1], -largest, largest) &&
		within(b[2], smallest, largest) && within(b[3], smallest, largest)
}
