package main

import (
	"context"
	"errors"
	"io"

	"freshframe/backend/config"
	"freshframe/backend/track"
	"freshframe/backend/track/mot"
)

var errInterrupted = errors.New("track: interrupted; the output is not complete")

// trackDetections is `freshframe track`. A read that hangs does not outlive ctx by much: the
// program ends then.
func trackDetections(ctx context.Context, in io.Reader, out io.Writer, c config.Track) error {
	done := make(chan error, 1)
	go func() {
		done <- mot.Track(in, out, c.Framerate, track.Options{
			Low: c.LowScore, High: c.HighScore, MinHits: c.MinHits, MaxLost: c.MaxLost, Agility: c.Agility,
			Trail: -1, // nobody sees it
		})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errInterrupted
	}
}
