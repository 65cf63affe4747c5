package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

func newAnalyzer(t testing.TB, query string) analyze.Analyzer {
	t.Helper()
	a, err := Kind().New(values(t, query))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return a
}

func newFrame(t testing.TB) *frame.Frame {
	f := new(frame.Pool).Get()
	f.Format, f.Width, f.Height = frame.I420, 2, 2
	f.Data = append(f.Data, 0, 0, 0, 0, 128, 128)
	t.Cleanup(f.Release)
	return f
}

func TestWallTakesTheProcessingTime(t *testing.T) {
	for _, c := range []struct {
		query string
		want  time.Duration
	}{
		{"", 100 * time.Millisecond},
		{"processing_time=0", 0},
		{"processing_time=1ns", time.Nanosecond},
		{"processing_time=33ms", 33 * time.Millisecond},
		{"processing_time=10s", 10 * time.Second},
	} {
		t.Run(c.query, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, f := newAnalyzer(t, c.query), newFrame(t)
				for range 3 {
					start := time.Now()
					if _, err := a.Analyze(t.Context(), f); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(start); took != c.want {
						t.Errorf("took %v, want %v", took, c.want)
					}
				}
			})
		})
	}
}

func TestWallReturnsAtOnceWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, f := newAnalyzer(t, "processing_time=10s"), newFrame(t)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := a.Analyze(ctx, f)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 30*time.Millisecond {
			t.Errorf("error %v after %v, want the deadline's after 30ms", err, took)
		}
		if _, err := a.Analyze(ctx, f); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 30*time.Millisecond {
			t.Errorf("with an ended context: error %v after %v, want no wait", err, time.Since(start))
		}
	})
}

// threadUsed is the processor time that work takes on its own thread.
func threadUsed(work func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	work()
	return threadTime() - start
}

func TestCPUBurnsTheProcessingTime(t *testing.T) {
	a, f := newAnalyzer(t, "cost=cpu&processing_time=30ms"), newFrame(t)
	used := threadUsed(func() {
		if _, err := a.Analyze(t.Context(), f); err != nil {
			t.Error(err)
		}
	})
	if used < 30*time.Millisecond || used > 45*time.Millisecond {
		t.Errorf("used %v of processor time, want 30ms and little more", used)
	}
}

func TestCPUStopsWhenTheContextEnds(t *testing.T) {
	for _, after := range []time.Duration{0, 5 * time.Millisecond} {
		a, f := newAnalyzer(t, "cost=cpu&processing_time=10s"), newFrame(t)
		ctx, cancel := context.WithTimeout(t.Context(), after)
		used := threadUsed(func() {
			if _, err := a.Analyze(ctx, f); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline's", err)
			}
		})
		cancel()
		if used > 2*time.Second {
			t.Errorf("burned %v after a context of %v", used, after)
		}
	}
}

func values(t testing.TB, query string) option.Values {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	v, err := option.Parse(Kind().Params, q)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// walk gives the counts of n results.
func walk(t *testing.T, query string, n int) []int {
	t.Helper()
	f, err := Kind().Follow(values(t, query))
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, n)
	for i := range counts {
		var r analyze.Result
		if err := f.Follow(analyze.Moment{}, &r); err != nil {
			t.Fatal(err)
		}
		counts[i] = r.Count
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	return counts
}

// The time of a frame has the mean and the spread that were asked for, and is the same
// whichever analyzer gets the frame, in whichever order.
func TestSpread(t *testing.T) {
	for _, spread := range []float64{0, 0.3, 2} {
		query := fmt.Sprintf("processing_time=100ms&seed=7&spread=%g", spread)
		a, b := newAnalyzer(t, query).(*analyzer), newAnalyzer(t, query).(*analyzer)
		const n = 20_000
		var sum, squares float64
		for seq := range uint64(n) {
			x := a.cost(seq)
			if x <= 0 {
				t.Fatalf("spread %g: frame %d takes %v", spread, seq, x)
			}
			ms := x.Seconds() * 1e3
			sum += ms
			squares += ms * ms
		}
		mean := sum / n
		cv := math.Sqrt(max(squares/n-mean*mean, 0)) / mean
		if math.Abs(mean-100) > 100*spread*0.03+1e-9 || math.Abs(cv-spread) > 0.15*spread+1e-6 {
			t.Errorf("mean %.1f ms and spread %.3f, want 100 ms and %g", mean, cv, spread)
		}
		for seq := uint64(n); seq > 0; seq -= 1000 {
			if x, y := a.cost(seq), b.cost(seq); x != y {
				t.Errorf("spread %g: frame %d takes %v or %v", spread, seq, x, y)
			}
		}
	}
}

func TestCountCarriesOver(t *testing.T) {
	for _, c := range []struct {
		query string
		start int
	}{{"", 3}, {"objects=0", 0}, {"objects=50&seed=7", 50}} {
		const n = 5000
		counts := walk(t, c.query, n)
		seen := map[int]bool{}
		previous := c.start
		for i, k := range counts {
			if k < previous-1 || k > previous+1 || k < 0 || k > MaxObjects {
				t.Fatalf("%q frame %d: %d objects after %d", c.query, i, k, previous)
			}
			seen[k], previous = true, k
		}
		if len(seen) < 10 {
			t.Errorf("%q: only %d different counts in %d frames", c.query, len(seen), n)
		}
		if !slices.Equal(counts, walk(t, c.query, n)) {
			t.Errorf("%q: a second run counted differently", c.query)
		}
	}
	if slices.Equal(walk(t, "seed=1", 50), walk(t, "seed=2", 50)) {
		t.Error("two seeds gave the same counts")
	}
}

// BenchmarkWall shows how late the timer is: ns/op − 100 ms.
func BenchmarkWall(b *testing.B) {
	a, f := newAnalyzer(b, ""), newFrame(b)
	for b.Loop() {
		if _, err := a.Analyze(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}
