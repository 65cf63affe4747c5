package httpapi

import (
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
)

// The types below are the JSON that clients get. testdata/api has an example of each, which
// the tests of both sides parse. Times are wall-clock microseconds, durations microseconds.

type wireError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

type wireState struct {
	Boot        string          `json:"boot"`
	NowUs       int64           `json:"now_us"`
	Clock       wireClock       `json:"clock"`
	Camera      wireCamera      `json:"camera"`
	Pipeline    wirePipeline    `json:"pipeline"`
	Rates       wireRates       `json:"rates"`
	Age         wirePercentiles `json:"age_us"`
	Ledger      metrics.Totals  `json:"ledger"`
	Subscribers wireSubscribers `json:"subscribers"`
	Process     wireProcess     `json:"process"`
	Build       Build           `json:"build"`
}

// wireClock relates wall time to CLOCK_MONOTONIC as of the start of the process.
type wireClock struct {
	WallOffsetUs int64 `json:"wall_offset_us"`
}

type wireCamera struct {
	State   capture.State `json:"state"`
	SinceUs int64         `json:"since_us"`
	Source  string        `json:"source"`
	Why     string        `json:"why"`
	Device  string        `json:"device"`
	// Stable is a source value that means this camera whatever device it gets, "" for none.
	Stable    string     `json:"stable"`
	Name      string     `json:"name"`
	Simulated bool       `json:"simulated"`
	Format    string     `json:"format"`
	Width     int        `json:"width"`
	Height    int        `json:"height"`
	Framerate float64    `json:"framerate"`
	Asked     *wireAsked `json:"asked"` // null where the camera was not asked for anything
	// ControlsRev counts the changes of the controls: when it grows, they are worth reading anew.
	ControlsRev uint64     `json:"controls_rev"`
	Reopens     int        `json:"reopens"`
	Error       *wireError `json:"error"`
}

// wireAsked is what was wanted of the camera, beside what it delivers.
type wireAsked struct {
	Format    string  `json:"format"` // "" for any
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Framerate float64 `json:"framerate"`
}

type wirePipeline struct {
	Mode             string            `json:"mode"`    // as asked for
	Running          string            `json:"running"` // serial or pool
	Workers          wireWorkers       `json:"workers"`
	MaxAgeMs         float64           `json:"max_age_ms"`
	MaxReorderWaitMs float64           `json:"max_reorder_wait_ms"`
	TargetFPS        float64           `json:"target_fps"`
	Reason           *string           `json:"reason"` // of the mode auto
	Service          *wireService      `json:"service_ms"`
	Theory           *wireTheory       `json:"theory"`
	Observed         *wireObserved     `json:"observed"`
	Analyzer         string            `json:"analyzer"`
	Spec             string            `json:"spec"`
	Parts            []wirePart        `json:"parts"`
	Fallback         *Fallback         `json:"fallback"` // null where the analyzer is the wanted one
	Params           map[string]string `json:"params"`
	Stateful         bool              `json:"stateful"`
	Simulated        bool              `json:"simulated"`
	Freshness        string            `json:"freshness"`
	Paused           bool              `json:"paused"`
	Overlay          overlay.Options   `json:"overlay"`
	Error            *wireError        `json:"error"`
}

type wireRates struct {
	Captured float64 `json:"captured"`
	Analyzed float64 `json:"analyzed"`
	Encoded  float64 `json:"encoded"`
}

type wirePercentiles struct {
	P50     int64 `json:"p50"`
	P95     int64 `json:"p95"`
	P99     int64 `json:"p99"`
	Samples int   `json:"samples"`
}

type wireSubscribers struct {
	Annotated int          `json:"annotated"`
	Clean     int          `json:"clean"`
	Live      int          `json:"live"`
	Raw       int          `json:"raw"`
	Events    int          `json:"events"`
	Clients   []wireClient `json:"clients"`
}

type wireClient struct {
	ID      uint64 `json:"id"`
	Stream  string `json:"stream"`
	Remote  string `json:"remote"`
	SinceUs int64  `json:"since_us"`
	Sent    uint64 `json:"sent"`
	Skipped uint64 `json:"skipped"`
	Bytes   uint64 `json:"bytes"`
	AgeUs   int64  `json:"age_us"`
}

type wireProcess struct {
	UptimeS    float64 `json:"uptime_s"`
	CPUS       float64 `json:"cpu_s"`
	RSSBytes   int64   `json:"rss_bytes"`
	Goroutines int     `json:"goroutines"`
}

// Build says what is running.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
}

type wireGap struct {
	From      uint64 `json:"from"`
	To        uint64 `json:"to"`
	Lost      uint64 `json:"lost"`
	Restarted bool   `json:"restarted,omitempty"` // the id was an earlier process's: what it had is unknown
}

type wireSnapshot struct {
	Frame json.RawMessage `json:"frame"`
	AgeUs int64           `json:"age_us"`
	URL   string          `json:"url"`
}

func (s *Server) cameraWire() wireCamera {
	st, _ := s.cfg.Camera.Status()
	w := wireCamera{
		State: st.State, SinceUs: st.Since.UnixMicro(), Source: s.cfg.Source, Why: s.cfg.Why,
		Device: st.Info.Device, Stable: st.Info.Stable, Name: st.Info.Name, Simulated: st.Info.Simulated,
		Width: st.Info.Width, Height: st.Info.Height, Framerate: round2(st.Info.Framerate),
		ControlsRev: st.ControlsRev, Reopens: st.Reopens,
	}
	if st.Info.Format != 0 {
		w.Format = st.Info.Format.String()
	}
	if a := st.Info.Asked; a != nil {
		w.Asked = &wireAsked{Width: a.Width, Height: a.Height, Framerate: round2(a.Framerate)}
		if a.Format != 0 {
			w.Asked.Format = a.Format.String()
		}
	}
	if e := st.Err; e != nil {
		w.Error = cameraErrorWire(e)
	}
	return w
}

func cameraErrorWire(e *capture.Error) *wireError {
	return &wireError{Code: string(e.Code), Message: e.Device + ": " + e.Err.Error(), Hint: e.Hint}
}

func (s *Server) pipelineWire() wirePipeline {
	set, _ := s.cfg.Pipeline.Settings()
	w := wirePipeline{
		Analyzer: set.Spec.Kind.Name, Spec: set.Spec.Text, Parts: partsWire(set.Spec), Fallback: s.fallback.Load(), Params: set.Spec.Params(),
		Stateful: set.Spec.Kind.Stateful, Simulated: set.Spec.Kind.Simulated,
		Freshness: string(set.Freshness), Paused: set.Paused, Overlay: set.Overlay,
	}
	w.addWork(set, s.cfg.Pipeline.Work(time.Now()))
	if err := s.cfg.Pipeline.Trouble(); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n") // a panic's stack is for the log
		w.Error = &wireError{Code: "analysis_failed", Message: first, Hint: "switch the analyzer or its parameters; the log has the details"}
	}
	return w
}

func (s *Server) stateWire() wireState {
	now := time.Now()
	rates, ages := s.cfg.Pipeline.Rates(now), s.cfg.Pipeline.Ages()
	w := wireState{
		Boot: s.events.Boot(), NowUs: now.UnixMicro(), Clock: wireClock{s.wallOffset.Microseconds()},
		Camera: s.cameraWire(), Pipeline: s.pipelineWire(),
		Rates:  wireRates{round2(rates.Captured), round2(rates.Analyzed), round2(rates.Encoded)},
		Age:    wirePercentiles{ages.P50.Microseconds(), ages.P95.Microseconds(), ages.P99.Microseconds(), ages.Samples},
		Ledger: s.cfg.Pipeline.Totals(),
		Subscribers: wireSubscribers{
			Annotated: s.renditions.Subscribers(s.cfg.Annotated), Clean: s.renditions.Subscribers(s.cfg.Clean),
			Live: s.renditions.Subscribers(s.cfg.Live), Raw: s.renditions.Subscribers(s.cfg.Raw), Events: s.events.Subscribers(),
			Clients: []wireClient{},
		},
		Process: processWire(s.started, now),
		Build:   s.cfg.Build,
	}
	for _, c := range s.streams.clients() {
		w.Subscribers.Clients = append(w.Subscribers.Clients, wireClient{
			ID: c.id, Stream: c.kind, Remote: c.ip, SinceUs: c.since.UnixMicro(),
			Sent: c.sent.Load(), Skipped: c.skipped.Load(), Bytes: c.bytes.Load(), AgeUs: c.age.Load(),
		})
	}
	return w
}

func processWire(started, now time.Time) wireProcess {
	w := wireProcess{UptimeS: round2(now.Sub(started).Seconds()), Goroutines: runtime.NumGoroutine(), RSSBytes: residentBytes()}
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) == nil {
		w.CPUS = round2(time.Duration(ru.Utime.Nano() + ru.Stime.Nano()).Seconds())
	}
	return w
}

// residentBytes is the process's resident memory as /proc tells it, 0 where there is none.
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
