package simulate

import (
	"context"
	"errors"
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
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	v, err := option.Parse(Kind().Params, q)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Kind().New(v)
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

// walk gives the counts of n frames.
func walk(t *testing.T, query string, n int) []int {
	t.Helper()
	a, f := newAnalyzer(t, "processing_time=0&"+query), newFrame(t)
	counts := make([]int, n)
	for i := range counts {
		r, err := a.Analyze(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if r.Detections != nil {
			t.Fatalf("frame %d: %d detections from an analyzer that locates nothing", i, len(r.Detections))
		}
		counts[i] = r.Count
	}
	return counts
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

func TestGivenUpFrameDoesNotCount(t *testing.T) {
	want := walk(t, "", 20)
	a, f := newAnalyzer(t, "processing_time=0"), newFrame(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for i, w := range want {
		if _, err := a.Analyze(ended, f); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want canceled", err)
		}
		if r, err := a.Analyze(t.Context(), f); err != nil || r.Count != w {
			t.Fatalf("frame %d: %d objects (%v), want %d", i, r.Count, err, w)
		}
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
