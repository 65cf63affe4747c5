package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/pipeline"
	"freshframe/backend/slot"
)

// setCamera changes the camera's state as the pipeline sees it.
func (b *bench) setCamera(st capture.State) {
	b.mu.Lock()
	b.camera.State, b.camera.Since = st, time.Now()
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	synctest.Wait()
}

// notices gathers the words of all notices that come until the returned function is called.
func notices(v *hub.View) (stop func() []string) {
	quit, out := make(chan struct{}), make(chan []string, 1)
	go func() {
		var words []string
		for {
			pic, newer := v.Next()
			if pic != nil {
				if pic.Notice != "" {
					words = append(words, pic.Notice)
				}
				continue
			}
			select {
			case <-newer:
			case <-quit:
				out <- words
				return
			}
		}
	}()
	return func() []string { close(quit); return <-out }
}

// Neither the time of a pause, nor that in which nobody watched, nor the pace of a slow
// camera is held against the analysis.
func TestSilenceThatIsNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var watched atomic.Bool
		watched.Store(true)
		b := start(t, func(cfg *pipeline.Config) { cfg.Wanted = watched.Load }, ok(100*time.Millisecond))
		view := b.out[0].Subscribe()
		stop := notices(view)
		b.camera30(30)
		yes, no := true, false
		b.apply(pipeline.Change{Paused: &yes})
		b.camera30(300)
		b.apply(pipeline.Change{Paused: &no})
		if why := b.p.Silence(); why != "" {
			t.Errorf("silence %q right after a pause", why)
		}
		b.camera30(30)
		watched.Store(false)
		b.camera30(300)
		watched.Store(true)
		if why := b.p.Silence(); why != "" {
			t.Errorf("silence %q for the first viewer", why)
		}
		b.camera30(60)
		for range 4 { // a tenth of a frame a second
			b.offer()
			time.Sleep(9 * time.Second)
			if why := b.p.Silence(); why != "" {
				t.Errorf("silence %q between two frames of a slow camera", why)
			}
			time.Sleep(time.Second)
		}
		if words := stop(); slices.Contains(words, "analysis") {
			t.Errorf("viewers were told %q", words)
		}
		view.Close()
		b.end()
	})
}

// A camera that delivers nothing but damaged pictures leaves no viewer with an old one.
func TestDamagedPicturesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(0))
		views := []*hub.View{b.out[0].Subscribe(), b.out[1].Subscribe(), b.out[2].Subscribe()}
		b.camera30(30)
		for range 30 * 5 {
			b.offer(func(f *frame.Frame) { f.Damaged = errors.New("error flag") })
			time.Sleep(time.Second / 30)
		}
		for i, v := range views {
			if pic, _ := v.Next(); pic == nil || pic.Notice != "corrupt" {
				t.Errorf("after 5 s of damaged pictures viewer %d sees %+v", i, pic)
			}
		}
		if why := b.p.Silence(); why != "corrupt" {
			t.Errorf("silence %q", why)
		}
		b.offer()
		synctest.Wait()
		for i, v := range views {
			if pic, _ := v.Next(); pic == nil || pic.Notice != "" {
				t.Errorf("with a whole picture viewer %d sees %+v", i, pic)
			}
			v.Close()
		}
		if why := b.p.Silence(); why != "" {
			t.Errorf("silence %q with a whole picture", why)
		}
		b.end()
	})
}

// The result of a frame from before the camera stopped, or from before a pause, does not
// cover the notice that says so.
func TestPictureDoesNotCoverNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(100*time.Millisecond))
		view, clean := b.out[0].Subscribe(), b.out[1].Subscribe()
		b.offer()
		synctest.Wait()
		b.setCamera(capture.Off)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		for _, v := range []*hub.View{view, clean} {
			if pic, _ := v.Next(); pic == nil || pic.Notice != "off" {
				t.Errorf("camera off: %+v", pic)
			}
		}
		if got := b.ledger.Totals(); got.Analyzed != 1 {
			t.Errorf("%+v, want 1 analyzed", got)
		}
		view.Close() // somebody who comes now is not shown the past either
		view = b.out[0].Subscribe()
		synctest.Wait()
		if pic, _ := view.Next(); pic != nil && pic.Notice == "" {
			t.Errorf("camera off, new viewer: %+v", pic)
		}
		b.setCamera(capture.Live)
		b.offer()
		synctest.Wait()
		yes := true
		b.apply(pipeline.Change{Paused: &yes})
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if pic, _ := view.Next(); pic == nil || pic.Notice != "paused" {
			t.Errorf("paused: %+v", pic)
		}
		view.Close()
		clean.Close()
		b.end()
	})
}

// While every place is taken by an analyzer that hangs, no frame grows old in hand.
func TestNoStaleFrameAfterHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		made := 0
		b := start(t, nil, func() fake {
			made++
			hangs := made <= 4
			return fake{analyze: func(context.Context, *frame.Frame) (analyze.Result, error) {
				if hangs {
					<-release
				}
				return analyze.Result{}, nil
			}}
		})
		b.camera30(30 * 20)
		if got := b.ledger.Totals(); got.Failed != 4 {
			t.Fatalf("%+v, want 4 failed", got)
		}
		close(release)
		synctest.Wait()
		b.camera30(3)
		b.end()
		if len(b.reports) == 0 {
			t.Fatal("no frame was analyzed after the analyzers came back")
		}
		for _, r := range b.reports {
			if r.Budget.Age > time.Second/20 {
				t.Errorf("seq %d was analyzed %v after its capture", r.Seq, r.Budget.Age)
			}
		}
	})
}

// Making an analyzer may take its time, as may closing one: neither holds up the camera.
func TestSlowAnalyzerMakingHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(10*time.Millisecond), func() fake {
			time.Sleep(5 * time.Second)
			return ok(0)()
		})
		b.camera30(3)
		go func() {
			name := "fake1"
			b.apply(pipeline.Change{Analyzer: &name})
		}()
		synctest.Wait()
		begin := time.Now()
		b.offer()
		if took := time.Since(begin); took > 0 {
			t.Errorf("Offer took %v", took)
		}
		time.Sleep(time.Second)
		if got := b.ledger.Totals(); got.Analyzed != 4 {
			t.Errorf("%+v, want the old analyzer to go on meanwhile", got)
		}
		time.Sleep(5 * time.Second)
		b.offer()
		synctest.Wait()
		if got := b.reports[len(b.reports)-1].Analyzer; got != "fake1" {
			t.Errorf("in the end %s analyzes", got)
		}
		b.end()
	})
}

// An analyzer that hangs or panics while it is closed is left behind.
func TestAnalyzerThatDoesNotClose(t *testing.T) {
	for name, closing := range map[string]func(chan struct{}){
		"hangs":  func(release chan struct{}) { <-release },
		"panics": func(chan struct{}) { panic("closing") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				b := start(t, nil, func() fake {
					return fake{analyze: ok(0)().analyze, closed: func() { closing(release) }}
				}, ok(0))
				b.offer()
				synctest.Wait()
				other := "fake1"
				b.apply(pipeline.Change{Analyzer: &other})
				b.offer()
				time.Sleep(time.Second)
				if got := b.ledger.Totals(); got.Analyzed != 2 {
					t.Errorf("%+v, want the other analyzer to have taken over", got)
				}
				again := "fake0"
				b.apply(pipeline.Change{Analyzer: &again})
				b.offer()
				synctest.Wait()
				begin := time.Now()
				b.stop()
				<-b.ended
				if took := time.Since(begin); took > time.Second {
					t.Errorf("it took %v to end", took)
				}
				close(release)
				b.end()
			})
		})
	}
}

// A panic while a picture is drawn or told costs that frame, not the program.
func TestRenderingPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := true
		b := start(t, func(cfg *pipeline.Config) {
			report := cfg.Report
			cfg.Report = func(r *pipeline.Report) {
				if panics {
					panic("telling")
				}
				report(r)
			}
		}, ok(0))
		b.offer()
		synctest.Wait()
		if pic, err := b.p.Snapshot(t.Context()); pic != nil || err != nil {
			t.Errorf("a snapshot of nothing: %v, %v", pic, err)
		}
		panics = false
		b.offer()
		synctest.Wait()
		if len(b.reports) != 1 || b.reports[0].Seq != 2 {
			t.Errorf("%d reports", len(b.reports))
		}
		b.end()
	})
}

// A cause of trouble is logged when it changes, however many frames it costs.
func TestTroubleIsLoggedOnce(t *testing.T) {
	for name, fails := range map[string]func() (analyze.Result, error){
		"error": func() (analyze.Result, error) { return analyze.Result{}, errors.New("no") },
		"panic": func() (analyze.Result, error) { panic("wild") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				b := start(t, func(cfg *pipeline.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) }, func() fake {
					return fake{analyze: func(context.Context, *frame.Frame) (analyze.Result, error) { return fails() }}
				})
				b.camera30(30)
				synctest.Wait()
				if got := b.end(); got.Failed != 30 {
					t.Errorf("%+v, want 30 failed", got)
				}
				if n := strings.Count(log.String(), "level=WARN"); n != 1 {
					t.Errorf("%d warnings:\n%s", n, &log)
				}
				if name == "panic" && !strings.Contains(log.String(), "trouble_test.go") {
					t.Errorf("the log does not say where it panicked:\n%s", &log)
				}
				if err := b.p.Trouble(); err == nil || strings.Contains(err.Error(), "\n") {
					t.Errorf("trouble: %v, want one line", err)
				}
			})
		})
	}
}

// Odd pictures and odd results reach viewers, alone and mixed, with the next frame decoded
// ahead.
func TestOddPicturesAndResults(t *testing.T) {
	type picture struct {
		name string
		w, h int
		data []byte
	}
	var pictures []picture
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411} {
		for _, size := range []image.Point{{1, 1}, {17, 9}, {640, 360}} {
			im := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
			data, err := jpeg.NewEncoder(80).Encode(nil, im)
			if err != nil {
				t.Fatal(err)
			}
			pictures = append(pictures, picture{fmt.Sprint(ratio, size), size.X, size.Y, data})
		}
	}
	var gray bytes.Buffer
	if err := stdjpeg.Encode(&gray, image.NewGray(image.Rect(0, 0, 33, 21)), nil); err != nil {
		t.Fatal(err)
	}
	pictures = append(pictures, picture{"gray", 33, 21, gray.Bytes()})
	var odd []analyze.Detection
	for _, v := range []float64{1e300, -1e300, 0, 0.5, 1} {
		for _, w := range []float64{-1, 1e300, 0, 1e-9, 0.5} {
			odd = append(odd, analyze.Detection{Box: [4]float64{v, v, w, w}, Label: strings.Repeat("ÿ\xff", 200), Score: v, Predicted: w > 0.1, Landmarks: [][3]float64{{v, w, v}}})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(cfg *pipeline.Config) { cfg.Overlay.Labels, cfg.Overlay.ObjectCount = true, true }, func() fake {
			return fake{analyze: func(ctx context.Context, _ *frame.Frame) (analyze.Result, error) {
				return analyze.Result{Count: math.MinInt, Detections: odd}, takes(ctx, 20*time.Millisecond)
			}}
		})
		annotated, clean := b.out[0].Subscribe(), b.out[1].Subscribe()
		for range 2 {
			for _, p := range pictures {
				b.offer(func(f *frame.Frame) { f.Format, f.Data = frame.JPEG, append(f.Data[:0], p.data...) })
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				for _, v := range []*hub.View{annotated, clean} {
					pic, _ := v.Next()
					if pic == nil || pic.Width != p.w || pic.Height != p.h {
						t.Errorf("%s: the viewer got %v", p.name, pic)
						continue
					}
					if c, err := jpeg.Probe(pic.JPEG); err != nil || c.Width != p.w || c.Height != p.h {
						t.Errorf("%s: the picture is %+v, %v", p.name, c, err)
					}
				}
			}
		}
		annotated.Close()
		clean.Close()
		if got := b.end(); got.Analyzed != b.seq {
			t.Errorf("%+v, want all analyzed", got)
		}
	})
}

// What Snapshot has returned is not written to again when a viewer comes.
func TestSnapshotIsImmutable(t *testing.T) {
	b := start(t, nil, ok(0))
	b.offer()
	var pic *hub.Picture
	for pic == nil {
		pic, _ = b.p.Snapshot(t.Context())
	}
	before := *pic
	view := b.out[0].Subscribe()
	for {
		shown, newer := view.Next()
		if shown != nil {
			break
		}
		<-newer
	}
	if now := *pic; now.Captured != before.Captured || fmt.Sprint(now) != fmt.Sprint(before) {
		t.Error("the picture has changed")
	}
	view.Close()
	b.stop()
	<-b.ended
}

// Whatever the moment of the end, every frame is given back.
func TestEndAtAnyMoment(t *testing.T) {
	for range 200 {
		b := start(t, func(cfg *pipeline.Config) { cfg.Freshness = slot.Throughput }, ok(0))
		view := b.out[0].Subscribe()
		for range 3 {
			b.offer()
		}
		b.stop()
		<-b.ended
		view.Close()
		if n := b.pool.Live(); n != 0 {
			t.Fatalf("%d frames were not given back", n)
		}
		if got := b.ledger.Totals(); got.InFlight != 0 {
			t.Fatalf("%+v", got)
		}
	}
}

// An analyzer that is chosen when the pipeline has ended is refused, not forgotten open.
func TestApplyAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := 0
		mk := func() fake {
			open++
			return fake{analyze: ok(0)().analyze, closed: func() { open-- }}
		}
		b := start(t, nil, mk, mk)
		b.end()
		name := "fake1"
		if _, err := b.p.Apply(pipeline.Change{Analyzer: &name}); !errors.Is(err, pipeline.ErrEnded) {
			t.Errorf("got %v, want %v", err, pipeline.ErrEnded)
		}
		if open != 0 {
			t.Errorf("%d analyzers left open", open)
		}
	})
}

// A result that no client could be told costs its frame, and says so.
func TestResultThatIsNoNumberFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, func() fake {
			return fake{analyze: func(context.Context, *frame.Frame) (analyze.Result, error) {
				return analyze.Result{Values: map[string]float64{"share": math.NaN()}}, nil
			}}
		})
		b.offer()
		synctest.Wait()
		if err := b.p.Trouble(); err == nil || !strings.Contains(err.Error(), "share") {
			t.Errorf("trouble: %v, want one that names the number", err)
		}
		if got := b.end(); got.Failed != 1 || len(b.reports) != 0 {
			t.Errorf("%+v and %d reports, want one frame failed", got, len(b.reports))
		}
	})
}
