//go:build turbo

package main

import (
	"context"
	"fmt"
	"image"
	"path/filepath"

	"freshframe/backend/frame"
	"freshframe/e2e/turbo"
	"freshframe/e2e/turbo/pictures"
)

// What a webcam sends: 4:2:2 at this quality, never without grain.
const (
	subsampling = image.YCbCrSubsampleRatio422
	quality     = 85
	grain       = 2.5 // standard deviation of luma
)

// still is a picture and libjpeg-turbo's JPEG of it, which all decode.
type still struct {
	name string
	im   *image.YCbCr
	data []byte
}

func (s *still) size() image.Point { return s.im.Rect.Size() }

// bits is how many a pixel takes.
func (s *still) bits() string {
	return fmt.Sprintf("%.2f", 8*float64(len(s.data))/float64(s.size().X*s.size().Y))
}

// stills are the photographs, scaled up where the size is larger, and the synthetic camera's
// room, both with grain.
func (b *bench) stills(ctx context.Context, c *turbo.Codec, size image.Point) (all []*still, err error) {
	for i, name := range []string{"faces-1280", "things-1280", "room"} {
		s := &still{name: fmt.Sprintf("%dp %s", size.Y, name)}
		if name == "room" {
			err = pictures.Room(ctx, size.X, size.Y, 1, true, func(f *frame.Frame) (err error) {
				s.im, err = f.Planes()
				return err
			})
		} else {
			s.im, err = pictures.Photo(filepath.Join(b.pictures, name+".jpg"), size.X, size.Y, subsampling)
		}
		if err != nil {
			return nil, err
		}
		pictures.Grain(s.im, grain, uint64(i))
		if s.data, err = c.Encode(nil, s.im, turbo.Options{Quality: quality}); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
