package gesture

// Scores has for each shape how well the hand fits it, 0..1. That of None is what the best
// of the others leaves.
type Scores [shapes]float64

// Best is the shape that fits best with its score, or None where none fits by more than
// half.
func (s *Scores) Best() (Gesture, float64) {
	best := None
	for g := None + 1; g < shapes; g++ {
		if s[g] > s[best] {
			best = g
		}
	}
	return best, s[best]
}

// Read scores each shape. A shape is a conjunction (these fingers stretched, those bent,
// this one upwards), and like in fuzzy logic its score is the least of its conditions'. A
// hand with a number that is not finite, or without extent, has no shape.
func Read(h *Hand) (s Scores) {
	s[None] = 1
	if !h.ok() {
		return s
	}
	f := h.fingers()
	out, in := &f.out, &f.in
	up := Point{Y: -1}
	thumbUp := angle(flat(h[thumbMCP], h[thumbTip]), up)
	indexUp := angle(flat(h[indexMCP], h[indexTip]), up)
	ringed := h.ringed()
	lastThreeIn := min(in[2], in[3], in[4])
	lastThreeOut := min(out[2], out[3], out[4])

	s[OpenPalm] = min(out[0], out[1], lastThreeOut, 1-ringed)
	s[Fist] = min(max(in[0], ringed), in[1], lastThreeIn)
	s[ThumbUp] = min(out[0], 1-ringed, in[1], lastThreeIn, ramp(thumbUp, 65, 45))
	s[ThumbDown] = min(out[0], 1-ringed, in[1], lastThreeIn, ramp(thumbUp, 115, 135))
	s[Victory] = min(in[0], out[1], out[2], in[3], in[4], h.apart())
	s[PointingUp] = min(out[1], lastThreeIn, ramp(indexUp, 65, 45))
	s[OK] = min(ringed, lastThreeOut)
	s[Rock] = min(out[1], in[2], in[3], out[4])
	s[CallMe] = min(out[0], in[1], in[2], in[3], out[4])
	s[Three] = max(
		min(in[0], out[1], out[2], out[3], in[4]),
		min(out[0], out[1], out[2], in[3], in[4]))
	s[Four] = min(in[0], out[1], lastThreeOut, 1-ringed)

	for _, v := range s[1:] {
		s[None] = min(s[None], 1-v)
	}
	return s
}

// flat is the direction from a to b in the picture.
func flat(a, b Point) Point { return Point{X: b.X - a.X, Y: b.Y - a.Y} }

// ringed is how closely the tips of thumb and index finger meet, 0..1.
func (h *Hand) ringed() float64 {
	s := h.shallow()
	return ramp(dist(s[thumbTip], s[indexTip]), 0.45*s.size(), 0.25*s.size())
}

// apart is how far index and middle finger are spread, 0..1: crossed or closed fingers are
// no victory.
func (h *Hand) apart() float64 {
	return ramp(angle(flat(h[indexMCP], h[indexTip]), flat(h[middleMCP], h[middleTip])), 3, 9)
}
