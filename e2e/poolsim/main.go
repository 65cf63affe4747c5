// Command poolsim simulates what becomes of a camera's frames under several ways to give them to
// workers and to collect the results, and prints a table. It simulates events, not time: ten
// minutes take a second, and the same seed gives the same table. The program's own scheduler
// takes part as it is.
//
//	go run ./e2e/poolsim
//	go run ./e2e/poolsim -workers 3 -framerate 60 -deadline 0
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"text/tabwriter"
	"time"

	"freshframe/backend/pool"
	"freshframe/e2e/evenness"
)

func main() {
	workers := flag.Int("workers", 4, "of the pools")
	fps := flag.Float64("framerate", 30, "of the camera, frames a second")
	mean := flag.Duration("service", 100*ms, "mean service time of an analysis")
	deadline := flag.Duration("deadline", 200*ms, "age budget; 0: none")
	duration := flag.Duration("duration", 10*time.Minute, "to simulate")
	seed := flag.Uint64("seed", 1, "of all randomness")
	flag.Parse()
	for _, s := range []struct {
		name    string
		service func(*rand.Rand) time.Duration
	}{
		{"constant", constant(*mean)},
		{"log-normal, varying by 30 %", logNormal(*mean, 0.3)},
		{"steady, but 2 % take four times as long", spikes(*mean, 0.02)},
	} {
		fmt.Printf("Camera %g fps; service time %v, %s; pools of %d; deadline %v; %v, seed %d\n\n", *fps, *mean, s.name, *workers, *deadline, *duration, *seed)
		table(os.Stdout, scenario{fps: *fps, workers: *workers, deadline: *deadline, service: s.service}, *duration, *seed)
		fmt.Println()
	}
}

// table prints one line per policy.
func table(out io.Writer, s scenario, duration time.Duration, seed uint64) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer t.Flush()
	fmt.Fprintln(t, "policy\tfps\tdisplaced\tlate\tout of order\tage, mean\tp50\tp99\tintervals ±\tmovement ±\t")
	line := func(name string, w *world, f figures) {
		fmt.Fprintf(t, "%s\t%.2f\t%.1f %%\t%.1f %%\t%.1f %%\t%s\t%s\t%s\t%s\t%s\t\n", name, f.fps,
			100*f.displaced, 100*f.late, 100*float64(f.Backwards)/float64(max(len(w.out), 1)), inMS(f.Mean), inMS(f.P50), inMS(f.P99), inMS(f.Intervals), inMS(f.Movement))
	}
	for _, p := range policies(s) {
		w := run(s, p.policy, duration, seed)
		f := measure(w)
		line(p.name, w, f)
		if !p.bound {
			continue
		}
		f.Figures = evenness.Of(evenness.Hindsight(atOnce(w), f.Mean))
		line("  as even as can be at that age", w, f)
	}
}

type named struct {
	name   string
	policy policy
	bound  bool // show the bound for it as well
}

// policies are those of the table.
func policies(s scenario) []named {
	return []named{
		{"serial, latest slot", &queue{workers: 1, places: 1, slot: true}, false},
		{"serial, queue of 8, drops the newest", &queue{workers: 1, places: 8}, false},
		{"pool, queue of 8, drops the newest", &queue{workers: s.workers, places: 8}, false},
		{"pool, slot, order of arrival", arrival(s), false},
		{"pool, slot, drops overtaken results", &queue{workers: s.workers, places: 1, slot: true, dropLate: true}, false},
		{"ours, in order at once (even 0)", newOurs(planned(s, 0)), false},
		{fmt.Sprintf("ours (even %g)", pool.DefaultEven), newOurs(planned(s, pool.DefaultEven)), true},
		{"ours, smoother (even 0.9)", newOurs(planned(s, 0.9)), true},
	}
}

// arrival is the pool that others are compared with.
func arrival(s scenario) policy { return &queue{workers: s.workers, places: 1, slot: true} }

func planned(s scenario, even float64) pool.Config {
	return pool.Config{Workers: s.workers, MaxAge: s.deadline, Even: even}
}

func inMS(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(ms)) }
