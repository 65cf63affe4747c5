package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/metrics"
	"freshframe/backend/option"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
	"freshframe/backend/slot"
)

// fake is an analyzer whose behaviour a test writes.
type fake struct {
	analyze func(ctx context.Context, f *frame.Frame) (analyze.Result, error)
	closed  func()
}

func (a fake) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	return a.analyze(ctx, f)
}

func (a fake) Close() error {
	if a.closed != nil {
		a.closed()
	}
	return nil
}

// takes waits d, or less when ctx ends.
func takes(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bench is a pipeline with everything around it that it needs, in a synctest bubble.
type bench struct {
	t       *testing.T
	p       *pipeline.Pipeline
	ledger  metrics.Ledger
	pool    frame.Pool
	out     [4]*hub.Pictures // annotated, clean, raw, live
	stop    context.CancelFunc
	ended   chan struct{}
	seq     uint64
	mu      sync.Mutex
	reports []*pipeline.Report
	camera  capture.Status
	changed chan struct{}
}

func start(t *testing.T, change func(*pipeline.Config), makers ...func() fake) *bench {
	t.Helper()
	b := &bench{t: t, ended: make(chan struct{}), changed: make(chan struct{}), camera: capture.Status{State: capture.Live, Since: time.Now(), Info: capture.Info{Width: 64, Height: 48}}}
	for i := range b.out {
		b.out[i] = hub.NewPictures()
	}
	var kinds analyze.Kinds
	for i, mk := range makers {
		kinds = append(kinds, analyze.Kind{
			Name: fmt.Sprintf("fake%d", i), Stateful: true,
			Params: []option.Option{option.Option{Name: "n", Type: option.Int, Default: "1"}.Between(0, 9)},
			New:    func(option.Values) (analyze.Analyzer, error) { return mk(), nil },
		})
	}
	spec, err := kinds.Parse("fake0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := pipeline.Config{
		Settings: pipeline.Settings{Spec: spec, Freshness: slot.Throughput, Overlay: overlay.Options{Boxes: true, FPS: true}},
		Kinds:    kinds, Quality: 80, AnalysisTimeout: time.Second,
		Report: func(r *pipeline.Report) {
			b.mu.Lock()
			b.reports = append(b.reports, r)
			b.mu.Unlock()
		},
		Camera: func() (capture.Status, <-chan struct{}) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.camera, b.changed
		},
		Ledger: &b.ledger, Annotated: b.out[0], Clean: b.out[1], Raw: b.out[2], Live: b.out[3],
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	if b.p, err = pipeline.New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.stop = cancel
	go func() {
		defer close(b.ended)
		if err := b.p.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	return b
}

// end stops the pipeline and checks that nothing is lost.
func (b *bench) end() metrics.Totals {
	b.t.Helper()
	b.stop()
	<-b.ended
	synctest.Wait()
	got := b.ledger.Totals()
	if got.InFlight != 0 || got.Captured != b.seq {
		b.t.Errorf("the ledger does not balance: %+v, offered %d", got, b.seq)
	}
	if n := b.pool.Live(); n != 0 {
		b.t.Errorf("%d frames were not given back", n)
	}
	return got
}

// offer captures a frame of 64x48 pixels now.
func (b *bench) offer(change ...func(*frame.Frame)) {
	b.seq++
	f := b.pool.Get()
	f.Seq, f.Format, f.Width, f.Height = b.seq, frame.I420, 64, 48
	f.Data = append(f.Data[:0], make([]byte, 64*48*3/2)...)
	f.Captured, f.Dequeued = time.Now(), time.Now()
	for _, c := range change {
		c(f)
	}
	b.p.Offer(f)
}

// camera30 offers n frames, one every 33⅓ ms.
func (b *bench) camera30(n int) {
	begin := time.Now()
	for i := range n {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / 30)))
		b.offer()
	}
}

func ok(d time.Duration) func() fake {
	return func() fake {
		return fake{analyze: func(ctx context.Context, _ *frame.Frame) (analyze.Result, error) {
			return analyze.Result{Count: 1}, takes(ctx, d)
		}}
	}
}

// The reference case: at 30 fps and 100 ms of analysis the pipeline reaches the ceiling of
// 10 fps, no frame waits longer than one camera interval, and order holds.
func TestSerialReachesTheCeiling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(100*time.Millisecond))
		b.camera30(300)
		got := b.end()
		if got.Analyzed < 99 || got.Analyzed > 100 {
			t.Errorf("analyzed %d of 300 frames in 10 s, want 99 or 100", got.Analyzed)
		}
		for i, r := range b.reports {
			if i > 0 && r.Seq <= b.reports[i-1].Seq {
				t.Errorf("seq %d after %d", r.Seq, b.reports[i-1].Seq)
			}
			if max := 100*time.Millisecond + time.Second/30 + time.Microsecond; r.Budget.Age > max {
				t.Errorf("seq %d was %v old, want at most %v", r.Seq, r.Budget.Age, max)
			}
			if sum := r.Budget.Dequeue + r.Budget.Wait + r.Budget.Analysis + r.Budget.Draw + r.Budget.Encode + r.Budget.Publish; sum != r.Budget.Age {
				t.Errorf("seq %d: the parts add up to %v, the age is %v", r.Seq, sum, r.Budget.Age)
			}
		}
	})
}

// Every policy keeps its promise about the age of the frame it takes.
func TestFreshnessPolicies(t *testing.T) {
	for _, c := range []struct {
		policy  slot.Freshness
		maxWait time.Duration
		least   uint64
	}{
		{slot.Throughput, time.Second / 30, 68},
		{slot.Balanced, time.Second / 60, 60},
		{slot.Latency, 0, 58},
	} {
		t.Run(string(c.policy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(cfg *pipeline.Config) { cfg.Freshness = c.policy }, ok(140*time.Millisecond))
				b.camera30(300)
				got := b.end()
				if got.Analyzed < c.least {
					t.Errorf("analyzed %d frames, want at least %d", got.Analyzed, c.least)
				}
				for _, r := range b.reports[2:] { // the rate is known from the second frame on
					if r.Budget.Wait > c.maxWait+time.Microsecond { // intervals are not whole nanoseconds
						t.Errorf("seq %d waited %v, want at most %v", r.Seq, r.Budget.Wait, c.maxWait)
					}
				}
			})
		})
	}
}

// Thousands of frames through every fate that a serial pipeline knows, at random, while
// settings change and viewers come and go: the books balance and nothing leaks.
func TestLedgerBalances(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				var mu sync.Mutex
				roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return rnd.IntN(n) }
				release := make(chan struct{})
				b := start(t, func(cfg *pipeline.Config) { cfg.AnalysisTimeout = 150 * time.Millisecond }, wild(roll, release), wild(roll, release))
				b.ledgerStorm(roll, 2500)
				close(release) // the hung ones come back, too late to count
				got := b.end()
				for name, n := range map[string]uint64{"analyzed": got.Analyzed, "displaced": got.Displaced, "corrupt": got.Corrupt, "failed": got.Failed, "idle": got.Idle} {
					if n == 0 {
						t.Errorf("no frame ended as %s: %+v", name, got)
					}
				}
			})
		})
	}
}

// wild is an analyzer that does at random whatever an analyzer can do.
func wild(roll func(int) int, release <-chan struct{}) func() fake {
	return func() fake {
		return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
			switch roll(12) {
			case 0:
				return analyze.Result{}, errors.New("no")
			case 1:
				panic("wild")
			case 2:
				if _, err := f.Planes(); err != nil {
					return analyze.Result{}, err
				}
				return analyze.Result{}, fmt.Errorf("half a picture: %w", frame.ErrCorrupt)
			case 3:
				if roll(10) == 0 {
					<-release // heeds no context
				}
			case 4:
				<-ctx.Done()
				return analyze.Result{}, ctx.Err()
			}
			return analyze.Result{Count: 1}, takes(ctx, time.Duration(roll(60))*time.Millisecond)
		}}
	}
}

// ledgerStorm offers n frames, some of them damaged, and keeps changing things.
func (b *bench) ledgerStorm(roll func(int) int, n int) {
	yes, no := true, false
	var views []*hub.View
	for range n {
		switch roll(40) {
		case 0:
			b.offer(func(f *frame.Frame) { f.Data = f.Data[:10] })
		case 1:
			b.offer(func(f *frame.Frame) { f.Damaged = errors.New("error flag") })
		case 2:
			b.offer(func(f *frame.Frame) { f.Format, f.Data = frame.JPEG, append(f.Data[:0], "no jpeg"...) })
		default:
			b.offer()
		}
		switch roll(60) {
		case 0:
			b.apply(pipeline.Change{Paused: &yes})
		case 1, 2, 3:
			b.apply(pipeline.Change{Paused: &no})
		case 4:
			name := fmt.Sprintf("fake%d", roll(2))
			b.apply(pipeline.Change{Analyzer: &name})
		case 5:
			b.apply(pipeline.Change{Params: map[string]string{"n": fmt.Sprint(roll(10))}})
		case 6:
			views = append(views, b.out[roll(4)].Subscribe())
		case 7:
			if len(views) > 0 {
				views[0].Close()
				views = views[1:]
			}
		}
		time.Sleep(time.Duration(roll(40)) * time.Millisecond)
		if got := b.ledger.Totals(); got.InFlight > 8 {
			b.t.Fatalf("%d frames in flight", got.InFlight)
		}
	}
	b.apply(pipeline.Change{Paused: &no})
	for _, v := range views {
		v.Close()
	}
}

func (b *bench) apply(c pipeline.Change) {
	b.t.Helper()
	if _, err := b.p.Apply(c); err != nil {
		b.t.Fatal(err)
	}
}

// A frame that a stuck analyzer holds at the end is counted as shut down.
func TestShutdownDuringAnalysis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(time.Minute))
		b.offer()
		synctest.Wait()
		b.offer()
		synctest.Wait()
		if got := b.end(); got.Shutdown != 2 {
			t.Errorf("got %+v, want 2 shut down", got)
		}
	})
}

// An analyzer that heeds no context costs its one frame, is replaced, and what it returns
// in the end changes nothing.
func TestHungAnalyzerIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		made := 0
		var closed atomic.Int32
		b := start(t, nil, func() fake {
			made++
			first := made == 1
			return fake{
				analyze: func(context.Context, *frame.Frame) (analyze.Result, error) {
					if first {
						<-release
					}
					return analyze.Result{Count: 1}, nil
				},
				closed: func() { closed.Add(1) },
			}
		})
		b.offer()
		time.Sleep(time.Second + 600*time.Millisecond) // timeout and grace
		if got := b.ledger.Totals(); got.Failed != 1 {
			t.Fatalf("after the timeout: %+v, want 1 failed", got)
		}
		if b.p.Trouble() == nil {
			t.Error("nobody is told that the analyzer hung")
		}
		b.offer()
		synctest.Wait()
		if got := b.ledger.Totals(); got.Analyzed != 1 {
			t.Errorf("the replacement analyzed %d frames, want 1", got.Analyzed)
		}
		if err := b.p.Trouble(); err != nil {
			t.Errorf("trouble after a success: %v", err)
		}
		close(release)
		got := b.end()
		if got.Analyzed != 1 || got.Failed != 1 {
			t.Errorf("a late return changed the books: %+v", got)
		}
		if made != 2 || closed.Load() != 2 {
			t.Errorf("%d analyzers made, %d closed, want 2 and 2", made, closed.Load())
		}
	})
}

// Settings take over at the next frame, all or nothing.
func TestApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(0), ok(0))
		b.offer()
		synctest.Wait()
		name, wrong := "fake1?n=3", "fake9"
		b.apply(pipeline.Change{Analyzer: &name})
		b.offer()
		synctest.Wait()
		if got := b.reports[1].Analyzer; got != "fake1" {
			t.Errorf("the second frame was analyzed by %s", got)
		}
		fresh := "latency"
		if _, err := b.p.Apply(pipeline.Change{Freshness: &fresh, Analyzer: &wrong}); err == nil {
			t.Error("an unknown analyzer was accepted")
		}
		if _, err := b.p.Apply(pipeline.Change{Freshness: &fresh, Params: map[string]string{"n": "10"}}); err == nil {
			t.Error("a value out of range was accepted")
		}
		set, _ := b.p.Settings()
		if set.Freshness != slot.Throughput || set.Spec.Text != "fake1?n=3" {
			t.Errorf("a refused change left %v, %q", set.Freshness, set.Spec.Text)
		}
		b.end()
	})
}

// Nobody watches: nothing is drawn. The first viewer gets the newest analyzed frame at once.
func TestRendersForViewersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(0))
		b.offer()
		synctest.Wait()
		if n := b.p.Rates(time.Now()).Encoded; n != 0 {
			t.Errorf("%v pictures a second were encoded for nobody", n)
		}
		annotated, clean := b.out[0].Subscribe(), b.out[1].Subscribe()
		for i, v := range []*hub.View{annotated, clean} {
			if pic, _ := v.Next(); pic != nil {
				t.Errorf("hub %d has a picture that nobody had asked for", i)
			}
		}
		synctest.Wait()
		pic, _ := annotated.Next()
		if pic == nil || pic.Seq != 1 {
			t.Fatalf("the first viewer got %v, want frame 1", pic)
		}
		if c, err := jpeg.Probe(pic.JPEG); err != nil || c.Width != 64 || c.Height != 48 {
			t.Errorf("the picture is %+v, %v", c, err)
		}
		b.offer()
		synctest.Wait()
		a2, _ := annotated.Next()
		c2, _ := clean.Next()
		if a2 == nil || c2 == nil || a2.Seq != 2 || c2.Seq != 2 {
			t.Fatalf("annotated %v, clean %v, want frame 2 in both", a2, c2)
		}
		if string(a2.JPEG) == string(c2.JPEG) {
			t.Error("the annotated picture is the clean one")
		}
		annotated.Close()
		clean.Close()
		b.end()
	})
}

func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(0))
		if pic, err := b.p.Snapshot(t.Context()); pic != nil || err != nil {
			t.Errorf("before the first frame: %v, %v", pic, err)
		}
		b.offer()
		synctest.Wait()
		first, err := b.p.Snapshot(t.Context())
		if err != nil || first == nil || first.Seq != 1 {
			t.Fatalf("got %v, %v", first, err)
		}
		if again, _ := b.p.Snapshot(t.Context()); again != first {
			t.Error("the same frame was drawn twice")
		}
		raw, err := b.p.RawSnapshot()
		if err != nil || raw.Seq != 1 {
			t.Errorf("raw: %v, %v", raw, err)
		}
		b.end()
		if _, err := b.p.Snapshot(t.Context()); !errors.Is(err, pipeline.ErrEnded) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// A picture whose pixels do not decode is corrupt even when the analyzer did not look.
func TestUndecodableIsCorruptWhenDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole, err := jpeg.NewEncoder(80).Encode(nil, noise(64, 48))
		if err != nil {
			t.Fatal(err)
		}
		b := start(t, nil, ok(time.Millisecond))
		view := b.out[0].Subscribe()
		b.offer(func(f *frame.Frame) { f.Format, f.Data = frame.JPEG, append(f.Data[:0], whole[:len(whole)*2/3]...) })
		time.Sleep(10 * time.Millisecond)
		b.offer(func(f *frame.Frame) { f.Format, f.Data = frame.JPEG, append(f.Data[:0], whole...) })
		time.Sleep(10 * time.Millisecond)
		if pic, _ := view.Next(); pic == nil || pic.Seq != 2 {
			t.Errorf("the viewer got %v, want frame 2", pic)
		}
		view.Close()
		if got := b.end(); got.Corrupt != 1 || got.Analyzed != 1 || len(b.reports) != 1 {
			t.Errorf("got %+v and %d reports, want 1 corrupt, 1 analyzed and reported", got, len(b.reports))
		}
	})
}

func noise(w, h int) *image.YCbCr {
	im := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range im.Y {
		im.Y[i] = byte(rnd.Uint32())
	}
	return im
}

// Without frames viewers are told why, each second anew.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		b := start(t, nil, func() fake {
			return fake{analyze: func(context.Context, *frame.Frame) (analyze.Result, error) {
				if fails.Load() {
					return analyze.Result{}, errors.New("no")
				}
				return analyze.Result{}, nil
			}}
		})
		views := []*hub.View{b.out[0].Subscribe(), b.out[1].Subscribe(), b.out[2].Subscribe()}
		for _, st := range []capture.State{capture.Off, capture.Opening, capture.Stalled, capture.Lost} {
			b.setCamera(st)
			for i, v := range views {
				if pic, _ := v.Next(); pic == nil || pic.Notice != string(st) || pic.Seq != 0 {
					t.Errorf("viewer %d in state %s got %+v", i, st, pic)
				}
			}
			if got := b.p.Silence(); got != string(st) {
				t.Errorf("silence %q in state %s", got, st)
			}
			time.Sleep(time.Second + time.Millisecond)
			if pic, _ := views[0].Next(); pic == nil {
				t.Errorf("%s is not repeated", st)
			}
		}
		b.setCamera(capture.Live)
		b.offer()
		synctest.Wait()
		if got := b.p.Silence(); got != "" {
			t.Errorf("silence %q while frames come", got)
		}
		yes, no := true, false
		b.apply(pipeline.Change{Paused: &yes})
		synctest.Wait()
		if pic, _ := views[0].Next(); pic == nil || pic.Notice != "paused" {
			t.Errorf("paused: got %+v", pic)
		}
		b.apply(pipeline.Change{Paused: &no})
		fails.Store(true)
		b.camera30(4 * 30)
		if got := b.p.Silence(); got != "analysis" {
			t.Errorf("silence %q after 4 s without a result", got)
		}
		for _, v := range views {
			v.Close()
		}
		b.end()
	})
}

// Analysis that nobody wants is not done.
func TestWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := false
		b := start(t, func(cfg *pipeline.Config) { cfg.Wanted = func() bool { return want } }, ok(0))
		b.offer()
		synctest.Wait()
		want = true
		b.offer()
		synctest.Wait()
		if got := b.end(); got.Idle != 1 || got.Analyzed != 1 {
			t.Errorf("got %+v, want 1 idle and 1 analyzed", got)
		}
	})
}
