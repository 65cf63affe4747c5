package hands

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/frame"
	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/option"
	"freshframe/backend/track"
	"freshframe/backend/vision"
)

// Kind describes the analyzer of hands, with networks from nets.
//
// It is Stateful, because where to look for a hand is where the frame before had it: the
// palm detector, four times the cost of a hand, runs only when a hand may be missing.
// Workers side by side would each have to search in every frame, for less than they cost.
//
// Its results: Count is the number of hands seen. Detections are the hands, labelled "left
// hand" or "right hand" as the person has them (in a picture that is not mirrored). Landmarks
// are the 21 points, smoothed; their third number is the hand's score, because the network
// gives no other. Gesture is the shape of the hand, or the movement while it lasts; a swipe
// is shown for a moment. A hand that left the picture with a swipe is shown for that moment
// where it was last, as Predicted and without landmarks. Values are palm_search (1 where the
// palm detector ran).
func Kind(nets *network.Store) analyze.Kind {
	return analyze.Kind{
		Name:     "hands",
		Doc:      "Hands with 21 landmarks each, and their gestures.",
		Stateful: true,
		Params: []option.Option{
			option.Option{
				Name: "max", Type: option.Int, Default: "2",
				Doc: "Most hands to find; each costs a run of the landmark network.",
			}.Between(1, 10),
			option.Option{
				Name: "threshold", Type: option.Float, Default: "0.5",
				Doc: "Least score of a palm to look at, and of a hand to report.",
			}.Between(0.05, 0.99),
			{
				Name: "gestures", Type: option.Bool, Default: "on",
				Doc: "Whether to name gestures.",
			},
			network.ProviderOption(),
		},
		Missing: nets.Missing,
		New: func(v option.Values) (analyze.Analyzer, error) {
			palm, err := nets.Own(models.Palm, network.Provider(v), palmForm)
			if err != nil {
				return nil, err
			}
			hand, err := nets.Own(models.Hand, network.Provider(v), handForm)
			if err != nil {
				return nil, errors.Join(err, palm.Close())
			}
			return newAnalyzer(palm, hand, v.Float("threshold"), v.Int("max"), v.Bool("gestures"))
		},
	}
}

// agility is how quickly hands change their velocity, in hands per second squared.
const agility = 10

// forget is how long a hand may be unseen and yet be the same when it comes back.
const forget = time.Second

type analyzer struct {
	finder
	gestures bool

	last time.Time // of the previous frame
	size image.Point

	tracker *track.Tracker
	memory  []*memory         // of the tracks
	boxes   []track.Detection // of one frame
}

// newAnalyzer makes an analyzer that closes the networks; an error has closed them.
func newAnalyzer(palm, hand *network.Network, threshold float64, most int, gestures bool) (_ *analyzer, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, palm.Close(), hand.Close())
		}
	}()
	palms, err := vision.NewSampler[float32](PalmInput)
	if err != nil {
		return nil, err
	}
	crops, err := vision.NewSampler[float32](HandInput)
	if err != nil {
		return nil, err
	}
	t, err := track.New(track.Options{
		Low: threshold, High: threshold, MinHits: 1, MaxLost: forget, Agility: agility, Trail: follow.TrailPoints,
	})
	if err != nil {
		return nil, err
	}
	return &analyzer{
		finder:   finder{palm: palm, hand: hand, palms: palms, crops: crops, threshold: threshold, most: most},
		gestures: gestures,
		tracker:  t,
	}, nil
}

// Analyze finds the hands in f. A picture that cannot be decoded is an error that wraps
// frame.ErrCorrupt and leaves what is known of hands as it was.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	if len(a.seen) > 0 { // to be looked at closely; else a search may do with less
		if _, err := f.Planes(); err != nil {
			return analyze.Result{}, fmt.Errorf("hands: frame %d: %w", f.Seq, err)
		}
	}
	a.follow(f)
	if err := a.find(ctx, f); err != nil {
		return analyze.Result{}, fmt.Errorf("frame %d: %w", f.Seq, err)
	}
	return a.report(f)
}

// Close gives the networks up.
func (a *analyzer) Close() error { return errors.Join(a.palm.Close(), a.hand.Close()) }

// follow notes f as the previous frame of the next one. After a step back in time, a long
// gap, or a change of size every hand is a new one.
func (a *analyzer) follow(f *frame.Frame) {
	size := image.Pt(f.Width, f.Height)
	if elapsed := f.Captured.Sub(a.last); elapsed <= 0 || elapsed > forget || size != a.size {
		a.tracker.Reset()
		a.memory = nil
		a.reset()
	}
	a.last, a.size = f.Captured, size
}

// report turns the hands seen into what the pipeline passes on.
func (a *analyzer) report(f *frame.Frame) (analyze.Result, error) {
	a.boxes = a.boxes[:0]
	for i := range a.seen {
		s := &a.seen[i]
		a.boxes = append(a.boxes, track.Detection{Box: s.Box().Fractions(f.Width, f.Height), Label: "hand", Score: s.Presence})
	}
	tracks, err := a.tracker.Update(f.Captured, a.boxes)
	if err != nil {
		return analyze.Result{}, fmt.Errorf("hands: frame %d: %w", f.Seq, err)
	}
	a.remember(tracks)
	out := analyze.Result{
		Count:      len(a.seen),
		Detections: make([]analyze.Detection, 0, len(tracks)),
		Values:     map[string]float64{"palm_search": 0},
	}
	if a.searched.Equal(f.Captured) {
		out.Values["palm_search"] = 1
	}
	for i, t := range tracks {
		m := a.memory[i]
		if t.Detection >= 0 {
			out.Detections = append(out.Detections, m.see(f, &a.seen[t.Detection].Hand, a.gestures))
		} else if d, ok := m.miss(f.Captured); ok {
			out.Detections = append(out.Detections, d)
		}
	}
	follow.Fill(out.Detections, tracks)
	return out, nil
}

// remember makes a.memory one for each track, in the same order. Both are by rising id.
func (a *analyzer) remember(tracks []track.Track) {
	n := 0
	for _, t := range tracks {
		for n < len(a.memory) && a.memory[n].id < t.ID { // of a track that has ended
			a.memory = slices.Delete(a.memory, n, n+1)
		}
		if n == len(a.memory) {
			a.memory = append(a.memory, newMemory(t.ID))
		}
		n++
	}
	a.memory = slices.Delete(a.memory, n, len(a.memory))
}
