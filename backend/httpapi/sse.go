package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/hub"
	"freshframe/backend/pipeline"
)

const (
	// history is how many events a client that was away can be given afterwards.
	history = 512
	// maxLag is how many events a slow client may be behind before it is brought to the
	// present, with a gap event.
	maxLag = 256
	// maxBatch bounds how many events leave in one write.
	maxBatch = 32
	// keepAlive is the longest silence; 15 s are promised.
	keepAlive = 10 * time.Second
	// minStateGap keeps a camera that flaps from flooding clients with states.
	minStateGap = 50 * time.Millisecond
)

var (
	retryWire     = []byte("retry: 1000\n\n")
	keepAliveWire = []byte(": keep-alive\n\n")
)

// Report publishes an analyzed frame as an event. It does not block.
func (s *Server) Report(r *pipeline.Report) {
	s.spent.add(r)
	data, err := json.Marshal(frameWire(r))
	if err != nil { // only a NaN among an analyzer's numbers can do this
		if !s.untold.Swap(true) { // the next one will be like it
			s.cfg.Log.Error("a result cannot be told", "seq", r.Seq, "analyzer", r.Analyzer, "error", err)
		}
		return
	}
	s.untold.Store(false)
	s.newest.Store(&reported{data: data, captured: r.Captured, seq: r.Seq})
	s.events.Publish("frame", data, r.Captured)
}

// reported is the newest frame event, for the JSON snapshot.
type reported struct {
	data     json.RawMessage
	captured time.Time
	seq      uint64
}

// runStates publishes the state whenever camera or pipeline change, until ctx ends.
func (s *Server) runStates(ctx context.Context) {
	for {
		_, camera := s.cfg.Camera.Status()
		_, settings := s.cfg.Pipeline.Settings()
		s.events.Publish("state", s.stateJSON(), time.Now())
		select {
		case <-camera:
		case <-settings:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(minStateGap):
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) stateJSON() []byte {
	data, err := json.Marshal(s.stateWire())
	if err != nil {
		panic(fmt.Sprintf("httpapi: state cannot be marshalled: %v", err)) // plain numbers and strings always can
	}
	return data
}

// handleEvents is GET /api/v1/events.
//
// ?events=frame,state selects; ?interval_ms= sends at most one frame event in that time,
// the newest; Last-Event-ID (header or ?last_event_id=) goes on where a client left off.
func (s *Server) handleEvents(c *fiber.Ctx) error {
	if err := onlyQuery(c, "events", "interval_ms", "last_event_id"); err != nil {
		return err
	}
	w := sseWriter{events: s.events, state: s.stateJSON, frames: true, states: true}
	if v := c.Query("events"); v != "" {
		w.frames, w.states = false, false
		for name := range strings.SplitSeq(v, ",") {
			switch name {
			case "frame":
				w.frames = true
			case "state":
				w.states = true
			default:
				return badParameter("events", v, "frame, state or both, with a comma between")
			}
		}
	}
	if v := c.Query("interval_ms"); v != "" {
		ms, err := strconv.Atoi(v)
		if err != nil || ms < 1 || ms > 60000 {
			return badParameter("interval_ms", v, "a whole number from 1 to 60000")
		}
		w.interval = time.Duration(ms) * time.Millisecond
	}
	last := c.Get("Last-Event-ID")
	if last == "" {
		last = c.Query("last_event_id")
	}
	return s.streams.serve(c, "events", "text/event-stream", retryWire, nil, func(cn *conn) {
		w.conn = cn
		w.run(last)
	})
}

// sseWriter sends events to one client.
type sseWriter struct {
	events         *hub.Events
	state          func() []byte // the present one
	conn           *conn
	frames, states bool
	interval       time.Duration // least time between frame events, 0 for none

	at      *hub.Event // the last one seen
	owed    uint64     // the client asked for all events up to this one, however many they are
	quiet   time.Time  // when a keep-alive is due
	due     time.Time  // when the next frame event may go
	waiting *hub.Event // the newest frame event held back until then
	told    time.Time  // when the newest frame told of was captured
	bufs    net.Buffers
}

func (w *sseWriter) run(last string) {
	defer w.events.Enter()()
	w.start(last)
	w.quiet = time.Now().Add(keepAlive)
	timer := time.NewTimer(keepAlive)
	defer timer.Stop()
	for {
		more := w.gather()
		if len(w.bufs) > 0 {
			n := len(w.bufs)
			if w.conn.write(time.Now(), w.bufs) != nil {
				return
			}
			w.conn.sent.Add(uint64(n))
			w.bufs = w.bufs[:0]
			if !w.told.IsZero() {
				w.conn.age.Store(time.Since(w.told).Microseconds())
			}
			w.quiet = time.Now().Add(keepAlive)
		}
		if more == nil { // the batch was full
			select {
			case <-w.conn.gone:
				return
			case <-w.conn.s.done:
				return
			default:
				continue
			}
		}
		wake := w.quiet // events that this client did not choose put nothing off
		if w.waiting != nil && w.due.Before(wake) {
			wake = w.due
		}
		timer.Reset(time.Until(wake))
		select {
		case <-more:
		case <-timer.C:
			if !time.Now().Before(w.quiet) {
				w.bufs = append(w.bufs, keepAliveWire)
			}
		case <-w.conn.gone:
			return
		case <-w.conn.s.done:
			return
		}
	}
}

// start finds the client's place. One that goes on where it left off gets the events since
// then; one that comes anew, or to which some are lost, gets the present state first.
func (w *sseWriter) start(last string) {
	if last == "" {
		w.at = w.events.Newest()
		w.present()
		return
	}
	at, lost, from, to := w.events.Resume(last)
	w.at, w.owed = at, w.events.Newest().N
	switch {
	case !lost:
		return
	case to == 0:
		w.gap(wireGap{Restarted: true})
	default:
		w.gap(wireGap{From: from, To: to, Lost: to - from + 1})
	}
	w.present()
}

// present tells the present state to a client that may have missed its last change.
func (w *sseWriter) present() {
	if w.states {
		w.bufs = append(w.bufs, fmt.Appendf(nil, "id: %s-%d\nevent: state\ndata: %s\n\n", w.events.Boot(), w.at.N, w.state()))
	}
}

// gather fills bufs with the events that are there, and returns a channel that is closed
// when the next one comes, or nil when the batch is full and there may be more.
func (w *sseWriter) gather() <-chan struct{} {
	if newest := w.events.Newest(); newest.N > max(w.at.N, w.owed)+maxLag {
		w.conn.skipped.Add(newest.N - w.at.N)
		w.gap(wireGap{From: w.at.N + 1, To: newest.N, Lost: newest.N - w.at.N})
		w.at, w.waiting = newest, nil
		w.present()
	}
	for len(w.bufs) < maxBatch {
		e, more := w.at.Next()
		if e == nil {
			w.release()
			return more
		}
		w.at = e
		switch {
		case e.Name == "frame" && !w.frames, e.Name == "state" && !w.states:
		case e.Name == "frame" && w.interval > 0:
			if w.waiting != nil {
				w.conn.skipped.Add(1)
			}
			w.waiting = e
		default:
			w.tell(e)
		}
	}
	return nil
}

// tell puts an event into the batch.
func (w *sseWriter) tell(e *hub.Event) {
	w.bufs = append(w.bufs, e.Wire)
	if e.Name == "frame" {
		w.told = e.At
	}
}

// release lets the frame event that was held back go, if it is time.
func (w *sseWriter) release() {
	now := time.Now()
	if w.waiting == nil || now.Before(w.due) {
		return
	}
	w.tell(w.waiting)
	w.waiting = nil
	w.due = now.Add(w.interval)
}

func (w *sseWriter) gap(g wireGap) {
	data, err := json.Marshal(g)
	if err != nil {
		panic(err) // three numbers and a bool
	}
	w.bufs = append(w.bufs, fmt.Appendf(nil, "id: %s-%d\nevent: gap\ndata: %s\n\n", w.events.Boot(), max(g.To, w.at.N), data))
}

// EventsWatched reports whether anybody listens to events.
func (s *Server) EventsWatched() bool { return s.events.Subscribers() > 0 }
