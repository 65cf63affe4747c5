// Command bench measures the program with a camera of the kernel's own driver, beside
// ustreamer with the same camera. It runs in the camera lab's guest:
//
//	npm run bench:camera
//	npm run bench:camera -- -rounds 1 -duration 10s
//
// Ages are measured from the pixels and from what the camera itself notes when it sends a
// frame; nothing that a server says of itself is believed where it can be measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"freshframe/e2e/bench/watch"
	"freshframe/e2e/camera-lab/uvcsim"
)

// What is measured: the camera.
const (
	width, height = 1280, 720
	rate          = 30.0
	interval      = time.Second / 30
	analysis      = 100 * time.Millisecond
)

// binary is the program under test.
var binary = os.Getenv("FRESHFRAME_BINARY")

func main() {
	rounds := flag.Int("rounds", 3, "measurements of each kind; medians are printed")
	duration := flag.Duration("duration", 20*time.Second, "of each measurement; analysis and camera drift through their phases in 5 s")
	long := flag.Duration("long", time.Minute, "of the measurement in which no frame may be lost")
	flag.Parse()
	debug.SetGCPercent(1000) // the guest has one CPU: what collects garbage here delays the server
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *rounds, *duration, *long); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, duration, long time.Duration) error {
	cam, err := uvcsim.New(uvcsim.Config{Name: "Lab Camera", Formats: []uvcsim.Format{
		{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{{Width: width, Height: height, Rates: []float64{rate}}}},
	}})
	if err != nil {
		return err
	}
	if err := cam.MakePictures(); err != nil { // not in the middle of a measurement
		return err
	}
	if err := cam.Plug(); err != nil {
		return err
	}
	defer cam.Close()
	node, err := await(ctx, "/dev/video0")
	if err != nil {
		return err
	}
	fmt.Printf("A simulated USB camera, %dx%d MJPEG at %g fps, at the kernel's uvcvideo; %d rounds of %v, medians.\n\n", width, height, rate, rounds, duration)
	var raw, other []stream
	var chains []chain
	var slots []slotted
	for range rounds { // in turns, so that a machine that changes its pace does so for both
		r, err := measureStream(ctx, cam, freshframeRaw(node), duration)
		if err != nil {
			return fmt.Errorf("freshframe's raw stream: %w", err)
		}
		raw = append(raw, r)
		if r, err = measureStream(ctx, cam, ustreamer(node), duration); err != nil {
			return fmt.Errorf("ustreamer: %w", err)
		}
		other = append(other, r)
		c, err := measureChain(ctx, cam, node, duration)
		if err != nil {
			return fmt.Errorf("the whole chain: %w", err)
		}
		chains = append(chains, c)
		s, err := measureSlot(ctx, node, duration)
		if err != nil {
			return fmt.Errorf("the way to the slot: %w", err)
		}
		slots = append(slots, s)
	}
	endurance, err := measureStream(ctx, cam, freshframeRaw(node), long)
	if err != nil {
		return fmt.Errorf("%v without a loss: %w", long, err)
	}
	return print(raw, other, chains, slots, endurance, long)
}

// await waits for a device node.
func await(ctx context.Context, node string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		if _, err := os.Stat(node); err == nil {
			return node, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return "", fmt.Errorf("%s does not appear; there is %s", node, strings.Join(nodes(), ", "))
		}
	}
}

func nodes() []string {
	list, _ := filepath.Glob("/dev/video*")
	return list
}

// print prints the tables. The error names the bars that were missed.
func print(raw, other []stream, chains []chain, slots []slotted, long stream, over time.Duration) error {
	w := tabwriter.NewWriter(os.Stdout, 2, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cells ...string) { fmt.Fprintf(w, "%s\t%s\t\n", name, strings.Join(cells, "\t")) }
	var missed []string
	hold := func(name string, ok bool) {
		if !ok {
			missed = append(missed, name)
		}
	}
	row("raw stream, one viewer", "freshframe", "ustreamer", "ratio", "bar")
	pair := func(name, bar string, of func(stream) time.Duration) float64 {
		a, b := median(raw, of), median(other, of)
		ratio := float64(a) / float64(b)
		row(name, ms(a), ms(b), fmt.Sprintf("%.2f×", ratio), bar)
		return ratio
	}
	hold("processor time per frame", pair("processor time per frame", "≤ 1×", stream.cpuPerFrame) <= 1)
	pair("age at the client, p50", "", func(s stream) time.Duration { return watch.Percentile(s.ages, .5) })
	pair("age at the client, p99", "", func(s stream) time.Duration { return watch.Percentile(s.ages, .99) })
	count := func(list []stream) string { return fmt.Sprint(sum(list, func(s stream) int { return s.missing })) }
	row("frames missing at the client, of all rounds", count(raw), count(other), "", "")
	w.Flush()

	fmt.Println()
	row("freshframe", "", "bar")
	at := func(name string, of func(slotted) []time.Duration, p float64, bar time.Duration) {
		d := median(slots, func(s slotted) time.Duration { return watch.Percentile(of(s), p) })
		text := ""
		if bar > 0 {
			text = fmt.Sprintf("≤ %v", bar)
			hold(name, d <= bar)
		}
		row(name, ms(d), text)
	}
	taken := func(s slotted) []time.Duration { return s.taken }
	at("driver's timestamp to dequeued, p50", func(s slotted) []time.Duration { return s.dequeued }, .5, 0)
	at("driver's timestamp to taken out of the slot, p50", taken, .5, time.Millisecond)
	at("driver's timestamp to taken out of the slot, p99", taken, .99, 5*time.Millisecond)
	row(fmt.Sprintf("frames lost in %v of %d sent", over, long.sent), fmt.Sprint(long.missing), "0")
	hold("frames lost", long.missing == 0)
	floor, age := analysis+interval/2, median(chains, func(c chain) time.Duration { return watch.Percentile(c.ages, .5) })
	row("age of annotated frames at the client, p50", ms(age), "")
	row(fmt.Sprintf("above the floor's p50 (%s)", ms(floor)), ms(age-floor), "≤ 5ms")
	hold("age of annotated frames", age-floor <= 5*time.Millisecond)
	backwards := sum(chains, func(c chain) int { return c.backwards })
	row("order violations in the pixels", fmt.Sprint(backwards), "0")
	hold("order", backwards == 0)
	w.Flush()
	if long.late > 0 {
		fmt.Printf("\nThe guest made the camera itself miss %d frames: the machine is too busy.\n", long.late)
	}
	if len(missed) > 0 {
		return fmt.Errorf("missed: %s", strings.Join(missed, "; "))
	}
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

var errNoFrames = errors.New("no frames came")
