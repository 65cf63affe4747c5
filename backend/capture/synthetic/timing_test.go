package synthetic

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

const small = "synthetic:?video_size=160x120&input_format=yuv420p"

func TestExactInstants(t *testing.T) {
	for _, c := range []struct {
		rate string
		fps  float64
	}{{"30", 30}, {"29.97", 29.97}, {"1", 1}, {"240", 240}} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, opener(t, small+"&framerate="+c.rate), 1000)
			start := time.Now()
			for k := 1; k <= int(10*c.fps); k++ {
				f := read(t, s)
				want := start.Add(time.Duration(math.Round(float64(k) / c.fps * 1e9)))
				if d := f.Captured.Sub(want).Abs(); d > 1 {
					t.Fatalf("%s fps: frame %d captured %v from its instant", c.rate, k, d)
				}
				if !f.Dequeued.Equal(f.Captured) || !time.Now().Equal(f.Captured) || f.Seq != 999+uint64(k) || f.Lost != 0 {
					t.Fatalf("%s fps: frame %d: seq %d, lost %d, dequeued %v after capture", c.rate, k, f.Seq, f.Lost, f.Dequeued.Sub(f.Captured))
				}
			}
		})
	}
}

func TestLateReaderSkips(t *testing.T) {
	for _, away := range []time.Duration{time.Millisecond, 33 * time.Millisecond, 34 * time.Millisecond, 100*time.Millisecond + 1, 7*time.Second + 1, 9*time.Hour + 1} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, opener(t, small), 1)
			start := time.Now()
			var seq uint64
			for range 20 {
				f := read(t, s)
				if !time.Now().Equal(f.Captured) {
					t.Fatalf("away %v: frame %d delivered %v late", away, f.Seq, time.Since(f.Captured))
				}
				if f.Seq != seq+1+f.Lost {
					t.Fatalf("away %v: frame %d after %d, lost %d", away, f.Seq, seq, f.Lost)
				}
				if want := start.Add(time.Duration(math.Round(float64(f.Seq) * 1e9 / 30))); !f.Captured.Equal(want) {
					t.Fatalf("away %v: frame %d captured %v from its instant", away, f.Seq, f.Captured.Sub(want))
				}
				if seq > 0 {
					if want := uint64(away * 30 / time.Second); f.Lost != want {
						t.Fatalf("away %v: lost %d, want %d", away, f.Lost, want)
					}
				}
				seq = f.Seq
				time.Sleep(away)
			}
		})
	}
}

// A machine that needs 50 ms for a picture gets every second one of a 30 fps camera, in
// time, rather than each one late.
func TestSlowMachineSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, opener(t, small), 1)
		s.(*source).cost = 50 * time.Millisecond
		if f := read(t, s); f.Seq != 2 || f.Lost != 1 || !f.Dequeued.Equal(f.Captured) {
			t.Errorf("frame %d, lost %d, %v late", f.Seq, f.Lost, f.Dequeued.Sub(f.Captured))
		}
	})
}

func TestDropEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, opener(t, small+"&drop_every=3"), 1)
		for _, want := range []struct{ seq, lost uint64 }{{1, 0}, {2, 0}, {4, 1}, {5, 0}, {7, 1}, {8, 0}, {10, 1}} {
			if f := read(t, s); f.Seq != want.seq || f.Lost != want.lost || !f.Dequeued.Equal(f.Captured) {
				t.Errorf("frame %d, lost %d, want %v", f.Seq, f.Lost, want)
			}
		}
	})
}

func delays(t *testing.T, options string, n int) (out []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, opener(t, small+options), 1)
		var last *frame.Frame
		for range n {
			f := read(t, s)
			if last != nil && (!f.Captured.After(last.Captured) || f.Dequeued.Before(last.Dequeued) || f.Seq != last.Seq+1+f.Lost) {
				t.Fatalf("frame %d after %d: lost %d, captured %v, delivered %v later", f.Seq, last.Seq, f.Lost, f.Captured.Sub(last.Captured), f.Dequeued.Sub(last.Dequeued))
			}
			out = append(out, f.Dequeued.Sub(f.Captured))
			last = f
		}
		// Delays that keep within an interval cost no frame.
		if last.Seq != uint64(n) && options != "&jitter=200ms" {
			t.Errorf("%s: frame %d is number %d", options, n, last.Seq)
		}
	})
	return out
}

func TestJitter(t *testing.T) {
	a := delays(t, "&jitter=20ms", 300)
	if lo, hi := slices.Min(a), slices.Max(a); lo < 0 || lo > time.Millisecond || hi > 20*time.Millisecond || hi < 19*time.Millisecond {
		t.Errorf("delays from %v to %v, want all of 0 to 20ms", lo, hi)
	}
	if b := delays(t, "&jitter=20ms", 300); !slices.Equal(a, b) {
		t.Error("the same seed gives other delays")
	}
	if b := delays(t, "&jitter=20ms&seed=2", 300); slices.Equal(a, b) {
		t.Error("another seed gives the same delays")
	}
	if hi := slices.Max(delays(t, "&jitter=200ms", 300)); hi > 200*time.Millisecond {
		t.Errorf("a delay of %v, want 200ms at most", hi)
	}
}

func TestSlow(t *testing.T) {
	for i, d := range delays(t, "&slow=500ms", 100) {
		if d != 500*time.Millisecond {
			t.Fatalf("frame %d delivered %v after capture", i, d)
		}
	}
}

func TestFreeze(t *testing.T) {
	for _, c := range []struct {
		after  string
		frames int
	}{{"0s", 0}, {"1s", 10}, {"1050ms", 10}} {
		synctest.Test(t, func(t *testing.T) {
			o := opener(t, small+"&framerate=10&freeze_after="+c.after)
			for range 2 { // each opening starts anew
				s := open(t, o, 1)
				for range c.frames {
					read(t, s)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				end := time.Now().Add(time.Hour)
				var pool frame.Pool
				if err := s.Read(ctx, pool.Get()); !errors.Is(err, context.DeadlineExceeded) || !time.Now().Equal(end) {
					t.Errorf("frozen after %s: %v, %v from the deadline", c.after, err, time.Since(end))
				}
			}
		})
	}
}

func TestLoseAndReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opener(t, small+"&framerate=10&lose_after=1050ms&return_after=3s")
		s := open(t, o, 1)
		start := time.Now()
		for range 10 {
			read(t, s)
		}
		var pool frame.Pool
		fault(t, s.Read(t.Context(), pool.Get()), capture.CameraLost, "1.05s", "lose_after")
		if d := time.Since(start); d != 1050*time.Millisecond {
			t.Errorf("lost after %v", d)
		}
		for _, wait := range []time.Duration{0, 2999 * time.Millisecond} {
			time.Sleep(wait)
			_, err := o(t.Context(), 11)
			fault(t, err, capture.CameraLost, "return_after", (3*time.Second - wait).String())
		}
		time.Sleep(time.Millisecond)
		again := open(t, o, 11)
		if f := read(t, again); f.Seq != 11 || f.Lost != 0 {
			t.Errorf("after the return: frame %d, lost %d", f.Seq, f.Lost)
		}
		// Nobody reads for a while: the loss comes at once, dated when it happened.
		time.Sleep(time.Minute)
		now := time.Now()
		fault(t, again.Read(t.Context(), pool.Get()), capture.CameraLost)
		if !time.Now().Equal(now) {
			t.Errorf("a loss long past took %v", time.Since(now))
		}
		open(t, o, 12)

		// A frozen camera can still be lost, and two sources do not share a memory.
		o = opener(t, small+"&freeze_after=0s&lose_after=2s")
		now = time.Now()
		fault(t, open(t, o, 1).Read(t.Context(), pool.Get()), capture.CameraLost)
		if d := time.Since(now); d != 2*time.Second {
			t.Errorf("frozen and lost after %v", d)
		}
		open(t, o, 2)
	})
}

func TestContextEndsRead(t *testing.T) {
	for _, options := range []string{"&framerate=1", "&slow=10s", "&freeze_after=0s", "&lose_after=1h&freeze_after=0s"} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, opener(t, small+options), 1)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(500*time.Millisecond, cancel)
			start := time.Now()
			var pool frame.Pool
			for range 2 { // the second time it has ended before
				if err := s.Read(ctx, pool.Get()); !errors.Is(err, context.Canceled) || time.Since(start) != 500*time.Millisecond {
					t.Errorf("%s: %v after %v", options, err, time.Since(start))
				}
			}
		})
	}
}

func TestNext(t *testing.T) {
	start := time.Now()
	for _, s := range []schedule{
		{start: start, rate: 30},
		{start: start, rate: 29.97, slow: time.Second},
		{start: start, rate: 240, jitter: 50 * time.Millisecond, seed: 3},
		{start: start, rate: 1, slow: 3 * time.Second, jitter: 2 * time.Second},
	} {
		for _, k := range []uint64{1, 5, 100} {
			for past := -time.Second; past < 8*time.Second; past += 37 * time.Millisecond {
				now := start.Add(past)
				want := k
				for s.delivery(want).Before(now) {
					want++
				}
				if got := s.next(k, now); got != want {
					t.Fatalf("%+v: next(%d, start+%v) = %d, want %d", s, k, past, got, want)
				}
			}
		}
	}
	// No drift: a year of 29.97 fps ends where a year ends.
	s := schedule{start: start, rate: 29.97}
	year := 365 * 24 * time.Hour
	if d := s.instant(uint64(29.97 * year.Seconds())).Sub(start.Add(year)).Abs(); d > 34*time.Millisecond {
		t.Errorf("after a year the instants are %v off", d)
	}
}
