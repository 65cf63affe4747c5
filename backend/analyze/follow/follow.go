// Package follow gives the things of one frame after another their tracks. In: results in the
// order of capture. Out: the same with numbers, velocity, age and trail, and with those that
// were lost just now. It must never look at a picture, nor know what a thing is.
package follow

import (
	"fmt"
	"slices"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/option"
	"freshframe/backend/track"
	"freshframe/backend/vision"
)

const (
	// Most is the most detections of a frame to compare with the tracks: the time for that
	// grows with its cube, and is under 1 ms for as many.
	Most = 100
	// shown is how long a thing out of sight is reported where it should be.
	shown = 500 * time.Millisecond
	// pause is the longest time without a frame after which things may still be the same.
	pause = 5 * time.Second
	// hidden is the IoU from which a thing that is seen is in the place of one that is not,
	// or is the same under another name.
	hidden = 0.5
	// same is the IoU from which two names are one thing's.
	same = 0.8
)

// MovingOption is the parameter for Options.Moving.
var MovingOption = option.Option{
	Name: "moving_camera", Type: option.Bool, Default: "off",
	Doc: "Whether the camera pans or shakes: when most of what is followed, three at least, shifts together, it keeps its numbers.",
}

// Options are how things are followed.
type Options struct {
	Threshold float64 // the least score of what is no track, 0..1
	Weak      float64 // the share of it that is enough for what is one, 0..1
	Max       int     // most things to report, 1..Most
	Agility   float64 // as in package track; 0 for people
	Moving    bool    // as in package track
}

// Follower is the part of an analyzer that remembers where things were.
type Follower struct {
	o       Options
	tracker *track.Tracker
	last    analyze.Moment
	found   []track.Detection // the memory of one frame
}

// New makes a follower, or says which option is out of range.
func New(o Options) (*Follower, error) {
	if o.Max < 1 || o.Max > Most {
		return nil, fmt.Errorf("following at most %d things: want 1 to %d", o.Max, Most)
	}
	t, err := track.New(track.Options{Low: o.Weak * o.Threshold, High: o.Threshold, Agility: o.Agility, Moving: o.Moving, Trail: TrailPoints})
	return &Follower{o: o, tracker: t}, err
}

// Follow gives the things in r their numbers, drops those that are weak and no track and all but
// one name of each, and adds those that were lost just now, marked Predicted. Things are in the
// order in which they are to be kept, at most Most; Count loses the dropped ones. One without a
// number is new: the next frame tells whether it stays. A step back in time, a pause or another
// size is another scene.
func (f *Follower) Follow(of analyze.Moment, r *analyze.Result) error {
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
		return err
	}
	for _, t := range tracks {
		if t.Detection >= 0 {
			r.Detections[t.Detection].Track = t.ID
		}
	}
	found := len(r.Detections)
	r.Detections = slices.DeleteFunc(r.Detections, func(d analyze.Detection) bool {
		return d.Track == 0 && d.Score < f.o.Threshold
	})
	r.Detections = oneName(r.Detections)
	r.Detections = r.Detections[:min(len(r.Detections), f.o.Max)]
	r.Count -= found - len(r.Detections)
	f.addLost(r, tracks)
	Fill(r.Detections, tracks)
	return nil
}

// oneName leaves of things in the same place under several names, as detectors in doubt give
// them, the one that was there first: so the name stays though the scores change places.
func oneName(ds []analyze.Detection) []analyze.Detection {
	first := func(a, b *analyze.Detection) bool { return a.Track-1 < b.Track-1 } // 0 is the newest
	kept := ds[:0]
	for _, d := range ds {
		i := slices.IndexFunc(kept, func(k analyze.Detection) bool {
			return k.Label != d.Label && track.Box(k.Box).IoU(d.Box) >= same
		})
		switch {
		case i < 0:
			kept = append(kept, d)
		case first(&d, &kept[i]):
			kept[i] = d
		}
	}
	return kept
}

// addLost adds the lost tracks that may still be in the picture.
func (f *Follower) addLost(r *analyze.Result, tracks []track.Track) {
	seen := r.Detections
	for _, t := range tracks {
		if len(r.Detections) == f.o.Max {
			return
		}
		if !t.Lost || t.At.Sub(t.Seen) > shown {
			continue
		}
		box := inside(t.Box)
		if min(box[2], box[3]) < vision.Smallest || slices.ContainsFunc(seen, func(d analyze.Detection) bool {
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
func (f *Follower) Close() error { return nil }
