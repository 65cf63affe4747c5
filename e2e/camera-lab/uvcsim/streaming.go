package uvcsim

import (
	"context"
	"image"
	"time"
)

// patience is how long a frame under way waits for the kernel to make room. A real bus
// would have no patience at all; an emulated machine needs some.
const patience = 500 * time.Millisecond

// stream sends frames of one setting at its pace.
type stream struct {
	cam     *Camera
	link    *link
	setting setting
	payload int   // bytes, the most in one payload
	fid     *byte // toggles with each frame, across streams too

	buf []byte // the frame in hand
}

// run sends frames until ctx ends. Due times never move: a frame that can't be sent in time
// is missed, not sent later.
func (s *stream) run(ctx context.Context) {
	if s.setting.format.Pixels == MJPEG {
		if err := s.cam.gallery(s.setting.point()).all(); err != nil {
			s.cam.log().Error("no pictures, no stream", "err", err)
			return
		}
	}
	interval := s.setting.frameInterval()
	due := time.Now().Add(interval)
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if !s.cam.is(&s.cam.frozen) {
			if err := s.send(ctx); ctx.Err() != nil {
				return
			} else if err != nil {
				s.cam.log().Debug("frame missed", "err", err)
				s.cam.miss(1)
			}
		}
		late := max(0, time.Since(due)/interval)
		s.cam.miss(int(late))
		due = due.Add((late + 1) * interval)
		timer.Reset(time.Until(due))
	}
}

// send sends one frame. The error says why not all of it.
func (s *stream) send(ctx context.Context) error {
	picture, err := s.picture(s.cam.nextPicture())
	if err != nil {
		return err
	}
	if err := s.link.await(ctx); err != nil {
		return err
	}
	sent := s.cam.begin()
	data, err := s.frame(picture, sent)
	if err != nil {
		return err
	}
	*s.fid ^= 1
	p := &payloads{data: data, header: headerEnd | *s.fid, fault: sent.Fault, most: s.payload}
	fill := p.fillIso
	if s.cam.config.Bulk {
		fill = p.fillBulk
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !p.done() {
		if err := s.link.fill(ctx, fill); err != nil {
			return err
		}
	}
	return nil
}

// picture n of the setting: a JPEG in parts, or the bytes of an uncompressed one as tail.
func (s *stream) picture(n int) (jpegParts, error) { return s.pictureOf(s.setting.point(), n) }

func (s *stream) pictureOf(size image.Point, n int) (jpegParts, error) {
	g := s.cam.gallery(size)
	if s.setting.format.Pixels == MJPEG {
		return g.jpeg(n)
	}
	return jpegParts{tail: g.raw(s.setting.format.Pixels, n)}, nil
}

// frame is what goes over the bus: a picture with its stamp, spoilt if it has a fault.
func (s *stream) frame(picture jpegParts, sent Sent) (data []byte, err error) {
	if sent.Fault == OtherSize {
		if picture, err = s.pictureOf(s.setting.otherSize(), sent.Picture); err != nil {
			return nil, err
		}
	}
	data = picture.tail
	if s.setting.format.Pixels == MJPEG {
		s.buf = picture.stamped(s.buf[:0], sent, s.cam.config.Padding)
		data = s.buf
	}
	return sent.Fault.spoil(data, sent.Seq, s.setting.maxBytes()), nil
}

// otherSize is one that was not agreed on: another of the format's, or, if it has only one,
// a smaller one.
func (s setting) otherSize() image.Point {
	for _, other := range s.format.Sizes {
		if other.point() != s.point() {
			return other.point()
		}
	}
	return image.Pt(max(64, s.size.Width/2&^1), max(32, s.size.Height/2&^1))
}
