package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
)

// patch sends a change.
func (r *rig) patch(body string) (int, []byte) {
	r.t.Helper()
	resp, data := r.do("PATCH", "/api/v1/pipeline", body, "Content-Type", "application/json; charset=utf-8")
	return resp.StatusCode, data
}

func TestPatchPipeline(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       func(p *wirePipeline)
	}{
		{"nothing", `{}`, func(*wirePipeline) {}},
		{"analyzer", `{"analyzer":"simulate?processing_time=5ms"}`, func(p *wirePipeline) {
			p.Analyzer, p.Spec, p.Simulated, p.Stateful, p.Parts[0].Name = "simulate", "simulate?processing_time=5ms", true, false, "simulate"
			p.Params = map[string]string{"processing_time": "5ms", "cost": "wall", "objects": "3", "seed": "1", "spread": "0"}
		}},
		{"analyzer and params", `{"analyzer":"simulate","params":{"objects":7,"cost":"cpu"}}`, func(p *wirePipeline) {
			p.Analyzer, p.Spec, p.Simulated, p.Stateful, p.Parts[0].Name = "simulate", "simulate?cost=cpu&objects=7", true, false, "simulate"
			p.Params = map[string]string{"processing_time": "100ms", "cost": "cpu", "objects": "7", "seed": "1", "spread": "0"}
		}},
		{"a number", `{"params":{"threshold":33}}`, func(p *wirePipeline) { p.Spec, p.Params["threshold"] = "motion?threshold=33", "33" }},
		{"a string", `{"params":{"threshold":"33"}}`, func(p *wirePipeline) { p.Spec, p.Params["threshold"] = "motion?threshold=33", "33" }},
		{"a param's default", `{"params":{"threshold":null}}`, func(p *wirePipeline) { p.Spec, p.Params["threshold"] = "motion", "18" }},
		{"mode and workers", `{"mode":"serial","workers":1}`, func(p *wirePipeline) { p.Workers.Asked = 1 }},
		{"all of the mode", `{"mode":"auto","workers":16,"max_age_ms":150.5,"max_reorder_wait_ms":60000,"target_fps":29.97}`, func(p *wirePipeline) {
			p.Mode, p.Workers.Asked, p.MaxAgeMs, p.MaxReorderWaitMs, p.TargetFPS = "auto", 16, 150.5, 60000, 29.97
			why := "serial: the analyzer remembers earlier frames"
			p.Reason = &why
		}},
		{"freshness", `{"freshness":"latency"}`, func(p *wirePipeline) { p.Freshness = "latency" }},
		{"paused", `{"paused":true}`, func(p *wirePipeline) { p.Paused = true }},
		{"part of the overlay", `{"overlay":{"boxes":false,"fps":false}}`, func(p *wirePipeline) { p.Overlay.Boxes, p.Overlay.FPS = false, false }},
		{"nothing of the overlay", `{"overlay":{}}`, func(*wirePipeline) {}},
		{"null is absent", `{"analyzer":null,"params":null,"mode":null,"workers":null,"freshness":null,"paused":null}`, func(*wirePipeline) {}},
		{"all at once", ` {"freshness":"balanced", "paused":true, "params":{"threshold": 40 }, "overlay":{"labels":false}} `, func(p *wirePipeline) {
			p.Freshness, p.Paused, p.Overlay.Labels = "balanced", true, false
			p.Spec, p.Params["threshold"] = "motion?threshold=40", "40"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			want := wirePipeline{
				Mode: "serial", Running: "serial", Workers: wireWorkers{Max: 16}, Analyzer: "motion", Spec: "motion?threshold=20", Parts: []wirePart{{"motion", 0}}, Stateful: true, Freshness: "throughput", Overlay: everything,
				Params: map[string]string{"threshold": "20", "min_area": "0.1", "absorb": "10s", "max_regions": "20"},
			}
			c.want(&want)
			status, body := r.patch(c.body)
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			if status != 200 || string(body) != string(text) {
				t.Errorf("%d\ngot  %s\nwant %s", status, body, text)
			}
			if now, err := json.Marshal(r.pipelineWire()); err != nil || string(now) != string(text) {
				t.Errorf("in force is %s", now)
			}
		})
	}
}

func TestPatchPipelineRefuses(t *testing.T) {
	r := newRig(t)
	before := fmt.Sprint(r.pipelineWire())
	for _, c := range []struct{ body, code, text string }{
		{``, "bad_body", "the body is not JSON"},
		{`{`, "bad_body", "the body is not JSON"},
		{`{} {}`, "bad_body", "the body is not JSON"},
		{`null`, "bad_body", "the body: want a JSON object, got null"},
		{`[]`, "bad_body", "the body: want a JSON object, got an array"},
		{`"motion"`, "bad_body", "the body: want a JSON object, got a string"},
		{`{"analyser":"motion"}`, "bad_body", `unknown member "analyser"; did you mean "analyzer"?`},
		{`{"Analyzer":"motion"}`, "bad_body", `unknown member "Analyzer"; did you mean "analyzer"?`},
		{`{"analyzer":7}`, "bad_body", "analyzer: want a string, got a number"},
		{`{"paused":"yes"}`, "bad_body", "paused: want true or false, got a string"},
		{`{"workers":"2"}`, "bad_body", "workers: want a whole number, got a string"},
		{`{"workers":1.5}`, "bad_body", "workers: want a whole number, got 1.5"},
		{`{"params":[]}`, "bad_body", "params: want an object, got an array"},
		{`{"params":{"threshold":[1]}}`, "bad_body", "params.threshold: want a string, a number, true, false or null"},
		{`{"params":{"threshold":{}}}`, "bad_body", "params.threshold: want"},
		{`{"overlay":null}`, "bad_body", "overlay: want a JSON object, got null"},
		{`{"overlay":true}`, "bad_body", "overlay: want a JSON object, got true or false"},
		{`{"overlay":{"boxs":true}}`, "bad_body", `unknown member "overlay.boxs"; did you mean "boxes"?`},
		{`{"overlay":{"boxes":1}}`, "bad_body", "overlay.boxes: want true or false, got a number"},
		{`{"paused":true,"paused":false}`, "bad_body", `the member "paused" stands there twice`},
		{`{"paused":true,"p\u0061used":false}`, "bad_body", `the member "paused" stands there twice`},
		{`{"overlay":{"boxes":true,"fps":true,"boxes":false}}`, "bad_body", `the member "overlay.boxes" stands there twice`},
		{`{"mode":"parallel"}`, "bad_parameter", `mode "parallel": want serial, pool or auto`},
		{`{"mode":1}`, "bad_body", "mode: want a string, got a number"},
		{`{"workers":17}`, "bad_parameter", "workers 17: want 0 to 16"},
		{`{"workers":-1}`, "bad_parameter", "workers -1"},
		{`{"max_age_ms":"1"}`, "bad_body", "max_age_ms: want a number, got a string"},
		{`{"max_age_ms":60001}`, "bad_parameter", "max_age_ms 60001: want 0 to 60000"},
		{`{"max_reorder_wait_ms":-0.5}`, "bad_parameter", "max_reorder_wait_ms -0.5"},
		{`{"max_reorder_wait_ms":1e300}`, "bad_parameter", "max_reorder_wait_ms 1e+300"},
		{`{"target_fps":1e9}`, "bad_parameter", "target_fps 1e+09: want 0 to 1000"},
		{`{"analyzer":"moton"}`, "bad_parameter", `did you mean "motion"?`},
		{`{"analyzer":"motion+motion"}`, "bad_parameter", "motion is there twice"},
		{`{"analyzer":"motion@0fps"}`, "bad_parameter", "rate @0fps"},
		{`{"analyzer":"auto+motion"}`, "bad_parameter", "unknown analyzer"},
		{`{"params":{"threshold":900}}`, "bad_parameter", "threshold=900"},
		{`{"params":{"treshold":9}}`, "bad_parameter", `did you mean "threshold"?`},
		{`{"params":{"treshold":null}}`, "bad_parameter", "treshold"},
		{`{"freshness":"fast"}`, "bad_parameter", "throughput, balanced or latency"},
		// One wrong member, and none of the others counts.
		{`{"paused":true,"freshness":"latency","overlay":{"boxes":false},"params":{"threshold":0}}`, "bad_parameter", "threshold=0"},
	} {
		t.Run(c.body, func(t *testing.T) {
			resp, body := r.do("PATCH", "/api/v1/pipeline", c.body, "Content-Type", "application/json")
			if message, _ := wantError(t, resp, body, 400, c.code); !strings.Contains(message, c.text) {
				t.Errorf("%q, want %q in it", message, c.text)
			}
		})
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json;;"} {
		resp, body := r.do("PATCH", "/api/v1/pipeline", `{"paused":true}`, "Content-Type", kind)
		if message, _ := wantError(t, resp, body, 415, "bad_body"); !strings.Contains(message, fmt.Sprintf("%q", kind)) {
			t.Errorf("%q does not name %q", message, kind)
		}
	}
	resp, body := r.do("PATCH", "/api/v1/pipeline?paused=true", `{}`, "Content-Type", "application/json")
	wantError(t, resp, body, 400, "bad_parameter")
	if after := fmt.Sprint(r.pipelineWire()); after != before {
		t.Errorf("refused changes changed something:\n%s\n%s", before, after)
	}
}

// A stateful analyzer and the pool do not go together, whichever of both is asked for.
func TestPoolIsRefusedToStateful(t *testing.T) {
	r := newRig(t)
	refused := func(body string) {
		t.Helper()
		resp, data := r.do("PATCH", "/api/v1/pipeline", body, "Content-Type", "application/json")
		message, hint := wantError(t, resp, data, 409, "stateful_analyzer")
		if !strings.Contains(message, "motion remembers earlier frames") || !strings.Contains(hint, "serial or auto") {
			t.Errorf("%q, %q", message, hint)
		}
	}
	refused(`{"mode":"pool"}`)
	if status, body := r.patch(`{"mode":"pool","analyzer":"simulate"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	refused(`{"analyzer":"motion"}`)
	if p := r.pipelineWire(); p.Mode != "pool" || p.Analyzer != "simulate" {
		t.Errorf("in force is %+v", p)
	}
}

func TestTooLargeBody(t *testing.T) {
	r := newRig(t)
	s := r.dial(0)
	fmt.Fprintf(s.nc, "PATCH /api/v1/pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", 257<<10)
	s.readHead()
	body, _ := io.ReadAll(s.head.Body)
	wantError(t, s.head, body, 413, "request_entity_too_large")
	if status, _ := r.patch(strings.Repeat(" ", 250<<10) + "{}"); status != 200 {
		t.Errorf("a body of 250 KB: %d", status)
	}
}

// Two who change different parts of the overlay at once both get their way.
func TestConcurrentPatchesLoseNothing(t *testing.T) {
	r := newRig(t)
	names := overlayNames()
	done := make(chan int, len(names))
	for _, name := range names {
		go func() {
			status, _ := r.patch(`{"overlay":{"` + name + `":false}}`)
			done <- status
		}()
	}
	for range names {
		if status := <-done; status != 200 {
			t.Errorf("got %d", status)
		}
	}
	if set, _ := r.pipe.Settings(); set.Overlay != (overlay.Options{}) {
		t.Errorf("the overlay is %+v, want everything off", set.Overlay)
	}
}

// Whatever the body, the answer is a change or an error of the API.
func FuzzParseChange(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"analyzer":"motion?threshold=3"}`, `{"params":{"a":null,"b":1e3,"c":"x","d":true}}`, `{"params":{"a":[]}}`,
		`{"overlay":{"boxes":true}}`, `{"overlay":null}`, `{"overlay":[]}`, `{"workers":1.0}`, `{"workers":1e99}`, `{"mode":"pool","max_age_ms":1e99}`, `{"target_fps":28.5,"max_reorder_wait_ms":0.001}`, `null`, `[`, "{\"\xff\":1}", `{"paused":true,"paused":false}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		present := overlay.Options{Labels: true}
		change, err := parseChange(data, present)
		var e *apiError
		switch {
		case err == nil && !json.Valid(data):
			t.Errorf("%q was accepted", data)
		case err == nil && change.Overlay != nil && change.Overlay == &present:
			t.Error("the change shares the present overlay")
		case err != nil && (!errors.As(err, &e) || e.Status != 400 || e.Code == "" || e.Message == "" || e.Hint == ""):
			t.Errorf("%q: the error is %#v", data, err)
		}
	})
}

func TestCameraStart(t *testing.T) {
	for code, status := range map[capture.Code]int{
		capture.BadSource: 503, capture.NoSuchDevice: 404, capture.PermissionDenied: 403, capture.DeviceBusy: 409,
		capture.NotACamera: 503, capture.Unsupported: 503, capture.BadClip: 503, capture.Unreachable: 503,
		capture.CameraLost: 503, capture.CameraFrozen: 503, capture.BadControl: 503, // one of --control: no fault of who starts it
	} {
		t.Run(string(code), func(t *testing.T) {
			r := newRig(t)
			r.cam.start = func(context.Context) error {
				return fmt.Errorf("start: %w", &capture.Error{Code: code, Device: "/dev/video0", Err: errors.New("that is why"), Hint: "do this"})
			}
			resp, body := r.do("POST", "/api/v1/camera/start", "")
			if message, hint := wantError(t, resp, body, status, string(code)); message != "/dev/video0: that is why" || hint != "do this" {
				t.Errorf("%q, %q", message, hint)
			}
		})
	}
	r := newRig(t)
	r.cam.start = func(ctx context.Context) error {
		if d, ok := ctx.Deadline(); !ok || time.Until(d) > controlWait {
			t.Error("starting is not bounded")
		}
		r.cam.become(capture.Opening, nil)
		return context.DeadlineExceeded
	}
	resp, body := r.do("POST", "/api/v1/camera/start", "")
	var cam wireCamera
	if err := json.Unmarshal(body, &cam); err != nil || resp.StatusCode != 200 || cam.State != capture.Opening {
		t.Errorf("a camera that takes long: %d %s", resp.StatusCode, body)
	}
	resp, body = r.do("POST", "/api/v1/camera/start?force=1", "")
	wantError(t, resp, body, 400, "bad_parameter")
}

func TestCameraStop(t *testing.T) {
	r := newRig(t)
	r.cam.stop = func(context.Context) error { r.cam.become(capture.Off, nil); return nil }
	resp, body := r.do("POST", "/api/v1/camera/stop", "")
	var cam wireCamera
	if err := json.Unmarshal(body, &cam); err != nil || resp.StatusCode != 200 || cam.State != capture.Off || cam.Error != nil {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	r.cam.stop = func(context.Context) error { return context.DeadlineExceeded }
	resp, body = r.do("POST", "/api/v1/camera/stop", "")
	wantError(t, resp, body, 504, "camera_stuck")
}

func TestHealthAndReadiness(t *testing.T) {
	r := newRig(t)
	if resp, body := r.get("/healthz"); resp.StatusCode != 200 || string(body) != `{"status":"up"}` {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, body := r.get("/readyz"); resp.StatusCode != 200 || string(body) != `{"ready":true}` {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	for _, why := range []string{"off", "opening", "stalled", "lost", "paused", "analysis", "corrupt"} {
		r.pipe.set(func(p *fakePipeline) { p.silence = why })
		resp, body := r.get("/readyz")
		var got struct {
			Ready        *bool
			Reason, Hint string
		}
		if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != 503 || got.Ready == nil || *got.Ready || got.Reason != why || got.Hint == "" {
			t.Errorf("%s: %d %s", why, resp.StatusCode, body)
		}
		conforms(t, "NotReady", body)
		if got := r.head("/healthz"); got != 200 {
			t.Errorf("%s: healthz %d", why, got)
		}
	}
}

func TestState(t *testing.T) {
	r := newRig(t)
	r.open("/stream", 0)
	r.open("/raw-video-stream", 0)
	r.until("all have begun", func() bool { return r.cfg.Annotated.Subscribers()+r.cfg.Raw.Subscribers() == 2 })
	r.pipe.set(func(p *fakePipeline) { p.trouble = errors.New("the model exploded\ngoroutine 7 [running]") })
	resp, body := r.get("/api/v1/state")
	var st wireState
	if err := json.Unmarshal(body, &st); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if e := st.Pipeline.Error; e == nil || e.Code != "analysis_failed" || e.Message != "the model exploded" {
		t.Errorf("pipeline.error is %+v", e)
	}
	if s := st.Subscribers; s.Annotated != 1 || s.Raw != 1 || len(s.Clients) != 2 || s.Clients[0].ID >= s.Clients[1].ID {
		t.Errorf("subscribers are %+v", s)
	}
	if p := st.Process; p.Goroutines < 5 || p.RSSBytes < 1<<20 || p.CPUS <= 0 {
		t.Errorf("process is %+v", p)
	}
	// The two clocks are related: wall = monotonic + offset, give or take.
	if monotonic := st.NowUs - st.Clock.WallOffsetUs; monotonic < 0 || monotonic > st.NowUs/2 {
		t.Errorf("the clock is %d µs since boot", monotonic)
	}
	resp, body = r.get("/api/v1/state?verbose=1")
	wantError(t, resp, body, 400, "bad_parameter")
}

func TestRatesAreRounded(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) {
		p.rates = func() pipeline.Rates { return pipeline.Rates{Captured: 29.97002997, Analyzed: 9.999} }
	})
	if got := r.stateWire().Rates; got != (wireRates{29.97, 10, 0}) {
		t.Errorf("%+v", got)
	}
}

// The cameras are asked once, however many ask for them.
func TestCamerasAreRemembered(t *testing.T) {
	asked := 0
	r := newRig(t, func(c *Config) { c.Discover = func() any { asked++; return []string{} } })
	for range 5 {
		if resp, body := r.get("/api/v1/cameras"); resp.StatusCode != 200 || string(body) != `{"cameras":[],"schemes":[]}` {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	}
	r.cameras.mu.Lock()
	r.cameras.at = r.cameras.at.Add(-cameraListFor)
	r.cameras.mu.Unlock()
	r.get("/api/v1/cameras")
	if asked != 2 {
		t.Errorf("asked %d times, want 2", asked)
	}
}

// HEAD answers what GET does, without the body.
func TestHeadOfEveryAddress(t *testing.T) {
	r := newRig(t)
	r.Report(report(1))
	r.pipe.set(func(p *fakePipeline) { p.annotated = realPicture(t, 1, 64, 48) })
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/snapshot", "/api/v1/state", "/api/v1/snapshot", "/api/v1/snapshot.jpg", "/api/v1/analyzers", "/api/v1/cameras", "/api/v1/camera/controls", "/api/v1/openapi.json", "/nothing"} {
		get, _ := r.get(path)
		head, body := r.do("HEAD", path, "")
		if head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") || len(body) > 0 {
			t.Errorf("%s: HEAD %d %s with %d bytes, GET %d %s", path, head.StatusCode, head.Header.Get("Content-Type"), len(body), get.StatusCode, get.Header.Get("Content-Type"))
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/nothing", "/api/v1/nothing", "/api/v2/state", "/api/v1/pipeline", "/api", "/streams", "/favicon.ico"} {
		resp, body := r.get(path)
		if message, _ := wantError(t, resp, body, 404, "not_found"); message != "nothing is at "+path {
			t.Errorf("%q", message)
		}
	}
	for _, c := range []string{"DELETE /api/v1/state", "POST /stream", "PUT /api/v1/pipeline", "OPTIONS /api/v1/pipeline", "POST /nothing", "POST /api/v1/camera/controls", "PUT /api/v1/camera/controls", "DELETE /api/v1/camera/controls"} {
		method, path, _ := strings.Cut(c, " ")
		resp, body := r.do(method, path, "")
		wantError(t, resp, body, 405, "method_not_allowed")
		if allow := resp.Header.Get("Allow"); !strings.Contains(allow, "GET") {
			t.Errorf("%s: Allow is %q", c, allow)
		}
	}
	s := r.dial(0)
	io.WriteString(s.nc, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n")
	s.readHead()
	body, _ := io.ReadAll(s.head.Body)
	wantError(t, s.head, body, 400, "bad_request")
}

// An answer is in force when it is sent: nothing is left to the order of goroutines.
func TestSettingsAreSeenAtOnce(t *testing.T) {
	r := newRig(t)
	for i, f := range slices.Repeat([]string{"latency", "balanced", "throughput"}, 5) {
		r.patch(`{"freshness":"` + f + `"}`)
		var st wireState
		if _, body := r.get("/api/v1/state"); json.Unmarshal(body, &st) != nil || st.Pipeline.Freshness != f {
			t.Fatalf("change %d: freshness %s, want %s", i, st.Pipeline.Freshness, f)
		}
	}
}
