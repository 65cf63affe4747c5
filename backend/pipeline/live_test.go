package pipeline_test

import (
	"bytes"
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/option"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

// runner is a follower that says where a thing is which moves to the right.
type runner struct{ begin time.Time }

const (
	pace  = 0.2 // pictures a second
	width = 0.2
)

func (r *runner) box(at time.Time) [4]float64 {
	return [4]float64{0.1 + pace*at.Sub(r.begin).Seconds(), 0.4, width, 0.3}
}

func (r *runner) Follow(of analyze.Moment, res *analyze.Result) error {
	if r.begin.IsZero() {
		r.begin = of.Captured
	}
	res.Detections = []analyze.Detection{{Box: r.box(of.Captured), Label: "runner", Score: 1, Track: 1, Velocity: [2]float64{pace, 0}}}
	return nil
}

func (r *runner) Close() error { return nil }

// watching makes the analyzers' kind one that follows the runner, and draws nothing but boxes.
func watching(spec string, r *runner) func(*pipeline.Config) {
	return func(cfg *pipeline.Config) {
		cfg.Overlay = overlay.Options{Boxes: true}
		for i := range cfg.Kinds {
			cfg.Kinds[i].Follow = func(option.Values) (analyze.Follower, error) { return r, nil }
		}
		var err error
		if cfg.Spec, err = cfg.Kinds.Parse(spec); err != nil {
			panic(err)
		}
	}
}

// large makes a frame 320x240, grey.
func large(f *frame.Frame) {
	f.Width, f.Height = 320, 240
	f.Data = bytes.Repeat([]byte{128}, 320*240*3/2)
}

// left is where drawing begins in the picture, as a share of its width; NaN where there is none.
func left(t *testing.T, pic *hub.Picture) float64 {
	t.Helper()
	var d jpeg.Decoder
	im, err := d.Decode(pic.JPEG, nil)
	if err != nil {
		t.Fatal(err)
	}
	for x := range 320 {
		for y := range 240 {
			if v := im.Y[y*im.YStride+x]; v < 90 || v > 165 {
				return float64(x) / 320
			}
		}
	}
	return math.NaN()
}

// Each camera frame is shown once, in order, with the box where the thing is by then, though
// the analyzer is six times slower.
func TestLiveShowsEveryFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &runner{}
		b := start(t, watching("fake0", r), ok(191*time.Millisecond))
		view := b.out[3].Subscribe()
		defer view.Close()
		analyzed := 0
		begin := time.Now()
		for i := range 90 {
			time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / 30)))
			b.offer(large)
			synctest.Wait()
			pic, _ := view.Next()
			if pic == nil || pic.Seq != uint64(i+1) || !pic.Captured.Equal(time.Now()) {
				t.Fatalf("frame %d: the live stream has %+v", i+1, pic)
			}
			b.mu.Lock()
			analyzed = len(b.reports)
			result := uint64(0)
			if analyzed > 0 {
				result = b.reports[analyzed-1].Seq
			}
			b.mu.Unlock()
			x := left(t, pic)
			if pic.Result != result {
				t.Fatalf("frame %d says that it shows the result of %d; the newest is %d", i+1, pic.Result, result)
			}
			if analyzed == 0 {
				if !math.IsNaN(x) {
					t.Fatalf("frame %d: something is drawn before there is a result", i+1)
				}
				continue
			}
			if want := r.box(time.Now())[0]; math.Abs(x-want) > 0.02 { // strokes and rims, and JPEG
				t.Fatalf("frame %d: the box begins at %.3f, the thing at %.3f", i+1, x, want)
			}
		}
		if analyzed < 10 || analyzed > 15 {
			t.Errorf("%d frames analyzed in 3 s, want about 14", analyzed)
		}
		b.end()
	})
}

// A hung analyzer takes the boxes away, when they are of the past, and nothing else.
func TestLiveOutlivesTheAnalyzer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		b := start(t, watching("fake0", &runner{}), func() fake {
			return fake{analyze: func(ctx context.Context, _ *frame.Frame) (analyze.Result, error) {
				if n++; n > 3 {
					<-ctx.Done()
					return analyze.Result{}, ctx.Err()
				}
				return analyze.Result{}, nil
			}}
		})
		view := b.out[3].Subscribe()
		defer view.Close()
		drawn := 0
		for i := range 30 * 6 {
			b.offer(large)
			synctest.Wait()
			pic, _ := view.Next()
			if pic == nil || pic.Seq != b.seq || pic.Notice != "" {
				t.Fatalf("frame %d: the live stream has %+v", i, pic)
			}
			if !math.IsNaN(left(t, pic)) {
				drawn = i + 1
			}
			time.Sleep(time.Second / 30)
		}
		if drawn < 60 || drawn > 66 {
			t.Errorf("boxes were drawn until frame %d, want 2 s after the third", drawn)
		}
		// Paused: the camera goes on, boxes of before do not.
		yes := true
		b.apply(pipeline.Change{Paused: &yes})
		b.offer(large)
		synctest.Wait()
		if pic, _ := view.Next(); pic == nil || pic.Seq != b.seq {
			t.Errorf("paused: the live stream has %+v", pic)
		}
		b.end()
	})
}

// Frames that no analyzer's rate wants end as idle, and nothing is decoded for them.
func TestRatesInThePipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, watching("fake0@5fps", &runner{}), ok(10*time.Millisecond))
		b.camera30(300)
		time.Sleep(time.Second) // until the last one is done
		got := b.end()
		if got.Analyzed != 50 || got.Idle != 250 {
			t.Errorf("%+v, want 50 analyzed and 250 idle", got)
		}
		for _, r := range b.reports {
			if len(r.Analyzers) != 1 || !r.Analyzers[0].Ran || r.Analyzers[0].Name != "fake0" || r.Analyzers[0].Took != 10*time.Millisecond {
				t.Fatalf("timings %+v", r.Analyzers)
			}
		}
	})
}

func TestJoinedInThePipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, watching("fake0@5fps+fake1", &runner{}), ok(20*time.Millisecond), ok(5*time.Millisecond))
		b.camera30(60)
		time.Sleep(time.Second)
		if got := b.end(); got.Analyzed != 60 {
			t.Errorf("%+v, want all analyzed", got)
		}
		ran := 0
		for _, r := range b.reports {
			if len(r.Analyzers) != 2 || !r.Analyzers[1].Ran || len(r.Result.Detections) != 2 {
				t.Fatalf("timings %+v, result %+v", r.Analyzers, r.Result)
			}
			if d := r.Result.Detections[0]; d.Predicted == r.Analyzers[0].Ran {
				t.Fatalf("predicted %v, ran %v", d.Predicted, r.Analyzers[0].Ran)
			}
			var sum time.Duration
			for _, a := range r.Analyzers {
				if a.Ran {
					sum += a.Took
				} else if a.Took != 20*time.Millisecond {
					t.Fatalf("the resting one took %v", a.Took)
				}
			}
			if sum != r.Budget.Analysis {
				t.Fatalf("the parts took %v, the analysis %v", sum, r.Budget.Analysis)
			}
			if r.Analyzers[0].Ran {
				ran++
			}
		}
		if ran != 10 {
			t.Errorf("the slow one ran %d times in 2 s, want 10", ran)
		}
	})
}

func TestZonesInThePipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &runner{}
		gate := []zone.Area{{Name: "gate", Kind: zone.Line, Points: [][2]float64{{0.5, 0}, {0.5, 1}}}}
		b := start(t, func(cfg *pipeline.Config) {
			watching("fake0", r)(cfg)
			cfg.Areas = gate
		}, ok(10*time.Millisecond))
		b.camera30(90)
		synctest.Wait()
		z := b.p.Zones()
		if len(z) != 1 || z[0].Total.ToLeft+z[0].Total.ToRight != 1 || z[0].Counts["runner"] != z[0].Total {
			t.Errorf("zones %+v, want one crossing", z)
		}
		events := 0
		for _, rep := range b.reports {
			events += len(rep.Happened)
			if len(rep.Zones) != 1 {
				t.Fatal("a report without zones")
			}
		}
		if events != 1 {
			t.Errorf("%d events, want one", events)
		}
		none := []zone.Area{}
		b.apply(pipeline.Change{Areas: &none})
		if z := b.p.Zones(); len(z) != 0 {
			t.Errorf("zones %+v after they were removed", z)
		}
		b.offer()
		time.Sleep(time.Second)
		synctest.Wait()
		if rep := b.reports[len(b.reports)-1]; rep.Zones != nil {
			t.Errorf("a report with %+v", rep.Zones)
		}
		bad := []zone.Area{{Name: "x"}}
		if _, err := b.p.Apply(pipeline.Change{Areas: &bad}); err == nil {
			t.Error("took a bad zone")
		}
		if set, _ := b.p.Settings(); len(set.Areas) != 0 {
			t.Errorf("a refused change left %+v", set.Areas)
		}
		b.end()
	})
}
