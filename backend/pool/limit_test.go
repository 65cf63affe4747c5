package pool_test

import (
	"testing"
	"time"

	"freshframe/backend/pool"
)

// How many workers have a use, from one look at those that are at work.
func TestLimit(t *testing.T) {
	for _, c := range []struct {
		name       string
		workers    int
		takes, cpu time.Duration
		taken      float64
		want       int
	}{
		{"waits", 4, 100 * ms, 0, 0, 16},
		{"hardly computes", 4, 100 * ms, ms / 5, 0, 16},
		{"hardly computes beside others", 4, 100 * ms, ms / 5, 2, 16},
		{"computes, one for each CPU", 2, 100 * ms, 100 * ms, 2, 2},
		{"computes, too many workers", 8, 400 * ms, 100 * ms, 2, 2},
		{"computes, too many, and drawing takes its part", 8, 480 * ms, 100 * ms, 1.95, 2},
		{"computes, and others take half of the machine", 8, 800 * ms, 100 * ms, 2, 2},
		{"half of it waits", 2, 100 * ms, 50 * ms, 1.1, 4},
		{"half of it waits, nobody knows what others do", 2, 100 * ms, 50 * ms, 0, 4},
	} {
		var l pool.Limit
		seen := pool.Seen{Camera: 30, CPUs: 2, MaxWorkers: 16, Workers: c.workers, Service: steady(c.takes), CPU: c.cpu, Taken: c.taken}
		if got := l.Useful(seen); got != c.want {
			t.Errorf("%s: %d workers, want %d", c.name, got, c.want)
		}
	}
}
