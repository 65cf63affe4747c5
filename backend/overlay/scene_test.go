package overlay

import (
	"math"

	"freshframe/backend/analyze"
)

// busy holds one of everything and more: four people with bones and trails, two hands, a
// face, ten objects, two zones and a line.
var busy = Scene{
	Numbers: Numbers{ProcessingTime: 23 * 1e6, ObjectCount: 17, FPS: 29.7},
	Detections: append([]analyze.Detection{
		someone(1, 0.14, 0.30, 0.6, analyze.Detection{Score: 0.93, Action: "waving"}),
		someone(2, 0.38, 0.34, 0.55, analyze.Detection{Score: 0.88, Action: "standing"}),
		someone(3, 0.43, 0.36, 0.5, analyze.Detection{Score: 0.71, Action: "walking"}),
		someone(4, 0.62, 0.4, 0.4, analyze.Detection{Score: 0.52, Predicted: true}),
		someHand(5, 0.80, 0.62, 0.30, analyze.Detection{Label: "right hand", Score: 0.98, Gesture: "open_palm"}),
		someHand(6, 0.07, 0.62, 0.06, analyze.Detection{Label: "left hand", Score: 0.90, Gesture: "thumb_up"}),
		someHand(8, 0.55, 0.75, 0.18, analyze.Detection{Label: "left hand", Score: 0.61, Predicted: true}),
		{Track: 7, Label: "face", Score: 0.97, Box: [4]float64{0.355, 0.33, 0.05, 0.1}, Landmarks: [][3]float64{
			{0.368, 0.365, 1}, {0.392, 0.365, 1}, {0.38, 0.385, 1}, {0.38, 0.405, 1}, {0.358, 0.375, 1}, {0.402, 0.375, 1},
		}},
	}, objects()...),
	Areas: []Area{
		{Name: "desk", Points: [][2]float64{{0.70, 0.35}, {0.97, 0.30}, {0.99, 0.66}, {0.72, 0.68}}, Inside: 2},
		{Name: "floor", Points: [][2]float64{{0.02, 0.80}, {0.48, 0.78}, {0.52, 0.98}, {0.02, 0.98}}, Inside: 0},
		{Name: "door", Line: true, Points: [][2]float64{{0.56, 0.95}, {0.56, 0.20}}, ToRight: 3, ToLeft: 1},
		{Name: "Schwelle", Line: true, Points: [][2]float64{{0.05, 0.22}, {0.30, 0.24}}, ToRight: 12, ToLeft: 10},
	},
}

// objects are ten of them, some one on the other.
func objects() (ds []analyze.Detection) {
	for i, at := range [][4]float64{
		{0.72, 0.18, 0.05, 0.09}, {0.735, 0.19, 0.05, 0.09}, {0.75, 0.2, 0.05, 0.09}, {0.86, 0.02, 0.1, 0.1}, {0.93, 0.05, 0.1, 0.1},
		{0.30, 0.86, 0.14, 0.1}, {0.33, 0.02, 0.08, 0.12}, {0.45, 0.02, 0.08, 0.12}, {0.0, 0.90, 0.1, 0.1}, {0.62, 0.88, 0.06, 0.07},
	} {
		d := analyze.Detection{Track: uint64(20 + i), Label: "bottle", Score: 0.5 + 0.04*float64(i), Box: at}
		if i%3 == 1 {
			d.Track, d.Label = 0, "potted plant"
		}
		if i == 5 {
			d.Trail = trailTo(0.37, 0.91, 0.3, 16)
		}
		ds = append(ds, d)
	}
	return ds
}

// aspect is the width of the pictures over their height, about.
const aspect = 16.0 / 9

// someone stands at x, y (their nose), h high; ankles are not seen.
func someone(track uint64, x, y, h float64, d analyze.Detection) analyze.Detection {
	d.Track, d.Label = track, "person"
	lo, hi := [2]float64{9, 9}, [2]float64{-9, -9}
	for i, p := range [17][2]float64{
		{0, 0}, {0.03, -0.03}, {-0.03, -0.03}, {0.06, -0.02}, {-0.06, -0.02},
		{0.13, 0.14}, {-0.13, 0.14}, {0.2, 0.28}, {-0.22, 0.02}, {0.17, 0.42}, {-0.2, -0.14},
		{0.08, 0.44}, {-0.08, 0.44}, {0.09, 0.66}, {-0.1, 0.66}, {0.1, 0.86}, {-0.14, 0.85},
	} {
		m := [3]float64{x + p[0]*h/aspect, y + p[1]*h, 0.8}
		if i >= 15 {
			m[2] = 0.1
		}
		d.Landmarks = append(d.Landmarks, m)
		for k := range 2 {
			lo[k], hi[k] = min(lo[k], m[k]), max(hi[k], m[k])
		}
	}
	d.Box = [4]float64{lo[0], lo[1], hi[0] - lo[0], hi[1] - lo[1]}
	d.Trail = trailTo((lo[0]+hi[0])/2, (lo[1]+hi[1])/2, h/3, 32)
	return d
}

// someHand is open, its middle at x, y, its fingers upwards.
func someHand(track uint64, x, y, h float64, d analyze.Detection) analyze.Detection {
	d.Track = track
	at := func(a, r float64) { // degrees from upright, and the distance from the wrist
		a *= math.Pi / 180
		d.Landmarks = append(d.Landmarks, [3]float64{x + r*math.Sin(a)*h/aspect, y + (0.5-r*math.Cos(a))*h, 0.9})
	}
	at(0, 0)
	for _, finger := range [5][5]float64{
		{-50, 0.17, 0.32, 0.44, 0.55}, {-18, 0.48, 0.66, 0.78, 0.88}, {-3, 0.47, 0.69, 0.84, 0.97}, {11, 0.45, 0.64, 0.77, 0.89}, {26, 0.43, 0.55, 0.64, 0.73},
	} {
		for _, r := range finger[1:] {
			at(finger[0], r)
		}
	}
	d.Box = [4]float64{x - 0.42*h/aspect, y - 0.5*h, 0.78 * h / aspect, h}
	return d
}

// trailTo is a bow of n places that ends at x, y.
func trailTo(x, y, length float64, n int) (trail [][2]float64) {
	for i := range n {
		back := length * float64(n-1-i) / float64(n-1)
		trail = append(trail, [2]float64{x - back, y + 0.6*back*math.Sin(9*back)})
	}
	return trail
}
