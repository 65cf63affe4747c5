package metrics_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"freshframe/backend/metrics"
)

// nearestRank is the definition, word for word: the smallest value that at least that
// share of all do not exceed.
func nearestRank(values []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	for _, v := range sorted {
		atMost := 0
		for _, w := range sorted {
			if w <= v {
				atMost++
			}
		}
		if 100*atMost >= percent*len(sorted) {
			return v
		}
	}
	return 0
}

func TestWindow(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	for _, c := range []struct {
		name string
		size int
		add  []time.Duration
		want metrics.Percentiles
	}{
		{"empty", 5, nil, metrics.Percentiles{}},
		{"one", 5, []time.Duration{7}, metrics.Percentiles{P50: 7, P95: 7, P99: 7, Samples: 1}},
		{"two", 5, []time.Duration{9, 7}, metrics.Percentiles{P50: 7, P95: 9, P99: 9, Samples: 2}},
		{"the textbook's five", 5, []time.Duration{15, 20, 35, 40, 50}, metrics.Percentiles{P50: 35, P95: 50, P99: 50, Samples: 5}},
		{"1 to 100", 100, hundred, metrics.Percentiles{P50: 50, P95: 95, P99: 99, Samples: 100}},
		{"the oldest are gone", 3, []time.Duration{1000, 1000, 1, 2, 3}, metrics.Percentiles{P50: 2, P95: 3, P99: 3, Samples: 3}},
		{"the least window", 1, []time.Duration{5, 4}, metrics.Percentiles{P50: 4, P95: 4, P99: 4, Samples: 1}},
		{"clocks that disagree", 3, []time.Duration{-5, 5, 0}, metrics.Percentiles{P50: 0, P95: 5, P99: 5, Samples: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := metrics.NewWindow(c.size)
			for _, d := range c.add {
				w.Add(d)
			}
			if got := w.Percentiles(); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestWindowLikeSortedReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for _, size := range []int{1, 2, 3, 7, 20, 64, 101} {
		w := metrics.NewWindow(size)
		var all []time.Duration
		for range 3*size + 1 {
			d := time.Duration(rnd.IntN(50)) // with many alike
			all = append(all, d)
			w.Add(d)
			last := all[max(0, len(all)-size):]
			want := metrics.Percentiles{P50: nearestRank(last, 50), P95: nearestRank(last, 95), P99: nearestRank(last, 99), Samples: len(last)}
			if got := w.Percentiles(); got != want {
				t.Fatalf("size %d, %d added: got %+v, want %+v", size, len(all), got, want)
			}
		}
	}
}

// Asking must not disturb the order in which durations leave the window.
func TestWindowIsNotReordered(t *testing.T) {
	w := metrics.NewWindow(3)
	for _, d := range []time.Duration{9, 1, 5} {
		w.Add(d)
	}
	w.Percentiles()
	w.Add(2) // 9 leaves
	if got, want := w.Percentiles(), (metrics.Percentiles{P50: 2, P95: 5, P99: 5, Samples: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWindowDoesNotAllocate(t *testing.T) {
	w := metrics.NewWindow(600)
	for i := range 700 {
		w.Add(time.Duration(i))
	}
	if n := testing.AllocsPerRun(20, func() { w.Add(1); w.Percentiles() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWindowConcurrently(t *testing.T) {
	w := metrics.NewWindow(50)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 500 {
				w.Add(time.Duration(i))
				if p := w.Percentiles(); p.P50 > p.P95 || p.P95 > p.P99 || p.P99 >= 500 {
					t.Errorf("got %+v", p)
				}
			}
		})
	}
	wg.Wait()
}
