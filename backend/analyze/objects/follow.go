package objects

import (
	"fmt"
	"slices"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/option"
	"freshframe/backend/track"
)

const (
	// mostFollowed is the most detections of a frame to compare with the tracks: the time
	// for that grows with its cube, and is under 1 ms for as many.
	mostFollowed = 100
	// shown is how long a thing out of sight is reported where it should be.
	shown = 500 * time.Millisecond
	// pause is the longest time without a frame after which things may still be the same.
	pause = 5 * time.Second
	// hidden is the IoU from which a thing that is seen is in the place of one that is not,
	// or is the same under another name.
	hidden = 0.5
)

// newFollower makes the part that gives things their numbers, or, without tracks, one that
// leaves results as they are.
func newFollower(v option.Values) (analyze.Follower, error) {
	if !v.Bool("tracks") {
		return untracked{}, nil
	}
	f := &follower{threshold: v.Float("threshold"), max: v.Int("max")}
	var err error
	f.tracker, err = track.New(track.Options{Low: weak * f.threshold, High: f.threshold, Trail: -1})
	return f, err
}

type untracked struct{}

func (untracked) Follow(analyze.Moment, *analyze.Result) error { return nil }
func (untracked) Close() error                                 { return nil }

type follower struct {
	tracker   *track.Tracker
	threshold float64 // of what is no track
	max       int
	last      analyze.Moment
	found     []track.Detection
}

// Follow tracks the things in r, drops those that are weak and no track, and adds those that
// were lost just now. A step back in time, a pause or another size is another scene.
func (f *follower) Follow(of analyze.Moment, r *analyze.Result) error {
	if dt := of.Captured.Sub(f.last.Captured); dt <= 0 || dt > pause || of.Width != f.last.Width || of.Height != f.last.Height {
		f.tracker.Reset()
	}
	f.last = of
	f.found = f.found[:0]
	for _, d := range r.Detections {
		f.found = append(f.found, track.Detection{Box: d.Box, Label: d.Label, Score: d.Score})
	}
	tracks, err := f.tracker.Update(of.Captured, f.found)
	if err != nil {
		return fmt.Errorf("objects: %w", err)
	}
	for _, t := range tracks {
		if t.Detection >= 0 {
			r.Detections[t.Detection].Track = t.ID
		}
	}
	r.Detections = slices.DeleteFunc(r.Detections, func(d analyze.Detection) bool {
		return d.Track == 0 && d.Score < f.threshold
	})
	r.Detections = r.Detections[:min(len(r.Detections), f.max)]
	r.Count = len(r.Detections)
	f.addLost(r, tracks)
	return nil
}

// addLost adds the lost tracks that may still be in the picture.
func (f *follower) addLost(r *analyze.Result, tracks []track.Track) {
	seen := r.Detections
	for _, t := range tracks {
		if len(r.Detections) == f.max {
			return
		}
		if !t.Lost || t.At.Sub(t.Seen) > shown {
			continue
		}
		box := inside(t.Box)
		if min(box[2], box[3]) < smallest || slices.ContainsFunc(seen, func(d analyze.Detection) bool {
			return t.Box.IoU(d.Box) >= hidden
		}) {
			continue
		}
		r.Detections = append(r.Detections, analyze.Detection{Box: box, Label: t.Label, Score: t.Score, Track: t.ID, Predicted: true})
	}
}

// inside is the part of a box within the picture.
func inside(b track.Box) [4]float64 {
	x0, y0 := max(b[0], 0), max(b[1], 0)
	return [4]float64{x0, y0, min(b[0]+b[2], 1) - x0, min(b[1]+b[3], 1) - y0}
}

// Close has nothing to free.
func (f *follower) Close() error { return nil }
