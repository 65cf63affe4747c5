// Command freshframe serves a webcam, analyzed, as live video, data and a dashboard.
// Everything is put together here and nowhere else; `freshframe serve --help` tells how it
// is used.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/faces"
	"freshframe/backend/analyze/hands"
	"freshframe/backend/analyze/motion"
	"freshframe/backend/analyze/objects"
	"freshframe/backend/analyze/pose"
	"freshframe/backend/analyze/simulate"
	"freshframe/backend/capture"
	"freshframe/backend/capture/clip"
	"freshframe/backend/capture/ipcamera"
	"freshframe/backend/capture/synthetic"
	"freshframe/backend/capture/v4l2"
	"freshframe/backend/config"
	"freshframe/backend/httpapi"
	"freshframe/backend/network"
)

// version is set by the release build: -ldflags "-X main.version=1.2.3".
var version = "dev"

// kinds and schemes are what this build contains, in the order in which to offer it. The command
// line tells nets where models and runtime are before the first analyzer is made.
var (
	nets  = new(network.Store)
	kinds = analyze.Kinds{
		motion.Kind(), faces.Kind(nets), hands.Kind(nets), objects.Kind(nets), pose.Kind(nets), simulate.Kind(),
	}
	schemes = append(capture.Schemes{v4l2.Scheme(), synthetic.Scheme(), clip.Scheme()}, ipcamera.Schemes()...)
)

// lastResort is when a program that was told to end does so whatever hangs. Everything of
// ours ends sooner: streams within 1.3 s, analyzers and sources within 0.5 s each.
const lastResort = 1900 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the program at once
		time.AfterFunc(lastResort, func() {
			fmt.Fprintf(os.Stderr, "freshframe: still not stopped after %v, so ending without: the camera's driver or the analyzer hangs\n", lastResort)
			os.Exit(1)
		})
	})
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status: 0, 2 for wrong usage, 1 for any other
// failure.
func run(ctx context.Context, args, env []string, in io.Reader, out, errOut io.Writer) int {
	cmd, err := config.Parse(args, env, out, errOut, config.HelpData{Sources: schemes, Analyzers: kinds})
	if err != nil {
		return config.ExitCode(err) // printed already
	}
	switch cmd := cmd.(type) {
	case config.Serve:
		if err = nets.Use(cmd.Config.Models, cmd.Config.ONNXRuntime); err != nil {
			err = fmt.Errorf("%w: --models: %w", errUsage, err)
			break
		}
		err = serve(ctx, cmd.Config, out, errOut)
	case config.Cameras:
		err = listCameras(out, cmd.JSON)
	case config.Track:
		err = trackDetections(ctx, in, out, cmd)
	case config.Version:
		b := build()
		_, err = fmt.Fprintln(out, strings.Join(strings.Fields("freshframe "+b.Version+" "+b.Revision+" "+b.Go), " "))
	}
	if err != nil {
		fmt.Fprintln(errOut, "freshframe:", err)
		e, ok := errors.AsType[*capture.Error](err)
		if ok && slices.Contains(mistyped, e.Code) || errors.Is(err, errUsage) {
			return 2
		}
		return 1
	}
	return 0
}

// mistyped are the camera's troubles that end when a person types something else: --source,
// --control.
var mistyped = []capture.Code{capture.BadSource, capture.BadControl, capture.NoControls}

// errUsage marks what a person must type differently and config could not know.
var errUsage = errors.New("wrong usage")

// build says what is running.
func build() httpapi.Build {
	b := httpapi.Build{Version: version, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return b
}
