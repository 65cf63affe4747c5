//go:build turbo

package main

import (
	"context"
	"image"
	"testing"

	"freshframe/backend/jpeg"
	"freshframe/e2e/bench/table"
	"freshframe/e2e/turbo"
)

// codec is a whole picture decoded, and encoded.
func (b *bench) codec(ctx context.Context) (*table.Table, error) {
	theirs, err := turbo.New()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	t := table.New("4:2:2, quality 85", "bits a pixel", "decode, libjpeg-turbo", "ours", "ratio", "encode, libjpeg-turbo", "ours", "ratio", "allocations a frame")
	for _, size := range sizes {
		stills, err := b.stills(ctx, theirs, size)
		if err != nil {
			return nil, err
		}
		for _, s := range stills {
			var (
				dec              jpeg.Decoder
				enc              = jpeg.NewEncoder(quality)
				ourIm, theirIm   *image.YCbCr
				ourOut, theirOut []byte
				ourFailure       error
			)
			decode := func() error { ourIm, ourFailure = dec.Decode(s.data, ourIm); return ourFailure }
			encode := func() error { ourOut, ourFailure = enc.Encode(ourOut[:0], s.im); return ourFailure }
			m, err := b.inTurn(ctx,
				func() (err error) { theirIm, err = theirs.Decode(s.data, theirIm); return err },
				decode,
				func() (err error) {
					theirOut, err = theirs.Encode(theirOut[:0], s.im, turbo.Options{Quality: quality})
					return err
				},
				encode)
			if err != nil {
				return nil, err
			}
			t.Row(s.name, s.bits(), table.Ms(m[0]), table.Ms(m[1]), ratio(m[1], m[0], table.AtMost(1)),
				table.Ms(m[2]), table.Ms(m[3]), ratio(m[3], m[2], table.AtMost(1.2)),
				table.Count(int(testing.AllocsPerRun(10, func() { decode(); encode() })), table.AtMost(0)))
		}
	}
	return t, nil
}
