package frame

import (
	"fmt"
	"image"
	"sync"

	"freshframe/backend/jpeg"
)

// reductions are the coarser pictures of a JPEG, with a lock and a decoder of their own: an
// analyzer that reads one and a renderer that wants the whole picture do not wait for each
// other. The first one is made with the picture's index.
type reductions struct {
	mu      sync.Mutex
	index   jpeg.Index
	indexed bool
	dec     jpeg.Decoder                 // of the further ones: the index must stay as it is
	byShift [jpeg.MaxShift + 1]reduction // none at 0
	quarter reduction                    // at 1/4 for those who read no chroma: that is at 1/8
	err     error                        // of the first that failed: the others would too
}

type reduction struct {
	planes  *image.YCbCr
	decoded bool
}

// reset forgets the picture and keeps the memory.
func (r *reductions) reset() {
	for shift := range r.byShift {
		r.byShift[shift].decoded = false
	}
	r.quarter.decoded, r.indexed, r.err = false, false, nil
}

// Reduced is the picture for those who need no more than so many pixels in each direction:
// of a JPEG decoded to 1/2, 1/4 or 1/8 of its width and height, which takes a fraction of
// the time. It gives the coarsest that has as many, or the whole picture if that is
// smaller. What is at hand is preferred: a finer picture that has been decoded for somebody
// else, or Planes where they are decoded already or the format is not JPEG. So the planes
// may be of any size from what was asked for to the whole picture's.
//
// The size of what came is the planes' own Rect, which begins at (0, 0). It has the frame's
// divided by 2, 4 or 8 and rounded up, so the same fractions of both mean the same place,
// up to a pixel. Strides may exceed the width, as those of Planes.
//
// Each reduction is decoded once, by whoever asks first; others wait for that, but not for
// Planes, nor does Planes wait. The planes are read-only: they are for all who ask, until
// the last Release. Where they are those of Planes the renderer may draw on them as soon as
// the analyzer has finished, which one that was given up may see.
//
// A failure wraps ErrCorrupt and is returned to every caller.
func (f *Frame) Reduced(minWidth, minHeight int) (*image.YCbCr, error) {
	return f.reduced(minWidth, minHeight, false)
}

// ReducedLuma is Reduced for those who read no chroma, which may be coarser then.
func (f *Frame) ReducedLuma(minWidth, minHeight int) (*image.YCbCr, error) {
	return f.reduced(minWidth, minHeight, true)
}

func (f *Frame) reduced(minWidth, minHeight int, luma bool) (*image.YCbCr, error) {
	coarsest := jpeg.MaxShift
	for coarsest > 0 && (shrunk(f.Width, coarsest) < minWidth || shrunk(f.Height, coarsest) < minHeight) {
		coarsest--
	}
	if f.Format != JPEG || coarsest == 0 || f.decoded.Load() || f.standard {
		return f.Planes()
	}
	return f.reduce(coarsest, luma)
}

// Index tells where in the JPEG each MCU stands, for a jpeg.Splicer; nil where the picture has
// no index, is no JPEG, or is to be decoded by the standard library. It is made once, with the
// coarsest picture unless another one was wanted first, and stays until the last Release. A
// failure wraps ErrCorrupt.
func (f *Frame) Index() (*jpeg.Index, error) {
	if f.Format != JPEG || f.standard {
		return nil, nil
	}
	if _, err := f.reduce(jpeg.MaxShift, true); err != nil {
		return nil, err
	}
	if x := &f.reductions.index; x.Known() {
		return x, nil
	}
	return nil, nil
}

// reduce is the picture at that shift, or a finer one that is at hand.
func (f *Frame) reduce(coarsest int, luma bool) (*image.YCbCr, error) {
	r := &f.reductions
	r.mu.Lock()
	defer r.mu.Unlock()
	for shift := coarsest; shift > 0; shift-- {
		if r.byShift[shift].decoded {
			return r.byShift[shift].planes, nil
		}
		if luma && shift == 2 && r.quarter.decoded {
			return r.quarter.planes, nil
		}
	}
	to := &r.byShift[coarsest]
	if luma && coarsest == 2 && !r.indexed {
		to = &r.quarter
	}
	if r.err == nil {
		r.err = f.decodeReduced(to, coarsest)
	}
	if r.err != nil {
		return nil, r.err
	}
	return to.planes, nil
}

func (f *Frame) decodeReduced(to *reduction, shift int) error {
	// The planes' own size is rounded: whether the JPEG is the frame's is in its header.
	c, err := jpeg.Probe(f.Data)
	if err == nil {
		err = f.checkSize(c.Width, c.Height)
	}
	r := &f.reductions
	if err == nil {
		switch {
		case r.indexed:
			to.planes, err = r.dec.DecodeReduced(f.Data, shift, to.planes)
		case to == &r.quarter:
			to.planes, err = r.index.WalkLuma(f.Data, shift, to.planes)
		default:
			to.planes, err = r.index.Walk(f.Data, shift, to.planes)
		}
		r.indexed = true
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	to.decoded = true
	return nil
}

// shrunk is a width or height, reduced.
func shrunk(n, shift int) int { return (n + 1<<shift - 1) >> shift }
