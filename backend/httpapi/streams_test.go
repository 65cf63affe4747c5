package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"freshframe/backend/pipeline"
)

// tinyBuffer is the receive buffer of clients that are to be slow; the kernel doubles it.
const tinyBuffer = 4 << 10

// publishUntil publishes pictures every millisecond until stop is closed, and gives the
// last one's seq.
func (r *rig) publishUntil(stop <-chan struct{}, size int) (last <-chan uint64) {
	out := make(chan uint64, 1)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for seq := uint64(1); ; seq++ {
			r.cfg.Annotated.Publish(picture(seq, size))
			select {
			case <-tick.C:
			case <-stop:
				out <- seq
				return
			}
		}
	}()
	return out
}

// A client that takes nothing is thrown out after the write limit, with a reset so that the
// kernel keeps nothing for it; another one never notices.
func TestStuckClientIsEvictedAndSlowsNobody(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Write = time.Second })
	stuck := r.open("/ai-video-stream", tinyBuffer)
	healthy := r.open("/ai-video-stream", 0).readOpening()
	stop := make(chan struct{})
	last := r.publishUntil(stop, 100<<10)

	evicted := make(chan string, 1)
	go func() { evicted <- r.logs.wait(t, "took no data for too long") }()
	var slowest time.Duration
	received := 0
	for {
		p := healthy.readPart()
		received++
		us, err := strconv.Atoi(p.header["X-Frame-Age-Us"])
		if err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Duration(us)*time.Microsecond)
		select {
		case line := <-evicted:
			if !strings.Contains(line, "stream=annotated") || !strings.Contains(line, "remote=127.0.0.1") {
				t.Errorf("the log does not say who: %s", line)
			}
		default:
			continue
		}
		break
	}
	close(stop)
	final := <-last
	if received < 20 || slowest > 700*time.Millisecond {
		t.Errorf("while the other one was stuck, the healthy client got %d pictures, the oldest %v old", received, slowest)
	}
	if n := r.streams.evicted.Load(); n != 1 {
		t.Errorf("%d evicted, want 1", n)
	}
	if _, err := io.Copy(io.Discard, stuck.r); !isReset(err) {
		t.Errorf("the stuck client's connection ended with %v, want a reset", err)
	}
	for { // the healthy one is still served, up to the newest
		if p := healthy.readPart(); p.header["X-Frame-Seq"] == strconv.FormatUint(final, 10) {
			break
		}
	}
}

// A client that cannot keep up skips pictures; what waits for it in the kernel is little.
func TestSlowClientGetsFreshPicturesNotABacklog(t *testing.T) {
	const size = 50 << 10
	r := newRig(t)
	slow := r.open("/ai-video-stream", tinyBuffer).readOpening()
	pace := r.open("/ai-video-stream", 0).readOpening()
	stop := make(chan struct{})
	last := r.publishUntil(stop, size)
	slow.readPart()
	for range 200 { // as many pictures pass by while the slow one reads nothing
		pace.readPart()
	}
	close(stop)
	final := <-last
	for backlog := 1; ; backlog++ {
		p := slow.readPart()
		if p.header["X-Frame-Seq"] == strconv.FormatUint(final, 10) {
			if limit := 2 + (notSentLowat+8*tinyBuffer)/size; backlog > limit+2 {
				t.Errorf("%d old pictures came before the newest, want at most %d", backlog-1, limit+2)
			}
			break
		}
	}
	c := r.streams.clients()[0]
	if c.skipped.Load() < 100 || c.bytes.Load() == 0 {
		t.Errorf("counted %d skipped and %d bytes", c.skipped.Load(), c.bytes.Load())
	}
}

// Nothing is written to an idle stream, so only the watch can see that the client has gone.
func TestDisconnectIsNoticedWhileIdle(t *testing.T) {
	for _, path := range []string{"/ai-video-stream", "/ai-video-stream?fps=0.01", "/api/v1/events?events=frame"} {
		t.Run(path, func(t *testing.T) {
			r := newRig(t)
			var all []*stream
			for range 5 {
				all = append(all, r.open(path, 0))
			}
			for _, s := range all {
				s.nc.Close()
			}
			r.streamsGone()
			if n := r.cfg.Annotated.Subscribers() + r.events.Subscribers(); n != 0 {
				t.Errorf("%d subscribers are still counted", n)
			}
		})
	}
}

func TestStreamLimits(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Streams, c.Limits.StreamsPerIP = 3, 2 })
	first := r.open("/stream", 0)
	r.open("/api/v1/events", 0) // every kind counts

	// Only the address of the connection counts: a forwarding header changes nothing.
	resp, body := r.get("/raw-video-stream", "X-Forwarded-For", "192.0.2.7", "X-Real-Ip", "192.0.2.7", "Forwarded", "for=192.0.2.7")
	message, _ := wantError(t, resp, body, 429, "too_many_streams")
	if !strings.Contains(message, "127.0.0.1 already has 2") || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%q, Retry-After %q", message, resp.Header.Get("Retry-After"))
	}

	// Another address of this machine is another client; then all places are taken.
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	for i := range 2 {
		nc, err := from.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		fmt.Fprintf(nc, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
		other := &stream{t: t, nc: nc.(*net.TCPConn), r: bufio.NewReader(nc)}
		other.readHead()
		if i == 0 {
			if other.head.StatusCode != 200 {
				t.Fatalf("the third place: %d", other.head.StatusCode)
			}
			continue
		}
		body, _ := io.ReadAll(other.head.Body)
		message, _ := wantError(t, other.head, body, 503, "too_many_streams")
		if !strings.Contains(message, "all 3 streams are taken") || other.head.Header.Get("Retry-After") == "" {
			t.Errorf("%q, Retry-After %q", message, other.head.Header.Get("Retry-After"))
		}
	}
	if n := len(r.streams.clients()); n != 3 {
		t.Fatalf("%d streams, want 3", n)
	}
	if r.streams.clients()[0].kind != "annotated" {
		t.Error("clients are not in the order in which they came")
	}

	// A place that becomes free can be taken again; REST answers all the while.
	first.nc.Close()
	for len(r.streams.clients()) == 3 {
		if got := r.head("/healthz"); got != 200 {
			t.Fatalf("healthz: %d", got)
		}
	}
	if got := r.open("/stream", 0).head.StatusCode; got != 200 {
		t.Errorf("the free place: %d", got)
	}
}

// head sends a HEAD request and gives the status.
func (r *rig) head(path string) int {
	resp, _ := r.do("HEAD", path, "")
	return resp.StatusCode
}

// A panic in one stream ends that one, and neither the process nor another stream.
func TestPanicInAStreamIsIsolated(t *testing.T) {
	r := newRig(t)
	video := r.open("/stream", 0).readOpening()
	<-r.cfg.Annotated.Demand()
	r.pipe.set(func(p *fakePipeline) { p.rates = func() pipeline.Rates { panic("the gauge broke") } })
	events := r.open("/api/v1/events", 0)
	if _, err := io.Copy(io.Discard, events.r); !isReset(err) {
		t.Errorf("the broken stream ended with %v, want a reset", err)
	}
	if line := r.logs.wait(t, "stream panicked"); !strings.Contains(line, "the gauge broke") || !strings.Contains(line, "stateWire") {
		t.Errorf("the log has neither the cause nor the place: %s", line)
	}
	// The same panic in a plain request is an error of that request.
	resp, body := r.get("/api/v1/state")
	wantError(t, resp, body, 500, "internal")
	if line := r.logs.wait(t, "request panicked"); !strings.Contains(line, "/api/v1/state") || !strings.Contains(line, "stateWire") {
		t.Errorf("the log has neither the address nor the place: %s", line)
	}

	r.pipe.set(func(p *fakePipeline) { p.rates = func() pipeline.Rates { return pipeline.Rates{} } })
	r.cfg.Annotated.Publish(picture(1, 0))
	if p := video.readPart(); p.header["X-Frame-Seq"] != "1" {
		t.Errorf("the other stream: %v", p.header)
	}
}

// A stream that never begins, because the answer before it could not be sent, gives its
// place back.
func TestStreamThatNeverBeginsGivesItsPlaceBack(t *testing.T) {
	starting, release := make(chan struct{}), make(chan struct{})
	r := newRig(t)
	r.cam.start = func(context.Context) error { close(starting); <-release; return nil }
	s := r.dial(0)
	fmt.Fprintf(s.nc, "POST /api/v1/camera/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\nGET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-starting
	s.nc.SetLinger(0)
	s.nc.Close()
	r.get("/healthz") // the reset has arrived before what came after it
	close(release)
	r.client.CloseIdleConnections()
	r.until("both requests have been dealt with", func() bool {
		r.requests.mu.Lock()
		defer r.requests.mu.Unlock()
		return len(r.requests.open) == 0
	})
	r.until("the place is free", func() bool { return len(r.streams.clients()) == 0 })
	r.streams.mu.Lock()
	defer r.streams.mu.Unlock()
	if r.streams.ids != 1 || len(r.streams.perIP) != 0 {
		t.Errorf("%d streams took a place, and %v is counted; want 1 and none", r.streams.ids, r.streams.perIP)
	}
}

// Whatever clients do, the end comes soon and leaves nothing behind.
func TestShutdownWithFiftyClientsOfEveryKind(t *testing.T) {
	r := newRig(t)
	r.cam.start = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	var reading sync.WaitGroup
	read := func(s *stream) {
		reading.Go(func() { io.Copy(io.Discard, s.r) })
	}
	var stuck []*stream
	for i := range 50 {
		path, buffer := "/ai-video-stream", 0
		if i%2 == 1 {
			path = "/api/v1/events"
		}
		if i%4 >= 2 {
			buffer = tinyBuffer
		}
		s := r.open(path, buffer)
		if buffer == 0 {
			read(s)
		} else {
			stuck = append(stuck, s)
		}
	}
	// Besides: requests that wait, one that is half sent, and one that never starts.
	for _, request := range []string{
		"GET /api/v1/snapshot.jpg?after_seq=999999 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /api/v1/camera/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
		"PATCH /api/v1/pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
		"GET /api/v1/state HTT",
		"",
	} {
		s := r.dial(0)
		io.WriteString(s.nc, request)
		read(s)
	}
	stop := make(chan struct{})
	last := r.publishUntil(stop, 200<<10)
	for seq := uint64(1); seq < 2000; seq++ { // enough that the tiny buffers are full
		rep := report(seq)
		rep.Analyzer = strings.Repeat("x", 500)
		r.Report(rep)
	}
	r.get("/healthz")

	begin := time.Now()
	r.client.CloseIdleConnections()
	r.cancel()
	<-r.ended
	took := time.Since(begin)
	close(stop)
	<-last
	if took > 1500*time.Millisecond {
		t.Errorf("the shutdown took %v", took)
	}
	if n := len(r.streams.clients()) + len(r.requests.open) + r.cfg.Annotated.Subscribers() + r.events.Subscribers(); n != 0 {
		t.Errorf("%d clients are still counted", n)
	}
	if n := r.streams.evicted.Load(); n != 0 {
		t.Errorf("%d clients are counted as evicted; they were not", n)
	}
	reading.Wait() // every client has seen the end
	resets := 0
	for _, s := range stuck {
		if _, err := io.Copy(io.Discard, s.r); isReset(err) {
			resets++
		}
	}
	if resets == 0 {
		t.Error("no stuck client was reset")
	}
	if _, err := net.Dial("tcp", r.addr); err == nil {
		t.Error("the port still answers")
	}
	t.Logf("%v, %d of %d slow clients reset", took, resets, len(stuck))
}

// A driver that heeds nothing holds up neither the end nor, when it comes to, the process.
func TestShutdownDoesNotWaitForADriver(t *testing.T) {
	starting, release := make(chan struct{}), make(chan struct{})
	r := newRig(t)
	r.cam.start = func(context.Context) error { close(starting); <-release; return nil }
	s := r.dial(0)
	fmt.Fprintf(s.nc, "POST /api/v1/camera/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
	<-starting
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > 1500*time.Millisecond {
		t.Errorf("the shutdown took %v", took)
	}
	close(release)
	s.readHead() // late, but answered
	if rest, err := io.ReadAll(s.r); s.head.StatusCode != 200 || err != nil {
		t.Errorf("%d, then %d bytes and %v", s.head.StatusCode, len(rest), err)
	}
}

// Nor does a client that asks for much and reads none of it.
func TestShutdownDespiteAnAnswerNobodyReads(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.annotated = picture(1, 8<<20) })
	s := r.dial(tinyBuffer)
	fmt.Fprintf(s.nc, "GET /snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := s.r.Peek(1); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > 1500*time.Millisecond {
		t.Errorf("the shutdown took %v", took)
	}
}

// A stream that has a place and has not begun is given up without closing its connection,
// which is not ours yet.
func TestShutdownBeforeAStreamBegins(t *testing.T) {
	cn, client := pipeConn(t)
	done := 0
	cn.done = func() { done++ }
	if err := cn.s.enter(cn); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan struct{})
	go func() { defer close(ended); cn.s.shutdown(over) }()
	<-cn.s.done
	if _, err := cn.nc.Write([]byte("answer")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write ends with %v", err)
	}
	if err := cn.nc.SetWriteDeadline(time.Time{}); err != nil { // what fasthttp does next
		t.Errorf("the connection is closed: %v", err)
	}
	if cn.s.begin(cn) {
		t.Error("the stream begins")
	}
	cn.s.abandon(cn.nc)
	<-ended
	if done != 1 {
		t.Errorf("what the stream held was given back %d times", done)
	}
	client.Close()
}

// A stream that reads ends between two parts, not in the middle of one.
func TestShutdownFinishesThePart(t *testing.T) {
	r := newRig(t)
	s := r.open("/stream", 0).readOpening()
	stop := make(chan struct{})
	last := r.publishUntil(stop, 300<<10)
	s.readPart()
	r.cancel()
	for {
		p, err := s.tryPart()
		if err != nil {
			if !errors.Is(err, io.EOF) || len(p.header) != 0 {
				t.Errorf("the stream ended with %v after the header %v", err, p.header)
			}
			break
		}
	}
	<-r.ended
	close(stop)
	<-last
}

// New streams are refused while the old ones finish.
func TestNoStreamBeginsDuringShutdown(t *testing.T) {
	r := newRig(t)
	r.streams.shutdown(t.Context())
	resp, body := r.get("/stream")
	wantError(t, resp, body, 503, "shutting_down")
}

// A server told to end before it has begun does not begin.
func TestRunWithAnEndedContext(t *testing.T) {
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, cam: newFakeCamera(), pipe: newFakePipeline(t)}
		s := New(r.config())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Run(ctx, ln); err != nil {
			t.Fatal(err)
		}
		if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
			t.Fatal("the port still answers")
		}
	}
}

// An error of the listener that does not pass ends Run with that error, and everything else
// with it.
func TestRunEndsWithTheListener(t *testing.T) {
	broken := errors.New("the network card is on fire")
	ln := &scriptedListener{closed: make(chan struct{}), accept: []any{broken}}
	r := &rig{t: t, cam: newFakeCamera(), pipe: newFakePipeline(t)}
	if err := New(r.config()).Run(t.Context(), ln); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// Headers that middleware set and the program's own go out with a stream's.
func TestStreamHasTheServersHeaders(t *testing.T) {
	r := newRig(t)
	var got bytes.Buffer
	r.open("/stream", 0).head.Header.Write(&got)
	for _, want := range []string{"Referrer-Policy: same-origin", "Date: "} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("%s is missing in\n%s", want, got.String())
		}
	}
}

// Browsers send the cookies of every program on localhost along.
func TestLargeRequestHeaders(t *testing.T) {
	r := newRig(t)
	if resp, _ := r.get("/healthz", "Cookie", "other="+strings.Repeat("c", 12<<10)); resp.StatusCode != 200 {
		t.Errorf("12 KB of cookies: %d", resp.StatusCode)
	}
	// More than there is room for: exactly the room, without an end, so that nothing unread is
	// left that would turn the closing into a reset.
	s := r.dial(0)
	request := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nCookie: other="
	io.WriteString(s.nc, request+strings.Repeat("c", 16<<10-len(request)))
	s.readHead()
	body, err := io.ReadAll(s.head.Body)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, s.head, body, http.StatusRequestHeaderFieldsTooLarge, "request_header_fields_too_large")
}
