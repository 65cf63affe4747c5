package track

import "math"

// How certain a box is, as standard deviations in shares of its own size. With noise that is
// independent in the four numbers of a box, the 8×8 filter of the literature falls apart
// into one small filter for each: the same answers without a matrix. The size has no speed
// of its own, so that a box half hidden by another does not go on shrinking behind it.
const (
	seenSpread = 0.07 // of a measured position
	sizeSpread = 0.07 // of a measured size
	sizeDrift  = 0.30 // of the size's change over one second
	firstSpeed = 2.0  // of the unknown first velocity, per second
)

// line is a Kalman filter of one coordinate of the centre at constant velocity.
type line struct {
	pos, vel   float64 // box units, and per second
	pp, pv, vv float64 // their covariances
}

func newLine(pos, size float64) line {
	return line{pos: pos, pp: sq(seenSpread * size), vv: sq(firstSpeed * size)}
}

// predict moves on by dt seconds; accel is the spectral density of the acceleration, units²/s³.
func (l *line) predict(dt, accel float64) {
	l.pos += dt * l.vel
	l.pp += dt*(2*l.pv+dt*l.vv) + accel*dt*dt*dt/3
	l.pv += dt*l.vv + accel*dt*dt/2
	l.vv += accel * dt
}

// correct takes in a measured position of the given variance.
func (l *line) correct(pos, variance float64) {
	s := 1 / (l.pp + variance)
	kp, kv, off := l.pp*s, l.pv*s, pos-l.pos
	l.pos += kp * off
	l.vel += kv * off
	l.vv -= kv * l.pv
	l.pv *= 1 - kp
	l.pp *= 1 - kp
}

// extent is a Kalman filter of a width or a height that drifts.
type extent struct{ size, variance float64 }

func (e *extent) predict(dt float64) { e.variance += dt * sq(sizeDrift*e.size) }

func (e *extent) correct(size, variance float64) {
	k := e.variance / (e.variance + variance)
	e.size += k * (size - e.size)
	e.variance *= 1 - k
}

// motion is where a box is, how large it is and how it moves.
type motion struct {
	x, y line
	w, h extent
}

func newMotion(b Box) motion {
	return motion{
		newLine(b[0]+b[2]/2, b[2]), newLine(b[1]+b[3]/2, b[3]),
		extent{b[2], sq(sizeSpread * b[2])}, extent{b[3], sq(sizeSpread * b[3])},
	}
}

func (m *motion) box() Box {
	return Box{m.x.pos - m.w.size/2, m.y.pos - m.h.size/2, m.w.size, m.h.size}
}

func (m *motion) predict(dt, agility float64) {
	m.x.predict(dt, sq(agility*m.w.size))
	m.y.predict(dt, sq(agility*m.h.size))
	m.w.predict(dt)
	m.h.predict(dt)
}

// doubt is the standard deviation of where the box is, in shares of its size.
func (m *motion) doubt() float64 {
	return math.Sqrt(max(m.x.pp/sq(m.w.size), m.y.pp/sq(m.h.size)))
}

// correct takes in a measured box; spread multiplies its uncertainty.
func (m *motion) correct(b Box, spread float64) {
	m.x.correct(b[0]+b[2]/2, sq(spread*seenSpread*m.w.size))
	m.y.correct(b[1]+b[3]/2, sq(spread*seenSpread*m.h.size))
	m.w.correct(b[2], sq(spread*sizeSpread*m.w.size))
	m.h.correct(b[3], sq(spread*sizeSpread*m.h.size))
}

func sq(x float64) float64 { return x * x }
