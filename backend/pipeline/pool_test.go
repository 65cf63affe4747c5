package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
	"freshframe/backend/option"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
)

const ms = time.Millisecond

// interval is camera30's.
const interval = time.Second / 30

// inPool makes the fakes stateless and lets so many of them work side by side.
func inPool(workers int, change ...func(*pipeline.Config)) func(*pipeline.Config) {
	return func(cfg *pipeline.Config) {
		stateless(cfg)
		cfg.Mode, cfg.Workers = pipeline.Pool, workers
		for _, c := range change {
			c(cfg)
		}
	}
}

func stateless(cfg *pipeline.Config) {
	for i := range cfg.Kinds {
		cfg.Kinds[i].Stateful = false
	}
	spec, err := cfg.Kinds.Parse(cfg.Spec.Text)
	if err != nil {
		panic(err)
	}
	cfg.Spec = spec
}

// follows gives the first fake a follower.
func follows(mk func() follower) func(*pipeline.Config) {
	return func(cfg *pipeline.Config) {
		cfg.Kinds[0].Follow = func(option.Values) (analyze.Follower, error) { return mk(), nil }
		stateless(cfg)
	}
}

type follower struct {
	follow func(analyze.Moment, *analyze.Result) error
	closed func()
}

func (f follower) Follow(of analyze.Moment, r *analyze.Result) error { return f.follow(of, r) }

func (f follower) Close() error {
	if f.closed != nil {
		f.closed()
	}
	return nil
}

// scattered takes a time that depends on the frame: lo, up to lo + spread.
func scattered(lo, spread time.Duration) func() fake {
	return func() fake {
		return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
			r := rand.New(rand.NewPCG(f.Seq, 9))
			return analyze.Result{Count: int(f.Seq)}, takes(ctx, lo+time.Duration(r.Int64N(int64(spread)+1)))
		}}
	}
}

// told are the reports so far. The seqs must rise.
func (b *bench) told() []*pipeline.Report {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, r := range b.reports {
		if i > 0 && r.Seq <= b.reports[i-1].Seq {
			b.t.Errorf("seq %d after %d", r.Seq, b.reports[i-1].Seq)
		}
		if sum := r.Budget.Dequeue + r.Budget.Wait + r.Budget.Analysis + r.Budget.Draw + r.Budget.Encode + r.Budget.Publish; sum != r.Budget.Age {
			b.t.Errorf("seq %d: the parts add up to %v, the age is %v", r.Seq, sum, r.Budget.Age)
		}
	}
	return b.reports
}

// published is when a report was told.
func published(r *pipeline.Report) time.Time { return r.Captured.Add(r.Budget.Age) }

// So many workers give so many times the rate, up to the camera's, in order.
func TestPoolReachesTheCeiling(t *testing.T) {
	for workers, least := range map[int]uint64{1: 97, 2: 194, 3: 290, 4: 290} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, inPool(workers), ok(99*ms))
				b.camera30(300)
				w := b.p.Work(time.Now())
				got := b.end()
				if got.Analyzed < least || got.Late+got.Failed > 0 {
					t.Errorf("%+v, want at least %d analyzed", got, least)
				}
				for _, r := range b.told() {
					if r.Mode != "pool" {
						t.Fatalf("seq %d was run by %q", r.Seq, r.Mode)
					}
					if most := 99*ms + interval + 6*ms; r.Budget.Age > most {
						t.Errorf("seq %d was %v old, want at most %v", r.Seq, r.Budget.Age, most)
					}
				}
				if w.Running != pipeline.Pool || w.Workers != workers || w.Service.Mean != 99*ms || w.Service.Samples != 64 {
					t.Errorf("the state says %+v", w)
				}
				if d := w.Observed.FPS/w.Theory.FPS - 1; d < -0.04 || d > 0.04 {
					t.Errorf("%.2f fps observed, %.2f expected", w.Observed.FPS, w.Theory.FPS)
				}
			})
		})
	}
}

// A straggler does not hold up the others for ever: it is late, and counted.
func TestPoolCountsTheLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(4, func(cfg *pipeline.Config) { cfg.MaxReorderWait = 50 * ms }), func() fake {
			return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
				if f.Seq%20 == 0 {
					return analyze.Result{}, takes(ctx, 800*ms)
				}
				return analyze.Result{}, takes(ctx, 60*ms)
			}}
		})
		b.camera30(200)
		time.Sleep(time.Second)
		b.told()
		late := b.p.Work(time.Now()).Observed.Late
		if got := b.end(); got.Late < 8 || got.Late > 10 || got.Analyzed < 180 {
			t.Errorf("%+v, want every 20th of 200 late", got)
		}
		if late < 0.03 || late > 0.07 {
			t.Errorf("%.3f observed to be late", late)
		}
	})
}

// Nothing that is older than the budget is shown.
func TestPoolKeepsTheAgeBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(4, func(cfg *pipeline.Config) { cfg.MaxAge = 150 * ms }), scattered(40*ms, 180*ms))
		b.camera30(300)
		got := b.end()
		for _, r := range b.told() {
			if r.Budget.Age > 150*ms {
				t.Errorf("seq %d was %v old", r.Seq, r.Budget.Age)
			}
		}
		if got.Late == 0 || got.Analyzed < 100 {
			t.Errorf("%+v, want some late and many analyzed", got)
		}
	})
}

// A panic and a hang cost one frame each, and the worker is replaced.
func TestPoolReplacesWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var made, closed atomic.Int32
		b := start(t, inPool(3), func() fake {
			made.Add(1)
			return fake{closed: func() { closed.Add(1) }, analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
				switch f.Seq {
				case 30:
					panic("wild")
				case 60:
					<-release
				case 90:
					return analyze.Result{}, fmt.Errorf("half a picture: %w", frame.ErrCorrupt)
				case 120:
					return analyze.Result{}, errors.New("no")
				}
				return analyze.Result{}, takes(ctx, 60*ms)
			}}
		})
		b.camera30(240)
		time.Sleep(time.Second)
		got := b.ledger.Totals()
		// The hung one is late at once and hung later: one frame, one fate.
		if got.Failed != 2 || got.Late != 1 || got.Corrupt != 1 || got.Analyzed < 225 {
			t.Errorf("%+v, want 2 failed, 1 late, 1 corrupt", got)
		}
		if n := made.Load(); n != 5 {
			t.Errorf("%d analyzers were made, want 3 and 2 in their place", n)
		}
		close(release)
		b.told()
		b.end()
		if made.Load() != closed.Load() {
			t.Errorf("%d analyzers made, %d closed", made.Load(), closed.Load())
		}
	})
}

// When too many hang, the pool shrinks; when they return, it is whole again.
func TestPoolWithManyHung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int32
		b := start(t, inPool(3), func() fake {
			return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
				if calls.Add(1) <= 7 {
					<-release
				}
				return analyze.Result{}, takes(ctx, 10*ms)
			}}
		})
		b.camera30(30 * 12)
		got := b.ledger.Totals()
		if got.Analyzed != 0 || got.Failed+got.Late != 7 {
			t.Errorf("%+v, want 7 failed or late", got)
		}
		if w := b.p.Work(time.Now()); w.Workers != 0 || b.p.Trouble() == nil {
			t.Errorf("%+v, trouble %v", w, b.p.Trouble())
		}
		close(release)
		synctest.Wait()
		b.camera30(30)
		time.Sleep(100 * ms)
		if got := b.ledger.Totals(); got.Analyzed < 29 {
			t.Errorf("%+v after they returned", got)
		}
		b.told()
		b.end()
	})
}

// While the renderer is busy nothing is started, so that age does not build up.
func TestPoolBackPressure(t *testing.T) {
	const render = 200 * ms
	for _, c := range []struct {
		name             string
		analysis, budget time.Duration
		most             time.Duration // that a frame may be old when its drawing begins
	}{
		{"quick analyses", 20 * ms, 0, interval + 20*ms + 2*render},
		{"several in flight", 100 * ms, 0, interval + 100*ms + render + 40*ms},
		{"an age budget", 100 * ms, 200 * ms, 200 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, inPool(4, func(cfg *pipeline.Config) {
					cfg.MaxAge = c.budget
					report := cfg.Report
					cfg.Report = func(r *pipeline.Report) {
						report(r)
						time.Sleep(render)
					}
				}), ok(c.analysis))
				b.camera30(300)
				reports := slices.Clone(b.told())
				for _, r := range reports[5:] {
					if r.Budget.Age > c.most {
						t.Errorf("seq %d was %v old, want at most %v", r.Seq, r.Budget.Age, c.most)
					}
				}
				if len(reports) < 25 {
					t.Errorf("%d reports in 10 s", len(reports))
				}
				if got := b.end(); got.Late == 0 {
					t.Error("none is late, though the renderer is slower than the pool")
				}
			})
		})
	}
}

// The last frame of a pool's turn hangs, and no result comes behind it: the serial pipeline
// does not wait until it is given up.
func TestPoolLeavesAHangingFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hangs = 20
		b := start(t, inPool(2), func() fake {
			return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
				if f.Seq == hangs {
					time.Sleep(time.Minute)
				}
				return analyze.Result{}, takes(ctx, 50*ms)
			}}
		})
		b.camera30(hangs)
		time.Sleep(10 * ms) // it starts
		mode := string(pipeline.Serial)
		b.apply(pipeline.Change{Mode: &mode})
		b.camera30(30)
		told := b.told()
		if n := len(told); n < 25 || told[n-1].Seq < 45 {
			t.Errorf("%d reports, the last of frame %d", n, told[n-1].Seq)
		}
		time.Sleep(2 * time.Minute)
		if got := b.end(); got.Late != 1 {
			t.Errorf("%+v, want 1 late", got)
		}
	})
}

// Whoever pauses, or leaves, takes the waiting frame along.
func TestPoolIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(2), ok(300*ms))
		for range 3 { // two in work, one waits
			b.offer()
			synctest.Wait()
			time.Sleep(20 * ms)
		}
		yes := true
		b.apply(pipeline.Change{Paused: &yes})
		b.offer()
		synctest.Wait()
		if got := b.ledger.Totals(); got.Idle != 2 || got.InFlight != 2 {
			t.Errorf("%+v, want 2 idle and 2 in flight", got)
		}
		time.Sleep(time.Second)
		if got := b.end(); got.Idle != 2 || got.Analyzed != 2 {
			t.Errorf("%+v, want 2 idle and 2 analyzed", got)
		}
	})
}

// What is in flight at the end is counted as shut down.
func TestPoolShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(3), func() fake {
			return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
				if f.Seq == 1 {
					return analyze.Result{}, takes(ctx, time.Minute)
				}
				return analyze.Result{}, takes(ctx, ms) // done, but behind the first
			}}
		})
		for range 4 {
			b.offer()
			synctest.Wait()
		}
		if got := b.end(); got.Shutdown != 4-got.Displaced || got.Shutdown < 3 {
			t.Errorf("%+v, want all that was in flight shut down", got)
		}
	})
}

func TestPoolRefusesStateful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(cfg *pipeline.Config) {
			stateless(cfg)
			cfg.Kinds[1].Stateful = true
		}, ok(ms), ok(ms))
		mode, serial, other := "pool", "serial", "fake1"
		refused := func(c pipeline.Change) {
			t.Helper()
			before, _ := b.p.Settings()
			_, err := b.p.Apply(c)
			if e, ok := errors.AsType[*pipeline.StatefulError](err); !ok || e.Analyzer != "fake1" || !strings.Contains(err.Error(), "earlier frames") {
				t.Errorf("error %v", err)
			}
			if after, _ := b.p.Settings(); after.Mode != before.Mode || after.Spec.Text != before.Spec.Text {
				t.Errorf("a refused change left %s and %s", after.Mode, after.Spec.Text)
			}
		}
		refused(pipeline.Change{Mode: &mode, Analyzer: &other})
		b.apply(pipeline.Change{Mode: &mode})
		refused(pipeline.Change{Analyzer: &other})
		b.apply(pipeline.Change{Mode: &serial, Analyzer: &other})
		refused(pipeline.Change{Mode: &mode})
		auto := "auto"
		b.apply(pipeline.Change{Mode: &auto})
		synctest.Wait()
		if w := b.p.Work(time.Now()); w.Running != pipeline.Serial || !strings.Contains(w.Reason, "remembers earlier frames") {
			t.Errorf("auto: %+v", w)
		}
		b.end()
		set, _ := b.p.Settings()
		set.Mode = pipeline.Pool
		if _, err := pipeline.New(pipeline.Config{Settings: set}); !errors.As(err, new(*pipeline.StatefulError)) {
			t.Errorf("New: %v", err)
		}
	})
}

func TestModeSettingsAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, ok(0))
		wrong, many, less, long, fast := "parallel", 17, -1, 2*time.Minute, 1e4
		for want, c := range map[string]pipeline.Change{
			"serial, pool or auto": {Mode: &wrong},
			"workers 17":           {Workers: &many},
			"workers -1":           {Workers: &less},
			"max_age 2m":           {MaxAge: &long},
			"max_reorder_wait 2m":  {MaxReorderWait: &long},
			"target_fps 10000":     {TargetFPS: &fast},
		} {
			if _, err := b.p.Apply(c); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q", c, err, want)
			}
		}
		b.end()
	})
}

// Followers see every result in order, one at a time, whatever the mode; they change with the
// first result of another analyzer, and are made anew after a panic.
func TestFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []uint64
		var crash uint64
		var made, closed, inside int
		b := start(t, func(cfg *pipeline.Config) {
			inPool(4)(cfg)
			follows(func() follower {
				made++
				count := 0
				return follower{
					follow: func(of analyze.Moment, r *analyze.Result) error {
						mu.Lock()
						defer mu.Unlock()
						if inside++; inside > 1 || of.Width != 64 || of.Height != 48 || of.Captured.IsZero() || r.Count != int(of.Seq) {
							t.Errorf("%d inside, %+v, count %d", inside, of, r.Count)
						}
						defer func() { inside-- }()
						if of.Seq >= 100 && crash == 0 {
							crash = of.Seq
							panic("lost the thread")
						}
						seen = append(seen, of.Seq)
						count++
						r.Count = count
						return nil
					},
					closed: func() { closed++ },
				}
			})(cfg)
		}, scattered(40*ms, 80*ms), scattered(40*ms, 80*ms))
		b.camera30(90)
		serial, pool, other := "serial", "pool", "fake1"
		b.apply(pipeline.Change{Mode: &serial}) // the follower remembers
		b.camera30(8)
		b.apply(pipeline.Change{Mode: &pool})
		b.camera30(60)
		b.apply(pipeline.Change{Analyzer: &other})
		b.camera30(30)
		time.Sleep(time.Second)
		reports := b.told()
		if !slices.IsSorted(seen) || len(seen) < 140 {
			t.Errorf("followed %d: %v", len(seen), seen)
		}
		n, anew := 0, false
		for _, r := range reports {
			if r.Analyzer != "fake0" {
				continue
			}
			if n++; r.Seq > crash && !anew { // its count began again
				n, anew = 1, true
			}
			if r.Result.Count != n {
				t.Fatalf("seq %d has the count %d, want %d", r.Seq, r.Result.Count, n)
			}
		}
		got := b.end()
		if made != 2 || closed != 2 || got.Failed != 1 {
			t.Errorf("%d followers made, %d closed, %+v; want one panic", made, closed, got)
		}
		if last := reports[len(reports)-1]; last.Analyzer != "fake1" || last.Result.Count != int(last.Seq) {
			t.Errorf("in the end %s counts %d", last.Analyzer, last.Result.Count)
		}
	})
}

// A model that takes its time to load is loaded by its worker: the others work meanwhile.
func TestPoolLoadsBesides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int32
		slow := func() fake {
			if made.Add(1) > 1 {
				time.Sleep(time.Second)
			}
			return ok(90 * ms)()
		}
		b := start(t, inPool(3), ok(90*ms), slow)
		b.camera30(60)
		other := "fake1"
		b.apply(pipeline.Change{Analyzer: &other})
		b.camera30(15)
		if w := b.p.Work(time.Now()); w.Workers != 1 {
			t.Errorf("%+v while models are loaded, want 1 worker", w)
		}
		b.camera30(45)
		if w := b.p.Work(time.Now()); w.Workers != 3 {
			t.Errorf("%+v, want 3 workers", w)
		}
		b.checkGaps(90*ms + interval + 6*ms)
		b.end()
	})
}

// checkGaps holds the intervals between the reports against the longest allowed.
func (b *bench) checkGaps(most time.Duration) {
	b.t.Helper()
	reports := b.told()
	for i := range reports[1:] {
		if gap := published(reports[i+1]).Sub(published(reports[i])); gap > most {
			b.t.Errorf("%v between seq %d (%s, %s) and %d (%s, %s), want at most %v", gap, reports[i].Seq, reports[i].Mode, reports[i].Analyzer, reports[i+1].Seq, reports[i+1].Mode, reports[i+1].Analyzer, most)
		}
	}
}

// Mode, workers, analyzer and parameters change at random while frames come: results stay in
// order, the books balance, and nothing is silent for longer than one service time.
func TestSwitching(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 2))
				lo := time.Duration(5+rnd.IntN(60)) * ms
				spread := time.Duration(rnd.IntN(80)) * ms
				b := start(t, stateless, scattered(lo, spread), scattered(lo, spread))
				view := b.out[0].Subscribe()
				var changes []string
				for range 60 {
					b.camera30(1 + rnd.IntN(20))
					time.Sleep(interval)
					var c pipeline.Change
					switch rnd.IntN(6) {
					case 0, 1, 2:
						mode := []string{"serial", "pool", "pool", "auto"}[rnd.IntN(4)]
						c.Mode = &mode
						changes = append(changes, mode)
					case 3:
						workers := rnd.IntN(6)
						c.Workers = &workers
						changes = append(changes, fmt.Sprint(workers))
					case 4:
						name := fmt.Sprintf("fake%d?n=%d", rnd.IntN(2), rnd.IntN(9))
						c.Analyzer = &name
						changes = append(changes, name)
					case 5:
						fps := float64(rnd.IntN(31))
						c.TargetFPS = &fps
						changes = append(changes, fmt.Sprintf("%g fps", fps))
					}
					b.apply(c)
					if got := b.ledger.Totals(); got.InFlight > 8 {
						t.Fatalf("seed %d: %d frames in flight", seed, got.InFlight)
					}
				}
				longest := lo + spread
				b.checkGaps(longest + longest/20 + interval)
				view.Close()
				got := b.end()
				modes := map[string]int{}
				for _, r := range b.reports {
					modes[r.Mode]++
				}
				if modes["serial"] == 0 || modes["pool"] == 0 || got.Failed > 0 {
					t.Errorf("%v, %+v", modes, got)
				}
				if t.Failed() {
					t.Logf("seed %d, %v + %v: %v", seed, lo, spread, changes)
				}
			})
		})
	}
}

// Auto takes as many workers as the goal needs, and says why.
func TestAuto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(cfg *pipeline.Config) {
			stateless(cfg)
			cfg.Mode, cfg.TargetFPS = pipeline.Auto, 30
		}, ok(99*ms))
		if w := b.p.Work(time.Now()); w.Running != pipeline.Serial || w.Reason != "serial: no service time is known yet" {
			t.Errorf("at first: %+v", w)
		}
		b.camera30(150)
		if w := b.p.Work(time.Now()); w.Running != pipeline.Pool || w.Workers != 3 || w.Reason != "3 workers: 30 fps wanted, an analysis takes 99 ms" {
			t.Errorf("for 30 fps: %+v", w)
		}
		fps := 9.0
		b.apply(pipeline.Change{TargetFPS: &fps})
		b.camera30(60)
		if w := b.p.Work(time.Now()); w.Running != pipeline.Serial || w.Workers != 1 || w.Reason != "serial: 9 fps wanted, an analysis takes 99 ms" {
			t.Errorf("for 9 fps: %+v", w)
		}
		b.checkGaps(99*ms + 2*interval)
		b.end()
	})
}

// Each picture shows its own frame, however many are drafted at once and whatever overtakes what.
func TestPoolPicturesShowTheirFrame(t *testing.T) {
	for _, workers := range []int{2, 8} { // 8 are more than there are drafts
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			grays := make([][]byte, 60)
			for i := range grays {
				im := image.NewYCbCr(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio420)
				for k := range im.Y {
					im.Y[k] = byte(40 + 3*i)
				}
				for k := range im.Cb {
					im.Cb[k], im.Cr[k] = 128, 128
				}
				var err error
				if grays[i], err = jpeg.NewEncoder(90).Encode(nil, im); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				b := start(t, inPool(workers, func(cfg *pipeline.Config) { cfg.Overlay = overlay.Options{} }), scattered(30*ms, 200*ms))
				view := b.out[0].Subscribe()
				seen := 0
				for i := range 300 {
					b.offer(func(f *frame.Frame) { f.Format, f.Data = frame.JPEG, append(f.Data[:0], grays[i%60]...) })
					time.Sleep(interval)
					synctest.Wait()
					for pic, _ := view.Next(); pic != nil; pic, _ = view.Next() {
						im, err := new(jpeg.Decoder).Decode(pic.JPEG, nil)
						if err != nil {
							t.Fatal(err)
						}
						want := 40 + 3*int((pic.Seq-1)%60)
						if got := int(im.Y[24*im.YStride+32]); got < want-1 || got > want+1 {
							t.Errorf("the picture of seq %d has the luma %d, want %d", pic.Seq, got, want)
						}
						seen++
					}
				}
				if seen < 100 {
					t.Errorf("%d pictures", seen)
				}
				view.Close()
				b.end()
			})
		})
	}
}

// The wild analyzers of TestLedgerBalances, side by side.
func TestPoolLedgerBalances(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 3))
				var mu sync.Mutex
				roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return rnd.IntN(n) }
				release := make(chan struct{})
				b := start(t, inPool(3, func(cfg *pipeline.Config) { cfg.AnalysisTimeout, cfg.MaxAge = 150*ms, 120*ms }), wild(roll, release), wild(roll, release))
				b.ledgerStorm(roll, 2500)
				close(release)
				b.told()
				got := b.end()
				for name, n := range map[string]uint64{"analyzed": got.Analyzed, "displaced": got.Displaced, "corrupt": got.Corrupt, "failed": got.Failed, "idle": got.Idle, "late": got.Late} {
					if n == 0 {
						t.Errorf("seed %d: no frame ended as %s: %+v", seed, name, got)
					}
				}
			})
		})
	}
}

// counts gives each frame the time it is told, and its seq as the count.
func counts(took func(seq uint64) time.Duration) func() fake {
	return func() fake {
		return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
			return analyze.Result{Count: int(f.Seq)}, takes(ctx, took(f.Seq))
		}}
	}
}

// A frame that waits when the mode changes is not lost: the next mode gets it.
func TestWaitingFrameSurvivesTheSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(1), ok(100*ms))
		b.offer()
		synctest.Wait()
		b.offer()
		synctest.Wait()
		serial := "serial"
		b.apply(pipeline.Change{Mode: &serial})
		time.Sleep(time.Second)
		if r := b.told(); len(r) != 2 || r[0].Mode != "pool" || r[1].Mode != "serial" {
			t.Errorf("%d reports", len(r))
		}
		b.end()
	})
}

// A late frame may end long after its pool: that means nothing to the next pool, nor to the
// serial mode between them.
func TestLateFrameOutlivesItsPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(2, func(cfg *pipeline.Config) { cfg.MaxReorderWait = 20 * ms }), counts(func(seq uint64) time.Duration {
			return map[uint64]time.Duration{1: 800 * ms, 2: 10 * ms, 3: 10 * ms, 4: 900 * ms}[seq]
		}))
		serial, pool := "serial", "pool"
		b.offer()
		synctest.Wait()
		b.offer()
		time.Sleep(50 * ms)
		if got := b.ledger.Totals(); got.Late != 1 || got.Analyzed != 1 {
			t.Errorf("%+v, want 1 late and 1 analyzed", got)
		}
		b.apply(pipeline.Change{Mode: &serial})
		synctest.Wait()
		b.offer()
		time.Sleep(50 * ms)
		b.apply(pipeline.Change{Mode: &pool})
		synctest.Wait()
		b.offer()
		time.Sleep(2 * time.Second)
		var got []string
		for _, r := range b.told() {
			got = append(got, fmt.Sprintf("%s %d %d %v", r.Mode, r.Seq, r.Result.Count, r.Budget.Analysis))
		}
		if want := []string{"pool 2 2 10ms", "serial 3 3 10ms", "pool 4 4 900ms"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		b.end()
	})
}

// The times of another analyzer say nothing about the present one.
func TestPoolRelearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, inPool(4), ok(100*ms), ok(10*ms))
		b.camera30(90)
		other := "fake1"
		b.apply(pipeline.Change{Analyzer: &other})
		changed := time.Now()
		b.camera30(30)
		if s := b.p.Work(time.Now()).Service; s.Mean != 10*ms {
			t.Errorf("the state says %+v", s)
		}
		for _, r := range b.told() {
			if r.Captured.After(changed.Add(200*ms)) && r.Budget.Age > 12*ms {
				t.Errorf("seq %d was held back until it was %v old", r.Seq, r.Budget.Age)
			}
		}
		b.end()
	})
}

// An analyzer that cannot be made again is tried again with each frame, no more often; whoever
// works goes on.
func TestPoolAnalyzerThatCannotBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int32
		b := start(t, inPool(3, func(cfg *pipeline.Config) {
			cfg.Kinds[0].New = func(option.Values) (analyze.Analyzer, error) {
				if n := made.Add(1); n > 1 && n < 50 {
					return nil, errors.New("out of memory")
				}
				return ok(90 * ms)(), nil
			}
			spec, err := cfg.Kinds.Parse("fake0")
			if err != nil {
				t.Fatal(err)
			}
			cfg.Spec = spec
		}), ok(0))
		b.camera30(15)
		if n, w := made.Load(), b.p.Work(time.Now()); n < 15 || n > 2*16+1 || w.Workers != 1 {
			t.Errorf("made %d times, %+v; want a try or two for each of 15 frames, and 1 worker", n, w)
		}
		if got := b.ledger.Totals(); got.Analyzed < 4 || got.Failed > 0 {
			t.Errorf("%+v, want one worker to go on", got)
		}
		b.camera30(60)
		if w := b.p.Work(time.Now()); w.Workers != 3 || b.p.Trouble() != nil {
			t.Errorf("%+v, trouble %v; want 3 workers", w, b.p.Trouble())
		}
		b.told()
		b.end()
	})
}

// What a follower refuses costs its frame, and so do numbers that are none.
func TestFollowerFails(t *testing.T) {
	for _, mode := range []pipeline.Mode{pipeline.Serial, pipeline.Pool} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(cfg *pipeline.Config) {
					inPool(2)(cfg)
					cfg.Mode = mode
					follows(func() follower {
						return follower{follow: func(of analyze.Moment, r *analyze.Result) error {
							switch of.Seq {
							case 2:
								return errors.New("lost track")
							case 3:
								r.Values = map[string]float64{"speed": math.NaN()}
							}
							return nil
						}}
					})(cfg)
				}, ok(10*ms))
				for i := range 4 {
					b.offer()
					time.Sleep(50 * ms)
					if failed := i == 1 || i == 2; failed != (b.p.Trouble() != nil) {
						t.Errorf("after frame %d: trouble %v", i+1, b.p.Trouble())
					}
				}
				if got := b.end(); got.Analyzed != 2 || got.Failed != 2 {
					t.Errorf("%+v, want 2 analyzed and 2 failed", got)
				}
			})
		})
	}
}

// Whenever the analyzer changes to a stateful one and back, no two frames are ever in stateful
// analyzers at once, and theirs come in order.
func TestStatefulIsNeverSideBySide(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			var inside atomic.Int32
			var last atomic.Uint64
			stateful := func() fake {
				return fake{analyze: func(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
					if n := inside.Add(1); n > 1 || last.Swap(f.Seq) > f.Seq {
						t.Errorf("seed %d: seq %d is one of %d, or out of order", seed, f.Seq, n)
					}
					defer inside.Add(-1)
					return analyze.Result{}, takes(ctx, 40*ms)
				}}
			}
			b := start(t, func(cfg *pipeline.Config) {
				stateless(cfg)
				cfg.Kinds[1].Stateful = true
				cfg.Mode, cfg.Workers = pipeline.Pool, 4
			}, scattered(10*ms, 40*ms), stateful)
			for i := range 200 {
				mode, name := "serial", "fake1"
				if i%2 == 1 {
					mode, name = "pool", "fake0"
				}
				go func() {
					if _, err := b.p.Apply(pipeline.Change{Mode: &mode, Analyzer: &name}); err != nil {
						t.Error(err)
					}
				}()
				b.camera30(rnd.IntN(8))
				time.Sleep(time.Duration(rnd.IntN(33)) * ms)
			}
			modes := map[string]int{}
			for _, r := range b.told() {
				modes[r.Analyzer+" "+r.Mode]++
			}
			if modes["fake1 pool"] > 0 || modes["fake1 serial"] == 0 || modes["fake0 pool"] == 0 {
				t.Errorf("seed %d: %v", seed, modes)
			}
			b.end()
		})
	}
}

// Whenever the end comes, every analyzer and every follower that was made is closed.
func TestEverythingIsClosed(t *testing.T) {
	for _, mode := range []pipeline.Mode{pipeline.Serial, pipeline.Pool} {
		synctest.Test(t, func(t *testing.T) {
			var made, closed atomic.Int32
			counted := func() fake {
				made.Add(1)
				return fake{analyze: ok(50 * ms)().analyze, closed: func() { closed.Add(1) }}
			}
			b := start(t, func(cfg *pipeline.Config) {
				inPool(3)(cfg)
				cfg.Mode = mode
				follows(func() follower {
					made.Add(1)
					return follower{
						follow: func(analyze.Moment, *analyze.Result) error { return nil },
						closed: func() { closed.Add(1) },
					}
				})(cfg)
			}, counted)
			b.camera30(10)
			for n := range 3 { // no frame comes in between
				b.apply(pipeline.Change{Params: map[string]string{"n": fmt.Sprint(n + 2)}})
				if n == 1 {
					synctest.Wait()
				}
			}
			b.end()
			if m, c := made.Load(), closed.Load(); m != c || m < 8 {
				t.Errorf("%s: %d made, %d closed", mode, m, c)
			}
		})
	}
}
