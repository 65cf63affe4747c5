package main

import (
	"context"
	"fmt"
	"time"

	"freshframe/e2e/bench/table"
	"freshframe/e2e/bench/watch"
	"freshframe/e2e/client"
)

const (
	camera = "synthetic:?scene=people&video_size=640x480&framerate=30"
	// warmUp lets the networks, the tracks and the picture's memory settle.
	warmUp = 4 * time.Second
)

// server is the built server in serial mode, with a viewer of the annotated stream and one of
// the events.
func (b *bench) server(ctx context.Context) (*table.Table, error) {
	t := table.New("640x480 at 30 fps, serial", "analyzed, fps", "analysis, p50", "age at the client, p50", "p95", "order violations",
		"unreadable codes", "CPUs used", "memory", "CPUs used by others")
	for _, l := range []struct {
		spec string
		bars []table.Bar
	}{
		{"faces+hands", []table.Bar{table.AtLeast(25)}},
		{"objects", []table.Bar{table.AtLeast(20)}},
		{"faces+hands+objects@5fps", nil},
		{"pose", nil},
		{"faces+hands+pose", nil},
	} {
		s, err := b.watch(ctx, l.spec, watch.Plan{WarmUp: warmUp, Duration: b.duration, Events: true})
		if err != nil {
			return nil, err
		}
		t.Row(l.spec, table.Number(s.FPS(), l.bars...), table.Ms(median(analyses(s))), table.Ms(s.Age(.5)), table.Ms(s.Age(.95)), table.Count(s.Backwards, table.AtMost(0)),
			table.Count(s.Unreadable), table.Number(cpus(s)), memory(s), table.Number(s.Others))
	}
	return t, nil
}

// live is the stream of all camera frames, while the slowest analyzer works.
func (b *bench) live(ctx context.Context) (*table.Table, error) {
	t := table.New("/live-video-stream, 640x480 at 30 fps, serial", "delivered, fps", "of the camera's", "age at the client, p50", "p95",
		"order violations", "analyzed, fps", "CPUs used", "memory", "CPUs used by others")
	const spec = "objects"
	s, err := b.watch(ctx, spec, watch.Plan{Path: "/live-video-stream", WarmUp: warmUp, Duration: b.duration})
	if err != nil {
		return nil, err
	}
	fates, seconds := s.Fates(), s.To.Sub(s.From).Seconds()
	t.Row(spec, table.Number(s.FPS()), table.Percent(s.FPS()*seconds/float64(fates.Captured), table.AtLeast(.97)), table.Ms(s.Age(.5)), table.Ms(s.Age(.95)),
		table.Count(s.Backwards, table.AtMost(0)), table.Number(float64(fates.Analyzed)/seconds), table.Number(cpus(s)), memory(s), table.Number(s.Others))
	return t, nil
}

// watch starts a server, watches it and ends it.
func (b *bench) watch(ctx context.Context, spec string, plan watch.Plan) (*watch.Seen, error) {
	server, err := client.Start(ctx, b.binary, "--log-level", "warn", "--source", camera, "--analyzer", spec, "--mode", "serial")
	if err != nil {
		return nil, fmt.Errorf("%w (npm run bench:ai builds it)", err)
	}
	defer server.Stop()
	s, err := watch.Watch(ctx, server, plan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	b.others = max(b.others, s.Others)
	return s, nil
}

// analyses are the times that the server tells.
func analyses(s *watch.Seen) (all []time.Duration) {
	for _, f := range s.Told {
		all = append(all, time.Duration(f.BudgetUs["analysis"])*time.Microsecond)
	}
	return all
}

func cpus(s *watch.Seen) float64 { return s.CPU().Seconds() / s.To.Sub(s.From).Seconds() }

func memory(s *watch.Seen) string { return fmt.Sprintf("%.0f MB", float64(s.After.Process.RSS)/1e6) }
