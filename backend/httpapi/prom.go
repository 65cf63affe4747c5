package httpapi

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/gofiber/fiber/v2"

	"freshframe/backend/capture"
	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

// handleMetrics is GET /metrics: what the state tells people, for Prometheus.
func (s *Server) handleMetrics(c *fiber.Ctx) error {
	var b bytes.Buffer
	s.writeMetrics(&b)
	c.Set(fiber.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	return c.Send(b.Bytes())
}

// writeMetrics writes all samples in the text format: base units, counters end in _total.
func (s *Server) writeMetrics(b io.Writer) {
	w := s.stateWire()
	counter := func(name string, v uint64) { vm.WriteCounterUint64(b, name, v) }
	gauge := func(name string, v float64) { vm.WriteGaugeFloat64(b, name, v) }

	l := w.Ledger
	counter("freshframe_frames_captured_total", l.Captured)
	counter(`freshframe_frames_total{fate="analyzed"}`, l.Analyzed)
	counter(`freshframe_frames_total{fate="displaced"}`, l.Displaced)
	counter(`freshframe_frames_total{fate="late"}`, l.Late)
	counter(`freshframe_frames_total{fate="corrupt"}`, l.Corrupt)
	counter(`freshframe_frames_total{fate="failed"}`, l.Failed)
	counter(`freshframe_frames_total{fate="idle"}`, l.Idle)
	counter(`freshframe_frames_total{fate="shutdown"}`, l.Shutdown)
	gauge("freshframe_frames_in_flight", float64(l.InFlight))
	counter("freshframe_frames_lost_upstream_total", l.LostUpstream)

	gauge(`freshframe_frame_rate{stage="captured"}`, w.Rates.Captured)
	gauge(`freshframe_frame_rate{stage="analyzed"}`, w.Rates.Analyzed)
	gauge(`freshframe_frame_rate{stage="encoded"}`, w.Rates.Encoded)
	if w.Age.Samples > 0 { // of the last 600 analyzed frames, when they were published
		gauge(`freshframe_frame_age_seconds{quantile="0.5"}`, float64(w.Age.P50)/1e6)
		gauge(`freshframe_frame_age_seconds{quantile="0.95"}`, float64(w.Age.P95)/1e6)
		gauge(`freshframe_frame_age_seconds{quantile="0.99"}`, float64(w.Age.P99)/1e6)
	}

	gauge("freshframe_workers", float64(w.Pipeline.Workers.Working))
	gauge("freshframe_workers_busy", float64(w.Pipeline.Workers.Busy))
	pooled := 0.0
	if w.Pipeline.Running == string(pipeline.Pool) {
		pooled = 1
	}
	gauge("freshframe_pool_running", pooled)
	if s := w.Pipeline.Service; s != nil { // of the last 64 analyses
		gauge(`freshframe_service_seconds{quantile="0.5"}`, s.P50/1e3)
		gauge(`freshframe_service_seconds{quantile="0.9"}`, s.P90/1e3)
	}

	analyzers, tracks := s.spent.read()
	for _, a := range analyzers {
		vm.WriteCounterFloat64(b, "freshframe_analyzer_seconds_total"+labels("analyzer", a.name), a.took.Seconds())
	}
	for _, a := range analyzers {
		counter("freshframe_analyzer_runs_total"+labels("analyzer", a.name), a.runs)
	}
	gauge("freshframe_tracks", float64(tracks)) // in the newest result
	writeZones(b, s.cfg.Pipeline.Zones())

	for _, st := range []capture.State{capture.Off, capture.Opening, capture.Live, capture.Stalled, capture.Lost} {
		v := 0.0
		if st == w.Camera.State {
			v = 1
		}
		gauge("freshframe_camera_state"+labels("state", string(st)), v)
	}
	counter("freshframe_camera_reopens_total", uint64(w.Camera.Reopens))

	n := w.Subscribers
	gauge(`freshframe_subscribers{stream="annotated"}`, float64(n.Annotated))
	gauge(`freshframe_subscribers{stream="clean"}`, float64(n.Clean))
	gauge(`freshframe_subscribers{stream="live"}`, float64(n.Live))
	gauge(`freshframe_subscribers{stream="raw"}`, float64(n.Raw))
	gauge(`freshframe_subscribers{stream="events"}`, float64(n.Events))
	gauge("freshframe_renditions", float64(s.renditions.Len())) // that are being made for somebody
	counter("freshframe_subscribers_evicted_total", s.streams.evicted.Load())

	vm.WriteCounterFloat64(b, "process_cpu_seconds_total", w.Process.CPUS)
	gauge("process_resident_memory_bytes", float64(w.Process.RSSBytes))
	gauge("process_start_time_seconds", float64(s.started.UnixNano())/float64(time.Second))
	gauge("go_goroutines", float64(w.Process.Goroutines))
	gauge("freshframe_build_info"+labels("version", w.Build.Version, "revision", w.Build.Revision, "go", w.Build.Go), 1)
}

// zoneCounters are what is counted of each zone or line and class, a metric each.
var zoneCounters = []struct {
	name, direction string
	of              func(zone.Count) uint64
}{
	{"entered", "", func(n zone.Count) uint64 { return n.Entered }},
	{"appeared", "", func(n zone.Count) uint64 { return n.Appeared }},
	{"left", "", func(n zone.Count) uint64 { return n.Left }},
	{"vanished", "", func(n zone.Count) uint64 { return n.Vanished }},
	{"dwelt", "", func(n zone.Count) uint64 { return n.Dwelt }},
	{"crossed", "right", func(n zone.Count) uint64 { return n.ToRight }},
	{"crossed", "left", func(n zone.Count) uint64 { return n.ToLeft }},
}

// writeZones writes a metric after another, as the format wants, and what a zone counts only of
// zones, what a line counts only of lines.
func writeZones(b io.Writer, tallies []zone.Tally) {
	each := func(kind zone.Kind, do func(labels []string, n zone.Count)) {
		for _, t := range tallies {
			if t.Kind != kind {
				continue
			}
			for _, class := range slices.Sorted(maps.Keys(t.Counts)) {
				do([]string{"zone", t.Name, "class", class}, t.Counts[class])
			}
		}
	}
	each(zone.Zone, func(by []string, n zone.Count) {
		vm.WriteGaugeFloat64(b, "freshframe_zone_inside"+labels(by...), float64(n.Inside))
	})
	for _, c := range zoneCounters {
		kind := zone.Zone
		if c.direction != "" {
			kind = zone.Line
		}
		each(kind, func(by []string, n zone.Count) {
			if c.direction != "" {
				by = append(by, "direction", c.direction)
			}
			vm.WriteCounterUint64(b, "freshframe_zone_"+c.name+"_total"+labels(by...), c.of(n))
		})
	}
	each(zone.Zone, func(by []string, n zone.Count) {
		vm.WriteCounterFloat64(b, "freshframe_zone_stayed_seconds_total"+labels(by...), n.Stayed.Seconds())
	})
}

// escape makes a label's value what the text format allows, which is not what Go's %q gives.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labels writes names and values in turn as {name="value",…}.
func labels(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(pairs[i] + `="` + escape.Replace(strings.ToValidUTF8(pairs[i+1], "\uFFFD")) + `"`)
	}
	return b.String() + "}"
}
