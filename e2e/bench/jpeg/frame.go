//go:build turbo

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"testing"

	"freshframe/backend/overlay"
	"freshframe/e2e/bench/table"
	"freshframe/e2e/turbo"
)

// sizes have bars of their own.
var sizes = []image.Point{{X: 1280, Y: 720}, {X: 1920, Y: 1080}}

// bar is the share of libjpeg-turbo's time that a frame may take.
func (b *bench) bar(size image.Point) table.Bar {
	switch {
	case b.scalar:
		return table.AtMost(.5)
	case size.Y > 720:
		return table.AtMost(.34)
	}
	return table.AtMost(.38)
}

// frame is the whole way of a camera's picture: for libjpeg-turbo decode, draw and encode;
// for us index, the analysis image, draw and splice. Both draw the same.
func (b *bench) frame(ctx context.Context) (*table.Table, error) {
	theirs, err := turbo.New()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	head := "4:2:2, quality 85, 3 boxes, 4 labels"
	if b.scalar {
		head = "the same without assembly"
	}
	t := table.New(head, "bits a pixel", "touched", "libjpeg-turbo", "index", "draw and splice", "ours", "ratio", "allocations a frame")
	for _, size := range sizes {
		stills, err := b.stills(ctx, theirs, size)
		if err != nil {
			return nil, err
		}
		for _, s := range stills {
			if err := b.race(ctx, t, theirs, s); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return t, nil
}

func (b *bench) race(ctx context.Context, t *table.Table, theirs *turbo.Codec, s *still) error {
	var (
		marks overlay.List
		im    *image.YCbCr
		out   []byte
		ours  spliced
	)
	m, err := b.inTurn(ctx,
		func() (err error) {
			if im, err = theirs.Decode(s.data, im); err != nil {
				return err
			}
			mark(&marks, im.Rect.Size())
			marks.Draw(im)
			out, err = theirs.Encode(out[:0], im, turbo.Options{Quality: quality})
			return err
		},
		func() error { return ours.index(s.data) },
		func() error { return ours.splice(s.size()) })
	if err != nil {
		return err
	}
	allocations := testing.AllocsPerRun(10, func() { err = errors.Join(ours.index(s.data), ours.splice(s.size())) })
	if err != nil {
		return err
	}
	t.Row(s.name, s.bits(), table.Percent(ours.share(s.size())), table.Ms(m[0]), table.Ms(m[1]), table.Ms(m[2]), table.Ms(m[1]+m[2]),
		ratio(m[1]+m[2], m[0], b.bar(s.size())), table.Count(int(allocations), table.AtMost(0)))
	return nil
}

// mark draws three boxes and four labels, as large in every picture.
func mark(l *overlay.List, size image.Point) {
	l.Reset(image.Rectangle{Max: size}, image.Rectangle{})
	k := float64(size.Y) / 720
	for i := range 3 {
		x := 100 + 300*float64(i)
		l.Box(overlay.Point{X: x * k, Y: 200 * k}, overlay.Point{X: (x + 250) * k, Y: 600 * k}, overlay.ColourFor(uint64(i)))
	}
	for i := range 4 {
		l.Label(image.Pt(int(float64(51+300*i)*k), int(160*k)), int(26*k), "person #7 87%", overlay.ColourFor(uint64(i)))
	}
}
