package pose

import (
	"math"
	"slices"
	"time"

	"freshframe/backend/action"
	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/track"
)

// forget is how long after it was last seen a person is still the same one.
const forget = 1500 * time.Millisecond

// calm is how long a change of velocity takes to show, for the most part: arms that move change
// the box, and do not take the person along.
const calm = 250 * time.Millisecond

// follower tells whether it is the person of before, and what that person does.
type follower struct {
	actions bool

	track track.Track    // of the last person; its ID is 0 before the first
	last  analyze.Moment // that showed the person
	reach float64        // the longer side of the person's box then, pixels

	person        action.Person
	state         action.State // of the person
	squats, falls int          // of all
}

// Follow gives the person a number, with what is known of the track, and an action. The action's
// rules and the counts are those of package action.
func (f *follower) Follow(of analyze.Moment, r *analyze.Result) error {
	seen := false
	for i := range r.Detections {
		d := &r.Detections[i]
		if len(d.Landmarks) != NumPoints {
			continue
		}
		f.recognise(of, d)
		if f.actions {
			d.Action = f.act(of, d.Landmarks)
		}
		seen = true
	}
	if f.track.Lost = !seen; seen {
		follow.Fill(r.Detections, []track.Track{f.track})
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
	now := track.Point{X: d.Box[0] + d.Box[2]/2, Y: d.Box[1] + d.Box[3]/2, At: of.Captured}
	long := max(d.Box[2]*w, d.Box[3]*h)
	t := &f.track
	dt := of.Captured.Sub(f.last.Captured)
	same := t.ID != 0 && dt >= 0 && dt <= forget && of.Width == f.last.Width && of.Height == f.last.Height
	if same {
		before := t.Trail[len(t.Trail)-1]
		same = math.Hypot((now.X-before.X)*w, (now.Y-before.Y)*h) <= max(long, f.reach)
	}
	if same {
		f.move(now)
	} else {
		*t = track.Track{ID: t.ID + 1, First: of.Captured, At: of.Captured, Trail: append(t.Trail[:0], now)}
		f.person, f.state = action.Person{}, action.State{}
	}
	f.last, f.reach = of, long
	d.Track = t.ID
}

// move notes where the person is now, and how fast: what was measured since the last time, in
// an exponential average.
func (f *follower) move(now track.Point) {
	t := &f.track
	before := t.Trail[len(t.Trail)-1]
	dt := now.At.Sub(before.At).Seconds()
	if dt == 0 {
		return
	}
	share := 1 - math.Exp(-dt/calm.Seconds())
	t.Velocity[0] += share * ((now.X-before.X)/dt - t.Velocity[0])
	t.Velocity[1] += share * ((now.Y-before.Y)/dt - t.Velocity[1])
	t.At, t.Refound = now.At, t.Lost
	if len(t.Trail) == follow.TrailPoints {
		t.Trail = slices.Delete(t.Trail, 0, 1)
	}
	t.Trail = append(t.Trail, now)
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
