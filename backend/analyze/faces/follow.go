package faces

import (
	"slices"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/track"
)

// agility is how quickly faces change their velocity, in faces per second squared: a head
// nods and turns within its own size several times a second, a walker's does not.
const agility = 4

// follower gives faces the ids of their tracks.
type follower struct {
	tracker       *track.Tracker
	threshold     float64
	last          time.Time
	width, height int
	found         []track.Detection // the memory of one frame
}

func newFollower(threshold float64) (*follower, error) {
	t, err := track.New(track.Options{Low: weak * threshold, High: threshold, Agility: agility, Trail: -1})
	if err != nil {
		return nil, err
	}
	return &follower{tracker: t, threshold: threshold}, nil
}

// Follow gives the faces their ids and drops the doubtful ones that were not seen before. A
// face without an id is new: the next frame tells whether it stays. After a step back in
// time, or a change of the picture's size, all faces are new.
func (f *follower) Follow(of analyze.Moment, r *analyze.Result) error {
	if !of.Captured.After(f.last) || of.Width != f.width || of.Height != f.height {
		f.tracker.Reset()
	}
	f.last, f.width, f.height = of.Captured, of.Width, of.Height
	f.found = f.found[:0]
	for _, d := range r.Detections {
		f.found = append(f.found, track.Detection{Box: d.Box, Label: d.Label, Score: d.Score})
	}
	tracks, err := f.tracker.Update(of.Captured, f.found)
	if err != nil {
		return err
	}
	for _, t := range tracks {
		if t.Detection >= 0 {
			r.Detections[t.Detection].Track = t.ID
		}
	}
	r.Detections = slices.DeleteFunc(r.Detections, func(d analyze.Detection) bool {
		return d.Track == 0 && d.Score < f.threshold
	})
	r.Count = len(r.Detections)
	return nil
}

// Close has nothing to free.
func (f *follower) Close() error { return nil }
