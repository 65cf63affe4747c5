package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/faces"
	"freshframe/backend/analyze/hands"
	"freshframe/backend/analyze/objects"
	"freshframe/backend/analyze/pose"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/e2e/bench/table"
	"freshframe/e2e/bench/watch"
)

// Pictures of 640x480 and 1280x720 with people and things, and with hands.
var (
	people  = [2]string{"pictures/faces-640.jpg", "pictures/faces-1280.jpg"}
	gesture = [2]string{"hands/open-palm-1.jpg", "pictures/hands-1280.jpg"}
)

// trial is an analyzer with something to see.
type trial struct {
	what     string
	spec     string
	step     time.Duration // between two frames
	pictures [2]string     // one after another, not in turn
	around   []table.Bar   // of the time before and after the networks, ms
	share    []table.Bar   // of that time in the bare networks' time
}

// interval is that of a camera with 30 frames a second.
const interval = time.Second / 30

// searching is the time between frames after which hands looks for another hand in each.
const searching = 200 * time.Millisecond

func trials() []trial {
	quick, cheap := []table.Bar{table.AtMost(1)}, []table.Bar{table.AtMost(.25)}
	return []trial{
		{"faces, near", "faces?model=near", interval, people, quick, nil},
		{"faces, far", "faces?model=far", interval, people, quick, nil},
		{"hands, one followed", "hands?max=1", interval, gesture, quick, nil},
		{"hands, and a search for more", "hands?max=10", searching, gesture, quick, nil},
		{"objects", "objects", interval, people, nil, cheap},
		{"pose", "pose", interval, people, nil, nil},
	}
}

// figures are medians of one trial's frames.
type figures struct {
	width, height int
	inside, bare  time.Duration // of the networks: in the analyzer, and alone
	whole         time.Duration // Analyze and Follow
	around        time.Duration // the whole without the networks
	runs          float64       // of networks, a frame
	found         int           // least of all frames
	bytes         uint64        // allocated, a frame
	pieces        int           // large ones, in all
}

func (b *bench) analyzers(ctx context.Context) (*table.Table, error) {
	t := table.New(fmt.Sprintf("decoded planes to result, %d frames", b.frames), "size", "found", "networks run",
		"bare networks", "inside the analyzer", "the whole", "before and after", "of the bare networks",
		"allocated a frame", fmt.Sprintf("pieces from %d KB", large>>10))
	for _, try := range trials() {
		for _, name := range try.pictures {
			var f figures
			var err error
			others := watch.Others(func() { f, err = b.measure(ctx, try, name) })
			b.others = max(b.others, others)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", try.spec, name, err)
			}
			t.Row(try.what, fmt.Sprintf("%dx%d", f.width, f.height), table.Count(f.found), fmt.Sprintf("%.2f", f.runs),
				table.Ms(f.bare), table.Ms(f.inside), table.Ms(f.whole), table.Ms(f.around, try.around...), table.Percent(float64(f.around)/float64(f.bare), try.share...),
				fmt.Sprintf("%.1f KB", float64(f.bytes)/1024), table.Count(f.pieces, table.AtMost(0)))
		}
	}
	return t, nil
}

// steady is how many frames it takes until nothing grows any more: trails have 16 points.
const steady = 20

// measure shows one picture again and again. After each frame the same networks run bare as
// often as they did in the analyzer, so that noise hits both alike.
func (b *bench) measure(ctx context.Context, try trial, name string) (r figures, err error) {
	picture, err := b.newFrame(name)
	if err != nil {
		return r, err
	}
	defer picture.Release()
	r.width, r.height = picture.Width, picture.Height
	s, err := newSubject(try)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for range steady {
		if _, err := s.see(ctx, picture); err != nil {
			return r, err
		}
	}
	s.meter.begin()
	inside, bare := make([]time.Duration, b.frames), make([]time.Duration, b.frames)
	whole, around := make([]time.Duration, b.frames), make([]time.Duration, b.frames)
	h := newHeap()
	bytes, pieces := h.read()
	for i := range b.frames {
		begin := time.Now()
		found, err := s.see(ctx, picture)
		whole[i] = time.Since(begin)
		if err != nil {
			return r, err
		}
		if i == 0 || found < r.found {
			r.found = found
		}
		if inside[i], bare[i], err = s.meter.spent(); err != nil {
			return r, err
		}
		around[i] = whole[i] - inside[i]
	}
	bytesAfter, piecesAfter := h.read()
	r.inside, r.bare, r.whole, r.around = median(inside), median(bare), median(whole), median(around)
	r.runs = float64(s.meter.runs()) / float64(b.frames)
	r.bytes, r.pieces = (bytesAfter-bytes)/uint64(b.frames), int(piecesAfter-pieces)
	return r, nil
}

func median(d []time.Duration) time.Duration { return watch.Percentile(d, .5) }

// subject is an analyzer with its follower, on networks that are metered.
type subject struct {
	analyze.Analyzer
	follower analyze.Follower // nil for none
	meter    *meter
	step     time.Duration
}

func newSubject(try trial) (*subject, error) {
	s := &subject{meter: &meter{}, step: try.step}
	nets := &network.Store{Runtime: s.meter}
	spec, err := analyze.Kinds{faces.Kind(nets), hands.Kind(nets), objects.Kind(nets), pose.Kind(nets)}.Parse(try.spec)
	if err != nil {
		return nil, err
	}
	if s.Analyzer, err = spec.New(); err != nil {
		return nil, err
	}
	if s.follower, err = spec.Follow(); err != nil {
		return nil, errors.Join(err, s.Analyzer.Close())
	}
	return s, nil
}

// see shows the picture as the next frame, and says how much was found.
func (s *subject) see(ctx context.Context, f *frame.Frame) (found int, err error) {
	f.Seq, f.Captured = f.Seq+1, f.Captured.Add(s.step)
	r, err := s.Analyze(ctx, f)
	if err == nil && s.follower != nil {
		err = s.follower.Follow(analyze.Moment{Seq: f.Seq, Captured: f.Captured, Width: f.Width, Height: f.Height}, &r)
	}
	return r.Count, err
}

func (s *subject) close() error {
	if s.follower == nil {
		return s.Close()
	}
	return errors.Join(s.Close(), s.follower.Close())
}
