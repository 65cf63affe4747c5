package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"freshframe/backend/capture"
	"freshframe/backend/capture/v4l2"
	"freshframe/backend/config"
	"freshframe/backend/frame"
	"freshframe/backend/httpapi"
	"freshframe/backend/hub"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
	"freshframe/frontend"
)

// writeLimit is how long a client may refuse data before it is given up; shorter ones would
// end slow but healthy viewers.
const writeLimit = 10 * time.Second

// serve runs the server until ctx ends. What it opens it closes, whatever fails.
func serve(ctx context.Context, cfg config.Config, out, errOut io.Writer) error {
	log := newLog(cfg, errOut)
	source, why := cfg.Source, "as asked for"
	if source == "auto" {
		var err error
		if source, why, err = chooseSource(ctx); err != nil {
			return nil // interrupted while trying the cameras
		}
	}
	scheme, address, err := schemes.Parse(source)
	if err != nil {
		return err
	}
	spec, fallback, err := chooseAnalyzer(cfg.Analyzer)
	if err != nil {
		return err
	}

	var (
		ledger    metrics.Ledger
		pool      = frame.Pool{Standard: cfg.PicturePath == config.Standard}
		annotated = hub.NewPictures()
		clean     = hub.NewPictures()
		live      = hub.NewPictures()
		raw       = hub.NewPictures()
		pipe      *pipeline.Pipeline
		server    *httpapi.Server
	)
	camera, err := capture.NewCamera(scheme, address, cfg.Controls, &pool, func(f *frame.Frame) { pipe.Offer(f) }, log)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", cfg.Listen.String())
	if err != nil {
		return listenError(cfg.Listen.String(), err)
	}
	defer ln.Close() // the server does, if it comes to that
	// After this nothing may fail any more: only Run closes the pipeline's first analyzer.
	pipe, err = pipeline.New(pipeline.Config{
		Settings: pipeline.Settings{
			Spec:      spec,
			Freshness: cfg.Freshness,
			Overlay:   overlay.Options(cfg.Overlay),
			Areas:     cfg.Zones,
			Mode:      pipeline.Mode(cfg.Mode), Workers: cfg.Workers,
			MaxAge: cfg.MaxAge, MaxReorderWait: cfg.MaxReorderWait, TargetFPS: cfg.TargetFPS,
		},
		Kinds: kinds, Quality: cfg.Quality, Standard: pool.Standard, AnalysisTimeout: cfg.AnalysisTimeout,
		Wanted: wanted(cfg.Analyze, func() bool {
			return annotated.Watched() || clean.Watched() || live.Watched() || server.EventsWatched()
		}),
		Report: func(r *pipeline.Report) { server.Report(r) },
		Camera: camera.Status,
		Ledger: &ledger, Annotated: annotated, Clean: clean, Live: live, Raw: raw, Log: log,
	})
	if stateful, ok := errors.AsType[*pipeline.StatefulError](err); ok {
		return fmt.Errorf("%w: --mode: %w; choose the mode serial or auto, or another analyzer", errUsage, stateful)
	}
	if err != nil {
		return fmt.Errorf("%w: --analyzer: %w", errUsage, err)
	}
	page, built := frontend.Files()
	if !built {
		page = nil
	}
	server = httpapi.New(httpapi.Config{
		Camera: camera, Pipeline: pipe, Kinds: kinds, Schemes: schemes,
		Discover: func() any { return v4l2.Discover() },
		Source:   address.Redacted, Why: why,
		Automatic: automatic, Fallback: fallback, Models: cfg.Models,
		Annotated: annotated, Clean: clean, Live: live, Raw: raw,
		Boot: bootID(), Build: build(),
		Quality: cfg.Quality,
		Limits:  httpapi.Limits{Streams: cfg.MaxStreams, StreamsPerIP: cfg.MaxStreamsPerIP, Write: writeLimit},
		Page:    page, Key: string(cfg.APIKey), Hosts: cfg.AllowedHosts, Log: log,
	})

	fmt.Fprintf(out, "freshframe: listening on http://%s/\n", ln.Addr())
	fmt.Fprintf(out, "freshframe: camera %s (%s)\n", address.Redacted, why)
	fmt.Fprintf(out, "freshframe: analyzer %s (%s)\n", spec.Text, whyAnalyzer(cfg.Analyzer, fallback))

	// The ends come in the order of the data's way: the camera stops and is released, then
	// what is on its way gets its fate, while the streams end beside it.
	pipeCtx, stopPipe := context.WithCancel(context.Background())
	defer stopPipe()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer stopPipe()
		return camera.Run(gctx)
	})
	g.Go(func() error { return pipe.Run(pipeCtx) })
	g.Go(func() error { return server.Run(gctx, ln) })
	if !cfg.Stopped {
		g.Go(func() error { return startCamera(gctx, camera) })
	}
	err = g.Wait()
	log.Info("stopped", "ledger", ledger.Totals())
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// startCamera opens the camera for the first time. A failure ends the program with the
// reason; a network camera that does not answer yet is waited for.
func startCamera(ctx context.Context, camera *capture.Camera) error {
	if err := camera.Start(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// chooseSource takes the first V4L2 camera that really delivers, else the synthetic one.
func chooseSource(ctx context.Context) (source, why string, err error) {
	source, why, err = v4l2.FirstWorking(ctx)
	if err == nil && source == "" {
		source, why = "synthetic:", "simulated, because "+why
	}
	return source, why, err
}

// wanted is the pipeline's question whether anybody wants results: nil means always.
func wanted(when config.Analyze, watched func() bool) func() bool {
	if when == config.Watched {
		return watched
	}
	return nil
}

func newLog(cfg config.Config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == config.JSON {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// bootID tells this process from earlier ones in event ids.
func bootID() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken by another program: stop it, or choose another address with --listen (port 0 picks a free one): %w", addr, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be opened by this user: choose a port from 1024 with --listen: %w", addr, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is not an address of this machine: choose one that is with --listen: %w", addr, err)
	}
	return fmt.Errorf("cannot listen on %s: %w", addr, err)
}
