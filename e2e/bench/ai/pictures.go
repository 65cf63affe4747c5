package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
	"freshframe/e2e/bench/table"
)

// newFrame makes a camera's frame of the picture, decoded. The caller releases it.
func (b *bench) newFrame(name string) (*frame.Frame, error) {
	f := new(frame.Pool).Get()
	var err error
	f.Format, f.Captured = frame.JPEG, time.Now()
	if f.Data, err = os.ReadFile(filepath.Join(b.pictures, name)); err != nil {
		return nil, err
	}
	if err = f.Check(); err == nil {
		_, err = f.Planes()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// decoding is what the analyzers get for granted: a frame is decoded once, for all of them and
// for drawing.
func (b *bench) decoding(ctx context.Context) (*table.Table, error) {
	t := table.New("JPEG, decoding", "size", "whole", "at 1/2", "at 1/4", "at 1/8")
	for _, name := range []string{people[0], gesture[0], people[1], gesture[1]} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := b.newFrame(name)
		if err != nil {
			return nil, err
		}
		cells := []string{filepath.Base(name), fmt.Sprintf("%dx%d", f.Width, f.Height)}
		for shift := range 4 {
			d, err := decodeTime(f.Data, shift, b.frames)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			cells = append(cells, table.Ms(d))
		}
		t.Row(cells...)
		f.Release()
	}
	return t, nil
}

// decodeTime is the median of n.
func decodeTime(data []byte, shift, n int) (time.Duration, error) {
	var d jpeg.Decoder
	im, err := d.DecodeReduced(data, shift, nil)
	times := make([]time.Duration, n)
	for i := range times {
		begin := time.Now()
		if im, err = d.DecodeReduced(data, shift, im); err != nil {
			return 0, err
		}
		times[i] = time.Since(begin)
	}
	return median(times), err
}
