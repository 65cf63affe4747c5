package synthetic

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
)

const device = "synthetic"

// camera is what outlives a reopening: the options, and until when it is unplugged.
type camera struct {
	config
	goneUntil time.Time
}

// open is the capture.Opener.
func (c *camera) open(ctx context.Context, firstSeq uint64) (capture.Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if wait := time.Until(c.goneUntil); wait > 0 {
		return nil, &capture.Error{Code: capture.CameraLost, Device: device, Hint: fmt.Sprintf("it returns in %v", wait.Round(time.Millisecond)), Err: errors.New("still unplugged, as return_after asks")}
	}
	ratio := image.YCbCrSubsampleRatio420
	if c.format == frame.JPEG || c.format == frame.YUYV {
		ratio = image.YCbCrSubsampleRatio422
	}
	v, err := c.newView(newPainter(c.newScene(), ratio))
	if err != nil {
		return nil, err
	}
	s := &source{camera: c, view: v, firstSeq: firstSeq}
	s.controls = &controls{plain: v.painter, show: s.showNext}
	s.schedule = schedule{start: time.Now(), rate: c.framerate, slow: c.slow, jitter: c.jitter, seed: uint64(c.seed)}
	s.freezeAt, s.loseAt = s.start.Add(c.freezeAfter), s.start.Add(c.loseAfter)
	return s, nil
}

// view is a painter, and its room encoded ahead, so that only the rows with something in them
// are encoded anew.
type view struct {
	painter *painter
	encoder *jpeg.Encoder
	room    jpeg.Draft
}

func (c *camera) newView(p *painter) (*view, error) {
	v := &view{painter: p, encoder: jpeg.NewEncoder(c.quality)}
	if err := v.encoder.Draft(&v.room, p.room); err != nil {
		return nil, fmt.Errorf("%s: encode the room: %w", device, err)
	}
	return v, nil
}

// lost notes a loss at that moment.
func (c *camera) lost(at time.Time) error {
	c.goneUntil = at.Add(c.returnAfter)
	return &capture.Error{Code: capture.CameraLost, Device: device, Hint: "wait for it to return", Err: fmt.Errorf("unplugged %v after opening, as lose_after asks", c.loseAfter)}
}
