package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/motion"
	"freshframe/backend/analyze/simulate"
	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
	"freshframe/backend/slot"
	"freshframe/backend/zone"
)

// patience is how long a test waits for what must come; no test relies on its length.
const patience = 10 * time.Second

// rig is a running server on a loopback port, with a fake camera and a fake pipeline.
type rig struct {
	*Server
	t      testing.TB
	addr   string
	cam    *fakeCamera
	pipe   *fakePipeline
	logs   *logs
	client *http.Client
	ended  chan struct{}
	cancel context.CancelFunc
}

// boot is the part of every event id in tests.
const boot = "b007"

func newRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newRigOn(t, ln, change...)
}

func newRigOn(t testing.TB, ln net.Listener, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, addr: ln.Addr().String(), cam: newFakeCamera(), pipe: newFakePipeline(t), ended: make(chan struct{})}
	cfg := r.config()
	for _, c := range change {
		c(&cfg)
	}
	r.Server = New(cfg)
	r.client = &http.Client{Timeout: patience, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	root := r.events.Newest()
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.ended)
		if err := r.Run(ctx, ln); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	t.Cleanup(r.stop)
	if _, first := root.Next(); first != nil { // the state of the beginning is event 1
		<-first
	}
	return r
}

// config is what a server around the fakes needs.
func (r *rig) config() Config {
	if r.logs == nil {
		r.logs = newLogs()
	}
	return Config{
		Camera: r.cam, Pipeline: r.pipe, Kinds: testKinds(),
		Discover: func() any { return []string{} },
		Source:   "synthetic:", Why: "as asked for",
		Annotated: hub.NewPictures(), Clean: hub.NewPictures(), Live: hub.NewPictures(), Raw: hub.NewPictures(),
		Boot: boot, Build: Build{Version: "1.2.3", Revision: "0123abc", Go: "go1.26"},
		Limits: Limits{Streams: 100, StreamsPerIP: 100, Write: patience},
		Log:    slog.New(r.logs),
	}
}

// stop ends the server and waits until it is gone.
func (r *rig) stop() {
	r.client.CloseIdleConnections()
	r.cancel()
	<-r.ended
}

// do sends a request and reads the whole response.
func (r *rig) do(method, path, body string, headers ...string) (*http.Response, []byte) {
	r.t.Helper()
	req, err := http.NewRequest(method, "http://"+r.addr+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, data
}

func (r *rig) get(path string, headers ...string) (*http.Response, []byte) {
	r.t.Helper()
	return r.do("GET", path, "", headers...)
}

// wantError checks a response against the form of every error, and gives its message and
// hint.
func wantError(t testing.TB, resp *http.Response, body []byte, status int, code string) (message, hint string) {
	t.Helper()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != status || got != "application/json" {
		t.Errorf("got %d %s, want %d application/json; body %s", resp.StatusCode, got, status, body)
	}
	var e struct {
		Error map[string]string `json:"error"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	if len(e.Error) != 3 || e.Error["code"] != code || e.Error["message"] == "" || e.Error["hint"] == "" {
		t.Errorf("got %s, want the code %s with a message and a hint", body, code)
	}
	return e.Error["message"], e.Error["hint"]
}

// stream is an open stream as a client sees it.
type stream struct {
	t    testing.TB
	nc   *net.TCPConn
	r    *bufio.Reader
	head *http.Response
}

// open sends a GET for path over a socket of its own and reads the response's header.
// rcvbuf, when not 0, bounds the socket's receive buffer.
func (r *rig) open(path string, rcvbuf int, headers ...string) *stream {
	r.t.Helper()
	var extra strings.Builder
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&extra, "%s: %s\r\n", headers[i], headers[i+1])
	}
	s := r.dial(rcvbuf)
	if _, err := fmt.Fprintf(s.nc, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, r.addr, extra.String()); err != nil {
		r.t.Fatal(err)
	}
	s.readHead()
	return s
}

func (r *rig) dial(rcvbuf int) *stream {
	r.t.Helper()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		raw.Control(func(fd uintptr) {
			if rcvbuf > 0 { // before connecting, so that the window is small from the start
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, rcvbuf)
			}
		})
		return err
	}}
	nc, err := d.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { nc.Close() })
	nc.SetReadDeadline(time.Now().Add(patience))
	return &stream{t: r.t, nc: nc.(*net.TCPConn), r: bufio.NewReader(nc)}
}

func (s *stream) readHead() {
	s.t.Helper()
	var err error
	if s.head, err = http.ReadResponse(s.r, &http.Request{Method: "GET"}); err != nil {
		s.t.Fatal(err)
	}
}

// part is one part of an MJPEG stream.
type part struct {
	header map[string]string
	jpeg   []byte
}

// readPart reads a header and a JPEG, and the delimiter that must follow at once.
func (s *stream) readPart() part {
	s.t.Helper()
	p, err := s.tryPart()
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *stream) tryPart() (part, error) {
	p := part{header: map[string]string{}}
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			return p, err
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ": ")
		p.header[name] = value
	}
	var n int
	if _, err := fmt.Sscan(p.header["Content-Length"], &n); err != nil {
		return p, fmt.Errorf("Content-Length in %v: %w", p.header, err)
	}
	data := make([]byte, n+len(between))
	if _, err := io.ReadFull(s.r, data); err != nil {
		return p, err
	}
	p.jpeg = data[:n]
	if got := string(data[n:]); got != between {
		return p, fmt.Errorf("%q stands after the JPEG, want %q", got, between)
	}
	return p, nil
}

// readOpening reads the delimiter before the first part.
func (s *stream) readOpening() *stream {
	s.t.Helper()
	b := make([]byte, len("--frame\r\n"))
	if _, err := io.ReadFull(s.r, b); err != nil || string(b) != "--frame\r\n" {
		s.t.Fatalf("got %q, %v before the first part", b, err)
	}
	return s
}

// event is one server-sent event as a client sees it.
type event struct{ id, name, data, retry, comment string }

// readEvent reads up to the next empty line.
func readEvent(r *bufio.Reader) (event, error) {
	var e event
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return e, err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			return e, nil
		}
		name, value, ok := strings.Cut(line, ": ")
		switch {
		case ok && name == "id":
			e.id = value
		case ok && name == "event":
			e.name = value
		case ok && name == "data":
			e.data = value
		case ok && name == "retry":
			e.retry = value
		case ok && name == "":
			e.comment = value
		default:
			return e, fmt.Errorf("line %q is none of an event stream", line)
		}
	}
}

func (s *stream) readEvent() event {
	s.t.Helper()
	e, err := readEvent(s.r)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// streamsGone waits until no stream is left.
func (r *rig) streamsGone() {
	r.t.Helper()
	r.until("no stream is left", func() bool { return len(r.streams.clients()) == 0 })
}

// until waits for what the server gives no sign of.
func (r *rig) until(what string, is func() bool) {
	r.t.Helper()
	for begin := time.Now(); !is(); runtime.Gosched() {
		if time.Since(begin) > patience {
			r.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// letOthersRun gives the server the time of some requests to do what it must not do.
func (r *rig) letOthersRun() {
	for range 20 {
		r.head("/healthz")
	}
}

// picture makes a picture whose bytes name its seq; the server never looks into them.
func picture(seq uint64, size int) *hub.Picture {
	data := fmt.Appendf(nil, "\xff\xd8 picture %d ", seq)
	for len(data) < size {
		data = append(data, byte(seq))
	}
	return &hub.Picture{Seq: seq, JPEG: data, Width: 64, Height: 48, Captured: time.Now()}
}

// realPicture makes a JPEG that decodes.
func realPicture(t testing.TB, seq uint64, w, h int) *hub.Picture {
	t.Helper()
	im := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range im.Y {
		im.Y[i] = byte(i * 3)
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = 90, 160
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, im, nil); err != nil {
		t.Fatal(err)
	}
	return &hub.Picture{Seq: seq, JPEG: b.Bytes(), Width: w, Height: h, Captured: time.Now()}
}

// report makes what the pipeline tells of one analyzed frame.
func report(seq uint64) *pipeline.Report {
	return &pipeline.Report{Seq: seq, Captured: time.Now(), Width: 64, Height: 48, Analyzer: "motion", Mode: "serial"}
}

// everything is drawn.
var everything = overlay.Options{Boxes: true, Labels: true, Landmarks: true, Trails: true, Zones: true, ProcessingTime: true, ObjectCount: true, FPS: true}

func testKinds() analyze.Kinds { return analyze.Kinds{motion.Kind(), simulate.Kind()} }

// fakeCamera is a Camera whose answers a test writes.
type fakeCamera struct {
	mu          sync.Mutex
	status      capture.Status
	changed     chan struct{}
	start, stop func(context.Context) error
	controls    func(context.Context) ([]capture.Control, error)
	setControls func(context.Context, []capture.Setting) ([]capture.Control, error)
}

func newFakeCamera() *fakeCamera {
	none := func(context.Context) error { return nil }
	list := func(context.Context) ([]capture.Control, error) { return someControls, nil }
	return &fakeCamera{
		status: capture.Status{State: capture.Live, Since: time.Now(), Info: capture.Info{
			Device: "synthetic", Name: "Synthetic camera", Format: frame.JPEG, Width: 64, Height: 48, Framerate: 30, Simulated: true,
		}},
		changed: make(chan struct{}), start: none, stop: none,
		controls:    list,
		setControls: func(ctx context.Context, _ []capture.Setting) ([]capture.Control, error) { return list(ctx) },
	}
}

func (c *fakeCamera) Status() (capture.Status, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status, c.changed
}

// become changes the state and tells everyone.
func (c *fakeCamera) become(s capture.State, e *capture.Error) {
	c.set(func(st *capture.Status) { st.State, st.Err = s, e })
}

// set changes the status and tells everyone.
func (c *fakeCamera) set(change func(*capture.Status)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.status)
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *fakeCamera) Start(ctx context.Context) error { return c.start(ctx) }
func (c *fakeCamera) Stop(ctx context.Context) error  { return c.stop(ctx) }

func (c *fakeCamera) Controls(ctx context.Context) ([]capture.Control, error) {
	return c.controls(ctx)
}

func (c *fakeCamera) SetControls(ctx context.Context, s []capture.Setting) ([]capture.Control, error) {
	return c.setControls(ctx, s)
}

// someControls has one of each kind.
var someControls = []capture.Control{
	{Name: "brightness", Title: "Brightness", Type: capture.IntControl, Min: -64, Max: 64, Step: 1, Value: 10},
	{Name: "white_balance_automatic", Title: "White Balance, Automatic", Type: capture.BoolControl, Max: 1, Step: 1, Default: 1, Value: 1},
	{Name: "white_balance_temperature", Title: "White Balance Temperature", Type: capture.IntControl, Min: 2800, Max: 6500, Step: 10, Default: 4600, Value: 4600, Inactive: true},
	{Name: "power_line_frequency", Title: "Power Line Frequency", Type: capture.MenuControl, Max: 2, Step: 1, Default: 1, Value: 1, Menu: []capture.MenuItem{
		{Value: 0, Name: "Disabled"}, {Value: 1, Name: "50 Hz"}, {Value: 2, Name: "60 Hz"},
	}},
	{Name: "pan_reset", Title: "Pan, Reset", Type: capture.ButtonControl, Step: 1},
	{Name: "privacy", Title: "Privacy", Type: capture.BoolControl, Max: 1, Step: 1, ReadOnly: true},
}

// fakePipeline has the settings of a real one, which never runs, and otherwise says what a
// test wants.
type fakePipeline struct {
	*pipeline.Pipeline
	mu        sync.Mutex
	annotated *hub.Picture
	raw       *hub.Picture
	rawErr    error
	silence   string
	trouble   error
	rates     func() pipeline.Rates
	work      *pipeline.Work // nil: what the real one says
	ages      metrics.Percentiles
	totals    metrics.Totals
	zones     []zone.Tally // nil: what the real one says
}

func newFakePipeline(t testing.TB) *fakePipeline {
	t.Helper()
	spec, err := testKinds().Parse("motion?threshold=20")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Settings: pipeline.Settings{Spec: spec, Freshness: slot.Throughput, Overlay: everything},
		Kinds:    testKinds(), Quality: 80,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &fakePipeline{Pipeline: p, rates: func() pipeline.Rates { return pipeline.Rates{Captured: 30, Analyzed: 10, Encoded: 10} }}
}

// Apply takes a little longer than the real one, so that what runs beside it shows.
func (p *fakePipeline) Apply(c pipeline.Change) (pipeline.Settings, error) {
	time.Sleep(time.Millisecond)
	return p.Pipeline.Apply(c)
}

// set changes what the pipeline says.
func (p *fakePipeline) set(change func(*fakePipeline)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *fakePipeline) Snapshot(context.Context) (*hub.Picture, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.annotated, nil
}

func (p *fakePipeline) RawSnapshot() (*hub.Picture, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raw, p.rawErr
}

func (p *fakePipeline) Rates(time.Time) pipeline.Rates {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rates()
}

func (p *fakePipeline) Work(now time.Time) pipeline.Work {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.work != nil {
		return *p.work
	}
	return p.Pipeline.Work(now)
}

func (p *fakePipeline) Ages() metrics.Percentiles {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ages
}

func (p *fakePipeline) Totals() metrics.Totals {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.totals
}

func (p *fakePipeline) Zones() []zone.Tally {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.zones != nil {
		return p.zones
	}
	return p.Pipeline.Zones()
}

func (p *fakePipeline) Trouble() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble
}

func (p *fakePipeline) Silence() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.silence
}

// logs keeps what was logged, and lets a test wait for it.
type logs struct {
	mu    sync.Mutex
	lines []string
	grown chan struct{}
}

func newLogs() *logs { return &logs{grown: make(chan struct{})} }

func (l *logs) Enabled(context.Context, slog.Level) bool { return true }
func (l *logs) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logs) WithGroup(string) slog.Handler            { return l }

func (l *logs) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	close(l.grown)
	l.grown = make(chan struct{})
	return nil
}

// wait returns the first line that contains text.
func (l *logs) wait(t testing.TB, text string) string {
	t.Helper()
	deadline := time.After(patience)
	for seen := 0; ; {
		l.mu.Lock()
		lines, grown := l.lines, l.grown
		l.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if strings.Contains(lines[seen], text) {
				return lines[seen]
			}
		}
		select {
		case <-grown:
		case <-deadline:
			t.Fatalf("nothing was logged that contains %q", text)
		}
	}
}

// isReset says that the server threw the connection away, rather than closing it in order.
func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
