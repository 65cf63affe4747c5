package pipeline

import (
	"bytes"
	"context"
	"image"
	"log/slog"
	"sync"

	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/slot"
)

// rawFeed publishes every camera frame as it came, for those who watch the raw stream.
// JPEGs are published on the capture loop: copying one costs less than waking somebody to
// do it. Other pictures are encoded behind a slot of their own, so that this never holds up
// the capture loop.
type rawFeed struct {
	out     *hub.Pictures
	stopped func() bool // the camera delivers no more
	log     *slog.Logger
	slot    slot.Slot

	mu     sync.Mutex
	newest *frame.Frame // kept for snapshots

	// used by run and snapshot under encoding
	encoding sync.Mutex
	enc      *jpeg.Encoder
	planes   *image.YCbCr
	size     int
}

func newRawFeed(out *hub.Pictures, quality int, stopped func() bool, log *slog.Logger) *rawFeed {
	return &rawFeed{out: out, stopped: stopped, log: log, enc: jpeg.NewEncoder(quality)}
}

// offer shows the feed a frame; the caller keeps its reference.
func (r *rawFeed) offer(f *frame.Frame) {
	f.Retain()
	r.mu.Lock()
	old := r.newest
	r.newest = f
	r.mu.Unlock()
	if old != nil {
		old.Release()
	}
	if !r.out.Watched() {
		return
	}
	if f.Format == frame.JPEG {
		r.out.Publish(original(f))
		return
	}
	f.Retain()
	if old := r.slot.Put(f); old != nil {
		old.Release()
	}
}

func (r *rawFeed) run(ctx context.Context) {
	for {
		f, err := r.slot.Take(ctx, slot.Throughput, 0)
		if err != nil {
			return
		}
		guarded(r.log, "the raw stream", func() {
			// A notice that came meanwhile must not be painted over.
			if pic, err := r.picture(f); err == nil && !r.stopped() {
				r.out.Publish(pic)
			}
		})
		f.Release()
	}
}

// picture is the frame as an immutable JPEG: the camera's own bytes where it gave one.
func (r *rawFeed) picture(f *frame.Frame) (*hub.Picture, error) {
	if f.Format == frame.JPEG {
		return original(f), nil
	}
	r.encoding.Lock()
	defer r.encoding.Unlock()
	var err error
	if r.planes, err = f.Unpack(r.planes); err != nil {
		return nil, err
	}
	data, err := r.enc.Encode(roomFor(r.size), r.planes)
	if err != nil {
		return nil, err
	}
	r.size = len(data)
	return pictureOf(f, data), nil
}

// original is a JPEG frame as the camera gave it.
func original(f *frame.Frame) *hub.Picture { return pictureOf(f, bytes.Clone(f.Data)) }

// RawSnapshot is the newest camera frame as a JPEG; nil when there is none. The error says
// that it does not decode.
func (p *Pipeline) RawSnapshot() (*hub.Picture, error) {
	r := p.raw
	r.mu.Lock()
	f := r.newest
	if f != nil {
		f.Retain()
	}
	r.mu.Unlock()
	if f == nil {
		return nil, nil
	}
	defer f.Release()
	return r.picture(f)
}

// close gives back what the feed holds.
func (r *rawFeed) close() {
	r.mu.Lock()
	f := r.newest
	r.newest = nil
	r.mu.Unlock()
	if f != nil {
		f.Release()
	}
	if f := r.slot.Clear(); f != nil {
		f.Release()
	}
}
