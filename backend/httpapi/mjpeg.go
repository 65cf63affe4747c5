package httpapi

import (
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/hub"
	"freshframe/backend/rendition"
)

const (
	mjpegType = "multipart/x-mixed-replace;boundary=frame"
	// between stands after each JPEG: the delimiter comes with the picture, so that a client
	// can paint without waiting for the next one.
	between = "\r\n--frame\r\n"
	// advance is the header that a client gets ahead of the picture it belongs to; see
	// handleAnnotated.
	advance = "Content-Type: image/jpeg\r\n\r\n"
	// repeatAfter is when the last picture is sent again, so that a closed tab is noticed and
	// a browser that paints one part late shows it.
	repeatAfter = time.Second
)

// handleAnnotated is GET /ai-video-stream.
//
// ?overlay=off gives the analyzed frames without drawing, ?fps=N caps the rate, and
// ?advance=1 sends each part's header right after the part before it: an <img> then paints
// every frame at once instead of one late, but the header can carry neither length nor seq.
// ?width= and ?quality= give smaller pictures, which are made once for all who ask for the same.
func (s *Server) handleAnnotated(c *fiber.Ctx) error {
	switch v := c.Query("overlay", "on"); v {
	case "on":
		return s.serveMJPEG(c, "annotated", s.cfg.Annotated)
	case "off":
		return s.serveMJPEG(c, "clean", s.cfg.Clean)
	default:
		return badParameter("overlay", v, "on or off")
	}
}

// handleRaw is GET /raw-video-stream.
func (s *Server) handleRaw(c *fiber.Ctx) error { return s.serveMJPEG(c, "raw", s.cfg.Raw) }

// handleLive is GET /live-video-stream: every camera frame, with the newest result where it should
// be by then.
func (s *Server) handleLive(c *fiber.Ctx) error { return s.serveMJPEG(c, "live", s.cfg.Live) }

func (s *Server) serveMJPEG(c *fiber.Ctx, kind string, pics *hub.Pictures) error {
	var gap time.Duration
	if v := c.Query("fps"); v != "" {
		fps, err := strconv.ParseFloat(v, 64)
		if err != nil || !(fps >= 0.01 && fps <= 1000) {
			return badParameter("fps", v, "a number from 0.01 to 1000")
		}
		gap = time.Duration(float64(time.Second) / fps)
	}
	ahead := false
	switch v := c.Query("advance", "0"); v {
	case "0":
	case "1":
		ahead = true
	default:
		return badParameter("advance", v, "0 or 1")
	}
	var want rendition.Want
	var err error
	if want.Width, err = queryInt(c, "width", 16, 4096); err != nil {
		return err
	}
	if want.Quality, err = queryInt(c, "quality", 1, 100); err != nil {
		return err
	}
	opening := "--frame\r\n"
	if ahead {
		opening += advance
	}
	open := func() (done func(), err error) {
		pics, done, err = s.renditions.Open(pics, want)
		switch {
		case errors.Is(err, rendition.ErrFull):
			return nil, fail(fiber.StatusServiceUnavailable, "too_many_renditions", err.Error(), "ask for one that others watch: GET /api/v1/state lists them in subscribers.clients; or close a viewer")
		case err != nil:
			return nil, shuttingDown()
		}
		return done, nil
	}
	if want != (rendition.Want{}) {
		kind += "?" + want.String()
	}
	return s.streams.serve(c, kind, mjpegType, []byte(opening), open, func(cn *conn) {
		m := mjpegWriter{conn: cn, ahead: ahead, gap: gap}
		m.run(pics)
	})
}

// mjpegWriter sends the newest picture whenever its client can take one.
type mjpegWriter struct {
	conn  *conn
	ahead bool
	gap   time.Duration // least time between pictures, 0 for none

	due  time.Time // when the next one may go
	sent time.Time // when the last one went
	head [256]byte
	vec  [3][]byte
}

func (m *mjpegWriter) run(pics *hub.Pictures) {
	view := pics.Subscribe()
	defer view.Close()
	// It is set anew only after it has fired: a timer touched for every frame of every viewer
	// would cost more than it is worth.
	repeat := time.NewTimer(repeatAfter)
	defer repeat.Stop()
	var shown *hub.Picture
	for {
		if m.gap > 0 && !m.pause() {
			return
		}
		pic, newer := view.Next()
		if pic == nil {
			select {
			case <-newer:
				continue
			case now := <-repeat.C:
				if early := repeatAfter - now.Sub(m.sent); early > 0 {
					repeat.Reset(early)
					continue
				}
				repeat.Reset(repeatAfter)
				if pic = shown; pic == nil {
					continue
				}
			case <-m.conn.gone:
				return
			case <-m.conn.s.done:
				return
			}
		}
		if m.send(pic) != nil {
			return
		}
		shown = pic
		m.conn.skipped.Store(view.Skipped())
		select {
		case <-m.conn.gone:
			return
		case <-m.conn.s.done:
			return
		default:
		}
	}
}

// pause waits until the next picture may go; false says that there is nobody left to send it
// to.
func (m *mjpegWriter) pause() bool {
	wait := time.Until(m.due)
	if wait <= 0 {
		return true
	}
	select {
	case <-time.After(wait):
		return true
	case <-m.conn.gone:
	case <-m.conn.s.done:
	}
	return false
}

// send writes one part, header and JPEG in one write.
func (m *mjpegWriter) send(pic *hub.Picture) error {
	now := time.Now()
	m.sent = now
	m.due = m.due.Add(m.gap)
	if m.due.Before(now) {
		m.due = now.Add(m.gap)
	}
	bufs := net.Buffers(m.vec[:0])
	if m.ahead {
		bufs = append(bufs, pic.JPEG, betweenAhead)
	} else {
		bufs = append(bufs, m.header(pic, now), pic.JPEG, betweenParts)
	}
	if err := m.conn.write(now, bufs); err != nil {
		return err
	}
	m.conn.sent.Add(1)
	m.conn.age.Store(now.Sub(pic.Captured).Microseconds())
	return nil
}

var (
	betweenParts = []byte(between)
	betweenAhead = []byte(between + advance)
)

// header is the part's header, in the writer's own memory.
func (m *mjpegWriter) header(pic *hub.Picture, now time.Time) []byte {
	b := append(m.head[:0], "Content-Type: image/jpeg\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(pic.JPEG)), 10)
	b = append(b, "\r\nX-Timestamp: "...)
	b = appendTimestamp(b, pic.Captured)
	if pic.Notice != "" { // no camera frame: it has no seq
		b = append(b, "\r\nX-Camera-State: "...)
		b = append(b, pic.Notice...)
	} else {
		b = append(b, "\r\nX-Frame-Seq: "...)
		b = strconv.AppendUint(b, pic.Seq, 10)
	}
	if pic.Result != 0 {
		b = append(b, "\r\nX-Result-Seq: "...)
		b = strconv.AppendUint(b, pic.Result, 10)
	}
	b = append(b, "\r\nX-Frame-Age-Us: "...)
	b = strconv.AppendInt(b, now.Sub(pic.Captured).Microseconds(), 10)
	return append(b, "\r\n\r\n"...)
}

// appendTimestamp appends sec.usec of the wall clock.
func appendTimestamp(b []byte, t time.Time) []byte {
	us := t.UnixMicro()
	b = strconv.AppendInt(b, us/1e6, 10)
	b = append(b, '.')
	frac := us % 1e6
	for scale := int64(1e5); scale > 0; scale /= 10 {
		b = append(b, byte('0'+frac/scale%10))
	}
	return b
}
