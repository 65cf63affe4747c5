package track

import "slices"

// rule is how near a detection must be to a thing to be its own.
type rule struct {
	grow    float64 // boxes are compared with at least this share of their size added on each side
	doubt   float64 // and with this multiple of the thing's doubt, unless it is lost
	overlap float64 // the least IoU of the two
	spread  float64 // how much less certain the detection is than a good one
}

// The rules for good and for weak detections. Boxes grow (F. Yang et al., "Hard to Track
// Objects with Irregular Motions and Similar Appearances? Make It Easier by Buffering the
// Matching Space", 2023), so that what is quick or small is found again between slow
// analyses. Those of lost things do not grow with their doubt: others walk where they might
// be, and would get their ids.
var (
	goodMatch = rule{grow: 0.3, doubt: 1.5, overlap: 0.35, spread: 1}
	weakMatch = rule{overlap: 0.3, spread: 2}
)

const mostGrowth = 1.0

// growth is by how much the boxes of a thing and its detection grow.
func (r rule) growth(h *thing) float64 {
	if h.Lost {
		return r.grow
	}
	return min(max(r.grow, r.doubt*h.doubt()), mostGrowth)
}

// match gives things their detections, all together at the greatest overlap, and returns the
// things and detections left alone; both slices are overwritten.
func (t *Tracker) match(things []*thing, found []Detection, which []int, r rule) ([]*thing, []int) {
	t.cost = t.cost[:0]
	for _, h := range things {
		grow := r.growth(h)
		guess := h.box().grown(grow)
		for _, i := range which {
			cost := 1.0
			if d := &found[i]; d.Label == h.Label {
				cost -= guess.IoU(d.Box.grown(grow))
			}
			t.cost = append(t.cost, cost)
		}
	}
	left := things[:0]
	for i, j := range t.solver.Solve(t.cost, len(things), len(which), 1-r.overlap) {
		h := things[i]
		if j < 0 {
			left = append(left, h)
			continue
		}
		h.matched = which[j]
		h.correct(found[which[j]].Box, r.spread)
		which[j] = -1
	}
	return left, slices.DeleteFunc(which, func(i int) bool { return i < 0 })
}
