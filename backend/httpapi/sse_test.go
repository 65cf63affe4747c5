package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/hub"
)

// seqOf is the seq in a frame event's data.
func seqOf(t testing.TB, e event) uint64 {
	t.Helper()
	var f struct {
		Seq *uint64 `json:"seq"`
	}
	if err := json.Unmarshal([]byte(e.data), &f); err != nil || e.name != "frame" || f.Seq == nil {
		t.Fatalf("%+v is no frame event (%v)", e, err)
	}
	return *f.Seq
}

// gapOf is a gap event's data.
func gapOf(t testing.TB, e event) wireGap {
	t.Helper()
	var g wireGap
	if err := json.Unmarshal([]byte(e.data), &g); err != nil || e.name != "gap" {
		t.Fatalf("%+v is no gap event (%v)", e, err)
	}
	return g
}

func id(n int) string { return fmt.Sprintf("%s-%d", boot, n) }

func TestEvents(t *testing.T) {
	r := newRig(t)
	s := r.open("/api/v1/events", 0)
	if h := s.head.Header; s.head.StatusCode != 200 || h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store, no-transform" || h.Get("X-Accel-Buffering") != "no" {
		t.Errorf("header: %d %v", s.head.StatusCode, h)
	}
	if e := s.readEvent(); e != (event{retry: "1000"}) {
		t.Errorf("the stream begins with %+v, want retry", e)
	}
	first := s.readEvent()
	if first.id != id(1) || first.name != "state" {
		t.Errorf("then comes %+v, want the state", first)
	}
	var st wireState
	if err := json.Unmarshal([]byte(first.data), &st); err != nil || st.Boot != boot || st.Camera.State != capture.Live {
		t.Errorf("the state is %q, %v", first.data, err)
	}
	for seq := uint64(1); seq <= 3; seq++ {
		rep := report(seq)
		r.Report(rep)
		e := s.readEvent()
		want, err := json.Marshal(frameWire(rep))
		if err != nil {
			t.Fatal(err)
		}
		if e.id != id(int(1+seq)) || e.name != "frame" || e.data != string(want) {
			t.Errorf("got %+v\nwant %s", e, want)
		}
	}
	r.cam.become(capture.Lost, &capture.Error{Code: capture.CameraLost, Device: "/dev/video0", Err: errors.New("gone"), Hint: "plug it in"})
	e := s.readEvent()
	if err := json.Unmarshal([]byte(e.data), &st); err != nil || e.id != id(5) || st.Camera.State != capture.Lost || *st.Camera.Error != (wireError{"camera_lost", "/dev/video0: gone", "plug it in"}) {
		t.Errorf("after the loss came %+v", e)
	}
	if c := r.streams.clients(); len(c) != 1 || c[0].kind != "events" || !r.EventsWatched() {
		t.Errorf("%+v, watched %v", c, r.EventsWatched())
	}
	s.nc.Close()
	r.streamsGone()
	if r.EventsWatched() {
		t.Error("nobody is there and it counts as watched")
	}
}

// A change of the settings is a change of the state.
func TestEventsTellSettings(t *testing.T) {
	r := newRig(t)
	s := r.open("/api/v1/events?events=state", 0)
	s.readEvent()
	s.readEvent()
	if resp, body := r.do("PATCH", "/api/v1/pipeline", `{"paused":true}`, "Content-Type", "application/json"); resp.StatusCode != 200 {
		t.Fatalf("%s", body)
	}
	var st wireState
	if e := s.readEvent(); json.Unmarshal([]byte(e.data), &st) != nil || !st.Pipeline.Paused {
		t.Errorf("got %+v", e)
	}
}

// A page hears of changed controls, whoever changed them, and knows that it must ask anew.
func TestEventsTellControls(t *testing.T) {
	r := newRig(t)
	s := r.open("/api/v1/events?events=state", 0)
	s.readEvent()
	for rev := range uint64(3) {
		var st wireState
		if e := s.readEvent(); json.Unmarshal([]byte(e.data), &st) != nil || st.Camera.State != capture.Live || st.Camera.ControlsRev != rev {
			t.Fatalf("got %+v, want revision %d", e, rev)
		}
		r.cam.set(func(st *capture.Status) { st.ControlsRev++ })
	}
}

// However often the camera changed just before: that it is lost is told within the least
// gap between two states.
func TestLossIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := newFakeCamera()
		s := New((&rig{t: t, cam: cam, pipe: newFakePipeline(t)}).config())
		at := s.events.Newest()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.runStates(ctx) }()
		synctest.Wait() // the first state has just been told
		for _, state := range []capture.State{capture.Live, capture.Lost, capture.Opening, capture.Lost} {
			cam.become(state, nil)
			synctest.Wait()
		}
		time.Sleep(minStateGap)
		synctest.Wait()
		var st wireState
		newest := s.events.Newest()
		if err := json.Unmarshal(dataOf(newest), &st); err != nil || st.Camera.State != capture.Lost || newest.N != at.N+2 {
			t.Errorf("%d states, the last one %s (%v); want 2, the last one lost", newest.N-at.N, st.Camera.State, err)
		}
		cancel()
		<-ended
	})
}

// dataOf is the JSON of an event as it goes out.
func dataOf(e *hub.Event) []byte {
	_, data, _ := bytes.Cut(e.Wire, []byte("data: "))
	return data
}

func TestEventsSelection(t *testing.T) {
	r := newRig(t)
	frames := r.open("/api/v1/events?events=frame", 0, "Last-Event-ID", id(1)) // whenever it begins, it misses nothing
	states := r.open("/api/v1/events?events=state", 0)
	both := r.open("/api/v1/events?events=state,frame", 0)
	for _, s := range []*stream{frames, states, both} {
		s.readEvent() // retry
	}
	states.readEvent()
	both.readEvent()
	r.Report(report(7))
	if e := frames.readEvent(); seqOf(t, e) != 7 {
		t.Errorf("frames: %+v", e)
	}
	if e := both.readEvent(); seqOf(t, e) != 7 {
		t.Errorf("both: %+v", e)
	}
	r.cam.become(capture.Off, nil)
	for _, s := range []*stream{states, both} {
		if e := s.readEvent(); e.name != "state" {
			t.Errorf("got %+v, want a state", e)
		}
	}
	r.Report(report(8))
	if e := frames.readEvent(); seqOf(t, e) != 8 {
		t.Errorf("frames after a state: %+v", e)
	}
}

func TestEventsRefuseWrongValues(t *testing.T) {
	r := newRig(t)
	for query, text := range map[string]string{
		"events=frames":     `events="frames"`,
		"events=frame,":     "frame, state or both",
		"events=gap":        "frame, state or both",
		"interval_ms=0":     "from 1 to 60000",
		"interval_ms=60001": "from 1 to 60000",
		"interval_ms=1.5":   "from 1 to 60000",
		"interval_ms=-5":    "from 1 to 60000",
		"event=frame":       `did you mean "events"?`,
		"cache=1":           `unknown query parameter "cache"`,
	} {
		resp, body := r.get("/api/v1/events?" + query)
		if message, _ := wantError(t, resp, body, 400, "bad_parameter"); !strings.Contains(message, text) {
			t.Errorf("%s: %q, want %q in it", query, message, text)
		}
	}
}

// A client that comes back gets exactly what it missed, and then what is new.
func TestEventsResume(t *testing.T) {
	r := newRig(t) // event 1 is the state
	for seq := range uint64(10) {
		r.Report(report(seq + 1)) // events 2 to 11
	}
	for name, open := range map[string]func() *stream{
		"header": func() *stream { return r.open("/api/v1/events", 0, "Last-Event-ID", id(7)) },
		"query":  func() *stream { return r.open("/api/v1/events?last_event_id="+id(7), 0) },
		"both":   func() *stream { return r.open("/api/v1/events?last_event_id="+id(2), 0, "Last-Event-ID", id(7)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open()
			s.readEvent()
			for n := 8; n <= 11; n++ {
				if e := s.readEvent(); e.id != id(n) || seqOf(t, e) != uint64(n-1) {
					t.Errorf("got %+v, want %s", e, id(n))
				}
			}
		})
	}
	s := r.open("/api/v1/events?events=frame", 0, "Last-Event-ID", id(0))
	s.readEvent()
	if e := s.readEvent(); e.id != id(2) {
		t.Errorf("from the start: %+v", e)
	}
	s = r.open("/api/v1/events", 0, "Last-Event-ID", id(11)) // missed nothing
	s.readEvent()
	r.Report(report(11))
	if e := s.readEvent(); e.id != id(12) {
		t.Errorf("got %+v", e)
	}
}

// Beyond the history a gap says which events are lost; then come the state, all that is
// kept, however much that is, and the present.
func TestEventsResumeBeyondTheHistory(t *testing.T) {
	r := newRig(t)
	const published = history + 100
	for seq := range uint64(published) {
		r.Report(report(seq + 1))
	}
	oldest := 1 + published - history // the newest event that is lost
	s := r.open("/api/v1/events", 0, "Last-Event-ID", id(3))
	s.readEvent()
	e := s.readEvent()
	if g := gapOf(t, e); g != (wireGap{From: 4, To: uint64(oldest), Lost: uint64(oldest - 3)}) || e.id != id(oldest) {
		t.Errorf("got %+v", e)
	}
	if e := s.readEvent(); e.name != "state" || e.id != id(oldest) {
		t.Errorf("got %+v, want the state", e)
	}
	for n := oldest + 1; n <= 1+published; n++ {
		if e := s.readEvent(); e.id != id(n) {
			t.Fatalf("got %+v, want %s", e, id(n))
		}
	}
	r.Report(report(9999))
	if e := s.readEvent(); seqOf(t, e) != 9999 {
		t.Errorf("got %+v", e)
	}
}

// An id that says nothing, as after a restart of the server, is answered with a gap, the
// state and what is kept.
func TestEventsResumeAfterAnotherLife(t *testing.T) {
	r := newRig(t)
	r.Report(report(1))
	for _, last := range []string{"f00d-17", "b007", "b007-", "b007-x", "b007--1", "b007-999", "b007-18446744073709551616", "-", "%00", "ä-1", strings.Repeat("9", 5000)} {
		t.Run(last[:min(30, len(last))], func(t *testing.T) {
			s := r.open("/api/v1/events?last_event_id="+url.QueryEscape(last), 0)
			s.readEvent()
			e := s.readEvent()
			if g := gapOf(t, e); g != (wireGap{Restarted: true}) || e.id != id(0) {
				t.Errorf("got %+v", e)
			}
			if e := s.readEvent(); e.name != "state" {
				t.Errorf("got %+v, want the state", e)
			}
			if e := s.readEvent(); e.id != id(1) {
				t.Errorf("got %+v, want the first event kept", e)
			}
			if e := s.readEvent(); seqOf(t, e) != 1 {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// One event is marshalled once, and every subscriber sends the same bytes.
func TestEventsShareTheirBytes(t *testing.T) {
	events := hub.NewEvents(boot, history)
	cn, _ := pipeConn(t)
	var ws [3]sseWriter
	for i := range ws {
		ws[i] = sseWriter{events: events, conn: cn, frames: true, at: events.Newest()}
	}
	published := events.Publish("frame", []byte("{}"), time.Time{})
	for i := range ws {
		ws[i].gather()
		if len(ws[i].bufs) != 1 || &ws[i].bufs[0][0] != &published.Wire[0] {
			t.Errorf("writer %d sends bytes of its own", i)
		}
	}
}

// A batch is bounded; what does not fit follows at once.
func TestEventsGatherInBatches(t *testing.T) {
	events := hub.NewEvents(boot, history)
	cn, _ := pipeConn(t)
	w := sseWriter{events: events, conn: cn, frames: true, at: events.Newest()}
	for range 2*maxBatch + 5 {
		events.Publish("frame", []byte("{}"), time.Time{})
	}
	for i, want := range []int{maxBatch, maxBatch, 5} {
		w.bufs = w.bufs[:0]
		more := w.gather()
		if len(w.bufs) != want || (more == nil) != (want == maxBatch) {
			t.Errorf("batch %d: %d events, more %v; want %d", i, len(w.bufs), more, want)
		}
	}
}

// eventsInFakeTime runs an SSE writer against a client that reads when watch does.
func eventsInFakeTime(t *testing.T, w sseWriter, watch func(events *hub.Events, cn *conn, r *bufio.Reader)) {
	synctest.Test(t, func(t *testing.T) {
		cn, client := pipeConn(t)
		w := w
		w.conn, w.events, w.state = cn, hub.NewEvents(boot, history), func() []byte { return []byte(`"present"`) }
		ended := make(chan struct{})
		go func() { defer close(ended); w.run("") }()
		synctest.Wait()
		watch(w.events, cn, bufio.NewReader(client))
		close(cn.s.done)
		client.Close()
		<-ended
		if n := w.events.Subscribers(); n != 0 {
			t.Errorf("%d subscribers stayed behind", n)
		}
	})
}

// However the silence comes about, it never lasts 15 s.
func TestEventsKeepAlive(t *testing.T) {
	for name, c := range map[string]struct {
		w       sseWriter
		between time.Duration // frame events all the while; 0 for none
	}{
		"nothing happens":           {sseWriter{frames: true}, 0},
		"only what was not chosen":  {sseWriter{states: true}, 100 * time.Millisecond},
		"frames held back for long": {sseWriter{frames: true, interval: time.Minute}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			eventsInFakeTime(t, c.w, func(events *hub.Events, cn *conn, r *bufio.Reader) {
				stop := make(chan struct{})
				if c.between > 0 {
					go func() {
						for {
							select {
							case <-time.After(c.between):
								events.Publish("frame", []byte("{}"), time.Time{})
							case <-stop:
								return
							}
						}
					}()
				}
				last, comments := time.Now(), 0
				for begin := last; time.Since(begin) < 50*time.Second; {
					e, err := readEvent(r)
					if err != nil {
						t.Fatal(err)
					}
					if d := time.Since(last); d > 15*time.Second {
						t.Errorf("%v of silence before %+v", d, e)
					}
					last = time.Now()
					if e.comment == "keep-alive" {
						comments++
					}
				}
				close(stop)
				if comments < 3 || comments > 5 {
					t.Errorf("%d keep-alives in 50 s", comments)
				}
			})
		})
	}
}

// interval_ms thins frame events out to the newest one of each interval; states go at once.
func TestEventsInterval(t *testing.T) {
	w := sseWriter{frames: true, states: true, interval: 100 * time.Millisecond}
	eventsInFakeTime(t, w, func(events *hub.Events, cn *conn, r *bufio.Reader) {
		if e, err := readEvent(r); err != nil || e.data != `"present"` {
			t.Fatalf("got %+v, %v", e, err)
		}
		begin := time.Now()
		go func() {
			for i := range 100 { // one every 10 ms, numbered from 0
				time.Sleep(time.Until(begin.Add(time.Duration(i) * 10 * time.Millisecond)))
				events.Publish("frame", fmt.Appendf(nil, `{"seq":%d}`, i), time.Time{})
				if i == 55 {
					events.Publish("state", []byte(`"new"`), time.Time{})
				}
			}
		}()
		var frames []uint64
		for len(frames) < 11 {
			e, err := readEvent(r)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Since(begin)
			if e.name == "state" {
				if at != 550*time.Millisecond {
					t.Errorf("the state came after %v", at)
				}
				continue
			}
			seq := seqOf(t, e)
			if want := time.Duration(len(frames)) * 100 * time.Millisecond; at != want {
				t.Errorf("frame %d came after %v, want %v", seq, at, want)
			}
			if due := uint64(at / (10 * time.Millisecond)); seq+1 < min(due, 99) {
				t.Errorf("after %v came frame %d, which is not the newest", at, seq)
			}
			frames = append(frames, seq)
		}
		if last := frames[len(frames)-1]; last != 99 {
			t.Errorf("the last frame was %d; the one held back is lost", last)
		}
		if n := cn.skipped.Load(); n != 89 {
			t.Errorf("%d counted as skipped, want 89", n)
		}
	})
}

// A client that was slow is told what it missed and what the state is now, and goes on with
// the present.
func TestEventsGapForASlowClient(t *testing.T) {
	eventsInFakeTime(t, sseWriter{frames: true, states: true}, func(events *hub.Events, cn *conn, r *bufio.Reader) {
		// The writer is stuck with the present state; meanwhile too much happens.
		for i := range 400 {
			events.Publish("frame", fmt.Appendf(nil, `{"seq":%d}`, i), time.Time{})
		}
		if e, err := readEvent(r); err != nil || e.name != "state" {
			t.Fatalf("got %+v, %v", e, err)
		}
		e, err := readEvent(r)
		if err != nil {
			t.Fatal(err)
		}
		if g := gapOf(t, e); g != (wireGap{From: 1, To: 400, Lost: 400}) || e.id != id(400) {
			t.Errorf("got %+v", e)
		}
		if e, err := readEvent(r); err != nil || e.name != "state" || e.data != `"present"` {
			t.Errorf("after the gap came %+v, %v; want the state", e, err)
		}
		if n := cn.skipped.Load(); n != 400 {
			t.Errorf("%d counted as skipped", n)
		}
		events.Publish("frame", []byte(`{"seq":400}`), time.Time{})
		if e, err := readEvent(r); err != nil || seqOf(t, e) != 400 || e.id != id(401) {
			t.Errorf("got %+v, %v", e, err)
		}
	})
}

// What was held back for a client before the gap is of the past too.
func TestEventsGapDropsWhatWaits(t *testing.T) {
	events := hub.NewEvents(boot, history)
	cn, _ := pipeConn(t)
	w := sseWriter{events: events, conn: cn, frames: true, interval: time.Second, at: events.Newest(), due: time.Now().Add(time.Hour)}
	events.Publish("frame", []byte("{}"), time.Time{})
	w.gather()
	if w.waiting == nil {
		t.Fatal("the frame is not held back")
	}
	for range maxLag + 1 {
		events.Publish("frame", []byte("{}"), time.Time{})
	}
	w.due = time.Time{}
	w.gather()
	if len(w.bufs) != 1 || !strings.Contains(string(w.bufs[0]), "event: gap") {
		t.Errorf("got %q, want the gap alone", w.bufs)
	}
}

// One that is only a little behind gets everything.
func TestEventsNoGapWithinTheLag(t *testing.T) {
	eventsInFakeTime(t, sseWriter{frames: true, states: true}, func(events *hub.Events, cn *conn, r *bufio.Reader) {
		for i := range maxLag {
			events.Publish("frame", fmt.Appendf(nil, `{"seq":%d}`, i), time.Time{})
		}
		readEvent(r)
		for i := range uint64(maxLag) {
			if e, err := readEvent(r); err != nil || seqOf(t, e) != i {
				t.Fatalf("got %+v, %v, want %d", e, err, i)
			}
		}
	})
}

// The camera may flap as fast as it likes: clients get a bounded number of states, and the
// last one is true.
func TestStatesAreNotAFlood(t *testing.T) {
	r := newRig(t)
	s := r.open("/api/v1/events?events=state", 0)
	s.readEvent()
	s.readEvent()
	begin := time.Now()
	for time.Since(begin) < 300*time.Millisecond {
		r.cam.become(capture.Lost, nil)
		r.cam.become(capture.Live, nil)
		runtime.Gosched()
	}
	r.cam.become(capture.Off, nil)
	for n := 1; ; n++ {
		var st wireState
		e := s.readEvent()
		if err := json.Unmarshal([]byte(e.data), &st); err != nil {
			t.Fatal(err)
		}
		if st.Camera.State == capture.Off {
			if limit := int(time.Since(begin)/minStateGap) + 2; n > limit {
				t.Errorf("%d states, want at most %d", n, limit)
			}
			return
		}
	}
}

// Numbers that JSON cannot hold cost that event and nothing else.
func TestReportThatCannotBeTold(t *testing.T) {
	r := newRig(t)
	s := r.open("/api/v1/events?events=frame", 0, "Last-Event-ID", id(1))
	s.readEvent()
	bad := report(1)
	bad.Result = analyze.Result{Values: map[string]float64{"motion_share": math.NaN()}}
	for range 3 {
		r.Report(bad)
	}
	r.Report(report(2))
	r.Report(bad)
	if e := s.readEvent(); seqOf(t, e) != 2 {
		t.Errorf("got %+v", e)
	}
	if line := r.logs.wait(t, "cannot be told"); !strings.Contains(line, "analyzer=motion") {
		t.Errorf("logged %s", line)
	}
	r.logs.mu.Lock()
	defer r.logs.mu.Unlock()
	if n := len(r.logs.lines); n != 2 { // once for three in a row, and once for the other
		t.Errorf("logged %d lines: %q", n, r.logs.lines)
	}
}

// The parts of the budget add up to the age although each is rounded.
func TestBudgetAddsUp(t *testing.T) {
	rep := report(1)
	d := 333*time.Microsecond + 700*time.Nanosecond
	b := &rep.Budget
	b.Dequeue, b.Wait, b.Analysis, b.Draw, b.Encode, b.Publish, b.Age = d, d, d, d, d, d, 6*d
	w := frameWire(rep).Budget
	if sum := w.Dequeue + w.Wait + w.Analysis + w.Draw + w.Encode + w.Publish; sum != w.Age || w.Age != (6*d).Microseconds() {
		t.Errorf("%+v: the parts add up to %d", w, sum)
	}
	for _, part := range []int64{w.Dequeue, w.Wait, w.Analysis, w.Draw, w.Encode, w.Publish} {
		if part != 333 && part != 334 {
			t.Errorf("a part of 333.7 µs is %s", strconv.FormatInt(part, 10))
		}
	}
}
