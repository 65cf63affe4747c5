package pose

import (
	"math"
	"time"

	"freshframe/backend/action"
	"freshframe/backend/analyze"
	"freshframe/backend/vision"
)

// forget is how long after it was last seen a person is still the same one.
const forget = 1500 * time.Millisecond

// follower tells whether it is the person of before, and what that person does.
type follower struct {
	actions bool

	track  uint64 // of the last person, 0 before the first
	last   analyze.Moment
	middle vision.Point // of the person then, pixels
	reach  float64      // the longer side of the person's box then, pixels

	person        action.Person
	state         action.State // of the person
	squats, falls int          // of all
}

// Follow gives the person a number and an action. The action's rules and the counts are those
// of package action.
func (f *follower) Follow(of analyze.Moment, r *analyze.Result) error {
	for i := range r.Detections {
		d := &r.Detections[i]
		if len(d.Landmarks) != NumPoints {
			continue
		}
		f.recognise(of, d)
		d.Track = f.track
		if f.actions {
			d.Action = f.act(of, d.Landmarks)
		}
	}
	if f.actions {
		r.Values = map[string]float64{"squats": float64(f.squats), "falls": float64(f.falls)}
	}
	return nil
}

// recognise gives another number to who appears after a while, in another picture, or further
// away than anyone goes from frame to frame: by more than the box is long.
func (f *follower) recognise(of analyze.Moment, d *analyze.Detection) {
	w, h := float64(of.Width), float64(of.Height)
	x, y := (d.Box[0]+d.Box[2]/2)*w, (d.Box[1]+d.Box[3]/2)*h
	long := max(d.Box[2]*w, d.Box[3]*h)
	dt := of.Captured.Sub(f.last.Captured)
	if f.track == 0 || dt < 0 || dt > forget || of.Width != f.last.Width || of.Height != f.last.Height ||
		math.Hypot(x-f.middle.X, y-f.middle.Y) > max(long, f.reach) {
		f.track++
		f.person, f.state = action.Person{}, action.State{}
	}
	f.last, f.middle, f.reach = of, vision.Point{X: x, Y: y}, long
}

// act is what the person does.
func (f *follower) act(of analyze.Moment, points [][3]float64) string {
	var pose action.Pose
	for i, p := range points {
		pose[i] = action.Point{X: p[0] * float64(of.Width), Y: p[1] * float64(of.Height), Score: p[2]}
	}
	s := f.person.Update(of.Captured, pose)
	f.squats += s.Squats - f.state.Squats
	f.falls += s.Falls - f.state.Falls
	f.state = s
	return s.Action().String()
}

// Close has nothing to free.
func (f *follower) Close() error { return nil }
