//go:build linux

package v4l2

import (
	"fmt"
	"math"

	"freshframe/backend/option"
)

// mode is what a camera is asked to do.
type mode struct {
	code  fourcc
	size  option.Dimensions
	exact bool    // another size is an error
	rate  float64 // frames a second; 0 leaves it to the driver
}

// choose picks the mode nearest to what is wanted: the size before the rate, the rate before
// the format; of two rates equally near the higher, and of two formats with the same rate the
// one that the camera lists first. So MJPEG is taken where only it is fast enough. A format or
// a size that was asked for and is not offered is an error that lists what is.
func choose(offers []offer, want request) (mode, error) {
	var usable []offer
	for _, o := range offers {
		if f, ok := formats[o.code]; ok && (want.format == "" || want.format == f.String()) {
			usable = append(usable, o)
		}
	}
	if len(usable) == 0 {
		what := want.format
		if what == "" {
			what = "format that freshframe reads"
		}
		return mode{}, fmt.Errorf("has no %s; it offers %s", what, summary(offers))
	}
	size, ok := chooseSize(usable, want)
	if !ok {
		return mode{}, fmt.Errorf("has no size %v; it offers %s", want.size, summary(usable))
	}
	best, least := mode{}, math.Inf(1)
	for _, o := range usable {
		s, ok := o.at(size)
		if !ok {
			continue
		}
		rate, distance := s.nearest(want.rate), math.MaxFloat64
		if rate > 0 {
			distance = math.Abs(rate - want.rate)
		} else {
			rate = want.rate // the driver does not say: it may still listen
		}
		if distance < least || distance == least && rate > best.rate {
			best, least = mode{o.code, size, want.exact, rate}, distance
		}
	}
	return best, nil
}

// at is the offer for one size.
func (o offer) at(size option.Dimensions) (sizeOffer, bool) {
	for _, s := range o.sizes {
		if s.Dimensions == size {
			return s, true
		}
	}
	return sizeOffer{}, false
}

// chooseSize takes the wanted size; where it was no more than a wish, the largest that is no
// larger either way; else the smallest there is.
func chooseSize(usable []offer, want request) (option.Dimensions, bool) {
	var below, smallest option.Dimensions
	area := func(d option.Dimensions) int { return d.Width * d.Height }
	for _, o := range usable {
		for _, s := range o.sizes {
			d := s.Dimensions
			if d == want.size {
				return d, true
			}
			if d.Width <= want.size.Width && d.Height <= want.size.Height && area(d) > area(below) {
				below = d
			}
			if smallest == (option.Dimensions{}) || area(d) < area(smallest) {
				smallest = d
			}
		}
	}
	if want.exact {
		return want.size, false
	}
	if below != (option.Dimensions{}) {
		return below, true
	}
	return smallest, true
}
