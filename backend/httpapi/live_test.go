package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	stdjpeg "image/jpeg"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/capture/synthetic"
	"freshframe/backend/capture/v4l2"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
	"freshframe/backend/slot"
)

// live is the whole program: the synthetic camera, the motion analyzer, the pipeline and
// the server.
func live(t *testing.T, options string) *rig {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	schemes := capture.Schemes{synthetic.Scheme()}
	scheme, address, err := schemes.Parse("synthetic:?scene=room&video_size=320x240&framerate=60" + options)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := testKinds().Parse("motion")
	if err != nil {
		t.Fatal(err)
	}
	var (
		ledger metrics.Ledger
		pool   frame.Pool
		pipe   *pipeline.Pipeline
		r      *rig
	)
	camera, err := capture.NewCamera(scheme, address, nil, &pool, func(f *frame.Frame) { pipe.Offer(f) }, log)
	if err != nil {
		t.Fatal(err)
	}
	annotated, clean, liveView, raw := hub.NewPictures(), hub.NewPictures(), hub.NewPictures(), hub.NewPictures()
	reports := make(chan *rig, 1)
	var server sync.Once
	pipe, err = pipeline.New(pipeline.Config{
		Settings: pipeline.Settings{Spec: spec, Freshness: slot.Throughput, Overlay: overlay.Options{Boxes: true, FPS: true}},
		Kinds:    testKinds(), Quality: 80, AnalysisTimeout: time.Second,
		Report: func(rep *pipeline.Report) {
			server.Do(func() { r = <-reports })
			r.Report(rep)
		},
		Camera: camera.Status, Ledger: &ledger, Annotated: annotated, Clean: clean, Live: liveView, Raw: raw, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	pipeCtx, stopPipe := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		stop()
		running.Wait()
		if n := pool.Live(); n != 0 {
			t.Errorf("%d frames were not given back", n)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := newRigOn(t, ln, func(c *Config) {
		c.Camera, c.Pipeline, c.Schemes = camera, pipe, schemes
		c.Annotated, c.Clean, c.Live, c.Raw = annotated, clean, liveView, raw
		c.Discover = func() any { return v4l2.Discover() }
	})
	reports <- served
	running.Go(func() { camera.Run(ctx); stopPipe() })
	running.Go(func() { pipe.Run(pipeCtx) })
	if err := camera.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return served
}

// What the real program sends has exactly the members that the description and the golden
// files have.
func TestLiveAnswersAreAsDescribed(t *testing.T) {
	r := live(t, "")
	s := r.open("/api/v1/events", 0)
	s.readEvent()
	seen := map[string]bool{}
	var found bool
	for begin := time.Now(); !(found && seen["state"]) && time.Since(begin) < patience; {
		e := s.readEvent()
		seen[e.name] = true
		switch e.name {
		case "state":
			conforms(t, "State", []byte(e.data))
		case "frame":
			conforms(t, "Frame", []byte(e.data))
			var f wireFrame
			if err := json.Unmarshal([]byte(e.data), &f); err != nil {
				t.Fatal(err)
			}
			found = len(f.Result.Detections) > 0
			if sum := f.Budget.Dequeue + f.Budget.Wait + f.Budget.Analysis + f.Budget.Draw + f.Budget.Encode + f.Budget.Publish; sum != f.Budget.Age {
				t.Errorf("the budget %+v adds up to %d", f.Budget, sum)
			}
			if l := f.Ledger; l.Captured != l.Analyzed+l.Displaced+l.Late+l.Corrupt+l.Failed+l.Idle+l.Shutdown+l.InFlight {
				t.Errorf("the ledger does not balance: %+v", l)
			}
			if f.Width != 320 || f.Height != 240 || f.Analyzer != "motion" {
				t.Errorf("%+v", f)
			}
		}
	}
	if !found || !seen["state"] {
		t.Fatalf("no motion was found; events: %v", seen)
	}
	for path, schema := range map[string]string{
		"/api/v1/state": "State", "/api/v1/zones": "Zones", "/api/v1/snapshot": "Snapshot", "/api/v1/analyzers": "Analyzers", "/api/v1/cameras": "Cameras",
	} {
		resp, body := r.get(path)
		if resp.StatusCode != 200 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
		conforms(t, schema, body)
	}
	for path, schema := range map[string]string{"/api/v1/camera/stop": "Camera", "/api/v1/camera/start": "Camera"} {
		_, body := r.do("POST", path, "")
		conforms(t, schema, body)
	}
	status, body := r.patch(`{"analyzer":"simulate?processing_time=0s"}`)
	conforms(t, "Pipeline", body)
	if status != 200 {
		t.Errorf("%s", body)
	}
}

// What is smaller comes from every stream of the real program, notices too.
func TestLiveSmallerStreams(t *testing.T) {
	r := live(t, "")
	var all []*stream
	for _, path := range []string{"/ai-video-stream?", "/ai-video-stream?overlay=off&", "/live-video-stream?", "/raw-video-stream?"} {
		all = append(all, r.open(path+"width=100&quality=30", 0).readOpening())
	}
	until := func(header string) {
		t.Helper()
		for _, s := range all {
			for begin := time.Now(); ; {
				p := s.readPart()
				if im, err := stdjpeg.Decode(bytes.NewReader(p.jpeg)); err != nil || im.Bounds().Dx() != 100 || im.Bounds().Dy() != 75 {
					t.Fatalf("%v: %v", p.header, err)
				}
				if p.header[header] != "" {
					break
				}
				if time.Since(begin) > patience {
					t.Fatalf("no picture with %s came", header)
				}
			}
		}
	}
	until("X-Frame-Seq")
	if resp, body := r.do("POST", "/api/v1/camera/stop", ""); resp.StatusCode != 200 {
		t.Fatalf("%s", body)
	}
	until("X-Camera-State")
}

// A viewer stays connected while the analyzer is changed and the camera is stopped and
// started, and is told what it sees.
func TestLiveViewerSeesEverything(t *testing.T) {
	r := live(t, "")
	s := r.open("/ai-video-stream", 0).readOpening()
	next := func(what string, is func(part) bool) part {
		t.Helper()
		for begin := time.Now(); time.Since(begin) < patience; {
			p := s.readPart()
			if im, err := stdjpeg.Decode(bytes.NewReader(p.jpeg)); err != nil || im.Bounds().Dx() != 320 {
				t.Fatalf("%v: %v", p.header, err)
			}
			if is(p) {
				return p
			}
		}
		t.Fatalf("no picture came: %s", what)
		return part{}
	}
	isFrame := func(p part) bool { return p.header["X-Frame-Seq"] != "" }
	first := next("a frame", isFrame)
	if status, body := r.patch(`{"analyzer":"simulate?processing_time=1ms","overlay":{"fps":false}}`); status != 200 {
		t.Fatalf("%s", body)
	}
	second := next("a frame after the change", isFrame)
	if resp, body := r.do("POST", "/api/v1/camera/stop", ""); resp.StatusCode != 200 {
		t.Fatalf("%s", body)
	}
	next("a notice", func(p part) bool { return p.header["X-Camera-State"] == "off" && p.header["X-Frame-Seq"] == "" })
	if resp, body := r.get("/readyz"); resp.StatusCode != 503 || !strings.Contains(string(body), `"reason":"off"`) {
		t.Errorf("readyz: %d %s", resp.StatusCode, body)
	}
	if resp, body := r.do("POST", "/api/v1/camera/start", ""); resp.StatusCode != 200 {
		t.Fatalf("%s", body)
	}
	third := next("a frame after the restart", isFrame)
	last := uint64(0)
	for _, p := range []part{first, second, third} {
		seq, err := strconv.ParseUint(p.header["X-Frame-Seq"], 10, 64)
		if err != nil || seq <= last {
			t.Errorf("seq %s after %d", p.header["X-Frame-Seq"], last)
		}
		last = seq
	}
	// The snapshot is of the present, in its own size and in another.
	for _, path := range []string{"/api/v1/snapshot.jpg?source=raw", "/api/v1/snapshot.jpg?after_seq=" + strconv.FormatUint(last, 10)} {
		resp, body := r.get(path)
		if im, err := stdjpeg.Decode(bytes.NewReader(body)); err != nil || im.Bounds().Dx() != 320 {
			t.Errorf("%s: %d %v", path, resp.StatusCode, err)
		}
		if seq, _ := strconv.ParseUint(resp.Header.Get("X-Frame-Seq"), 10, 64); seq <= 1 {
			t.Errorf("%s: seq %d", path, seq)
		}
	}
}

// A camera that goes away in mid-stream is said to be lost everywhere: to every viewer, to
// who listens, to who asks.
func TestLiveLossIsTold(t *testing.T) {
	r := live(t, "&lose_after=500ms&return_after=1h")
	events := r.open("/api/v1/events?events=state", 0)
	var viewers []*stream
	for _, path := range []string{"/ai-video-stream", "/ai-video-stream?overlay=off", "/live-video-stream", "/raw-video-stream"} {
		viewers = append(viewers, r.open(path, 0).readOpening())
	}
	events.readEvent() // retry
	var st wireState
	for st.Camera.State != capture.Lost {
		if err := json.Unmarshal([]byte(events.readEvent().data), &st); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range viewers {
		for v.readPart().header["X-Camera-State"] != "lost" {
		}
		if p := v.readPart(); p.header["X-Camera-State"] != "lost" || p.header["X-Frame-Seq"] != "" {
			t.Errorf("after the notice came %v", p.header)
		}
	}
	resp, body := r.get("/readyz")
	if resp.StatusCode != 503 || !strings.Contains(string(body), `"reason":"lost"`) {
		t.Errorf("readyz: %d %s", resp.StatusCode, body)
	}
	resp, body = r.get("/api/v1/state")
	if err := json.Unmarshal(body, &st); err != nil || resp.StatusCode != 200 || st.Camera.State != capture.Lost || st.Camera.Error == nil {
		t.Errorf("state: %d %s", resp.StatusCode, body)
	}
	resp, body = r.get("/metrics")
	if !strings.Contains(string(body), `freshframe_camera_state{state="lost"} 1`) {
		t.Errorf("metrics: %d %s", resp.StatusCode, body)
	}
	for _, method := range []string{"GET", "PATCH"} { // with the camera's own trouble
		resp, body = r.do(method, "/api/v1/camera/controls", `{"controls":{"brightness":1}}`, "Content-Type", "application/json")
		wantError(t, resp, body, 503, st.Camera.Error.Code)
	}
}
