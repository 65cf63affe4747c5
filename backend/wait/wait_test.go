package wait_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/wait"
)

func TestUntilIsNeverEarly(t *testing.T) {
	for _, d := range []time.Duration{-time.Hour, 0, 50 * time.Microsecond, time.Millisecond, 3 * time.Millisecond, 20 * time.Millisecond} {
		at := time.Now().Add(d)
		if err := wait.Until(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if early := time.Until(at); early > 0 {
			t.Errorf("%v too early for %v", early, d)
		}
	}
}

// With a test's clock the moment is met exactly.
func TestUntilWithFakeClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, d := range []time.Duration{time.Microsecond, time.Second, time.Hour} {
			at := time.Now().Add(d)
			if err := wait.Until(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			if !time.Now().Equal(at) {
				t.Errorf("off by %v", time.Since(at))
			}
		}
	})
}

func TestUntilHeedsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		if err := wait.Until(ctx, begin.Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v to notice", took)
		}
		if err := wait.Until(ctx, begin); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an ended context: %v", err)
		}
	})
}

// How late Until is, beside a plain timer.
func BenchmarkLateness(b *testing.B) {
	for _, c := range []struct {
		name string
		wait func(time.Time)
	}{
		{"until", func(at time.Time) { wait.Until(b.Context(), at) }},
		{"timer", func(at time.Time) { <-time.NewTimer(time.Until(at)).C }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var late time.Duration
			n := 0
			for b.Loop() {
				at := time.Now().Add(10*time.Millisecond + 300*time.Microsecond)
				c.wait(at)
				late += time.Since(at)
				n++
			}
			b.ReportMetric(float64(late.Microseconds())/float64(n), "µs-late")
		})
	}
}
