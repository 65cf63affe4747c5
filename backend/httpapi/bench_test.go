package httpapi

import (
	"bufio"
	"math/rand/v2"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/hub"
	"freshframe/backend/pipeline"
)

const viewers = 100

// benchClients opens the viewers' streams; each reads one unit after another, and tells got
// of every one.
func benchClients(b *testing.B, open func() *stream, read func(*stream) error) (got <-chan struct{}) {
	b.Helper()
	done := make(chan struct{}, viewers)
	for range viewers {
		s := open()
		s.nc.SetReadDeadline(time.Time{})
		s.r = bufio.NewReaderSize(s.r, 128<<10)
		go func() {
			for read(s) == nil {
				done <- struct{}{}
			}
		}()
	}
	return done
}

// await receives n times.
func await(ch <-chan struct{}, n int) {
	for range n {
		<-ch
	}
}

// One picture of 80 KB to 100 viewers, until the last has all of it. The clients discard
// without allocating, so the allocations are the server's.
func BenchmarkMJPEGFanOut(b *testing.B) {
	r := newRig(b, func(c *Config) { c.Limits.Streams, c.Limits.StreamsPerIP = viewers, viewers })
	pic := picture(1, 80<<10)
	pic.Captured = time.UnixMicro(1) // so long ago that the age has the same length every time
	part := len((&mjpegWriter{}).header(pic, time.Now())) + len(pic.JPEG) + len(between)
	open := func() *stream { return r.open("/ai-video-stream", 0).readOpening() }
	got := benchClients(b, open, func(s *stream) error {
		_, err := s.r.Discard(part)
		return err
	})
	r.until("all have begun", func() bool { return r.cfg.Annotated.Subscribers() == viewers })
	b.SetBytes(int64(part * viewers))
	b.ReportAllocs()
	for b.Loop() {
		r.cfg.Annotated.Publish(&hub.Picture{Seq: 1, JPEG: pic.JPEG, Captured: pic.Captured})
		await(got, viewers)
	}
}

// One frame event to 100 clients, until the last has all of it.
func BenchmarkSSEFanOut(b *testing.B) {
	r := newRig(b, func(c *Config) { c.Limits.Streams, c.Limits.StreamsPerIP = viewers, viewers })
	open := func() *stream {
		s := r.open("/api/v1/events?events=frame", 0, "Last-Event-ID", id(1)) // whenever it begins, it misses nothing
		s.readEvent()                                                         // retry
		return s
	}
	got := benchClients(b, open, func(s *stream) error {
		for { // up to the empty line
			line, err := s.r.ReadSlice('\n')
			if err != nil || len(line) == 1 {
				return err
			}
		}
	})
	rep := report(1)
	b.ReportAllocs()
	for b.Loop() {
		r.Report(rep)
		await(got, viewers)
	}
}

// One frame as the neural analyzers tell it: five tracked things with trails, two of them hands
// with landmarks, counted in a zone.
func BenchmarkFrameEvent(b *testing.B) {
	s := New((&rig{t: b, cam: newFakeCamera(), pipe: newFakePipeline(b)}).config())
	rep := crowdedReport()
	s.Report(rep)
	b.SetBytes(int64(len(s.newest.Load().data)))
	b.ReportAllocs()
	for b.Loop() {
		s.Report(rep)
	}
}

func crowdedReport() *pipeline.Report {
	rep := report(1234)
	rep.Analyzer = "faces+hands+objects"
	rep.Analyzers = []pipeline.Timing{{Name: "faces", Took: 5 * time.Millisecond, Ran: true}, {Name: "hands", Took: 12 * time.Millisecond, Ran: true}, {Name: "objects"}}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 5 {
		d := analyze.Detection{
			Box: [4]float64{rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64()}, Label: "person", Score: rng.Float64(),
			Track: uint64(i + 1), Velocity: [2]float64{rng.NormFloat64(), rng.NormFloat64()}, Age: time.Duration(rng.Int64N(1e11)),
		}
		for range 32 {
			d.Trail = append(d.Trail, [2]float64{rng.Float64(), rng.Float64()})
		}
		if i < 2 {
			d.Label, d.Gesture = "hand", "open_palm"
			for range 21 {
				d.Landmarks = append(d.Landmarks, [3]float64{rng.Float64(), rng.Float64(), rng.Float64()})
			}
		}
		rep.Result.Detections = append(rep.Result.Detections, d)
	}
	rep.Result.Count = 5
	rep.Result.Values = map[string]float64{"hands": 2, "faces": 1}
	rep.Zones = goldenTallies()
	return rep
}
