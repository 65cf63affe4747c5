package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/capture/v4l2"
	"freshframe/backend/frame"
	"freshframe/backend/metrics"
	"freshframe/backend/option"
	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// wantGolden compares the whole file.
func wantGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if that is meant, run go test ./backend/httpapi -update\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

var goldenLedger = metrics.Totals{Captured: 3702, Analyzed: 1233, Displaced: 2466, InFlight: 3}

// The JSON that clients get, whole: the tests of the page read the same files. Each holds
// every member that its schema describes, except what cannot be there at the same time.
func TestGoldenJSON(t *testing.T) {
	for _, c := range []struct {
		file, schema string
		value        func(t *testing.T) any
		without      []string // members that this example cannot have
	}{
		{"state.json", "State", goldenState, nil},
		{"event-frame.json", "Frame", goldenFrame, nil},
		{"event-gap.json", "Gap", func(*testing.T) any { return wireGap{From: 17, To: 42, Lost: 26} }, []string{"Gap.restarted"}},
		{"error.json", "Error", goldenError, nil},
		{"analyzers.json", "Analyzers", goldenAnalyzers, nil},
		{"cameras.json", "Cameras", goldenCameras, nil},
		{"zones.json", "Zones", goldenZones, nil},
		{"controls.json", "Controls", goldenControls, nil},
	} {
		t.Run(c.file, func(t *testing.T) {
			got, err := json.MarshalIndent(c.value(t), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			wantGolden(t, filepath.Join("../../testdata/api", c.file), append(got, '\n'))
			k := conforms(t, c.schema, got)
			for _, member := range k.described(object{"$ref": "#/components/schemas/" + c.schema}, c.schema) {
				if !k.used[member] && !slices.Contains(c.without, member) {
					t.Errorf("the example lacks %s", member)
				}
			}
		})
	}
}

func goldenState(*testing.T) any {
	const since = 1763870000000000
	return wireState{
		Boot: "b1f0c2", NowUs: 1763870001000000, Clock: wireClock{1763860000000000},
		Camera: wireCamera{
			State: capture.Live, SinceUs: since, Source: "synthetic:?video_size=1280x720", Why: "no V4L2 camera found, so the synthetic one",
			Device: "synthetic", Name: "Synthetic camera", Simulated: true, Format: frame.JPEG.String(), Width: 1280, Height: 720, Framerate: 30,
			Stable: "synthetic:?video_size=1280x720", Asked: &wireAsked{Format: "mjpeg", Width: 1280, Height: 720, Framerate: 30}, ControlsRev: 2,
		},
		Pipeline: wirePipeline{
			Mode: "auto", Running: "pool", Workers: wireWorkers{Asked: 0, Max: 16, Working: 4, Busy: 3},
			MaxAgeMs: 200, TargetFPS: 28, Reason: textOrNull("4 workers: 28 fps and an age of 200 ms wanted, an analysis takes 100 ms"),
			Service:  &wireService{100.4, 97.1, 139.2, 0.29, 64},
			Theory:   &wireTheory{30, 28.9, 0.0367, 0.002, 108.2, 163},
			Observed: &wireObserved{28.8, 0.04, 0.003, 109.1, 160.2, 27.5},
			Analyzer: "simulate", Spec: "simulate?spread=0.3", Parts: []wirePart{{"simulate", 0}},
			Fallback: &Fallback{"faces+hands+objects@5fps", "ONNX Runtime is not available", `Install it with "npm ci" in the project's folder`}, Params: map[string]string{"processing_time": "100ms", "spread": "0.3"}, Simulated: true,
			Freshness: "throughput", Overlay: everything,
		},
		Rates: wireRates{30, 28.8, 28.8}, Age: wirePercentiles{116870, 131000, 133400, 600}, Ledger: goldenLedger,
		Subscribers: wireSubscribers{Annotated: 1, Live: 1, Events: 1, Clients: []wireClient{
			{1, "annotated", "127.0.0.1", since, 123, 4, 9840000, 117200},
			{2, "events", "127.0.0.1", since, 123, 0, 98400, 0},
			{3, "live", "127.0.0.1", since, 369, 0, 29520000, 48300},
		}},
		Process: wireProcess{123.4, 20.5, 52428800, 21},
		Build:   Build{"0.1.0", "0123abc", "go1.26.8"},
	}
}

func goldenFrame(*testing.T) any {
	us := func(n time.Duration) time.Duration { return n * time.Microsecond }
	return frameWire(&pipeline.Report{
		Seq: 1234, Captured: time.UnixMicro(1763870000123456), CapturedBy: frame.ByDriver, Width: 1280, Height: 720,
		Budget: pipeline.Budget{Dequeue: us(210), Wait: us(15300), Analysis: us(100120), Draw: us(300), Encode: us(900), Publish: us(40), Age: us(116870)},
		Rates:  pipeline.Rates{Captured: 30, Analyzed: 9.98, Encoded: 9.98}, Totals: goldenLedger, Analyzer: "motion+hands", Mode: "serial",
		Analyzers: []pipeline.Timing{{Name: "motion", Took: us(24100), Ran: true}, {Name: "hands"}},
		Zones:     goldenTallies(),
		Happened: []zone.Event{
			{Area: "desk", What: zone.Entered, Track: 7, Class: "cell phone"},
			{Area: "desk", What: zone.Left, Track: 5, Class: "person", Stay: 12345 * time.Millisecond},
		},
		Result: analyze.Result{Count: 2, Values: map[string]float64{"motion_share": 0.043}, Detections: []analyze.Detection{
			{Box: [4]float64{0.41, 0.22, 0.18, 0.55}, Label: "motion", Score: 0.91},
			{Box: [4]float64{0.1, 0.3, 0.12345678, 0.2}, Label: "hand", Score: 0.87654321,
				Track: 7, Velocity: [2]float64{0.12345, -0.05}, Age: us(1234567), Refound: true, Trail: [][2]float64{{0.1, 0.39876}, {0.15, 0.4}, {0.16173, 0.4}},
				Landmarks: [][3]float64{{0.5, 0.3, 0.98}, {0.52, 0.31, 0.97}}, Gesture: "thumbs_up", Action: "waving"},
		}},
	})
}

// goldenError is what the server really says, so that the words stay true.
func goldenError(t *testing.T) any {
	r := newRig(t)
	_, body := r.patch(`{"params":{"threshold":900}}`)
	return json.RawMessage(body)
}

func goldenAnalyzers(t *testing.T) any {
	kinds := analyze.Kinds{
		{Name: "motion", Doc: "Moving regions against a learned background.", Stateful: true, Params: []option.Option{
			option.Option{Name: "threshold", Type: option.Int, Default: "18", Doc: "How far a pixel's luma must leave the background."}.Between(1, 255),
		}},
		{Name: "simulate", Doc: "Simulated analysis of a known duration.", Simulated: true, Params: []option.Option{
			option.Option{Name: "processing_time", Type: option.Duration, Default: "100ms", Doc: "Time one frame takes, on average."}.Between(0, 10),
			{Name: "cost", Type: option.Enum, Default: "wall", Choices: []string{"wall", "cpu"}, Doc: "Whether the time is waited or burned."},
		}},
		{Name: "objects", Doc: "Things of 80 everyday classes, with tracks.", Missing: func() error { return errNoRuntime }, Params: []option.Option{
			{Name: "model", Type: option.File, Doc: "ONNX file of your own model; the program's own without."},
		}},
	}
	r := newRig(t, func(c *Config) { c.Kinds = kinds })
	_, body := r.get("/api/v1/analyzers")
	return json.RawMessage(body)
}

func goldenCameras(t *testing.T) any {
	devices := []v4l2.Device{
		{
			Source: "v4l2:/dev/video0", Device: "/dev/video0", Name: "HD Webcam", Bus: "usb-0000:00:14.0-1", Driver: "uvcvideo",
			ByID:   "/dev/v4l/by-id/usb-Maker_HD_Webcam-video-index0",
			Stable: "v4l2:/dev/v4l/by-id/usb-Maker_HD_Webcam-video-index0",
			Formats: []v4l2.Format{{InputFormat: "mjpeg", Description: "Motion-JPEG", Sizes: []v4l2.Size{
				{VideoSize: "1280x720", Framerates: []float64{30, 15}},
			}}},
		},
		{
			Source: "v4l2:/dev/video2", Device: "/dev/video2", Formats: []v4l2.Format{},
			Error: &v4l2.Problem{Code: capture.PermissionDenied, Message: "/dev/video2: permission denied", Hint: "add yourself to the group video and log in again"},
		},
	}
	schemes := capture.Schemes{{
		Name: "synthetic", Form: "synthetic:?video_size=1280x720", Doc: "Known moving objects, drawn by the program.",
		Options: []option.Option{
			option.Option{Name: "video_size", Type: option.Size, Default: "1280x720", Doc: "Picture size in pixels."}.Between(160, 4096),
			{Name: "input_format", Type: option.Enum, Default: "mjpeg", Choices: []string{"mjpeg", "yuyv422"}, Doc: "Pixel format of the frames."},
		},
	}}
	r := newRig(t, func(c *Config) { c.Discover, c.Schemes = func() any { return devices }, schemes })
	_, body := r.get("/api/v1/cameras")
	return json.RawMessage(body)
}

var errNoRuntime = errors.New(`ONNX Runtime is not available. Install it with "npm ci" in the project's folder. Tried /home/me/node_modules: no such file`)

// goldenTallies are a zone and a line that have seen something.
func goldenTallies() []zone.Tally {
	person := zone.Count{Inside: 1, Entered: 5, Appeared: 1, Left: 4, Vanished: 1, Dwelt: 2, Stayed: 61234 * time.Millisecond, Longest: 40 * time.Second}
	total := person
	total.Inside, total.Entered = 2, 6
	cars := zone.Count{ToRight: 3, ToLeft: 2}
	return []zone.Tally{
		{
			Area:   zone.Area{Name: "desk", Kind: zone.Zone, Points: [][2]float64{{0.1, 0.6}, {0.9, 0.6}, {0.9, 1}, {0.1, 1}}, Classes: []string{"person", "cell phone"}, Anchor: zone.Foot, Dwell: 10 * time.Second},
			Counts: map[string]zone.Count{"person": person, "cell phone": {Inside: 1, Entered: 1}}, Total: total,
		},
		{
			Area:   zone.Area{Name: "door", Kind: zone.Line, Points: [][2]float64{{0.2, 0.5}, {0.8, 0.5}}},
			Counts: map[string]zone.Count{"car": cars}, Total: cars,
		},
	}
}

func goldenZones(t *testing.T) any {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.zones = goldenTallies() })
	_, body := r.get("/api/v1/zones")
	return json.RawMessage(body)
}

func goldenControls(t *testing.T) any {
	r := newRig(t)
	_, body := r.get("/api/v1/camera/controls")
	return json.RawMessage(body)
}

// The whole of /metrics with known numbers.
func TestGoldenMetrics(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) {
		p.totals = metrics.Totals{Captured: 3702, Analyzed: 1233, Displaced: 2440, Late: 1, Corrupt: 2, Failed: 3, Idle: 4, Shutdown: 5, InFlight: 14, LostUpstream: 6}
		p.ages = metrics.Percentiles{P50: 116870 * time.Microsecond, P95: 131 * time.Millisecond, P99: 133400 * time.Microsecond, Samples: 600}
		p.rates = func() pipeline.Rates { return pipeline.Rates{Captured: 30, Analyzed: 9.98, Encoded: 5} }
		p.zones = goldenTallies()
		p.work = &pipeline.Work{Running: pipeline.Pool, Workers: 4, Busy: 3, Service: pipeline.ServiceTime{P50: 97 * time.Millisecond, P90: 139 * time.Millisecond, Samples: 64}}
	})
	r.cam.mu.Lock()
	r.cam.status.Reopens, r.cam.status.State = 3, capture.Stalled
	r.cam.mu.Unlock()
	for range 2 {
		r.open("/stream", 0)
		rep := report(1)
		rep.Analyzers = []pipeline.Timing{{Name: "objects", Took: 24100 * time.Microsecond, Ran: true}, {Name: "hands"}}
		rep.Result.Detections = []analyze.Detection{{Track: 1}, {}, {Track: 9, Predicted: true}}
		r.Report(rep)
	}
	r.open("/live-video-stream", 0)
	r.open("/ai-video-stream?overlay=off", 0)
	r.open("/api/v1/events", 0).readEvent()
	r.until("all have begun", func() bool {
		return r.cfg.Annotated.Subscribers()+r.cfg.Clean.Subscribers()+r.cfg.Live.Subscribers()+r.events.Subscribers() == 5
	})
	r.streams.evicted.Add(7)
	resp, body := r.get("/metrics")
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	volatile := regexp.MustCompile(`(?m)^((?:process|go)_[a-z_]+) [0-9.e+]+$`)
	wantGolden(t, "testdata/metrics.txt", volatile.ReplaceAll(body, []byte("$1 …")))

	// Before the first frame there is no age, and none is made up.
	r.pipe.set(func(p *fakePipeline) { p.ages, p.work = metrics.Percentiles{}, nil })
	if _, body := r.get("/metrics"); bytes.Contains(body, []byte("age_seconds")) || bytes.Contains(body, []byte("service_seconds")) {
		t.Errorf("there is an age or a service time in\n%s", body)
	}
}

// Values of labels are escaped as the text format has it, and classes are whatever a model's
// file of labels says.
func TestMetricsEscapeLabels(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Build.Version = `1"2\3` })
	r.pipe.set(func(p *fakePipeline) {
		p.zones = []zone.Tally{{
			Area:   zone.Area{Name: "desk", Kind: zone.Zone},
			Counts: map[string]zone.Count{"a\nb\t\x00é\xff": {Inside: 1}},
		}}
	})
	_, body := r.get("/metrics")
	for _, want := range []string{
		`freshframe_build_info{version="1\"2\\3",revision="0123abc",go="go1.26"} 1`,
		`freshframe_zone_inside{zone="desk",class="a\nb` + "\t\x00é\uFFFD" + `"} 1`,
	} {
		if !bytes.Contains(body, []byte(want+"\n")) {
			t.Errorf("%q is not in\n%s", want, body)
		}
	}
}

// Samples of one metric stand together, as the text format wants.
func TestMetricsAreGrouped(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) {
		p.zones = slices.Concat(goldenTallies(), goldenTallies())
		for i := range p.zones {
			p.zones[i].Name += strconv.Itoa(i)
		}
	})
	_, body := r.get("/metrics")
	done, last := map[string]bool{}, ""
	for line := range strings.Lines(string(body)) {
		name := line[:strings.IndexAny(line, "{ ")]
		if name != last && done[name] {
			t.Errorf("%s comes in two groups", name)
		}
		done[name], last = true, name
	}
	if !done["freshframe_zone_crossed_total"] {
		t.Errorf("no crossings in\n%s", body)
	}
}

// What has no numbers is told as nothing, never as null where a list is expected.
func TestEmptyListsAreLists(t *testing.T) {
	r := newRig(t)
	data, err := json.Marshal(frameWire(report(1)))
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, "Frame", data)
	_, body := r.get("/api/v1/state")
	conforms(t, "State", body)
	_, body = r.get("/api/v1/zones")
	conforms(t, "Zones", body)
	if string(body) != `{"text":"","zones":[]}` {
		t.Errorf("no zones are %s", body)
	}
	_, body = r.get("/api/v1/cameras")
	conforms(t, "Cameras", body)
	r.cam.controls = func(context.Context) ([]capture.Control, error) { return nil, nil }
	if _, body = r.get("/api/v1/camera/controls"); string(body) != `{"controls":[]}` {
		t.Errorf("no controls are %s", body)
	}
	r.pipe.set(func(p *fakePipeline) { p.silence = "lost" })
	_, body = r.get("/readyz")
	conforms(t, "NotReady", body)
	if data, err = json.Marshal(fiber.Map{"error": &apiError{Code: "a", Message: "b", Hint: "c"}}); err != nil {
		t.Fatal(err)
	}
	conforms(t, "Error", data)
	if data, err = json.Marshal(wireGap{Restarted: true}); err != nil {
		t.Fatal(err)
	}
	conforms(t, "Gap", data)
	if got := string(data); got != `{"from":0,"to":0,"lost":0,"restarted":true}` {
		t.Errorf("got %s", got)
	}
}
