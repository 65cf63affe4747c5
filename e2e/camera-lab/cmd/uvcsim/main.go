// Command uvcsim plugs a simulated USB webcam into the kernel it runs on, for experiments by
// hand. In: flags, then one command a line; out: a camera, and what happens to it. It must
// never leave the camera plugged in: it ends at the end of its input, by "quit" or a signal.
//
//	modprobe -a uvcvideo vhci-hcd
//	uvcsim -format mjpeg:1280x720@30/15,640x480@30 -format yuyv:640x480@30
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
)

const usage = `Commands, one a line:
  unplug, plug        the cable
  freeze, thaw        no frames, though the camera answers; frames again
  refuse on|off       the camera refuses to start streaming
  stall on|off        it refuses every request to its controls
  wait DURATION       before the next command: 500ms, 2s
  control NAME        print a control's value
  status              print what was sent
  quit
  FAULT [N]           spoil the next N frames (1), 0 takes it back; FAULT is one of
                      %s
`

func main() {
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "uvcsim [flags]: a simulated USB webcam")
		flag.PrintDefaults()
		fmt.Fprintf(flag.CommandLine.Output(), usage, joined(uvcsim.Faults(), ", "))
	}
	o, err := parse(flag.CommandLine, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		err = run(ctx, o, os.Stdin, os.Stdout)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "uvcsim:", strings.TrimPrefix(err.Error(), "uvcsim: "))
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	camera   uvcsim.Config
	makeOnly bool // fill the cache, plug nothing in
}

func parse(flags *flag.FlagSet, args []string) (options, error) {
	var o options
	c := &o.camera
	flags.IntVar(&c.Port, "port", 0, "of the virtual host controller, 0 to 7")
	flags.StringVar(&c.Name, "name", "", "of the product")
	flags.StringVar(&c.Serial, "serial", "", "number of the device")
	flags.Func("format", "`PIXELS:WxH@RATE/RATE,WxH@…`, PIXELS is mjpeg, yuyv or nv12; repeat for several (default mjpeg and yuyv)", func(s string) error {
		f, err := parseFormat(s)
		c.Formats = append(c.Formats, f)
		return err
	})
	step := flags.Duration("step", 0, "offer all frame intervals between those of the rates, in such `steps`")
	flags.BoolVar(&c.Bulk, "bulk", false, "a bulk endpoint instead of an isochronous one")
	flags.IntVar(&c.Pictures, "pictures", 60, "different pictures of each size")
	flags.IntVar(&c.Quality, "quality", 80, "of the JPEGs, 1 to 100")
	flags.BoolVar(&c.NoDHT, "nodht", false, "leave the Huffman tables out of the JPEGs")
	flags.IntVar(&c.Padding, "padding", 0, "zero `bytes` after each JPEG")
	flags.StringVar(&c.Cache, "cache", "", "a `folder` to keep the JPEGs in")
	flags.BoolVar(&o.makeOnly, "make", false, "only make the JPEGs of -cache")
	verbose := flags.Bool("v", false, "log more")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag; commands are read from standard input", flags.Arg(0))
	}
	if len(c.Formats) == 0 {
		c.Formats = []uvcsim.Format{
			{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{{Width: 1280, Height: 720, Rates: []float64{30, 15}}, {Width: 640, Height: 480, Rates: []float64{30, 15}}}},
			{Pixels: uvcsim.YUYV, Sizes: []uvcsim.Size{{Width: 640, Height: 480, Rates: []float64{30, 15}}, {Width: 1280, Height: 720, Rates: []float64{10}}}},
		}
	}
	for _, f := range c.Formats {
		for i := range f.Sizes {
			f.Sizes[i].Step = *step
		}
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return o, nil
}

// parseFormat reads mjpeg:1280x720@30/15,640x480@30.
func parseFormat(s string) (f uvcsim.Format, err error) {
	pixels, sizes, _ := strings.Cut(s, ":")
	f.Pixels = uvcsim.Pixels(pixels)
	for part := range strings.SplitSeq(sizes, ",") {
		size, rates, _ := strings.Cut(part, "@")
		width, height, _ := strings.Cut(size, "x")
		var z uvcsim.Size
		w, errW := strconv.Atoi(width)
		h, errH := strconv.Atoi(height)
		if errW != nil || errH != nil {
			return f, fmt.Errorf("%q: want WxH@RATE", part)
		}
		z.Width, z.Height = w, h
		for rate := range strings.SplitSeq(rates, "/") {
			r, err := strconv.ParseFloat(rate, 64)
			if err != nil {
				return f, fmt.Errorf("%q: rate %q: want frames a second", part, rate)
			}
			z.Rates = append(z.Rates, r)
		}
		f.Sizes = append(f.Sizes, z)
	}
	return f, nil
}

// run plugs the camera in and does what it is told, until commands end or ctx does.
func run(ctx context.Context, o options, commands io.Reader, out io.Writer) (err error) {
	camera, err := uvcsim.New(o.camera)
	if err != nil {
		return err
	}
	if o.makeOnly {
		return camera.MakePictures()
	}
	if err := camera.Plug(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, camera.Close()) }()
	lines := make(chan string)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // a read under way may outlive run: that of standard input can't be interrupted
		defer close(lines)
		for s := bufio.NewScanner(commands); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok || strings.TrimSpace(line) == "quit" {
				return nil
			}
			if err := do(ctx, camera, strings.Fields(line), out); err != nil {
				fmt.Fprintf(out, "%s: %v\n", line, err)
			}
		}
	}
}

// do carries out one command.
func do(ctx context.Context, camera *uvcsim.Camera, words []string, out io.Writer) error {
	if len(words) == 0 {
		return nil
	}
	command, argument := words[0], strings.Join(words[1:], " ")
	switch command {
	case "plug":
		return camera.Plug()
	case "unplug":
		return camera.Unplug()
	case "freeze":
		camera.Freeze()
	case "thaw":
		camera.Thaw()
	case "refuse":
		return onOff(argument, camera.Refuse)
	case "stall":
		return onOff(argument, camera.Stall)
	case "wait":
		return wait(ctx, argument)
	case "control":
		v, ok := camera.ControlValue(argument)
		if !ok {
			return errors.New("the camera has no such control")
		}
		fmt.Fprintf(out, "%s %d\n", argument, v)
	case "status":
		sent := camera.Sent()
		fmt.Fprintf(out, "streaming %v, %d frames missed", camera.Streaming(), camera.Missed())
		if len(sent) > 0 {
			last := sent[len(sent)-1]
			fmt.Fprintf(out, ", %d sent, the last %v ago", last.Seq, time.Since(last.At).Round(time.Millisecond))
		}
		fmt.Fprintln(out)
	default:
		return inject(camera, command, argument)
	}
	return nil
}

func inject(camera *uvcsim.Camera, name, argument string) error {
	fault, err := uvcsim.ParseFault(name)
	if err != nil {
		return errors.New("no such command; uvcsim -help lists them")
	}
	n := 1
	if argument != "" {
		if n, err = strconv.Atoi(argument); err != nil {
			return errors.New("want a number of frames")
		}
	}
	camera.Inject(fault, n)
	return nil
}

func onOff(s string, set func(bool)) error {
	if s != "on" && s != "off" {
		return errors.New("want on or off")
	}
	set(s == "on")
	return nil
}

func wait(ctx context.Context, s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("want a duration such as 500ms")
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return nil
}

func joined[T ~string](words []T, by string) string {
	s := make([]string, len(words))
	for i, w := range words {
		s[i] = string(w)
	}
	return strings.Join(s, by)
}
