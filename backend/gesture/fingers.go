package gesture

// fingers says of each finger, the thumb first, how much it is stretched and how much it is
// bent into the palm, 0..1. A finger halfway is neither.
type fingers struct{ out, in [5]float64 }

// shallow is the hand with half its depth, which networks guess worse than what they see: with
// all of it many a fist looks half open, and without any half bent fingers look like a fist's.
func (h *Hand) shallow() Hand {
	flatter := *h
	for i := range flatter {
		flatter[i].Z /= 2
	}
	return flatter
}

func (h *Hand) fingers() (f fingers) {
	s := h.shallow()
	f.out[0], f.in[0] = s.thumb()
	for i := 1; i < 5; i++ {
		f.out[i], f.in[i] = s.finger(1 + 4*i)
	}
	return f
}

// finger measures the finger whose root is the given landmark by its reach: how much farther
// from the wrist its tip is than its root, as a share of its length. That is near 1 for a
// stretched finger, about -0.3 for one bent into the palm and 0.3 for one halfway; size,
// rotation and mirroring change nothing, and foreshortening little, for the lengths compared
// lie along one finger. The straightness of a finger would be no better: one bent at right
// angles and seen along its first bone looks straight. Nor would its middle joint: landmark
// models hook the tips of short fingers, which are stretched all the same.
func (h *Hand) finger(root int) (out, in float64) {
	mcp, pip, dip, tip := h[root], h[root+1], h[root+2], h[root+3]
	// A finger that points at the camera is short, and its direction is noise.
	length := max(dist(mcp, pip)+dist(pip, dip)+dist(dip, tip), 0.15*h.size())
	reach := (dist(h[wrist], tip) - dist(h[wrist], mcp)) / length
	return ramp(reach, 0.4, 0.65), ramp(reach, 0.4, 0.1)
}

// thumb measures how far the thumb stands off: it bends little, but lies across the palm or
// the fingers when it is not meant, so what counts is whether its tip is farther from the
// far side of the palm than its root is, as a share of the length between them.
func (h *Hand) thumb() (out, in float64) {
	root, joint, tip := h[thumbMCP], h[thumbMCP+1], h[thumbTip]
	length := max(dist(root, joint)+dist(joint, tip), 0.15*h.size())
	reach := (dist(h[pinkyMCP], tip) - dist(h[pinkyMCP], root)) / length
	out = ramp(reach, -0.1, 0.2)
	return out, 1 - out
}
