package synthetic

import (
	"image"
	"math/rand/v2"
)

// person leans to the sides, forward and back, each in its own time.
type person struct {
	sprite              int
	drift, lean, nearer swing
}

func newPerson(sprite int, fps float64, r *rand.Rand) person {
	return person{sprite, newSwing(r, 13, fps), newSwing(r, 7, fps), newSwing(r, 11, fps)}
}

func (p *person) pose(in *people, seq uint64) pose {
	full := in.cast[p.sprite].size
	size := full.Sub(full.Mul(swingUnit - p.nearer.at(seq)).Div(2 * 8 * swingUnit)) // an eighth less at the most
	middle := in.size.X/2 + in.size.X*p.drift.at(seq)/(24*swingUnit)
	at := image.Pt(middle-size.X/2, in.table-size.Y)
	return pose{sprite: p.sprite, box: image.Rectangle{at, at.Add(size)}, lean: size.Y * p.lean.at(seq) / (14 * swingUnit), floor: in.table}
}

// arm rises from behind the table with a gesture, holds it, and goes down again.
type arm struct {
	hands []int  // sprites, in turn
	round uint64 // frames from one rising to the next
	start uint64
	wave  swing // what only the open palm does
	sway  swing
	x     int // of the middle
	palm  int // the sprite that waves
}

// gestures are the hands' pictures; the first one waves.
var gestures = [...]string{"open-palm.png", "victory.png", "thumb-up.png", "pointing-up.png", "rock.png"}

// rounds are the seconds from one gesture to the next, on both sides: so their changes drift
// apart.
var rounds = [...]float64{5, 5.6}

// newArm makes the person's right arm, which is on the left, or the other, which is its mirror
// image. The height is that of an upright hand with its forearm.
func newArm(p *people, side int, height, fps float64, r *rand.Rand) arm {
	a := arm{
		round: frames(rounds[side], fps),
		wave:  newSwing(r, 0.8, fps),
		sway:  newSwing(r, 3.1, fps),
		x:     p.size.X * (20 + 60*side) / 100,
	}
	full := float64(picture(gestures[0]).Rect.Dy())
	for _, i := range r.Perm(len(gestures)) {
		own := height * float64(picture(gestures[i]).Rect.Dy()) / full // all in one scale
		a.hands = append(a.hands, p.add(gestures[i], own, side == 1))
		if i == 0 {
			a.palm = a.hands[len(a.hands)-1]
		}
	}
	a.start = r.Uint64N(a.round * uint64(len(a.hands)))
	return a
}

// pose is false while the arm is down.
func (a *arm) pose(in *people, seq uint64) (pose, bool) {
	all := a.round * uint64(len(a.hands))
	seq = (seq%all + a.start) % all
	sprite := a.hands[seq/a.round]
	size := in.cast[sprite].size
	// Up in the first seventh of a round, down in the last but one.
	since := int(seq % a.round * 7 * swingUnit / a.round)
	up := size.Y * smooth(min(since, 6*swingUnit-since)) / swingUnit
	if up < 2 {
		return pose{}, false
	}
	lean := size.Y * a.sway.at(seq) / (24 * swingUnit)
	if sprite == a.palm {
		lean = size.Y * a.wave.at(seq) / (5 * swingUnit)
	}
	// The lean shall not leave the picture.
	x := min(max(a.x-size.X/2, -min(0, lean)), in.size.X-size.X-max(0, lean))
	at := image.Pt(x, in.table-up)
	return pose{sprite: sprite, box: image.Rectangle{at, at.Add(size)}, lean: lean, floor: in.table}, true
}

// swing goes to and fro between -swingUnit and swingUnit, slowly at both ends.
type swing struct{ period, start uint64 } // frames

const swingUnit = 1024

func newSwing(r *rand.Rand, seconds, fps float64) swing {
	s := swing{period: frames(seconds, fps)}
	s.start = r.Uint64N(s.period)
	return s
}

func (s *swing) at(seq uint64) int {
	way := int((seq%s.period + s.start) % s.period * 2 * swingUnit / s.period)
	return 2*smooth(min(way, 2*swingUnit-way)) - swingUnit
}

// smooth is 0 up to 0 and swingUnit from there on, with a gentle way between.
func smooth(x int) int {
	x = min(max(x, 0), swingUnit)
	return x * x * (3*swingUnit - 2*x) / (swingUnit * swingUnit)
}

// frames is the number of frames in that time, at least 2.
func frames(seconds, fps float64) uint64 { return max(2, uint64(seconds*fps+0.5)) }
