package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"freshframe/e2e/bench/table"
	"freshframe/e2e/bench/watch"
	"freshframe/e2e/evenness"
)

// waiting: analyses that wait, one to four workers; each adds 10 fps until the camera has no
// more.
func (b *bench) waiting(ctx context.Context) error {
	t := table.New("100 ms of waiting", "fps", "of the ceiling", "order violations", "age at publishing, mean", "expected", "at the client")
	for workers := 1; workers <= 4; workers++ {
		s, err := b.measure(ctx, load{analyzer: fmt.Sprintf("simulate?processing_time=%v", analysis), workers: workers}, b.duration)
		if err != nil {
			return err
		}
		ceiling := min(rate, float64(workers)/analysis.Seconds())
		t.Row(fmt.Sprintf("%d of %d workers", s.After.Pipeline.Workers.Working, workers),
			table.Number(s.FPS()),
			table.Percent(s.FPS()/ceiling, table.AtLeast(.97)),
			table.Count(s.Backwards, table.AtMost(0)),
			table.Ms(published(s).Mean), expectedAge(s), table.Ms(s.MeanAge()))
	}
	t.Print()
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

	t := table.New(fmt.Sprintf("log-normal, varying by %g %%, %d workers, deadline %v", 100*spread, workers, deadline), "measured", "expected")
	expected := func(of func() string) string {
		if s.After.Pipeline.Theory == nil {
			return "unknown"
		}
		return of()
	}
	theory := s.After.Pipeline.Theory
	t.Row("fps", table.Number(s.FPS(), table.AtLeast(28)), expected(func() string { return table.Number(theory.FPS) }))
	t.Row("late, of those started", table.Percent(float64(fates.Late)/float64(max(started, 1)), table.AtMost(.01)), expected(func() string { return table.Percent(theory.Late) }))
	t.Row("age at publishing, mean", table.Ms(ours.Mean, table.AtMost(112)), expectedAge(s))
	t.Row("age at publishing, p99", table.Ms(ours.P99), "")
	t.Row("age at the client, mean", table.Ms(s.MeanAge()), "")
	t.Row("order violations", table.Count(s.Backwards, table.AtMost(0)), "")
	t.Print()

	fmt.Println()
	t = table.New("the same analyses' results", "intervals ±", "of arrival's", "movement ±", "of arrival's", "age", "out of order")
	line := func(name string, f evenness.Figures, bars ...table.Bar) {
		t.Row(name, table.Ms(f.Intervals), table.Percent(ratio(f.Intervals, arrived.Intervals), bars...), table.Ms(f.Movement), table.Percent(ratio(f.Movement, arrived.Movement)),
			table.Ms(f.Mean), table.Percent(float64(f.Backwards)/float64(max(len(ended), 1))))
	}
	line("as they came out", ours, table.AtMost(.5))
	line("had they left as they ended", arrived)
	line("as even as can be at our age", best)
	t.Print()
	return nil
}

// computing: analyses that compute share the CPUs, and more workers than those must not make
// the sum less.
func (b *bench) computing(ctx context.Context) error {
	cpus := runtime.NumCPU()
	t := table.New(fmt.Sprintf("100 ms of computing on %d CPUs", cpus), "fps", "of the ceiling", "of 2 workers' fps", "age at publishing, mean", "CPUs used", "frames a CPU second", "CPUs used by others")
	var limits []string
	var two float64
	for _, workers := range []int{2, 8} {
		s, err := b.measure(ctx, load{analyzer: fmt.Sprintf("simulate?processing_time=%v&cost=cpu", analysis), workers: workers}, b.duration)
		if err != nil {
			return err
		}
		ceiling := min(rate, float64(min(workers, cpus))/analysis.Seconds())
		bars := []table.Bar{table.AtLeast(.97)}
		if two == 0 {
			two, bars = s.FPS(), nil
		}
		w, used := s.After.Pipeline.Workers, s.CPU().Seconds()/s.To.Sub(s.From).Seconds()
		t.Row(fmt.Sprintf("%d of %d workers", w.Working, workers),
			table.Number(s.FPS()), table.Percent(s.FPS()/ceiling), table.Percent(s.FPS()/two, bars...), table.Ms(published(s).Mean),
			table.Number(used), table.Number(s.FPS()/used), table.Number(s.Others))
		if w.Limit != "" {
			limits = append(limits, fmt.Sprintf("%d workers: %s.", workers, w.Limit))
		}
	}
	t.Print()
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
	return table.Ms(time.Duration(s.After.Pipeline.Theory.AgeMS * float64(time.Millisecond)))
}
