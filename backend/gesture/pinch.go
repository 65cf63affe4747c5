package gesture

import "time"

// What makes a pinch: thumb and index finger, apart a moment ago, meet before the palm.
// Distances are in palm lengths.
const (
	pinchApart  = 0.5 // they were so far apart
	pinchWithin = time.Second
	pinchMeet   = 0.25 // and come so near
	pinchPart   = 0.4  // until they part so far
	pinchOut    = 1.1  // the index finger's tip is so much farther from the wrist than its root: no fist
)

type pinch struct {
	on      bool
	meeting int       // pictures in a row that show them meet
	apart   time.Time // when they were last apart
}

func (p *pinch) update(at time.Time, h *Hand) {
	d := dist(h[thumbTip], h[indexTip]) / h.size()
	out := dist(h[wrist], h[indexTip]) > pinchOut*dist(h[wrist], h[indexMCP])
	switch {
	case p.on:
		p.on = d < pinchPart && out
		p.meeting = 0
	case d > pinchApart:
		p.apart, p.meeting = at, 0
	case d < pinchMeet && out:
		// One picture may be a slip of the landmarks.
		p.meeting++
		p.on = p.meeting > 1 && at.Sub(p.apart) < pinchWithin
	default:
		p.meeting = 0
	}
}
