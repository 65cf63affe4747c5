package track

import "math"

// How a camera that moved shows, without a look at the picture. A shift that the usual matching
// bridges is left to it.
const (
	voters  = 10  // tracks that are asked, the oldest, so that a crowd costs no more
	quorum  = 3   // tracks that must agree
	large   = 0.4 // boxes from where it should be is where a thing moved to with the camera
	agreed  = 0.2 // boxes that two shifts may differ by and yet be the same
	similar = 1.5 // how many times as large one box of a thing may be as another
)

// vote is a shift that would explain one detection as one track.
type vote struct {
	voter  int
	dx, dy float64 // box units
	w, h   float64 // of the track
}

// within says whether the vote is for that shift, to some share of its box.
func (v *vote) within(dx, dy, share float64) bool {
	return math.Abs(v.dx-dx) <= share*v.w && math.Abs(v.dy-dy) <= share*v.h
}

// followCamera moves what is held along with the camera, if most of the tracks that were seen
// until now agree on a shift, and do not agree that there was none.
func (t *Tracker) followCamera(found []Detection) {
	asked := t.vote(found)
	stay, _, _ := t.count(0, 0, large)
	if most := asked / 2; asked < quorum || stay > most {
		return
	}
	best, dx, dy := 0, 0., 0.
	for i := range t.votes {
		v := &t.votes[i]
		if 2*v.voter >= asked { // of most, one is in the first half
			break
		}
		if n, x, y := t.count(v.dx, v.dy, agreed); n > best {
			best, dx, dy = n, x, y
		}
	}
	if best < quorum || best <= asked/2 || best < stay+2 { // one may agree by chance
		return
	}
	for _, h := range t.held {
		h.x.pos += dx
		h.y.pos += dy
		for i := range h.Trail {
			h.Trail[i].X += dx
			h.Trail[i].Y += dy
		}
	}
}

// vote collects the votes, each voter's together, and returns the number of voters.
func (t *Tracker) vote(found []Detection) (asked int) {
	alike := func(a, b float64) bool { return max(a, b) <= similar*min(a, b) }
	t.votes = t.votes[:0]
	for _, h := range t.held {
		if h.ID == 0 || h.Lost {
			continue
		}
		if asked == voters {
			break
		}
		for _, d := range found {
			b := d.Box
			if d.Score >= t.opts.High && d.Label == h.Label && alike(b[2], h.w.size) && alike(b[3], h.h.size) {
				t.votes = append(t.votes, vote{asked, b[0] + b[2]/2 - h.x.pos, b[1] + b[3]/2 - h.y.pos, h.w.size, h.h.size})
			}
		}
		asked++
	}
	return asked
}

// count is the number of voters with a vote for that shift, and the mean of those votes.
func (t *Tracker) count(dx, dy, share float64) (n int, x, y float64) {
	last := -1
	for i := range t.votes {
		v := &t.votes[i]
		if v.voter != last && v.within(dx, dy, share) {
			n, last = n+1, v.voter
			x, y = x+v.dx, y+v.dy
		}
	}
	return n, x / float64(max(n, 1)), y / float64(max(n, 1))
}
