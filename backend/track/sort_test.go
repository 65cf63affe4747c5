package track_test

import (
	"math"

	"freshframe/backend/track"
	"freshframe/backend/track/assign"
	"freshframe/backend/track/mot"
)

// sorter is SORT (A. Bewley et al., "Simple Online and Realtime Tracking", 2016), the
// baseline, with the numbers of its authors' program: centre, area and aspect in a Kalman
// filter, one round of IoU matching, three hits to be shown. Its matrices couple nothing but
// a number and its own speed, so each pair is a filter of its own here too.
type sorter struct {
	maxAge, minHits int
	minIoU          float64
	minScore        float64

	frame, ids int
	all        []*sorted
	solver     assign.Solver
}

type sorted struct {
	id                int
	x, y, area        pair
	aspect, aspectVar float64
	streak, unseen    int
}

// pair is a number and its change per frame.
type pair struct{ p, v, pp, pv, vv, r, q float64 }

func (k *pair) predict() {
	k.p += k.v
	k.pp += 2*k.pv + k.vv + 1
	k.pv += k.vv
	k.vv += k.q
}

func (k *pair) correct(z float64) {
	s := k.pp + k.r
	gp, gv, off := k.pp/s, k.pv/s, z-k.p
	k.p += gp * off
	k.v += gv * off
	k.vv -= gv * k.pv
	k.pv *= 1 - gp
	k.pp *= 1 - gp
}

func (s *sorted) box() track.Box {
	w := math.Sqrt(s.area.p * s.aspect)
	h := s.area.p / w
	return track.Box{s.x.p - w/2, s.y.p - h/2, w, h}
}

func (s *sorted) correct(b track.Box) {
	s.unseen = 0
	s.streak++
	s.x.correct(b[0] + b[2]/2)
	s.y.correct(b[1] + b[3]/2)
	s.area.correct(b[2] * b[3])
	k := s.aspectVar / (s.aspectVar + 10)
	s.aspect += k * (b[2]/b[3] - s.aspect)
	s.aspectVar *= 1 - k
}

func (t *sorter) update(found []mot.Row) []mot.Row {
	t.frame++
	var boxes []track.Box
	for _, r := range found {
		if r.Score >= t.minScore {
			boxes = append(boxes, r.Box)
		}
	}
	kept := t.all[:0]
	for _, s := range t.all {
		if s.area.p+s.area.v <= 0 {
			s.area.v = 0
		}
		s.x.predict()
		s.y.predict()
		s.area.predict()
		s.aspectVar++
		if s.unseen > 0 {
			s.streak = 0
		}
		s.unseen++
		if b := s.box(); b[2] > 0 { // not NaN
			kept = append(kept, s)
		}
	}
	t.all = kept

	var cost []float64
	for _, b := range boxes {
		for _, s := range t.all {
			cost = append(cost, -b.IoU(s.box()))
		}
	}
	before := len(t.all)
	for i, j := range t.solver.Solve(cost, len(boxes), before, 1) { // every pair, then the threshold
		if j >= 0 && -cost[i*before+j] >= t.minIoU {
			t.all[j].correct(boxes[i])
			continue
		}
		b := boxes[i]
		t.ids++
		t.all = append(t.all, &sorted{
			id: t.ids, aspect: b[2] / b[3], aspectVar: 10,
			x:    pair{p: b[0] + b[2]/2, pp: 10, vv: 1e4, r: 1, q: 0.01},
			y:    pair{p: b[1] + b[3]/2, pp: 10, vv: 1e4, r: 1, q: 0.01},
			area: pair{p: b[2] * b[3], pp: 10, vv: 1e4, r: 10, q: 1e-4},
		})
	}
	var out []mot.Row
	kept = t.all[:0]
	for _, s := range t.all {
		if s.unseen < 1 && (s.streak >= t.minHits || t.frame <= t.minHits) {
			out = append(out, mot.Row{Frame: t.frame, ID: s.id, Box: s.box(), Score: 1})
		}
		if s.unseen <= t.maxAge {
			kept = append(kept, s)
		}
	}
	t.all = kept
	return out
}

// run gives every frame's rows for detections by frame, the first being frame 1.
func (t sorter) run(frames [][]mot.Row) []mot.Row {
	var out []mot.Row
	for _, found := range frames {
		out = append(out, t.update(found)...)
	}
	return out
}
