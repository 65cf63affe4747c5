//go:build turbo

// Command jpeg measures the picture path: a camera's JPEG in, the analysis image and the
// annotated JPEG out, against libjpeg-turbo in the same run; the codec alone; and the built
// server, against itself with image/jpeg.
//
//	npm run bench:jpeg
//	npm run bench:jpeg -- -parts server -duration 60s
//
// Figures stand beside their bars; a missed bar makes the exit code 1. Those that are compared
// take turns on one thread; shown are medians of that thread's processor time. Times belong
// to one machine, ratios less so, and both to one on which nothing else runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/e2e/bench/table"
	"freshframe/e2e/bench/watch"
)

// bench is one run of the program.
type bench struct {
	binary   string
	pictures string
	frames   int
	duration time.Duration
	scalar   bool // this program is the one without assembly

	missed int     // bars
	others float64 // most CPUs that other programs kept busy during a measurement
}

func main() {
	var b bench
	flag.StringVar(&b.binary, "binary", "bin/freshframe", "the server to measure")
	flag.StringVar(&b.pictures, "pictures", "testdata/pictures", "folder of the photographs")
	flag.IntVar(&b.frames, "frames", 150, "in each measurement of the codec")
	flag.DurationVar(&b.duration, "duration", 15*time.Second, "of each measurement of the server")
	flag.BoolVar(&b.scalar, "scalar", false, "this is the build without assembly, with its own bars")
	parts := flag.String("parts", "frame,codec,scalar,server", "what to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx, strings.Split(*parts, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, parts []string) error {
	if b.frames < 1 {
		return fmt.Errorf("-frames %d: want at least 1", b.frames)
	}
	known := map[string]func(context.Context) error{
		"frame": b.shown(b.frame), "codec": b.shown(b.codec), "scalar": b.withoutAssembly, "server": b.shown(b.server),
	}
	for i, name := range parts {
		part := known[name]
		if part == nil {
			return fmt.Errorf("-parts %s: there are frame, codec, scalar and server", name)
		}
		if i > 0 {
			fmt.Println()
		}
		if err := part(ctx); err != nil {
			return err
		}
	}
	if b.others > quiet {
		fmt.Printf("\nOther programs kept up to %.2f CPUs busy meanwhile: the machine is too busy for these figures.\n", b.others)
	}
	if b.missed > 0 {
		return fmt.Errorf("%d bars missed", b.missed)
	}
	return nil
}

// quiet is how much of a CPU others may use without a word.
const quiet = 0.1

// shown prints a part's table.
func (b *bench) shown(part func(context.Context) (*table.Table, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		t, err := part(ctx)
		if err != nil {
			return err
		}
		t.Print()
		b.missed += t.Missed()
		return nil
	}
}

// withoutAssembly is the same program, built with every CPU's scalar code, as a child.
func (b *bench) withoutAssembly(ctx context.Context) error {
	if b.scalar {
		return errors.New("-parts scalar starts the build without assembly, which is this one")
	}
	c := exec.CommandContext(ctx, "go", "run", "-tags", "turbo,noasm", "./e2e/bench/jpeg",
		"-scalar", "-parts", "frame", "-pictures", b.pictures, "-frames", fmt.Sprint(b.frames))
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	var status *exec.ExitError
	err := c.Run()
	if errors.As(err, &status) {
		b.missed++ // it has said which
		return nil
	}
	return err
}

// inTurn runs each of the functions b.frames times, one after the other and so on, after a
// warm-up, and returns the medians of their processor times.
func (b *bench) inTurn(ctx context.Context, each ...func() error) (medians []time.Duration, err error) {
	const warmUp = 10
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	times := make([][]time.Duration, len(each))
	others := watch.Others(func() {
		for round := range warmUp + b.frames {
			for i, do := range each {
				begin := threadTime()
				if err = errors.Join(do(), ctx.Err()); err != nil {
					return
				}
				if round >= warmUp {
					times[i] = append(times[i], threadTime()-begin)
				}
			}
		}
	})
	b.others = max(b.others, others)
	for _, t := range times {
		medians = append(medians, watch.Percentile(t, .5))
	}
	return medians, err
}

// threadTime is the processor time that this thread has used.
func threadTime() time.Duration {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails for no reason that could be met here
	return time.Duration(t.Nano())
}

// ratio is a share of libjpeg-turbo's time.
func ratio(ours, theirs time.Duration, bars ...table.Bar) string {
	return table.Number(float64(ours)/float64(theirs), bars...)
}
