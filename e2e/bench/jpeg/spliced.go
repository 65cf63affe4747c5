//go:build turbo

package main

import (
	"image"

	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
)

// spliced is our way, as the pipeline goes it.
type spliced struct {
	walk    jpeg.Index
	small   *image.YCbCr // for the analyzer
	marks   overlay.List
	touched []image.Rectangle
	cut     jpeg.Splicer
	out     []byte
}

// index makes the index and the analysis image, at 1/4.
func (s *spliced) index(data []byte) (err error) {
	s.small, err = s.walk.WalkLuma(data, 2, s.small)
	return err
}

// splice draws on the indexed picture.
func (s *spliced) splice(size image.Point) error {
	mark(&s.marks, size)
	s.touched = s.marks.Touched(s.touched[:0])
	im, err := s.cut.Open(&s.walk, s.touched)
	if err != nil {
		return err
	}
	s.marks.Draw(im)
	s.out, err = s.cut.Close(s.out[:0])
	return err
}

// share is how much of the picture lies in MCUs that are drawn on.
func (s *spliced) share(size image.Point) float64 {
	const w, h = 16, 8 // of an MCU in 4:2:2
	mcus := map[image.Point]bool{}
	for _, r := range s.touched {
		for y := r.Min.Y / h; y <= (r.Max.Y-1)/h; y++ {
			for x := r.Min.X / w; x <= (r.Max.X-1)/w; x++ {
				mcus[image.Pt(x, y)] = true
			}
		}
	}
	return float64(len(mcus)*w*h) / float64(size.X*size.Y)
}
