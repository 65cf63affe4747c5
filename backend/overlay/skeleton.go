package overlay

import (
	"math"

	"freshframe/backend/analyze"
)

// skeleton says how landmarks hang together.
type skeleton struct {
	bones [][2]uint8
	fine  float64 // width of a bone as a share of the thing's longer side
}

// hand is in MediaPipe's order: the wrist, then thumb, index, middle, ring and little
// finger, four points each from the palm outwards.
var hand = skeleton{fine: 1.0 / 60, bones: [][2]uint8{
	{0, 1}, {1, 2}, {2, 3}, {3, 4},
	{5, 6}, {6, 7}, {7, 8},
	{9, 10}, {10, 11}, {11, 12},
	{13, 14}, {14, 15}, {15, 16},
	{17, 18}, {18, 19}, {19, 20},
	{0, 5}, {5, 9}, {9, 13}, {13, 17}, {17, 0}, // the palm
}}

// body is in COCO's order: nose, eyes, ears, shoulders, elbows, wrists, hips, knees and
// ankles, the left one of each pair first.
var body = skeleton{fine: 1.0 / 100, bones: [][2]uint8{
	{3, 1}, {1, 0}, {0, 2}, {2, 4},
	{5, 6}, {5, 7}, {7, 9}, {6, 8}, {8, 10},
	{5, 11}, {6, 12}, {11, 12},
	{11, 13}, {13, 15}, {12, 14}, {14, 16},
}}

// loose is for points that nothing joins, as a face's.
var loose = skeleton{fine: 1.0 / 30}

func skeletonOf(landmarks int) *skeleton {
	switch landmarks {
	case 21:
		return &hand
	case 17:
		return &body
	}
	return &loose
}

// surely is the score from which a landmark is drawn. It is the one from which actions are
// concluded from a point, so that the picture shows what the label relies on: below it
// models guess, and guesses jump about.
const surely = 0.3

// composeLandmarks draws bones and joints, finer on what is small in the picture: the
// smallest has no joints, which would run into one another. What is predicted has bones of
// half the width and no joints either, or smaller points if it has no bones.
func composeLandmarks(l *List, d *analyze.Detection) {
	if len(d.Landmarks) == 0 {
		return
	}
	k, c := skeletonOf(len(d.Landmarks)), colourOf(d)
	size := 0.0
	if a, b, ok := l.corners(d); ok {
		size = max(b.X-a.X, b.Y-a.Y)
	}
	width := min(size*k.fine, float64(l.Style.Stroke))
	if d.Predicted {
		width /= 2
	}
	width = max(width, 1)
	rim := min(l.Style.Outline, int(math.Ceil(width/2)))

	from := len(l.points)
	for _, bone := range k.bones {
		p, okP := l.landmark(&d.Landmarks[bone[0]])
		q, okQ := l.landmark(&d.Landmarks[bone[1]])
		if okP && okQ {
			l.points = append(l.points, p, q)
		}
	}
	l.stroked(pairs, c, from, width, rim)
	if len(k.bones) > 0 && (d.Predicted || width == 1) {
		return
	}
	from = len(l.points)
	for i := range d.Landmarks {
		if p, ok := l.landmark(&d.Landmarks[i]); ok {
			l.points = append(l.points, p)
		}
	}
	l.stroked(dots, c, from, width*float64(l.Style.Dot)/float64(l.Style.Stroke), rim)
}

// landmark is where one is in pixels; false if it is not to be drawn.
func (l *List) landmark(m *[3]float64) (Point, bool) {
	p, ok := l.pixel(m[0], m[1]).bounded()
	return p, ok && m[2] >= surely
}
