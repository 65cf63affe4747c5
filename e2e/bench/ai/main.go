// Command ai measures the neural analyzers: alone, against the bare networks in the same run,
// and in the built server with the synthetic camera's people, watched as a client does.
//
//	npm run bench:ai
//	npm run bench:ai -- -parts server -duration 60s
//
// Figures stand beside their bars; a missed bar makes the exit code 1. Times belong to one
// machine, and to one on which nothing else runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"freshframe/backend/onnx"
	"freshframe/e2e/bench/table"
)

// bench is one run of the program.
type bench struct {
	binary   string
	pictures string
	frames   int
	duration time.Duration
	missed   int     // bars
	others   float64 // most CPUs that other programs kept busy during a measurement
}

func main() {
	var b bench
	flag.StringVar(&b.binary, "binary", "bin/freshframe", "the server to measure")
	flag.StringVar(&b.pictures, "pictures", "testdata", "folder of the pictures to analyze")
	flag.IntVar(&b.frames, "frames", 200, "analyzed in each measurement of an analyzer alone")
	flag.DurationVar(&b.duration, "duration", 12*time.Second, "of each measurement of the server")
	parts := flag.String("parts", "decoding,analyzers,server,live", "what to measure")
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
	if err := loadRuntime(); err != nil {
		return err
	}
	known := map[string]func(context.Context) (*table.Table, error){
		"decoding": b.decoding, "analyzers": b.analyzers, "server": b.server, "live": b.live,
	}
	for i, name := range parts {
		part := known[name]
		if part == nil {
			return fmt.Errorf("-parts %s: there are decoding, analyzers, server and live", name)
		}
		t, err := part(ctx)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Println()
		}
		t.Print()
		b.missed += t.Missed()
	}
	if b.others > quiet {
		fmt.Printf("\nOther programs kept up to %.2f CPUs busy meanwhile: the machine is too busy for these figures.\n", b.others)
	}
	if b.missed > 0 {
		return errors.New(bars(b.missed) + " missed")
	}
	return nil
}

// quiet is how much of a CPU others may use without a word.
const quiet = 0.1

func bars(n int) string {
	if n == 1 {
		return "1 bar"
	}
	return fmt.Sprintf("%d bars", n)
}

// loadRuntime loads the npm package's library, which the server finds beside itself; this
// program lies elsewhere. What the environment names comes first.
func loadRuntime() error {
	library := onnx.Packaged(".")
	if _, err := os.Stat(library); err != nil || os.Getenv(onnx.Environment) != "" {
		library = ""
	}
	_, err := onnx.Load(library)
	return err
}
