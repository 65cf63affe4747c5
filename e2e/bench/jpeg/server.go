//go:build turbo

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"freshframe/backend/frame"
	"freshframe/e2e/bench/table"
	"freshframe/e2e/client"
	"freshframe/e2e/turbo/pictures"
)

const (
	warmUp = 3 * time.Second
	// clipFrames is ten seconds of the synthetic camera.
	clipFrames = 300
	rounds     = 2
)

// spent is what a server used in all its rounds.
type spent struct {
	cpu    time.Duration
	frames int64         // that the viewer got
	took   time.Duration // to get them
	rss    int64         // most, bytes
}

// server is the built server with the motion analyzer and a viewer of the annotated stream,
// with each picture path in turn. The synthetic camera paints and encodes in the server's
// own process, so both get its pictures from a file made beforehand: a camera's bytes cost
// the server no more than that.
func (b *bench) server(ctx context.Context) (*table.Table, error) {
	dir, err := os.MkdirTemp("", "bench-jpeg")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	clip := filepath.Join(dir, "room.mjpeg")
	if err := record(ctx, clip, 1280, 720); err != nil {
		return nil, err
	}
	paths := [2]string{"fast", "std"}
	var all [len(paths)]spent
	for range rounds {
		for i, path := range paths {
			if err := all[i].add(b.serve(ctx, clip, path)); err != nil {
				return nil, err
			}
		}
	}
	t := table.New("1280x720 at 30 fps, motion, 1 viewer", "delivered, fps", "CPU a frame", "memory", "CPU, image/jpeg over it", "memory, image/jpeg over it")
	for i, path := range paths {
		s, over, more := &all[i], "", ""
		if i == 0 {
			over = table.Number(float64(all[1].perFrame())/float64(s.perFrame()), table.AtLeast(5))
			more = table.Number(float64(all[1].rss) / float64(s.rss))
		}
		t.Row("--picture-path="+path, table.Number(float64(s.frames)/s.took.Seconds()), table.Ms(s.perFrame()), fmt.Sprintf("%.0f MB", float64(s.rss)/1e6), over, more)
	}
	return t, nil
}

func (s *spent) perFrame() time.Duration { return s.cpu / time.Duration(max(s.frames, 1)) }

func (s *spent) add(round spent, err error) error {
	s.cpu, s.frames, s.took, s.rss = s.cpu+round.cpu, s.frames+round.frames, s.took+round.took, max(s.rss, round.rss)
	return err
}

// record writes what the synthetic camera sends.
func record(ctx context.Context, file string, w, h int) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := pictures.Room(ctx, w, h, clipFrames, false, func(f *frame.Frame) error {
		_, err := out.Write(f.Data)
		return err
	}); err != nil {
		return err
	}
	return out.Close()
}

// serve starts a server, watches it and ends it.
func (b *bench) serve(ctx context.Context, clip, path string) (s spent, err error) {
	server, err := client.Start(ctx, b.binary, "--log-level", "warn", "--source", "file:"+clip+"?framerate=30", "--analyzer", "motion", "--picture-path", path)
	if err != nil {
		return s, err
	}
	defer server.Stop()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var frames atomic.Int64
	failed := make(chan error, 1)
	go func() {
		failed <- server.Stream(watching, "/ai-video-stream", func(p client.Part) bool {
			if p.Notice == "" {
				frames.Add(1)
			}
			return true
		})
	}()
	wait := func(d time.Duration) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return fmt.Errorf("the stream ended: %w", err)
		}
	}
	if err := wait(warmUp); err != nil {
		return s, err
	}
	before, err := server.State(ctx)
	if err != nil {
		return s, err
	}
	begin, from := time.Now(), frames.Load()
	if err := wait(b.duration); err != nil {
		return s, err
	}
	after, err := server.State(ctx)
	s.took, s.frames = time.Since(begin), frames.Load()-from
	if err == nil && s.frames == 0 {
		err = fmt.Errorf("no frame in %v", b.duration)
	}
	s.cpu = time.Duration((after.Process.CPU - before.Process.CPU) * float64(time.Second))
	s.rss = after.Process.RSS
	return s, err
}
