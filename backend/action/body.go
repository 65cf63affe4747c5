package action

import "math"

// body is what the rules ask of one pose. A number that cannot be known is NaN, and every
// comparison with it is false, so that a rule without its points does not hold.
type body struct {
	tilt  float64 // of the torso from the picture's up, degrees 0..180
	torso float64 // length from hips to shoulders
	top   float64 // y of the shoulders' middle
	legs  float64 // how far the thighs hang down: 1 standing, 0 level, see thighs
	arms  bool    // both wrists above the head
}

func (p *Pose) body() body {
	unknown := math.NaN()
	b := body{tilt: unknown, torso: unknown, top: unknown, legs: p.thighs(), arms: p.armsRaised()}
	s, h := p.between(shoulder), p.between(hip)
	if s.seen() {
		b.top = s.Y
	}
	if s.seen() && h.seen() {
		b.torso = dist(s, h)
		if b.torso > 0 {
			b.tilt = math.Acos(max(-1, min(1, (h.Y-s.Y)/b.torso))) * 180 / math.Pi
		}
	}
	return b
}

// thighs is how far the knees are below the hips, in lengths of the shin, as a mean of the
// legs that are seen: the shin stays upright in a squat and on a chair, from every side, so
// the measure needs no depth. Where the ankles are hidden the torso stands in for the shin;
// it is about 1.2 times as long.
func (p *Pose) thighs() float64 {
	sum, n := 0.0, 0.0
	s, h := p.between(shoulder), p.between(hip)
	for side := range 2 {
		hip, knee, ankle := p[hip+side], p[knee+side], p[ankle+side]
		if !hip.seen() || !knee.seen() {
			continue
		}
		var unit float64
		switch {
		case ankle.seen():
			unit = dist(knee, ankle)
		case s.seen() && h.seen():
			unit = dist(s, h) / 1.2
		}
		if unit > 0 {
			sum += (knee.Y - hip.Y) / unit
			n++
		}
	}
	return sum / n // NaN without legs
}

// armsRaised reports whether both wrists are above the nose or, without a nose, above the
// shoulders by half the torso.
func (p *Pose) armsRaised() bool {
	line := math.NaN()
	s, h := p.between(shoulder), p.between(hip)
	switch {
	case p[nose].seen():
		line = p[nose].Y
	case s.seen() && h.seen():
		line = s.Y - dist(s, h)/2
	}
	l, r := p[wrist], p[wrist+1]
	return l.seen() && r.seen() && l.Y < line && r.Y < line
}

// forearm says where the wrist is beside its elbow, in forearms, and whether the forearm
// points upwards, by at most 60° from the vertical.
func (p *Pose) forearm(side int) (sway float64, up bool) {
	e, w := p[elbow+side], p[wrist+side]
	if !e.seen() || !w.seen() {
		return 0, false
	}
	length := dist(e, w)
	if !(length > 0) {
		return 0, false
	}
	return (w.X - e.X) / length, e.Y-w.Y > length/2
}
