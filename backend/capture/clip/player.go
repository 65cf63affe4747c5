package clip

import (
	"context"
	"image"
	"io"
	"math"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/wait"
)

// player is a clip being played. Picture n, counted from 0 and on through every
// repetition, belongs to the instant start + n/framerate, however long reading takes.
type player struct {
	path  string
	reel  reel
	info  capture.Info
	loop  bool
	first uint64 // Seq of picture 0

	start time.Time // of picture 0: the first Read
	next  uint64    // the picture after the one delivered last
}

// Info implements capture.Source.
func (p *player) Info() capture.Info { return p.info }

// Close implements capture.Source.
func (p *player) Close() error { return p.reel.close() }

// Read implements capture.Source. It delivers the newest picture whose instant has come,
// or waits for the next one. Pictures that a slow caller missed are counted in Lost, also
// those at the end of a clip that is played once; they are never delivered late.
// Captured is the picture's instant and stands for a driver's timestamp.
func (p *player) Read(ctx context.Context, f *frame.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.start.IsZero() {
		p.start = time.Now()
	}
	n, total := max(p.next, p.due(time.Now())), uint64(p.reel.len())
	if !p.loop && n >= total {
		// The last picture is shown for its full time too.
		if err := wait.Until(ctx, p.instant(total)); err != nil {
			return err
		}
		return io.EOF
	}
	// Read before the instant, so that the disk adds nothing to the picture's age.
	data, err := p.reel.read(int(n%total), f.Data)
	f.Data = data
	if err != nil {
		return &capture.Error{Code: capture.CameraLost, Device: p.path, Hint: "leave the clip alone while it is played; it is opened again as it is now", Err: bare(p.path, err)}
	}
	at := p.instant(n)
	if err := wait.Until(ctx, at); err != nil {
		return err
	}
	f.Seq, f.Lost = p.first+n, n-p.next
	f.Format, f.Width, f.Height = frame.JPEG, p.info.Width, p.info.Height
	f.Captured, f.CapturedBy, f.Dequeued = at, frame.ByDriver, time.Now()
	f.Damaged, f.Clip = nil, image.Rectangle{}
	p.next = n + 1
	return nil
}

// instant is when picture n is due.
func (p *player) instant(n uint64) time.Time {
	return p.start.Add(time.Duration(math.Ceil(float64(n) * float64(time.Second) / p.info.Framerate)))
}

// due is the newest picture whose instant has come.
func (p *player) due(now time.Time) uint64 {
	return uint64(float64(now.Sub(p.start)) * p.info.Framerate / float64(time.Second))
}
