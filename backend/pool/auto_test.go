package pool_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"freshframe/backend/pool"
)

func TestAutoChooses(t *testing.T) {
	wait := pool.Seen{Camera: 30, CPUs: 2, MaxWorkers: 16}
	with := func(s pool.Seen, service pool.Service, change ...func(*pool.Seen)) pool.Seen {
		s.Service = service
		for _, c := range change {
			c(&s)
		}
		return s
	}
	computes := func(s *pool.Seen) { s.CPU = s.Service.Mean() }
	for _, c := range []struct {
		goal pool.Goal
		seen pool.Seen
		want pool.Choice
	}{
		{pool.Goal{FPS: 28}, with(wait, steady(112*ms)), pool.Choice{Workers: 4, Reason: "4 workers: 28 fps wanted, an analysis takes 112 ms"}},
		{pool.Goal{FPS: 10}, with(wait, steady(100*ms)), pool.Choice{Workers: 1, Reason: "serial: 10 fps wanted, an analysis takes 100 ms"}},
		{pool.Goal{FPS: 30}, with(wait, steady(100*ms)), pool.Choice{Workers: 3, Reason: "3 workers: 30 fps wanted, an analysis takes 100 ms"}},
		{pool.Goal{FPS: 30}, with(wait, lifelike(100*ms, 0.3)), pool.Choice{Workers: 4, Reason: "4 workers: 30 fps wanted, an analysis takes 100 ms"}},
		{pool.Goal{FPS: 60}, with(wait, steady(100*ms)), pool.Choice{Workers: 3, Reason: "3 workers: 60 fps wanted, an analysis takes 100 ms, the camera gives 30 fps"}},
		{pool.Goal{MaxAge: 150 * ms}, with(wait, steady(100*ms)), pool.Choice{Workers: 1, Reason: "serial: an age of 150 ms wanted, an analysis takes 100 ms"}},
		{pool.Goal{MaxAge: 110 * ms}, with(wait, steady(99*ms)), pool.Choice{Workers: 3, Reason: "3 workers: an age of 110 ms wanted, an analysis takes 99 ms"}},
		{pool.Goal{MaxAge: 90 * ms}, with(wait, steady(99*ms)), pool.Choice{Workers: 3, Reason: "3 workers: an age of 90 ms wanted, an analysis takes 99 ms; 30 fps and 99 ms can be expected"}},
		{pool.Goal{FPS: 20, MaxAge: 150 * ms}, with(wait, steady(100*ms)), pool.Choice{Workers: 2, Reason: "2 workers: 20 fps and an age of 150 ms wanted, an analysis takes 100 ms"}},

		{pool.Goal{FPS: 30}, with(wait, steady(100*ms), computes), pool.Choice{Workers: 2, Reason: "2 workers: 30 fps wanted, an analysis takes 100 ms; 20 fps can be expected, for 2 CPUs have no use for more workers"}},
		{pool.Goal{FPS: 30}, with(wait, steady(100*ms), func(s *pool.Seen) { s.CPU = 50 * ms }), pool.Choice{Workers: 3, Reason: "3 workers: 30 fps wanted, an analysis takes 100 ms"}},
		{pool.Goal{FPS: 30}, with(wait, steady(300*ms), func(s *pool.Seen) { s.MaxWorkers = 4 }), pool.Choice{Workers: 4, Reason: "4 workers: 30 fps wanted, an analysis takes 300 ms; 13.3 fps can be expected, more workers are not allowed"}},
		{pool.Goal{FPS: 30}, with(wait, steady(100*ms), func(s *pool.Seen) { s.Stateful = true }), pool.Choice{Workers: 1, Reason: "serial: the analyzer remembers earlier frames"}},
		{pool.Goal{}, with(wait, steady(100*ms)), pool.Choice{Workers: 1, Reason: "serial: neither a rate nor an age is wanted"}},
		{pool.Goal{FPS: 30}, wait, pool.Choice{Workers: 1, Reason: "serial: no service time is known yet"}},
	} {
		var a pool.Auto
		if got := a.Choose(epoch, c.goal, c.seen); got != c.want {
			t.Errorf("%+v:\n got %+v\nwant %+v", c.goal, got, c.want)
		}
	}
}

// A change is made after its reason has stood for a while: soon if there are too few workers,
// later if there are too many.
func TestAutoTakesItsTime(t *testing.T) {
	var a pool.Auto
	seen := pool.Seen{Camera: 30, MaxWorkers: 16}
	choose := func(second int, service time.Duration) int {
		seen.Service = steady(service)
		return a.Choose(epoch.Add(time.Duration(second)*time.Second), pool.Goal{FPS: 20}, seen).Workers
	}
	for _, c := range []struct {
		second  int
		service time.Duration
		want    int
	}{
		{0, 100 * ms, 2},
		{1, 200 * ms, 2}, {2, 200 * ms, 2}, {3, 200 * ms, 4}, // for two seconds
		{4, 100 * ms, 4}, {13, 100 * ms, 4}, {14, 100 * ms, 2}, // for ten
		{15, 200 * ms, 2}, {16, 100 * ms, 2}, {17, 200 * ms, 2}, {18, 200 * ms, 2}, {19, 200 * ms, 4}, // without a break
	} {
		if got := choose(c.second, c.service); got != c.want {
			t.Errorf("second %d, %v: %d workers, want %d", c.second, c.service, got, c.want)
		}
	}
	// A new goal is followed at once, and so is the first measurement of a new analyzer.
	if got := a.Choose(epoch.Add(20*time.Second), pool.Goal{FPS: 5}, seen).Workers; got != 1 {
		t.Errorf("%d workers for 5 fps", got)
	}
	seen.Service = pool.Service{}
	a.Choose(epoch.Add(21*time.Second), pool.Goal{FPS: 5}, seen)
	seen.Service = steady(400 * ms)
	if got := a.Choose(epoch.Add(22*time.Second), pool.Goal{FPS: 5}, seen).Workers; got != 2 {
		t.Errorf("%d workers for the new analyzer", got)
	}
}

// At every border between two counts of workers, measurements that scatter by 4 % about it for
// five minutes do not make the choice go to and fro.
func TestAutoDoesNotFlap(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewPCG(seed, 5))
	for _, fps := range []float64{8, 28, 30} {
		for workers := 1; workers <= 4; workers++ {
			for _, off := range []float64{0.9, 0.94, 0.97, 1, 1.03, 1.06, 1.1} {
				border := off * float64(workers) / fps * float64(time.Second)
				var a pool.Auto
				changes, last := 0, 0
				for second := range 300 {
					seen := pool.Seen{Camera: 30, MaxWorkers: 6, Service: steady(time.Duration(border * (1 + 0.04*(2*r.Float64()-1))))}
					got := a.Choose(epoch.Add(time.Duration(second)*time.Second), pool.Goal{FPS: fps}, seen).Workers
					if last != 0 && got != last {
						changes++
					}
					last = got
				}
				if changes > 2 {
					t.Errorf("seed %d: %g fps at the border of %d workers × %g: %d changes", seed, fps, workers, off, changes)
				}
			}
		}
	}
}

// Analyses that compute share the CPUs: with more workers than those each takes longer, which
// must not look like waiting, nor call for still more workers.
func TestAutoDoesNotOversubscribe(t *testing.T) {
	const cpus = 2
	for _, c := range []struct {
		name     string
		cpu, nap time.Duration // of one analysis: computing, waiting
		begin    int           // workers chosen by hand before
		want     int
	}{
		{"computes", 100 * ms, 0, 1, 2},
		{"computes, from above", 100 * ms, 0, 8, 2},
		{"half of it waits", 50 * ms, 50 * ms, 1, 3}, // 30 fps take 1.5 CPUs
		{"a little waits", 90 * ms, 10 * ms, 1, 2},
		{"hardly computes", 5 * ms, 295 * ms, 1, 9},
	} {
		var a pool.Auto
		workers := c.begin
		history := []int{}
		var service pool.Service
		for second := range 120 {
			// Each CPU gives a second a second, in equal parts to those that compute.
			alone := c.cpu + c.nap
			rate := min(30, float64(workers)/alone.Seconds(), cpus/c.cpu.Seconds())
			takes := max(alone, time.Duration(float64(workers)/rate*float64(time.Second)))
			if rate >= 30 {
				takes = alone
			}
			for range int(rate) {
				service.Add(takes)
			}
			seen := pool.Seen{Camera: 30, CPUs: cpus, Workers: workers, MaxWorkers: 16, CPU: c.cpu, Service: service}
			workers = a.Choose(epoch.Add(time.Duration(second)*time.Second), pool.Goal{FPS: 30}, seen).Workers
			history = append(history, workers)
		}
		if workers != c.want || history[40] != c.want {
			t.Errorf("%s: %v", c.name, history)
		}
	}
}
