package networktest

import (
	"bytes"
	"reflect"
	"sync"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
)

// Spec reads the kind's spec with these parameters.
func Spec(tb testing.TB, k analyze.Kind, query string) analyze.Spec {
	tb.Helper()
	s, err := analyze.Kinds{k}.Parse(k.Name + "?" + query)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// Made makes the analyzer, which the test's end closes.
func Made(tb testing.TB, s analyze.Spec) analyze.Analyzer {
	tb.Helper()
	a, err := s.New()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	return a
}

// Start is when gray frames were captured.
var Start = time.Unix(1_763_870_000, 0)

// Gray is a gray frame of that size, of a pool of its own.
func Gray(width, height int) *frame.Frame {
	f := new(frame.Pool).Get()
	f.Seq, f.Format, f.Width, f.Height, f.Captured = 1, frame.I420, width, height, Start
	f.Data = bytes.Repeat([]byte{128}, width*height+2*((width+1)/2)*((height+1)/2))
	return f
}

// Analyzed is a result in which every number is one.
func Analyzed(tb testing.TB, a analyze.Analyzer, f *frame.Frame) analyze.Result {
	tb.Helper()
	r, err := a.Analyze(tb.Context(), f)
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// SideBySide checks that two workers who see the same at once say the same.
func SideBySide(t *testing.T, a, b analyze.Analyzer, shot func() *frame.Frame) {
	t.Helper()
	var work sync.WaitGroup
	results := make([]analyze.Result, 2)
	for i, w := range []analyze.Analyzer{a, b} {
		work.Go(func() {
			for range 3 {
				r, err := w.Analyze(t.Context(), shot())
				if err != nil {
					t.Error(err)
				}
				results[i] = r
			}
		})
	}
	work.Wait()
	if !reflect.DeepEqual(results[0], results[1]) {
		t.Errorf("side by side: %+v and %+v", results[0], results[1])
	}
}
