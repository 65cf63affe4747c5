package analyze

import (
	"slices"
	"time"
)

// reach is how far into the future things are moved on: nobody walks straight on for longer.
const reach = time.Second

// Predict appends the detections to dst as they should be some time later: marked Predicted,
// and the tracked ones moved on at their velocity, for a second at most. Things that have left
// the picture by then are left out. from stays as it is; a time that is not positive moves
// nothing.
func Predict(dst, from []Detection, later time.Duration) []Detection {
	t := min(max(later, 0), reach).Seconds()
	for _, d := range from {
		dx, dy := t*d.Velocity[0], t*d.Velocity[1]
		d.Box[0] += dx
		d.Box[1] += dy
		if d.Box[0] >= 1 || d.Box[1] >= 1 || d.Box[0]+d.Box[2] <= 0 || d.Box[1]+d.Box[3] <= 0 {
			continue
		}
		if dx != 0 || dy != 0 {
			d.Landmarks = slices.Clone(d.Landmarks)
			for i := range d.Landmarks {
				d.Landmarks[i][0] += dx
				d.Landmarks[i][1] += dy
			}
		}
		d.Predicted, d.Refound = true, false
		d.Age += max(later, 0)
		dst = append(dst, d)
	}
	return dst
}
