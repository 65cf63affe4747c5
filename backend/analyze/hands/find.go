package hands

import (
	"context"
	"fmt"
	"image"
	"time"

	"freshframe/backend/analyze/view"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/vision"
)

const (
	// searchEvery is the time between two searches for more hands while some are seen. The
	// first hand is searched for in every frame, and one more may wait for so long.
	searchEvery = 150 * time.Millisecond
	// sameHand is the IoU from which two squares show one hand; MediaPipe's.
	sameHand = 0.5
)

// sighting is a hand in one frame, and where to look for it in the next.
type sighting struct {
	Hand
	next vision.Square
}

// finder finds hands where they were in the frame before, and searches for others.
type finder struct {
	palm, hand   *network.Network
	palms, crops *vision.Sampler[float32]
	threshold    float64 // of palms and hands alike
	most         int     // hands

	seen     []sighting // in the newest frame, at most most
	searched time.Time  // when palms were last searched for

	// The memory of one frame.
	squares []vision.Square
	found   []vision.Marked
}

// reset forgets where hands are.
func (f *finder) reset() { f.seen, f.searched = f.seen[:0], time.Time{} }

// find sees the hands of the picture. After an error nothing is known of any hand: what
// made numbers go wild must not be looked at again.
func (f *finder) find(ctx context.Context, shot *frame.Frame) (err error) {
	f.squares = f.squares[:0]
	for i := range f.seen {
		f.squares = append(f.squares, f.seen[i].next)
	}
	f.seen = f.seen[:0]
	defer func() {
		if err != nil {
			f.reset()
		}
	}()
	for _, q := range f.squares {
		if err := f.look(ctx, shot, q); err != nil {
			return err
		}
	}
	if len(f.seen) == f.most || len(f.seen) > 0 && shot.Captured.Sub(f.searched) < searchEvery {
		return nil
	}
	f.searched = shot.Captured
	return f.search(ctx, shot)
}

// search looks where the palm detector sees palms, and at no more of them than there may be
// hands: a network gone wild must not cost seconds.
func (f *finder) search(ctx context.Context, shot *frame.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m, err := view.Letterbox(f.palms, f.palm.Inputs[0].Float32, shot, view.Detail)
	if err != nil {
		return fmt.Errorf("palms: %w", err)
	}
	if err := f.palm.Run(); err != nil {
		return fmt.Errorf("palms: %w", err)
	}
	if f.found, err = DecodePalms(f.found, f.palm.Outputs[0].Float32, f.palm.Outputs[1].Float32, f.threshold); err != nil {
		return err
	}
	looks := 0
	for _, d := range f.found {
		if len(f.seen) == f.most || looks == f.most {
			break
		}
		q := FromPalm(d.On(m, PalmPoints))
		if f.known(q) {
			continue
		}
		looks++
		if err := f.look(ctx, shot, q); err != nil {
			return err
		}
	}
	return nil
}

// look sees the hand in the square, unless there is none, or one that was seen already: two
// squares may end at the same hand.
func (f *finder) look(ctx context.Context, shot *frame.Frame, q vision.Square) error {
	if !within(q, shot.Bounds()) {
		return nil
	}
	if err := ctx.Err(); err != nil { // a run cannot be interrupted
		return err
	}
	p, err := shot.Planes() // of all detail
	if err != nil {
		return fmt.Errorf("hands: %w", err)
	}
	if err := f.crops.Crop(f.hand.Inputs[0].Float32, p, q.Map(handSize, handSize)); err != nil {
		return fmt.Errorf("hands: %w", err)
	}
	if err := f.hand.Run(); err != nil {
		return fmt.Errorf("hands: %w", err)
	}
	out := f.hand.Outputs
	h, err := Decode(out[0].Float32, out[1].Float32, out[2].Float32, out[3].Float32, q)
	if err != nil {
		return err
	}
	box := h.Box().Fractions(shot.Width, shot.Height)
	next := Next(h)
	if h.Presence < f.threshold || min(box[2], box[3]) < vision.Smallest || next.Side > 2*q.Side || f.known(next) {
		return nil // a hand twice as large as its crop is none, whatever the network says
	}
	f.seen = append(f.seen, sighting{h, next})
	return nil
}

// known says whether the square shows a hand that was seen in this frame.
func (f *finder) known(q vision.Square) bool {
	around := func(q vision.Square) vision.Box { return vision.Around(q.X, q.Y, q.Side, q.Side) }
	for i := range f.seen {
		if around(f.seen[i].next).IoU(around(q)) > sameHand {
			return true
		}
	}
	return false
}

// within says whether there can be a hand: one of which more than half is out of the picture
// is gone, and one of a pixel, or of many pictures' size, never was.
func within(q vision.Square, picture image.Rectangle) bool {
	w, h := float64(picture.Dx()), float64(picture.Dy())
	return q.X >= 0 && q.X <= w && q.Y >= 0 && q.Y <= h && q.Side >= 2 && q.Side <= 4*max(w, h)
}
