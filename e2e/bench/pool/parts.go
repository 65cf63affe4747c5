package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"freshframe/e2e/bench/watch"
	"freshframe/e2e/evenness"
)

// waiting: analyses that wait, one to four workers; each adds 10 fps until the camera has no
// more.
func (b *bench) waiting(ctx context.Context) error {
	t := newTable("100 ms of waiting", "fps", "of the ceiling", "order violations", "age at publishing, mean", "expected", "at the client")
	for workers := 1; workers <= 4; workers++ {
		s, err := b.measure(ctx, load{analyzer: fmt.Sprintf("simulate?processing_time=%v", analysis), workers: workers}, b.duration)
		if err != nil {
			return err
		}
		ceiling := min(rate, float64(workers)/analysis.Seconds())
		t.row(fmt.Sprintf("%d of %d workers", s.After.Pipeline.Workers.Working, workers),
			number(s.FPS()),
			percent(s.FPS()/ceiling, atLeast(.97)),
			count(s.Backwards, atMost(0)),
			ms(published(s).Mean), expectedAge(s), ms(s.MeanAge()))
	}
	t.print()
	return nil
}

// varying: analyses that vary, with an age budget.
func (b *bench) varying(ctx context.Context) error {
	const workers = 4
	s, err := b.measure(ctx, load{analyzer: fmt.Sprintf("simulate?processing_time=%v&spread=%g", analysis, spread), workers: workers, maxAge: deadline}, 4*b.duration)
	if err != nil {
		return err
	}
	fates := s.Fates()
	started := fates.Analyzed + fates.Late + fates.Failed
	ours := published(s)
	ended := completions(s)
	arrived := evenness.Of(byArrival(ended))
	best := evenness.Of(evenness.Hindsight(ended, ours.Mean))

	t := newTable(fmt.Sprintf("log-normal, varying by %g %%, %d workers, deadline %v", 100*spread, workers, deadline), "measured", "expected")
	expected := func(of func() string) string {
		if s.After.Pipeline.Theory == nil {
			return "unknown"
		}
		return of()
	}
	theory := s.After.Pipeline.Theory
	t.row("fps", number(s.FPS(), atLeast(28)), expected(func() string { return number(theory.FPS) }))
	t.row("late, of those started", percent(float64(fates.Late)/float64(max(started, 1)), atMost(.01)), expected(func() string { return percent(theory.Late) }))
	t.row("age at publishing, mean", ms(ours.Mean, atMost(112)), expectedAge(s))
	t.row("age at publishing, p99", ms(ours.P99), "")
	t.row("age at the client, mean", ms(s.MeanAge()), "")
	t.row("order violations", count(s.Backwards, atMost(0)), "")
	t.print()

	fmt.Println()
	t = newTable("the same analyses' results", "intervals ±", "of arrival's", "movement ±", "of arrival's", "age", "out of order")
	line := func(name string, f evenness.Figures, bars ...bar) {
		t.row(name, ms(f.Intervals), percent(ratio(f.Intervals, arrived.Intervals), bars...), ms(f.Movement), percent(ratio(f.Movement, arrived.Movement)),
			ms(f.Mean), percent(float64(f.Backwards)/float64(max(len(ended), 1))))
	}
	line("as they came out", ours, atMost(.5))
	line("had they left as they ended", arrived)
	line("as even as can be at our age", best)
	t.print()
	return nil
}

// computing: analyses that compute share the CPUs, and more workers than those must not make
// the sum less.
func (b *bench) computing(ctx context.Context) error {
	cpus := runtime.NumCPU()
	t := newTable(fmt.Sprintf("100 ms of computing on %d CPUs", cpus), "fps", "of the ceiling", "of 2 workers' fps", "age at publishing, mean", "CPUs used", "frames a CPU second", "CPUs used by others")
	var limits []string
	var two float64
	for _, workers := range []int{2, 8} {
		s, err := b.measure(ctx, load{analyzer: fmt.Sprintf("simulate?processing_time=%v&cost=cpu", analysis), workers: workers}, b.duration)
		if err != nil {
			return err
		}
		ceiling := min(rate, float64(min(workers, cpus))/analysis.Seconds())
		bars := []bar{atLeast(.97)}
		if two == 0 {
			two, bars = s.FPS(), nil
		}
		w, used := s.After.Pipeline.Workers, s.CPU().Seconds()/s.To.Sub(s.From).Seconds()
		t.row(fmt.Sprintf("%d of %d workers", w.Working, workers),
			number(s.FPS()), percent(s.FPS()/ceiling), percent(s.FPS()/two, bars...), ms(published(s).Mean),
			number(used), number(s.FPS()/used), number(s.Others))
		if w.Limit != "" {
			limits = append(limits, fmt.Sprintf("%d workers: %s.", workers, w.Limit))
		}
	}
	t.print()
	for _, l := range limits {
		fmt.Println(l)
	}
	fmt.Println("Camera, drawing and this viewer take their part of the CPUs as well.")
	return nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// expectedAge is the theory's, which is without drawing and encoding.
func expectedAge(s *watch.Seen) string {
	if s.After.Pipeline.Theory == nil {
		return "unknown"
	}
	return ms(time.Duration(s.After.Pipeline.Theory.AgeMS * float64(time.Millisecond)))
}
