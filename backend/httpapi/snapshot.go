package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	stdjpeg "image/jpeg"
	"math"
	"strconv"
	"time"

	"github.com/disintegration/imaging"
	"github.com/gofiber/fiber/v2"

	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/rendition"
)

const (
	// firstWait is how long a snapshot waits for the very first frame.
	firstWait = 2 * time.Second
	// afterWait is how long ?after_seq= waits for a newer one.
	afterWait = 5 * time.Second
)

// handleSnapshotJPEG is GET /api/v1/snapshot.jpg.
func (s *Server) handleSnapshotJPEG(c *fiber.Ctx) error {
	if err := onlyQuery(c, "source", "width", "quality", "max_age_ms", "after_seq"); err != nil {
		return err
	}
	return s.snapshotJPEG(c)
}

func (s *Server) snapshotJPEG(c *fiber.Ctx) error {
	raw := false
	switch v := c.Query("source", "ai"); v {
	case "ai":
	case "raw":
		raw = true
	default:
		return badParameter("source", v, "ai or raw")
	}
	width, err := queryInt(c, "width", 16, 4096)
	if err != nil {
		return err
	}
	quality, err := queryInt(c, "quality", 1, 100)
	if err != nil {
		return err
	}
	maxAge, err := queryInt(c, "max_age_ms", 1, math.MaxInt32)
	if err != nil {
		return err
	}
	after := c.Query("after_seq")
	var pic *hub.Picture
	if after != "" {
		seq, err := strconv.ParseUint(after, 10, 64)
		if err != nil {
			return badParameter("after_seq", after, "a frame's sequence number")
		}
		pic, err = s.pictureAfter(raw, seq)
		if err != nil {
			return err
		}
	} else if pic, err = s.newestPicture(raw); err != nil {
		return err
	}
	age := time.Since(pic.Captured)
	if maxAge > 0 && age > time.Duration(maxAge)*time.Millisecond {
		return fail(fiber.StatusServiceUnavailable, "too_old", fmt.Sprintf("the newest frame, seq %d, is %d ms old; at most %d ms were asked for", pic.Seq, age.Milliseconds(), maxAge), s.whySilent())
	}
	data := pic.JPEG
	if width > 0 || quality > 0 {
		if data, err = s.resized(pic, width, quality); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderContentType, "image/jpeg")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Timestamp", string(appendTimestamp(nil, pic.Captured)))
	c.Set("X-Frame-Seq", strconv.FormatUint(pic.Seq, 10))
	c.Set("X-Frame-Age-Us", strconv.FormatInt(time.Since(pic.Captured).Microseconds(), 10))
	return c.Send(data)
}

// handleSnapshot is GET /api/v1/snapshot: the newest result and where its picture is.
func (s *Server) handleSnapshot(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	r := s.newest.Load()
	if r == nil {
		return fail(fiber.StatusServiceUnavailable, "no_frame", "no frame has been analyzed yet", s.whySilent())
	}
	return c.JSON(wireSnapshot{Frame: r.data, AgeUs: time.Since(r.captured).Microseconds(), URL: fmt.Sprintf("/api/v1/snapshot.jpg?after_seq=%d", max(r.seq, 1)-1)})
}

// tooOld is when a picture is the past: somebody who asks waits for a better one.
const tooOld = 2 * time.Second

// newestPicture is the newest there is; it waits a little for the very first, and where the
// newest is of the past because nobody was watching.
func (s *Server) newestPicture(raw bool) (*hub.Picture, error) {
	have, err := s.pictureAtHand(raw)
	if err != nil {
		return nil, err
	}
	if have != nil && (time.Since(have.Captured) < tooOld || s.cfg.Pipeline.Silence() != "") {
		return have, nil
	}
	var after uint64
	if have != nil {
		after = have.Seq
	}
	pic, err := s.await(raw, after, firstWait)
	switch {
	case err != nil:
		return nil, err
	case pic != nil:
		return pic, nil
	case have != nil:
		return have, nil
	}
	return nil, fail(fiber.StatusServiceUnavailable, "no_frame", fmt.Sprintf("no frame came within %v", firstWait), s.whySilent())
}

// pictureAfter is the first picture newer than seq.
func (s *Server) pictureAfter(raw bool, seq uint64) (*hub.Picture, error) {
	if pic, err := s.pictureAtHand(raw); err == nil && pic != nil && pic.Seq > seq {
		return pic, nil
	}
	pic, err := s.await(raw, seq, afterWait)
	if err != nil {
		return nil, err
	}
	if pic == nil {
		return nil, fail(fiber.StatusGatewayTimeout, "no_newer_frame", fmt.Sprintf("no frame after seq %d came within %v", seq, afterWait), s.whySilent())
	}
	return pic, nil
}

// pictureAtHand is the newest picture the pipeline has, nil when it has none. Only a raw
// one can be at fault.
func (s *Server) pictureAtHand(raw bool) (*hub.Picture, error) {
	if raw {
		pic, err := s.cfg.Pipeline.RawSnapshot()
		if err != nil {
			return nil, fail(fiber.StatusServiceUnavailable, "corrupt", err.Error(), "try again: the next frame may be whole")
		}
		return pic, nil
	}
	ctx, cancel := context.WithTimeout(s.life, firstWait)
	defer cancel()
	pic, err := s.cfg.Pipeline.Snapshot(ctx)
	if err != nil { // busy or ended: the hub may still get one
		return nil, nil
	}
	return pic, nil
}

// await waits for a camera frame newer than seq, nil when none comes in time.
func (s *Server) await(raw bool, seq uint64, limit time.Duration) (*hub.Picture, error) {
	pics := s.cfg.Annotated
	if raw {
		pics = s.cfg.Raw
	}
	view := pics.Subscribe()
	defer view.Close()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		pic, newer := view.Next()
		if pic != nil {
			if pic.Seq > seq { // a notice has seq 0
				return pic, nil
			}
			continue
		}
		select {
		case <-newer:
		case <-timer.C:
			return nil, nil
		case <-s.life.Done():
			return nil, shuttingDown()
		}
	}
}

// whySilent is the hint of an answer that lacks a frame.
func (s *Server) whySilent() string {
	st, _ := s.cfg.Camera.Status()
	switch why := s.cfg.Pipeline.Silence(); why {
	case "":
		return "frames are coming; ask again"
	case "off":
		return "the camera is off: POST /api/v1/camera/start"
	case "paused":
		return `analysis is paused: PATCH /api/v1/pipeline {"paused":false}`
	case "analysis":
		return "the analyzer gives no results: see pipeline.error in GET /api/v1/state"
	case "corrupt":
		return "the camera sends damaged pictures only: try another input_format, a shorter cable or another port"
	default:
		if st.Err != nil {
			return "the camera is " + why + ": " + st.Err.Error()
		}
		return "the camera is " + why
	}
}

// resized is the picture at another width (0: its own) and quality (0: 85). One is made at
// a time: each takes all cores for a moment, and the frames need them too.
func (s *Server) resized(pic *hub.Picture, width, quality int) ([]byte, error) {
	s.resizing.Lock()
	defer s.resizing.Unlock()
	var m rendition.Maker // anew each time: between two snapshots its memory is better used
	planes, size, err := m.Decode(pic.JPEG, width)
	if err != nil {
		return nil, fail(fiber.StatusServiceUnavailable, "corrupt", fmt.Sprintf("frame %d does not decode: %v", pic.Seq, err), "try again: the next frame may be whole")
	}
	quality = cmp.Or(quality, 85)
	if planes.Rect.Size() == size {
		return jpeg.NewEncoder(quality).Encode(nil, planes)
	}
	// There is time for the best filter, from planes that are small already, or to be enlarged.
	im := imaging.Resize(planes, size.X, size.Y, imaging.CatmullRom)
	var buf bytes.Buffer
	if err := stdjpeg.Encode(&buf, im, &stdjpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// queryInt reads an optional whole number; 0 when it is not given.
func queryInt(c *fiber.Ctx, name string, lo, hi int) (int, error) {
	v := c.Query(name)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < lo || n > hi {
		return 0, badParameter(name, v, fmt.Sprintf("a whole number from %d to %d", lo, hi))
	}
	return n, nil
}
