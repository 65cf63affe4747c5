// Package view shows frames to networks at no more cost than they need. In: a frame, and the
// part of it to see. Out: the tensor, from the coarsest picture that has the detail. It must
// never let on how coarse that was: all places are in pixels of the frame.
package view

import (
	"image"
	"math"

	"freshframe/backend/frame"
	"freshframe/backend/vision"
)

// Detail is how many pixels of the picture there are for one of the tensor, in each direction.
// With twice as many nothing is lost: the sampler averages down to that itself, and the colours
// of a JPEG, which have half the pixels, still have the tensor's.
const Detail = 2

// Letterbox fills dst with the whole picture, as s.Letterbox does, from at least so much detail
// (Detail, or 1 where time counts more) if the camera gives it. The map leads to the frame's pixels.
// An error of the picture wraps frame.ErrCorrupt.
func Letterbox[T vision.Number](s *vision.Sampler[T], dst []T, f *frame.Frame, detail float64) (vision.Affine, error) {
	p, err := reduced(f, s.Input().Fit(f.Width, f.Height), detail)
	if err != nil {
		return vision.Affine{}, err
	}
	m, err := s.Letterbox(dst, p)
	return scaled(m, across(f, p), down(f, p)), err
}

// Crop fills dst with the part of the picture that the map leads to, in the frame's pixels, as
// s.Crop does.
func Crop[T vision.Number](s *vision.Sampler[T], dst []T, f *frame.Frame, m vision.Affine, detail float64) error {
	p, err := reduced(f, m, detail)
	if err != nil {
		return err
	}
	return s.Crop(dst, p, scaled(m, 1/across(f, p), 1/down(f, p)))
}

// reduced is the picture with so much detail for a tensor that m leads from.
func reduced(f *frame.Frame, m vision.Affine, detail float64) (*image.YCbCr, error) {
	step := min(math.Hypot(m.XX, m.YX), math.Hypot(m.XY, m.YY)) // frame pixels per tensor pixel
	share := min(detail/step, 1)
	return f.Reduced(int(math.Ceil(share*float64(f.Width))), int(math.Ceil(share*float64(f.Height))))
}

// across and down are how many pixels of the frame one of the picture covers.
func across(f *frame.Frame, p *image.YCbCr) float64 {
	return float64(f.Width) / float64(p.Rect.Dx())
}

func down(f *frame.Frame, p *image.YCbCr) float64 {
	return float64(f.Height) / float64(p.Rect.Dy())
}

// scaled is m to a picture that is larger by these factors.
func scaled(m vision.Affine, x, y float64) vision.Affine {
	m.XX, m.XY, m.X0 = x*m.XX, x*m.XY, x*m.X0
	m.YX, m.YY, m.Y0 = y*m.YX, y*m.YY, y*m.Y0
	return m
}
