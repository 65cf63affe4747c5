package pipeline

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"sync/atomic"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
	"freshframe/backend/slot"
)

// liveFeed publishes every camera frame, with the newest result moved on to the frame's time:
// what a slow analyzer has found is shown where it should be by now, and as predicted. It has
// planes of its own, for the frame's are the analyzer's and the renderer's.
type liveFeed struct {
	p    *Pipeline
	slot slot.Slot
	// newest is the last complete result.
	newest atomic.Pointer[sight]

	// used by run alone
	enc     encoder
	cut     jpeg.Splicer
	dec     jpeg.Decoder
	planes  *image.YCbCr
	list    overlay.List
	touched []image.Rectangle
	moved   []analyze.Detection
	size    int
}

// sight is what was seen, and when.
type sight struct {
	seq   uint64
	at    time.Time // of capture
	took  time.Duration
	found analyze.Result
	areas []overlay.Area
}

func newLiveFeed(p *Pipeline) *liveFeed {
	return &liveFeed{p: p, enc: p.newEncoder()}
}

// offer shows the feed a frame; the caller keeps its reference.
func (l *liveFeed) offer(f *frame.Frame) {
	if !l.p.cfg.Live.Watched() {
		return
	}
	f.Retain()
	if old := l.slot.Put(f); old != nil {
		old.Release()
	}
}

// saw takes a complete result.
func (l *liveFeed) saw(job *analyzed) {
	l.newest.Store(&sight{job.f.Seq, job.f.Captured, job.at.end.Sub(job.at.start), job.result, job.areas})
}

func (l *liveFeed) run(ctx context.Context) {
	for {
		f, err := l.slot.Take(ctx, slot.Throughput, 0)
		if err != nil {
			return
		}
		guarded(l.p.cfg.Log, "the live stream", func() {
			pic, err := l.picture(f)
			switch {
			case err != nil:
				l.p.cfg.Log.LogAttrs(ctx, slog.LevelDebug, "no live picture", slog.Uint64("seq", f.Seq), slog.Any("error", err))
			case !l.p.cameraStopped(): // a notice that came meanwhile must not be painted over
				l.p.cfg.Live.Publish(pic)
			}
		})
		f.Release()
	}
}

// picture is the frame with the overlay.
func (l *liveFeed) picture(f *frame.Frame) (*hub.Picture, error) {
	set, _ := l.p.Settings()
	seen := l.newest.Load()
	if seen != nil && (set.Paused || f.Captured.Sub(seen.at) > tooOld) {
		seen = nil // the past, and no guess about the present
	}
	l.list.Reset(f.Bounds(), f.Clip)
	overlay.Compose(&l.list, set.Overlay, l.scene(f.Captured, seen))
	data, err := l.draw(f)
	if err != nil {
		return nil, err
	}
	l.size = len(data)
	pic := pictureOf(f, data)
	if seen != nil {
		pic.Result = seen.seq
	}
	return pic, nil
}

// draw makes the frame's JPEG with what is in the list.
func (l *liveFeed) draw(f *frame.Frame) (data []byte, err error) {
	index, err := f.Index()
	if err != nil {
		return nil, err
	}
	if index != nil {
		l.touched = l.list.Touched(l.touched[:0])
		if data, _, err = splice(&l.cut, index, &l.list, l.touched, l.size); !errors.Is(err, jpeg.ErrUnsupported) {
			return data, err
		}
	}
	if l.planes, err = f.Decode(&l.dec, l.planes); err != nil {
		return nil, err
	}
	l.list.Draw(l.planes)
	return l.enc.Encode(roomFor(l.size), l.planes)
}

// scene is what to draw on a frame of that time if that was seen, nil for nothing.
func (l *liveFeed) scene(at time.Time, seen *sight) overlay.Scene {
	s := overlay.Scene{Numbers: overlay.Numbers{FPS: l.p.analyzedRate.PerSecond(time.Now())}}
	if seen == nil {
		return s
	}
	l.moved = analyze.Predict(l.moved[:0], seen.found.Detections, at.Sub(seen.at))
	s.ProcessingTime, s.ObjectCount, s.Detections, s.Areas = seen.took, seen.found.Count, l.moved, seen.areas
	return s
}

// close gives back what the feed holds.
func (l *liveFeed) close() {
	if f := l.slot.Clear(); f != nil {
		f.Release()
	}
}
