//go:build linux

package v4l2

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"

	"freshframe/backend/option"
)

// offer is one pixel format of a camera, with its sizes.
type offer struct {
	code        fourcc
	description string
	sizes       []sizeOffer // the camera's own; of a range the usual ones in it
	ranges      []sizeRange // where the camera takes any size between two
}

type sizeOffer struct {
	option.Dimensions
	rates []rateRange // none where the driver does not say
}

// sizeRange is a range of sizes in steps, in pixels.
type sizeRange struct{ minWidth, maxWidth, stepWidth, minHeight, maxHeight, stepHeight uint32 }

// rateRange is a range of framerates, or a single one where both ends are the same.
type rateRange struct{ lowest, highest float64 }

// maxEntries bounds every enumeration: a driver that never says EINVAL must not hold us.
const maxEntries = 256

// What cameras and people commonly use, to stand for a range.
var (
	usualSizes = []option.Dimensions{
		{Width: 320, Height: 240}, {Width: 640, Height: 360}, {Width: 640, Height: 480}, {Width: 800, Height: 600},
		{Width: 1280, Height: 720}, {Width: 1280, Height: 960}, {Width: 1920, Height: 1080}, {Width: 2560, Height: 1440}, {Width: 3840, Height: 2160},
	}
	usualRates = []float64{120, 60, 50, 30, 25, 24, 20, 15, 10, 5}
)

// readOffers asks for everything that the camera can do. Of a range of sizes it asks about
// the usual ones and about wanted.
//
// The library's own enumeration panics on framerates that come as a range, so it is not used.
func readOffers(k kernel, wanted option.Dimensions) []offer {
	var offers []offer
	for i := range uint32(maxEntries) {
		d := formatDescription{Index: i, Type: typeVideoCapture}
		if k.ioctl(enumFormats, unsafe.Pointer(&d)) != nil {
			break
		}
		o := offer{code: d.PixelFormat, description: text(d.Description[:])}
		o.readSizes(k, wanted)
		offers = append(offers, o)
	}
	return offers
}

func (o *offer) readSizes(k kernel, wanted option.Dimensions) {
	for i := range uint32(maxEntries) {
		e := sizeEnum{Index: i, PixelFormat: o.code}
		if k.ioctl(enumSizes, unsafe.Pointer(&e)) != nil {
			break
		}
		if e.Type == discrete {
			o.add(k, option.Dimensions{Width: int(e.Union[0]), Height: int(e.Union[1])})
			continue
		}
		r := sizeRange{e.Union[0], e.Union[1], e.Union[2], e.Union[3], e.Union[4], e.Union[5]}
		o.ranges = append(o.ranges, r)
		for _, s := range append(usualSizes, wanted, option.Dimensions{Width: int(r.maxWidth), Height: int(r.maxHeight)}) {
			if r.has(s) {
				o.add(k, s)
			}
		}
	}
	if o.sizes == nil && o.ranges == nil { // a driver without this question: any size may do
		o.ranges = []sizeRange{{1, math.MaxUint16, 1, 1, math.MaxUint16, 1}}
		o.add(k, wanted)
	}
}

func (o *offer) add(k kernel, s option.Dimensions) {
	if !slices.ContainsFunc(o.sizes, func(had sizeOffer) bool { return had.Dimensions == s }) {
		o.sizes = append(o.sizes, sizeOffer{s, readRates(k, o.code, s)})
	}
}

func readRates(k kernel, c fourcc, s option.Dimensions) []rateRange {
	var rates []rateRange
	for i := range uint32(maxEntries) {
		e := intervalEnum{Index: i, PixelFormat: c, Width: uint32(s.Width), Height: uint32(s.Height)}
		if k.ioctl(enumIntervals, unsafe.Pointer(&e)) != nil {
			break
		}
		r := rateRange{e.Union[0].rate(), e.Union[0].rate()}
		if e.Type != discrete { // the shortest interval is the highest rate
			r.lowest = e.Union[1].rate()
		}
		if r.highest > 0 {
			rates = append(rates, r)
		}
		if e.Type != discrete { // there is one range only, and drivers repeat it at every index
			break
		}
	}
	return rates
}

func (r sizeRange) has(s option.Dimensions) bool {
	fits := func(x, least, most, step uint32) bool {
		return x >= least && x <= most && (x-least)%max(step, 1) == 0
	}
	return fits(uint32(s.Width), r.minWidth, r.maxWidth, r.stepWidth) && fits(uint32(s.Height), r.minHeight, r.maxHeight, r.stepHeight)
}

// nearest is the offered rate that is nearest to the wanted one, of two the higher, or 0 where
// the driver does not say what it offers.
func (s sizeOffer) nearest(wanted float64) float64 {
	best := 0.0
	for _, r := range s.rates {
		// Some drivers give a range's ends in the wrong order.
		x := min(max(wanted, min(r.lowest, r.highest)), max(r.lowest, r.highest))
		if d := math.Abs(x-wanted) - math.Abs(best-wanted); best == 0 || d < 0 || d == 0 && x > best {
			best = x
		}
	}
	return best
}

// framerates are the rates for people, the highest first.
func (s sizeOffer) framerates() []float64 {
	list := []float64{}
	for _, r := range s.rates {
		low, high := min(r.lowest, r.highest), max(r.lowest, r.highest)
		for _, x := range append(usualRates, low, high) {
			if x > 0 && x >= low && x <= high {
				list = append(list, x)
			}
		}
	}
	slices.SortFunc(list, func(a, b float64) int { return cmp.Compare(b, a) })
	return slices.Compact(list)
}

// describe is what the program could open, for people and programs alike. A format that
// comes under two codes stands once.
func describe(offers []offer) []Format {
	list := []Format{}
	for _, o := range offers {
		f, ok := formats[o.code]
		if !ok || slices.ContainsFunc(list, func(had Format) bool { return had.InputFormat == f.String() }) {
			continue
		}
		sizes := slices.SortedStableFunc(slices.Values(o.sizes), func(a, b sizeOffer) int {
			return cmp.Compare(b.Width*b.Height, a.Width*a.Height)
		})
		d := Format{InputFormat: f.String(), Description: o.description, Sizes: []Size{}}
		for _, s := range sizes {
			d.Sizes = append(d.Sizes, Size{VideoSize: s.String(), Framerates: s.framerates()})
		}
		list = append(list, d)
	}
	return list
}

// summary says in one line what is offered, formats that we cannot read included.
func summary(offers []offer) string {
	if len(offers) == 0 {
		return "none at all (a virtual camera does so until something is sent to it)"
	}
	var parts []string
	for _, o := range offers {
		name := o.code.String() + " (which freshframe does not read)"
		if f, ok := formats[o.code]; ok {
			name = f.String()
		}
		for _, s := range o.sizes {
			name += " " + s.String()
		}
		for _, r := range o.ranges {
			name += fmt.Sprintf(" any size from %dx%d to %dx%d", r.minWidth, r.minHeight, r.maxWidth, r.maxHeight)
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, "; ")
}
