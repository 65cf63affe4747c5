package track_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"freshframe/backend/track"
	"freshframe/backend/track/mot"
)

// sequence is a made-up street: people of several distances walk through one another's way
// in front of a camera that shakes, and a detector sees them as well as detectors do.
type sequence struct {
	truth []mot.Row   // in pixels of 1280x720, the hidden ones included
	found [][]mot.Row // by frame, the first being frame 1
}

const (
	width, height = 1280.0, 720.0
	rate          = 30.0
)

// walker is a person: where the feet are, and how fast.
type walker struct {
	id           int
	x, y, size   float64 // feet, height of the box
	vx, vy, slim float64
}

func (w walker) box() track.Box {
	return track.Box{w.x - w.slim*w.size/2, w.y - w.size, w.slim * w.size, w.size}
}

// ghost is what a detector takes for a person for a while.
type ghost struct {
	box   track.Box
	score float64
}

// scene says how hard a sequence is.
type scene struct {
	people, frames int
	shake          float64 // pixels from frame to frame
	misses, alarms float64 // share of people not found; false detections per frame, lasting 4 on average
	noise          float64 // of a box, in shares of its size
}

// play makes the sequence of a seed.
func (sc scene) play(seed uint64) sequence {
	r := rand.New(rand.NewPCG(seed, 1))
	var s sequence
	ids := 0
	enter := func(anywhere bool) walker {
		ids++
		size := 140 + 240*r.Float64()
		w := walker{id: ids, size: size, y: 250 + size, slim: 0.36 + 0.08*r.Float64()}
		w.vx = (0.25 + 0.5*r.Float64()) * size // pixels per second
		w.vy = 0.05 * size * r.NormFloat64()
		w.x = -0.2 * size
		if r.IntN(2) == 0 {
			w.vx, w.x = -w.vx, width+0.2*size
		}
		if anywhere {
			w.x = width * r.Float64()
		}
		return w
	}
	var crowd []walker
	for range sc.people {
		crowd = append(crowd, enter(true))
	}
	var ghosts []ghost
	var cx, cy float64 // where the camera looks
	for frame := 1; frame <= sc.frames; frame++ {
		// The camera shakes about its place, and is pushed now and then.
		dx, dy := sc.shake*r.NormFloat64()-0.1*cx, sc.shake*r.NormFloat64()-0.1*cy
		if sc.shake > 0 && r.IntN(100) == 0 {
			dx += 8 * sc.shake * r.NormFloat64()
		}
		cx, cy = cx+dx, cy+dy

		for i := range crowd {
			w := &crowd[i]
			w.vx += 0.6 * w.size * r.NormFloat64() * math.Sqrt(1/rate) * 0.3
			if r.IntN(400) == 0 { // turns round
				w.vx = -w.vx
			}
			w.x += w.vx / rate
			w.y += w.vy / rate
			if w.x < -0.3*w.size || w.x > width+0.3*w.size || math.Abs(w.vy) > 0 && (w.y < 300 || w.y > 900) {
				*w = enter(false)
			}
		}
		slices.SortFunc(crowd, func(a, b walker) int { return cmp.Compare(b.y, a.y) }) // nearest first
		for n := sc.alarms / 4; r.Float64() < n/(1+n); {                               // as many on average
			size := 100 + 250*r.Float64()
			ghosts = append(ghosts, ghost{
				track.Box{width * r.Float64(), height * r.Float64() / 2, 0.4 * size, size}, 0.1 + 0.2*r.ExpFloat64(),
			})
		}
		ghosts = slices.DeleteFunc(ghosts, func(ghost) bool { return r.IntN(4) == 0 })
		s.found = append(s.found, sc.look(r, frame, crowd, ghosts, cx, cy, &s.truth))
	}
	return s
}

// look notes the truth of one frame and gives what the detector makes of it.
func (sc scene) look(r *rand.Rand, frame int, crowd []walker, ghosts []ghost, cx, cy float64, truth *[]mot.Row) []mot.Row {
	var found []mot.Row
	see := func(b track.Box, score, noise float64) {
		for i := range b {
			b[i] += noise * b[2+i%2] * r.NormFloat64()
		}
		found = append(found, mot.Row{Frame: frame, ID: -1, Box: b, Score: min(max(score, 0.01), 0.99)})
	}
	for i, w := range crowd {
		b := w.box()
		b[0], b[1] = b[0]+cx, b[1]+cy
		if b[0]+b[2]/2 < 0 || b[0]+b[2]/2 > width {
			continue
		}
		*truth = append(*truth, mot.Row{Frame: frame, ID: w.id, Box: b, Score: 1})
		open := 1 - hidden(w, crowd[:i])
		if open < 0.2 || r.Float64() < sc.misses {
			continue
		}
		see(b, 0.1+0.8*open+0.07*r.NormFloat64(), sc.noise*(2-open))
	}
	for _, g := range ghosts {
		g.box[0], g.box[1] = g.box[0]+cx, g.box[1]+cy
		see(g.box, g.score+0.07*r.NormFloat64(), sc.noise)
	}
	return found
}

// hidden is the share of a person's width behind others, on average over the height.
func hidden(w walker, before []walker) float64 {
	const columns = 20
	b, covered := w.box(), 0.0
	for c := range columns {
		x := b[0] + b[2]*(float64(c)+0.5)/columns
		top := b[1] + b[3]
		for _, o := range before {
			if ob := o.box(); x >= ob[0] && x <= ob[0]+ob[2] && ob[1]+ob[3] >= b[1]+b[3] {
				top = min(top, max(ob[1], b[1]))
			}
		}
		covered += (b[1] + b[3] - top) / b[3]
	}
	return covered / columns
}
