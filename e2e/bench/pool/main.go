// Command pool measures the ordered pool from outside: it starts the built server with the
// synthetic camera and simulated analyses, watches the annotated stream as a client does, and
// reads each frame's number and capture time out of its pixels.
//
//	npm run bench:pool
//	npm run bench:pool -- -parts computing -duration 60s
//
// Figures stand beside their bars, which are ratios, ceilings and ages of one run. A missed bar
// is told, not an error: the exit code is about the measurement.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"freshframe/e2e/bench/watch"
	"freshframe/e2e/client"
)

// What is measured: the camera and analysis.
const (
	rate     = 30.0
	analysis = 100 * time.Millisecond
	spread   = 0.3 // coefficient of variation, where it varies
	deadline = 200 * time.Millisecond
)

// warmUp lets the pool learn the service time.
const warmUp = 4 * time.Second

// bench is one run of the program.
type bench struct {
	binary   string
	duration time.Duration
	others   float64 // most CPUs that other programs kept busy during a measurement
}

// load is what a server is to do.
type load struct {
	analyzer string
	workers  int
	maxAge   time.Duration // 0: none
}

func main() {
	var b bench
	flag.StringVar(&b.binary, "binary", "bin/freshframe", "the server to measure")
	flag.DurationVar(&b.duration, "duration", 15*time.Second, "of each measurement; the one with varying analyses takes four times as long")
	parts := flag.String("parts", "waiting,varying,computing", "which analyses to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx, strings.Split(*parts, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, parts []string) error {
	fmt.Printf("Synthetic camera 640x480 at %g fps, %v of simulated analysis, 1 viewer; %v each.\n", rate, analysis, b.duration)
	known := map[string]func(context.Context) error{"waiting": b.waiting, "varying": b.varying, "computing": b.computing}
	for _, name := range parts {
		part := known[name]
		if part == nil {
			return fmt.Errorf("-parts %s: there are waiting, varying and computing", name)
		}
		fmt.Println()
		if err := part(ctx); err != nil {
			return err
		}
	}
	if b.others > quiet {
		fmt.Printf("\nOther programs kept up to %.2f CPUs busy meanwhile: the machine is too busy for these figures.\n", b.others)
	}
	return nil
}

// quiet is how much of a CPU others may use without a word.
const quiet = 0.1

// measure starts a server, watches it for that long and ends it.
func (b *bench) measure(ctx context.Context, l load, duration time.Duration) (*watch.Seen, error) {
	server, err := client.Start(ctx, b.binary, "--log-level", "warn",
		"--source", fmt.Sprintf("synthetic:?scene=room&video_size=640x480&framerate=%g", rate),
		"--analyzer", l.analyzer, "--mode", "pool", "--workers", fmt.Sprint(l.workers), "--max-age", l.maxAge.String())
	if err != nil {
		return nil, fmt.Errorf("%w (npm run bench:pool builds it)", err)
	}
	defer server.Stop()
	seen, err := watch.Watch(ctx, server, watch.Plan{WarmUp: warmUp, Duration: duration, Events: true})
	if err != nil {
		return nil, fmt.Errorf("%s with %d workers: %w", l.analyzer, l.workers, err)
	}
	b.others = max(b.others, seen.Others)
	return seen, nil
}
