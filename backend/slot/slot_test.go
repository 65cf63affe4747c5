package slot_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"freshframe/backend/frame"
	"freshframe/backend/slot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

func TestParseFreshness(t *testing.T) {
	for _, want := range []slot.Freshness{slot.Throughput, slot.Balanced, slot.Latency} {
		if got, err := slot.ParseFreshness(string(want)); got != want || err != nil {
			t.Errorf("%s: %q, %v", want, got, err)
		}
	}
	for _, wrong := range []string{"", "Latency", "newest", " latency"} {
		got, err := slot.ParseFreshness(wrong)
		if err == nil || got != "" {
			t.Errorf("%q was accepted as %q", wrong, got)
			continue
		}
		for _, part := range []string{`"` + wrong + `"`, "throughput", "balanced", "latency"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %s", err, part)
			}
		}
	}
}

func TestNewestWins(t *testing.T) {
	var s slot.Slot
	frames := []*frame.Frame{{Seq: 1}, {Seq: 2}, {Seq: 3}}
	for i, f := range frames {
		var want *frame.Frame
		if i > 0 {
			want = frames[i-1]
		}
		if got := s.Put(f); got != want {
			t.Errorf("Put of %d displaced %v", f.Seq, got)
		}
	}
	got, err := s.Take(t.Context(), slot.Throughput, 0)
	if got != frames[2] || err != nil {
		t.Errorf("took %v, %v", got, err)
	}
	if left := s.Clear(); left != nil {
		t.Errorf("the slot still held %d", left.Seq)
	}
	if displaced := s.Put(frames[0]); displaced != nil {
		t.Errorf("an empty slot displaced %d", displaced.Seq)
	}
}

func TestClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slot.Slot
		if f := s.Clear(); f != nil {
			t.Errorf("an empty slot gave %v", f)
		}
		f := &frame.Frame{Seq: 1}
		s.Put(f)
		if got := s.Clear(); got != f {
			t.Errorf("got %v", got)
		}
		// What was cleared away is there for nobody.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, err := s.Take(ctx, slot.Throughput, 0); got != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("took %v, %v", got, err)
		}
	})
}

// A camera captures frame n at n·interval and puts it transfer later. Somebody comes at
// that moment to take one: which does he get, and when?
func TestPolicies(t *testing.T) {
	const interval = 40 * ms
	for _, c := range []struct {
		name     string
		policy   slot.Freshness
		known    time.Duration // the interval he is told
		transfer time.Duration
		comes    time.Duration
		seq      uint64
		gets     time.Duration
	}{
		{"throughput, fresh", slot.Throughput, interval, 0, 41 * ms, 1, 41 * ms},
		{"throughput, as old as can be", slot.Throughput, interval, 0, 79 * ms, 1, 79 * ms},
		{"throughput, nothing there", slot.Throughput, interval, 10 * ms, 45 * ms, 1, 50 * ms},
		{"no policy is throughput", "", interval, 0, 79 * ms, 1, 79 * ms},

		{"balanced, fresh", slot.Balanced, interval, 0, 41 * ms, 1, 41 * ms},
		{"balanced, just young enough", slot.Balanced, interval, 0, 60*ms - 1, 1, 60*ms - 1},
		{"balanced, half an interval is too old", slot.Balanced, interval, 0, 60 * ms, 2, 80 * ms},
		{"balanced, age counts from capture", slot.Balanced, interval, 15 * ms, 61 * ms, 2, 95 * ms},
		{"balanced, the next is taken at any age", slot.Balanced, interval, 30 * ms, 75 * ms, 2, 110 * ms},
		{"balanced, nothing there", slot.Balanced, interval, 10 * ms, 45 * ms, 1, 50 * ms},
		{"balanced, interval unknown", slot.Balanced, 0, 0, 79 * ms, 1, 79 * ms},
		{"balanced, interval nonsense", slot.Balanced, -interval, 0, 79 * ms, 1, 79 * ms},

		{"latency, fresh", slot.Latency, interval, 0, 41 * ms, 2, 80 * ms},
		{"latency, old", slot.Latency, interval, 0, 79 * ms, 2, 80 * ms},
		{"latency, nothing there", slot.Latency, interval, 10 * ms, 45 * ms, 1, 50 * ms},
		{"latency, interval unknown", slot.Latency, 0, 0, 41 * ms, 2, 80 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s slot.Slot
				begin := time.Now()
				ctx, cancel := context.WithCancel(t.Context())
				var camera sync.WaitGroup
				camera.Go(func() {
					for n := uint64(1); ; n++ {
						captured := begin.Add(time.Duration(n) * interval)
						select {
						case <-time.After(time.Until(captured.Add(c.transfer))):
						case <-ctx.Done():
							return
						}
						s.Put(&frame.Frame{Seq: n, Captured: captured})
					}
				})
				time.Sleep(c.comes)
				synctest.Wait()
				f, err := s.Take(t.Context(), c.policy, c.known)
				if err != nil {
					t.Fatal(err)
				}
				if at := time.Since(begin); f.Seq != c.seq || at != c.gets {
					t.Errorf("got frame %d at %v, want %d at %v", f.Seq, at, c.seq, c.gets)
				}
				cancel()
				camera.Wait()
			})
		})
	}
}

// What the policies promise: throughput the most frames, latency the youngest, balanced
// nearly both.
func TestPoliciesKeepTheirPromise(t *testing.T) {
	const interval, analysis, runs = 33 * ms, 103 * ms, 300
	measure := func(policy slot.Freshness) (fps float64, age time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			var s slot.Slot
			ctx, cancel := context.WithCancel(t.Context())
			var camera sync.WaitGroup
			camera.Go(func() {
				tick := time.NewTicker(interval)
				defer tick.Stop()
				for n := uint64(1); ; n++ {
					select {
					case <-tick.C:
						s.Put(&frame.Frame{Seq: n, Captured: time.Now()})
					case <-ctx.Done():
						return
					}
				}
			})
			begin := time.Now()
			for range runs {
				f, err := s.Take(ctx, policy, interval)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(analysis)
				age += f.Age(time.Now())
			}
			fps, age = runs/time.Since(begin).Seconds(), age/runs
			cancel()
			camera.Wait()
		})
		return fps, age
	}
	tFPS, tAge := measure(slot.Throughput)
	bFPS, bAge := measure(slot.Balanced)
	lFPS, lAge := measure(slot.Latency)
	t.Logf("throughput %.2f fps at %v, balanced %.2f at %v, latency %.2f at %v", tFPS, tAge, bFPS, bAge, lFPS, lAge)
	if tFPS < bFPS || bFPS < lFPS || tAge < bAge || bAge < lAge {
		t.Error("the policies are not in order")
	}
	if lAge != analysis {
		t.Errorf("latency: results are %v old, want the analysis alone", lAge)
	}
	if tFPS-bFPS > bFPS-lFPS || bAge-lAge > tAge-bAge {
		t.Error("balanced is nearer to the wrong end")
	}
}

func TestTakeEndsWithItsContext(t *testing.T) {
	for _, policy := range []slot.Freshness{slot.Throughput, slot.Balanced, slot.Latency} {
		synctest.Test(t, func(t *testing.T) {
			var s slot.Slot
			old := &frame.Frame{Seq: 1, Captured: time.Now().Add(-time.Second)}
			if policy != slot.Throughput { // they wait although one is there
				s.Put(old)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() {
				f, err := s.Take(ctx, policy, 40*ms)
				if f != nil {
					t.Errorf("%s: took %d", policy, f.Seq)
				}
				ended <- err
			}()
			synctest.Wait()
			cancel()
			if err := <-ended; err != context.Canceled {
				t.Errorf("%s: got %v", policy, err)
			}
			// Nothing was lost, and the next one to come is served.
			if left := s.Clear(); policy != slot.Throughput && left != old {
				t.Errorf("%s: the slot holds %v", policy, left)
			}
			next := &frame.Frame{Seq: 2, Captured: time.Now()}
			s.Put(next)
			if f, err := s.Take(t.Context(), slot.Throughput, 0); f != next || err != nil {
				t.Errorf("%s: then took %v, %v", policy, f, err)
			}
		})
	}
}

// One frame is for one taker; the others go on waiting, also for the one after it.
func TestOneFrameForOneTaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slot.Slot
		const takers = 10
		var taken atomic.Int32
		var wg sync.WaitGroup
		for i := range takers {
			wg.Go(func() {
				policy := []slot.Freshness{slot.Throughput, slot.Balanced, slot.Latency}[i%3]
				if _, err := s.Take(t.Context(), policy, 40*ms); err != nil {
					t.Error(err)
				}
				taken.Add(1)
			})
		}
		for n := range int32(takers) {
			synctest.Wait()
			if got := taken.Load(); got != n {
				t.Errorf("%d takers were served by %d frames", got, n)
			}
			if displaced := s.Put(&frame.Frame{Seq: uint64(n)}); displaced != nil {
				t.Errorf("frame %d was displaced while %d waited", displaced.Seq, takers-n)
			}
		}
		wg.Wait()
	})
}

// Whatever the goroutines do, each frame is handed out exactly once: to a taker, to the
// Put that displaced it, or to Clear.
func TestNothingIsLost(t *testing.T) {
	const putters, takers, each = 4, 6, 3000
	var (
		s          slot.Slot
		pool       frame.Pool
		put, taken sync.WaitGroup
		seen       [putters * each]atomic.Int32
		nTaken     atomic.Int32
	)
	done := func(f *frame.Frame) {
		seen[f.Seq].Add(1)
		f.Release()
	}
	ctx, cancel := context.WithCancel(t.Context())
	for i := range takers {
		policy := []slot.Freshness{slot.Throughput, slot.Balanced, slot.Latency}[i%3]
		taken.Go(func() {
			for {
				f, err := s.Take(ctx, policy, ms)
				if err != nil {
					return
				}
				nTaken.Add(1)
				done(f)
			}
		})
	}
	for p := range putters {
		put.Go(func() {
			for i := range each {
				f := pool.Get()
				f.Seq, f.Captured = uint64(p*each+i), time.Now()
				if old := s.Put(f); old != nil {
					done(old)
				}
				if i%100 == 99 {
					if f := s.Clear(); f != nil {
						done(f)
					}
				}
				runtime.Gosched() // else the takers hardly get a turn
			}
		})
	}
	put.Wait()
	cancel()
	taken.Wait()
	if f := s.Clear(); f != nil {
		done(f)
	}
	for seq := range seen {
		if n := seen[seq].Load(); n != 1 {
			t.Fatalf("frame %d was handed out %d times", seq, n)
		}
	}
	if pool.Live() != 0 {
		t.Errorf("%d frames are still lent", pool.Live())
	}
	if nTaken.Load() == 0 {
		t.Error("the takers got none at all")
	}
	t.Logf("%d of %d taken", nTaken.Load(), len(seen))
}

// With one camera and one analyzer the frames come in order.
func TestNeverBackwards(t *testing.T) {
	var s slot.Slot
	const n = 20000
	var camera sync.WaitGroup
	camera.Go(func() {
		for seq := uint64(1); seq <= n; seq++ {
			s.Put(&frame.Frame{Seq: seq})
		}
	})
	for last := uint64(0); last < n; {
		f, err := s.Take(t.Context(), slot.Throughput, 0)
		if err != nil {
			t.Fatal(err)
		}
		if f.Seq <= last {
			t.Fatalf("frame %d came after %d", f.Seq, last)
		}
		last = f.Seq
	}
	camera.Wait()
}

func TestPutAndTakeDoNotAllocate(t *testing.T) {
	var s slot.Slot
	f := &frame.Frame{}
	if n := testing.AllocsPerRun(100, func() {
		s.Put(f)
		s.Put(f)
		s.Take(t.Context(), slot.Throughput, 0)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPutTake(b *testing.B) {
	b.Run("ready", func(b *testing.B) {
		var s slot.Slot
		f, ctx := &frame.Frame{}, b.Context()
		b.ReportAllocs()
		for b.Loop() {
			s.Put(f)
			s.Take(ctx, slot.Throughput, 0)
		}
	})
	// From Put to the goroutine that waits in Take, and back through another slot.
	b.Run("handover", func(b *testing.B) {
		var to, from slot.Slot
		ctx, cancel := context.WithCancel(b.Context())
		var echo sync.WaitGroup
		echo.Go(func() {
			for {
				f, err := to.Take(ctx, slot.Throughput, 0)
				if err != nil {
					return
				}
				from.Put(f)
			}
		})
		f := &frame.Frame{}
		b.ReportAllocs()
		for b.Loop() {
			to.Put(f)
			from.Take(ctx, slot.Throughput, 0)
		}
		cancel()
		echo.Wait()
	})
}
