package gesture

import (
	"math"
	"math/rand/v2"
)

// posture is a hand by its joints' angles in degrees, as a hand has them: nothing here
// knows how gestures are recognised.
type posture struct {
	// bend of root, middle and outer joint of the index to the little finger
	bend [4][3]float64
	// spread of the fingers: 1 as wide as is easy, 0 side by side
	spread float64
	// the thumb's bones: azimuth in the palm's plane (0 along the palm, 90 away from it to
	// the side) and elevation in front of the palm
	thumb [3][2]float64
	// ring makes the thumb's tip meet the index finger's
	ring bool
	// turn rotates the hand in the picture, clockwise
	turn float64
}

var (
	stretched = [3]float64{5, 5, 5}
	closed    = [3]float64{80, 100, 60}
	halfway   = [3]float64{45, 55, 35}

	thumbOut    = [3][2]float64{{45, 20}, {50, 15}, {50, 10}}
	thumbAcross = [3][2]float64{{30, 35}, {-45, 35}, {-75, 10}} // in the palm or over the fingers
)

// postures has for each gesture the ways in which people make it. Those of None are hands
// that mean nothing.
var postures = map[Gesture][]posture{
	None: {
		{bend: [4][3]float64{halfway, halfway, halfway, halfway}, spread: 0.5, thumb: [3][2]float64{{30, 35}, {10, 30}, {0, 20}}}, // at rest
		{bend: [4][3]float64{stretched, closed, closed, closed}, thumb: thumbAcross, turn: 100},                                   // pointing aside
		{bend: [4][3]float64{stretched, closed, closed, closed}, thumb: thumbAcross, turn: 180},                                   // pointing down
		{bend: [4][3]float64{closed, closed, closed, closed}, thumb: thumbOut, turn: 40},                                          // thumb aside
		{bend: [4][3]float64{closed, closed, closed, stretched}, thumb: thumbAcross},                                              // little finger
		{bend: [4][3]float64{closed, stretched, closed, closed}, thumb: thumbAcross},                                              // middle finger
	},
	OpenPalm:  {{bend: [4][3]float64{stretched, stretched, stretched, stretched}, spread: 1, thumb: thumbOut}},
	Fist:      {{bend: [4][3]float64{closed, closed, closed, closed}, thumb: thumbAcross}},
	ThumbUp:   {{bend: [4][3]float64{closed, closed, closed, closed}, thumb: thumbOut, turn: -50}},
	ThumbDown: {{bend: [4][3]float64{closed, closed, closed, closed}, thumb: thumbOut, turn: 130}},
	Victory:   {{bend: [4][3]float64{stretched, stretched, closed, closed}, spread: 1.8, thumb: thumbAcross}},
	PointingUp: {
		{bend: [4][3]float64{stretched, closed, closed, closed}, thumb: thumbAcross},
		{bend: [4][3]float64{stretched, closed, closed, closed}, thumb: thumbOut},
	},
	OK: {{bend: [4][3]float64{{45, 65, 35}, {15, 15, 10}, {10, 10, 5}, stretched}, spread: 1,
		thumb: [3][2]float64{{35, 45}}, ring: true}},
	Rock: {
		{bend: [4][3]float64{stretched, closed, closed, stretched}, spread: 0.5, thumb: thumbAcross},
		{bend: [4][3]float64{stretched, closed, closed, stretched}, spread: 0.5, thumb: thumbOut},
	},
	CallMe: {{bend: [4][3]float64{closed, closed, closed, stretched}, spread: 1, thumb: thumbOut}},
	Three: {
		{bend: [4][3]float64{stretched, stretched, stretched, closed}, spread: 0.7, thumb: thumbAcross},
		{bend: [4][3]float64{stretched, stretched, closed, closed}, spread: 0.7, thumb: thumbOut},
	},
	Four: {{bend: [4][3]float64{stretched, stretched, stretched, stretched}, spread: 0.7, thumb: thumbAcross}},
}

// A palm of length 1, wrist at 0, seen from its inner side, the thumb to the right. The
// proportions are an adult's: bones in palm lengths.
var (
	knuckles = [4]Point{{X: 0.25, Y: -0.98}, {Y: -1}, {X: -0.22, Y: -0.94}, {X: -0.42, Y: -0.82}}
	bones    = [4][3]float64{{0.45, 0.27, 0.22}, {0.5, 0.31, 0.23}, {0.46, 0.29, 0.23}, {0.36, 0.21, 0.2}}
	spreads  = [4]float64{9, 0, -9, -20}
	ballOf   = Point{X: 0.27, Y: -0.16, Z: -0.08} // the thumb's first joint
	thumbs   = [3]float64{0.42, 0.34, 0.27}
)

func sincos(degrees float64) (sin, cos float64) { return math.Sincos(degrees * math.Pi / 180) }

func add(p Point, d Point, length float64) Point {
	return Point{p.X + d.X*length, p.Y + d.Y*length, p.Z + d.Z*length}
}

// hand computes the landmarks (forward kinematics). With rng, joints differ by a few
// degrees and bones by a few percent, as from one person and moment to the other.
func (p posture) hand(rng *rand.Rand) (h Hand) {
	jitter := func(sigma float64) float64 {
		if rng == nil {
			return 0
		}
		return rng.NormFloat64() * sigma
	}
	for i := range 4 {
		at := knuckles[i]
		h[5+4*i] = at
		side, along := sincos(spreads[i]*p.spread + jitter(2))
		bent := 0.0
		for j := range 3 {
			bent += p.bend[i][j] + jitter(5)
			forward, out := sincos(bent) // bending leads out of the palm's plane to the viewer
			at = add(at, Point{side * out, -along * out, -forward}, bones[i][j]*(1+jitter(0.04)))
			h[5+4*i+j+1] = at
		}
	}
	at := ballOf
	h[1] = at
	for j := range 3 {
		side, along := sincos(p.thumb[j][0] + jitter(5))
		forward, out := sincos(p.thumb[j][1] + jitter(5))
		at = add(at, Point{side * out, -along * out, -forward}, thumbs[j]*(1+jitter(0.04)))
		h[2+j] = at
	}
	if p.ring {
		h[4] = add(h[8], Point{0.6, 0.3, 0.2}, 0.15)
		mid := add(h[2], sub(h[4], h[2]), 0.55)
		h[3] = add(mid, Point{0.7, -0.3, -0.3}, 0.12)
	}
	return h.turned(p.turn, 0, 0)
}

// turned rotates about the palm's middle: roll in the picture, yaw about the vertical,
// pitch about the horizontal, in degrees.
func (h Hand) turned(roll, yaw, pitch float64) Hand {
	sr, cr := sincos(roll)
	sy, cy := sincos(yaw)
	sp, cp := sincos(pitch)
	for i, p := range h {
		p.Y += 0.6
		p.X, p.Y = p.X*cr-p.Y*sr, p.X*sr+p.Y*cr
		p.X, p.Z = p.X*cy-p.Z*sy, p.X*sy+p.Z*cy
		p.Y, p.Z = p.Y*cp-p.Z*sp, p.Y*sp+p.Z*cp
		h[i] = p
	}
	return h
}

// seen projects the hand as a camera does that stands the given number of palm lengths
// away, and moves it to where it is in the picture: size is the palm's length there.
func (h Hand) seen(distance, size, x, y float64, mirrored bool) Hand {
	for i, p := range h {
		k := size * distance / (distance + p.Z)
		p = Point{p.X * k, p.Y * k, p.Z * size}
		if mirrored {
			p.X = -p.X
		}
		h[i] = Point{p.X + x, p.Y + y, p.Z}
	}
	return h
}

// noisy moves each landmark as a model errs: sigma in palm lengths, twice that in depth.
func (h Hand) noisy(rng *rand.Rand, sigma float64) Hand {
	sigma *= h.size()
	for i, p := range h {
		h[i] = Point{p.X + rng.NormFloat64()*sigma, p.Y + rng.NormFloat64()*sigma, p.Z + rng.NormFloat64()*2*sigma}
	}
	return h
}

// without depth, as models without it or pictures of points give.
func (h Hand) flattened() Hand {
	for i := range h {
		h[i].Z = 0
	}
	return h
}
