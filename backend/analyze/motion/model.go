package motion

import (
	"math"
	"time"
)

const (
	// one is a luma step in the model's fixed point; unity is the weight 1.
	one, unityBits = 1 << 8, 15
	unity          = 1 << unityBits
	// spread is how many mean deviations away from the background noise may reach: four
	// standard deviations of a normal distribution, rarer than once in 15 000.
	spread = 5
	// adapt is the time in which the background follows two thirds of a slow change; the
	// deviation, which needs more samples to be known, takes about four times as long.
	adapt = 2 * time.Second
	// learnTime and learnFrames are both needed to learn a background.
	learnTime   = 500 * time.Millisecond
	learnFrames = 4
	// restTime is how long a cell must keep its luma to be at rest.
	restTime = 200 * time.Millisecond
)

// model is the background: for each cell its luma and how much that scatters, as a
// running average after Wren, Azarbayejani, Darrell and Pentland, "Pfinder: real-time
// tracking of the human body" (IEEE TPAMI 19(7), 1997), with the mean absolute deviation
// in place of the variance. Cells that differ are left out of the average (Koller et al.,
// ICPR 1994), so that what moves leaves no trail; one that differs without changing for
// the time absorb becomes background as it is. Weights follow the time between frames,
// so that the frame rate does not matter. Luma is in units of 1/one.
type model struct {
	threshold int32  // smallest difference that counts
	absorb    uint32 // microseconds

	learning bool
	frames   int           // learned from so far
	learned  time.Duration // time from the first of them to the latest

	mean      []uint16
	deviation []uint16
	// Of a cell that differs: the luma it keeps, and for how many microseconds it has.
	anchor []uint16
	rest   []uint32
}

// reset forgets everything.
func (m *model) reset(g grid) {
	if n := g.cells(); len(m.mean) != n {
		m.mean, m.deviation, m.anchor = make([]uint16, n), make([]uint16, n), make([]uint16, n)
		m.rest = make([]uint32, n)
	}
	clear(m.deviation)
	m.relearn()
}

// relearn starts learning anew, with the deviations so far as a first guess.
func (m *model) relearn() { m.learning, m.frames, m.learned = true, 0, 0 }

// learn averages another picture into the background. A cell that something passes
// starts again with the newest luma: what comes to light behind a moving object is more
// often background than what it covers.
func (m *model) learn(luma []uint8, g grid, elapsed time.Duration) {
	m.frames++
	if m.frames > 1 {
		m.learned += elapsed
	}
	weight := int32(unity / m.frames)
	for y := range g.h {
		for i := g.at(0, y); i < g.at(g.w, y); i++ {
			x, mean, dev := int32(luma[i])*one, int32(m.mean[i]), int32(m.deviation[i])
			if m.frames == 1 {
				mean = x
			}
			off, limit := magnitude(x-mean), m.limit(dev)
			if off > limit {
				mean = x
			}
			m.mean[i] = uint16(toward(mean, x, weight))
			if m.frames > 1 {
				m.deviation[i] = uint16(toward(dev, min(off, 2*limit), int32(unity/(m.frames-1))))
			}
		}
	}
	m.evenOut(g)
	m.learning = m.learned < learnTime || m.frames < learnFrames
}

// evenOut brings the deviations near their median. A few pictures say little about that
// of one cell, and where something moved they tell of that and not of noise.
func (m *model) evenOut(g grid) {
	const fine = one / 16
	var histogram [math.MaxUint16/fine + 1]int
	for y := range g.h {
		for _, dev := range m.deviation[g.at(0, y):g.at(g.w, y)] {
			histogram[dev/fine]++
		}
	}
	median := 0
	for below := histogram[0]; 2*below < g.w*g.h; below += histogram[median] {
		median++
	}
	least, most := uint16(median*fine), uint16(min(2*(median+1)*fine, math.MaxUint16))
	for i, dev := range m.deviation {
		m.deviation[i] = min(max(dev, least), most)
	}
}

// update marks in moved, which holds the marks of the previous picture, the cells that
// differ from the background, counts them, and lets the background follow the others.
func (m *model) update(luma, moved []uint8, g grid, elapsed time.Duration) (n int) {
	weight := int32(unity * -math.Expm1(-elapsed.Seconds()/adapt.Seconds()))
	for y := range g.h {
		from, to := g.at(0, y), g.at(g.w, y)
		luma := luma[from:to]
		moved, means, deviations := moved[from:to][:len(luma)], m.mean[from:to][:len(luma)], m.deviation[from:to][:len(luma)]
		for i, l := range luma {
			x, mean, dev := int32(l)*one, int32(means[i]), int32(deviations[i])
			off, limit := magnitude(x-mean), m.limit(dev)
			if off <= limit {
				means[i] = uint16(toward(mean, x, weight))
				deviations[i] = uint16(toward(dev, off, weight/4))
				moved[i] = 0
				continue
			}
			if m.absorbs(from+i, x, limit, moved[i] != 0, micros(elapsed)) {
				means[i], moved[i] = m.anchor[from+i], 0
				continue
			}
			moved[i] = 1
			n++
		}
	}
	return n
}

// absorbs follows the luma of a cell that differs from the background, as it may have
// done before, and reports whether it has kept that luma long enough.
func (m *model) absorbs(i int, luma, limit int32, before bool, elapsed uint32) bool {
	anchor := int32(m.anchor[i])
	if !before || magnitude(luma-anchor) > limit {
		m.anchor[i], m.rest[i] = uint16(luma), 0
		return false
	}
	m.anchor[i] = uint16(toward(anchor, luma, unity/4))
	m.rest[i] += elapsed
	return m.rest[i] >= m.absorb
}

// heal takes the cells of a run into the background as they are.
func (m *model) heal(luma, moved []uint8, g grid, r run) {
	for i := g.at(r.from, r.y); i < g.at(r.to, r.y); i++ {
		m.mean[i], moved[i] = uint16(luma[i])*one, 0
	}
}

// limit is how far a cell of that deviation may be from its background.
func (m *model) limit(deviation int32) int32 { return max(m.threshold, spread*deviation) }

// toward moves a by the share weight/unity of the way to b.
func toward(a, b, weight int32) int32 { return a + ((b-a)*weight+unity/2)>>unityBits }

// magnitude is the absolute value without a branch: the sign of noise is not predictable.
func magnitude(x int32) int32 { s := x >> 31; return x ^ s - s }

// micros is d in microseconds, at most an hour.
func micros(d time.Duration) uint32 { return uint32(min(d, time.Hour) / time.Microsecond) }
