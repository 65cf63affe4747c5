package metrics_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"freshframe/backend/metrics"
)

var start = time.Unix(1000, 0)

// ticked is a rate over n that saw events at these moments after start.
func ticked(n int, at ...time.Duration) *metrics.Rate {
	r := metrics.NewRate(n)
	for _, d := range at {
		r.Tick(start.Add(d))
	}
	return r
}

// every gives n moments, the first after one interval.
func every(d time.Duration, n int) []time.Duration {
	at := make([]time.Duration, n)
	for i := range at {
		at[i] = time.Duration(i+1) * d
	}
	return at
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

func TestRate(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		n    int
		at   []time.Duration
		want float64
	}{
		{"nothing", 10, nil, 0},
		{"one event", 10, []time.Duration{5 * ms}, 0},
		{"two events", 10, []time.Duration{5 * ms, 25 * ms}, 50},
		// Ten moments have nine intervals: 10/0.9117 would be 10.97.
		{"ten at 101.3 ms", 10, every(101300*time.Microsecond, 10), 9 / 0.9117},
		{"uneven", 4, []time.Duration{0, 10 * ms, 70 * ms, 100 * ms}, 30},
		{"the older ones are gone", 3, []time.Duration{0, 1000 * ms, 1010 * ms, 1020 * ms}, 100},
		{"all at once", 5, []time.Duration{ms, ms, ms}, 0},
		{"backwards", 5, []time.Duration{3 * ms, 2 * ms, ms}, 0},
		{"the least window", 2, every(40*ms, 7), 25},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ticked(c.n, c.at...)
			now := start
			if len(c.at) > 0 {
				now = start.Add(c.at[len(c.at)-1])
			}
			if got := r.PerSecond(now); !near(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	if got := ticked(10, every(101300*time.Microsecond, 10)...).PerSecond(start.Add(1013 * ms)); math.Round(got*100) != 987 {
		t.Errorf("got %v, want 9.87", got)
	}
}

// Tick returns what PerSecond would; both are the last n moments' own, however often the
// ring has gone round.
func TestRateLikeNaiveReference(t *testing.T) {
	for n := 2; n <= 12; n++ {
		rnd := rand.New(rand.NewPCG(3, uint64(n)))
		r, now := metrics.NewRate(n), start
		var all []time.Time
		for range 20 * n {
			now = now.Add(time.Duration(1 + rnd.IntN(200_000_000)))
			all = append(all, now)
			last := all[max(0, len(all)-n):]
			want := 0.0
			if len(last) > 1 {
				want = float64(len(last)-1) / now.Sub(last[0]).Seconds()
			}
			if tick, per := r.Tick(now), r.PerSecond(now); !near(tick, want) || tick != per {
				t.Fatalf("n=%d, event %d: Tick %v, PerSecond %v, want %v", n, len(all), tick, per, want)
			}
		}
	}
}

// A source that dies is seen to: the rate falls, without a jump, towards nothing. One that
// is only a little late is not punished.
func TestRateFallsWhenEventsStop(t *testing.T) {
	const interval = 100 * time.Millisecond
	r := ticked(10, every(interval, 25)...)
	last := start.Add(25 * interval)
	for idle, want := range map[time.Duration]float64{
		0:                      10,
		interval / 2:           10,
		interval:               10,
		2 * interval:           10,
		300 * time.Millisecond: 5,
		time.Second:            1 / 0.9,
		time.Minute:            1 / 59.9,
	} {
		if got := r.PerSecond(last.Add(idle)); !near(got, want) {
			t.Errorf("%v after the last event: %v, want %v", idle, got, want)
		}
	}
	before := r.PerSecond(last)
	for idle := time.Duration(0); idle < time.Second; idle += time.Millisecond {
		got := r.PerSecond(last.Add(idle))
		if got > before || got < before*0.98 {
			t.Fatalf("%v after the last event: from %v to %v within 1 ms", idle, before, got)
		}
		before = got
	}
	if got := r.PerSecond(last.Add(-interval)); !near(got, 10) { // an observer a little behind
		t.Errorf("before the last event: %v, want 10", got)
	}
}

// A long silence is not part of the rate that follows it.
func TestRateAfterAPause(t *testing.T) {
	const interval = 50 * time.Millisecond
	r := ticked(10, every(interval, 25)...)
	back := start.Add(25*interval + time.Minute)
	if got := r.Tick(back); got != 0 {
		t.Errorf("with the first event after a minute: %v, want 0", got)
	}
	if got := r.Tick(back.Add(interval)); !near(got, 20) {
		t.Errorf("with the second: %v, want 20", got)
	}
	slow := ticked(10, every(5*time.Second, 5)...)
	if got := slow.Tick(start.Add(5*5*time.Second + 30*time.Second)); got == 0 {
		t.Error("a slow camera that missed a few frames starts anew")
	}
}

func TestRateConcurrently(t *testing.T) {
	r := metrics.NewRate(30)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 1000 {
				now := start.Add(time.Duration(i) * time.Millisecond)
				for _, v := range []float64{r.Tick(now), r.PerSecond(now)} {
					if v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
						t.Errorf("the rate became %v", v)
					}
				}
			}
		})
	}
	wg.Wait()
}
