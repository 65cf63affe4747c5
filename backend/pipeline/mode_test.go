package pipeline

import (
	"testing"
	"time"

	"freshframe/backend/pool"
)

const ms = time.Millisecond

func known(d time.Duration) (s pool.Service) {
	for range 64 {
		s.Add(d)
	}
	return s
}

// Workers that the CPUs have no use for are sent away after a while, with the reason; nothing
// is limited before that, nor by a moment's measurement.
func TestPoolIsLimitedByTheCPUs(t *testing.T) {
	begin := time.Unix(1000, 0)
	waits := pool.Seen{Camera: 30, CPUs: 2, MaxWorkers: MaxWorkers, Workers: 8, Service: known(100 * ms)}
	computes := waits
	computes.Service, computes.CPU, computes.Taken = known(400*ms), 100*ms, 2
	full, limited := course{mode: Pool, workers: 8}, course{mode: Pool, workers: 2, limit: "2 CPUs have no use for more than 2 workers"}
	c := &chooser{most: MaxWorkers, next: MaxWorkers}
	for second, step := range []struct {
		seen pool.Seen
		want course
	}{
		{pool.Seen{Camera: 30, CPUs: 2}, full},
		{waits, full},
		{computes, full}, {waits, full}, // for a moment
		{computes, full}, {computes, full}, {computes, limited}, {computes, limited},
		{waits, limited}, {waits, limited}, {waits, full},
	} {
		if got := c.pool(begin.Add(time.Duration(second)*time.Second), Settings{Workers: 8}, step.seen); got != step.want {
			t.Errorf("second %d: %+v, want %+v", second, got, step.want)
		}
	}
	for cpus, want := range map[int]int{1: 2, 2: 2, 4: 4, 64: MaxWorkers} {
		if got := c.pool(begin, Settings{}, pool.Seen{CPUs: cpus}); got.workers != want {
			t.Errorf("%d workers by default with %d CPUs, want %d", got.workers, cpus, want)
		}
	}
}

func TestObserved(t *testing.T) {
	var o observed
	begin := time.Unix(1000, 0)
	if got := o.recent(begin); got != (Observed{}) {
		t.Errorf("before anything: %+v", got)
	}
	// 20 s of 20 a second, of which every second one is delivered, 80 and 120 ms apart by turns.
	at := begin
	for i := range 400 {
		o.want(begin.Add(time.Duration(i) * 50 * ms))
		o.start(begin.Add(time.Duration(i) * 50 * ms))
		if i%2 == 1 {
			continue
		}
		at = begin.Add(time.Duration(i)*50*ms + time.Duration(i%4)*10*ms)
		o.deliver(at, time.Duration(100+i/2%100)*ms)
		if i%20 == 0 {
			o.late(at)
		}
	}
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if got < want-tolerance || got > want+tolerance {
			t.Errorf("%s: %.4f, want %.4f", what, got, want)
		}
	}
	got := o.recent(at)
	near("fps", got.FPS, 10, 0.1)
	near("skipped", got.Skipped, 0.5, 0.03)
	near("late", got.Late, 0.05, 0.01)
	near("age", got.Age.Seconds(), 0.1495, 0.001)
	near("p95", got.AgeP95.Seconds(), 0.194, 0.002)
	near("jitter", got.Jitter.Seconds(), 0.020, 0.001)
	if got := o.recent(at.Add(5 * time.Second)).FPS; got > 0.3 {
		t.Errorf("%.2f fps after 5 s of silence", got)
	}
	if got := o.recent(at.Add(time.Minute)); got.Deliveries != 0 || got.FPS != 0 {
		t.Errorf("a minute later: %+v", got)
	}
	o.reset()
	if got := o.recent(at); got != (Observed{}) {
		t.Errorf("after a reset: %+v", got)
	}
}
