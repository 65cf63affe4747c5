// Command bench measures the whole system from outside: it starts the built server with
// the synthetic camera and the reference analysis, watches the annotated stream as a
// client does, and reads each frame's number and capture time out of its pixels.
//
//	npm run bench
//	npm run bench -- -duration 10m -freshness throughput
//
// It prints measured figures beside the theoretical floor and beside a baseline measured
// in the same run, because absolute times belong to one machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// setup is what is measured.
type setup struct {
	binary    string
	size      string
	fps       float64
	analysis  time.Duration
	cost      string
	duration  time.Duration
	freshness string
}

func main() {
	var s setup
	flag.StringVar(&s.binary, "binary", "bin/freshframe", "the server to measure")
	flag.StringVar(&s.size, "size", "1280x720", "picture size of the synthetic camera")
	flag.Float64Var(&s.fps, "framerate", 30, "of the synthetic camera, frames a second")
	flag.DurationVar(&s.analysis, "analysis", 100*time.Millisecond, "processing_time of the simulated analysis")
	flag.StringVar(&s.cost, "cost", "wall", "of the simulated analysis: wall (it waits) or cpu (it computes)")
	flag.DurationVar(&s.duration, "duration", 20*time.Second, "of each measurement")
	policies := flag.String("freshness", "throughput,balanced,latency", "which policies to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, strings.Split(*policies, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s setup, policies []string) error {
	fmt.Printf("Synthetic camera %s at %g fps, %v of simulated analysis (%s), serial, 1 viewer; %v each.\n\n", s.size, s.fps, s.analysis, s.cost, s.duration)
	var all []result
	for _, s.freshness = range policies {
		r, err := measure(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.freshness, err)
		}
		all = append(all, r)
	}
	codec, err := standardCodec(all[0].Sample)
	if err != nil {
		return err
	}
	print(s, all, codec)
	return nil
}

// print writes the table, a column for each policy.
func print(s setup, all []result, codec time.Duration) {
	ceiling := min(s.fps, float64(time.Second)/float64(s.analysis))
	interval := time.Duration(float64(time.Second) / s.fps)
	w := tabwriter.NewWriter(os.Stdout, 2, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(r result) string) {
		fmt.Fprint(w, name, "\t")
		for _, r := range all {
			fmt.Fprint(w, cell(r), "\t")
		}
		fmt.Fprintln(w)
	}
	row("freshness", func(r result) string { return r.freshness })
	row("analyzed, fps", func(r result) string { return fmt.Sprintf("%.2f", r.FPS()) })
	row(fmt.Sprintf("share of the ceiling (%.2f fps)", ceiling), func(r result) string { return fmt.Sprintf("%.1f %%", 100*r.FPS()/ceiling) })
	row("age at the client, p50", func(r result) string { return ms(r.Age(.5)) })
	row("  floor's p50 (analysis + half an interval)", func(r result) string { return ms(s.analysis + interval/2) })
	row("  above it", func(r result) string { return ms(r.Age(.5) - s.analysis - interval/2) })
	row("age at the client, p99", func(r result) string { return ms(r.Age(.99)) })
	row("  floor's greatest (analysis + an interval)", func(r result) string { return ms(s.analysis + interval) })
	row("  above it", func(r result) string { return ms(r.Age(.99) - s.analysis - interval) })
	row("growth of the age, last tenth − first tenth, p50", func(r result) string { return ms(r.growth()) })
	row("order violations in the pixels", func(r result) string { return fmt.Sprint(r.Backwards) })
	row("unreadable codes", func(r result) string { return fmt.Sprint(r.Unreadable) })
	row("first annotated frame after process start", func(r result) string { return ms(r.first) })
	row("server CPU per annotated frame, camera included", func(r result) string { return ms(r.cpuPerFrame()) })
	row("  in image/jpeg decode + encode of one such picture", func(r result) string { return fmt.Sprintf("%.2f×", float64(r.cpuPerFrame())/float64(codec)) })
	row("server memory", func(r result) string { return fmt.Sprintf("%.0f MB", float64(r.After.Process.RSS)/1e6) })
	w.Flush()
	fmt.Printf("\nimage/jpeg, decode + encode of one frame of the stream, in this run: %s\n", ms(codec))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }
