package pipeline_test

import (
	"context"
	"image"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/motion"
	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
	"freshframe/backend/slot"
)

// line is a running pipeline with the motion analyzer and one viewer, fed frame by frame.
type line struct {
	p       *pipeline.Pipeline
	pool    frame.Pool
	view    *hub.View
	picture []byte // what the camera gives, 720p JPEG
	seq     uint64
}

func newLine(tb testing.TB, mode pipeline.Mode) *line {
	tb.Helper()
	im := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio422)
	for i := range im.Y {
		im.Y[i] = byte(128 + i%5*2 + i/im.YStride/8)
	}
	l := &line{}
	var err error
	if l.picture, err = jpeg.NewEncoder(85).Encode(nil, im); err != nil {
		tb.Fatal(err)
	}
	kinds := analyze.Kinds{motion.Kind()}
	kinds[0].Stateful = mode != pipeline.Pool // good enough to measure
	spec, err := kinds.Parse("motion")
	if err != nil {
		tb.Fatal(err)
	}
	live := capture.Status{State: capture.Live, Since: time.Now()}
	annotated := hub.NewPictures()
	l.p, err = pipeline.New(pipeline.Config{
		Settings: pipeline.Settings{Spec: spec, Freshness: slot.Throughput, Overlay: overlay.Options{Boxes: true, Labels: true, ProcessingTime: true, ObjectCount: true, FPS: true}, Mode: mode, Workers: 1},
		Kinds:    kinds, Quality: 80, AnalysisTimeout: time.Minute,
		Report: func(*pipeline.Report) {},
		Camera: func() (capture.Status, <-chan struct{}) { return live, nil },
		Ledger: &metrics.Ledger{}, Annotated: annotated, Clean: hub.NewPictures(), Live: hub.NewPictures(), Raw: hub.NewPictures(),
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	l.view = annotated.Subscribe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.p.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
		l.view.Close()
	})
	return l
}

// frame sends one camera frame through and waits for its annotated picture.
func (l *line) frame() *hub.Picture {
	l.seq++
	f := l.pool.Get()
	f.Seq, f.Format = l.seq, frame.JPEG
	f.Data = append(f.Data[:0], l.picture...)
	f.Captured, f.Dequeued = time.Now(), time.Now()
	l.p.Offer(f)
	for {
		pic, newer := l.view.Next()
		if pic != nil && pic.Seq == l.seq {
			return pic
		}
		if pic == nil {
			<-newer
		}
	}
}

// In steady state a frame costs one allocation of the size of its JPEG, which is fresh
// because many read it, and none of the size of the picture.
func TestNoPictureSizeAllocation(t *testing.T) {
	for _, mode := range []pipeline.Mode{pipeline.Serial, pipeline.Pool} {
		t.Run(string(mode), func(t *testing.T) { noPictureSizeAllocation(t, newLine(t, mode)) })
	}
}

func noPictureSizeAllocation(t *testing.T, l *line) {
	for range 10 { // the buffers grow
		l.frame()
	}
	const frames = 15
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	jpegs := 0
	for range frames {
		jpegs += len(l.frame().JPEG)
	}
	runtime.ReadMemStats(&after)
	perFrame := int(after.TotalAlloc-before.TotalAlloc) / frames
	picture, allowed := 1280*720*2, jpegs/frames*5/4+40_000
	t.Logf("%d bytes a frame; its JPEG has %d, the picture %d", perFrame, jpegs/frames, picture)
	if perFrame > allowed {
		t.Errorf("%d bytes are allocated for a frame, want at most %d", perFrame, allowed)
	}
}

// BenchmarkFrame is one 720p MJPEG frame through the whole pipeline with the motion
// analyzer and a viewer: decode, analyze, draw, encode, publish. B/op is what is allocated,
// to be held against picture-B.
func BenchmarkFrame(b *testing.B) {
	for _, mode := range []pipeline.Mode{pipeline.Serial, pipeline.Pool} {
		b.Run(string(mode), func(b *testing.B) { benchmarkFrame(b, newLine(b, mode)) })
	}
}

func benchmarkFrame(b *testing.B, l *line) {
	for range 10 {
		l.frame()
	}
	b.ReportAllocs()
	var size int
	for b.Loop() {
		size = len(l.frame().JPEG)
	}
	b.ReportMetric(float64(size), "jpeg-B")
	b.ReportMetric(1280*720*2, "picture-B")
}
