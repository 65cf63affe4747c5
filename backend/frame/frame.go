// Package frame is the picture on its way through the program: raw camera bytes
// in a pooled buffer, the times of every stage, and the one fate it ends in.
// In: bytes from a source. Out: planar YCbCr, decoded at most once, on demand.
// It must never know who produces or consumes frames.
package frame

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"freshframe/backend/jpeg"
)

// Format says how Data holds the picture.
type Format uint8

// The pixel formats that sources deliver.
const (
	JPEG Format = iota + 1 // one whole JPEG, as the camera gave it
	YUYV                   // packed 4:2:2, two bytes a pixel
	NV12                   // Y plane, then interleaved CbCr at half width and height
	I420                   // Y, Cb, Cr planes, chroma at half width and height
)

// String gives ffmpeg's name of the format.
func (f Format) String() string {
	switch f {
	case JPEG:
		return "mjpeg"
	case YUYV:
		return "yuyv422"
	case NV12:
		return "nv12"
	case I420:
		return "yuv420p"
	}
	return fmt.Sprintf("format(%d)", uint8(f))
}

// Origin says where Captured comes from.
type Origin uint8

// The origins of a capture time.
const (
	ByDequeue Origin = iota // the moment user space got the frame
	ByDriver                // the driver's buffer timestamp
)

// String is the word used on the wire.
func (o Origin) String() string {
	if o == ByDriver {
		return "driver"
	}
	return "dequeue"
}

// Fate is how a captured frame ended. Every frame gets exactly one.
type Fate uint8

// The fates, as in the ledger.
const (
	InFlight  Fate = iota // not settled yet
	Analyzed              // its result was published
	Displaced             // a newer frame arrived before the analyzer took it
	Late                  // its result missed the pool's deadline
	Corrupt               // not a decodable picture
	Failed                // the analyzer returned an error, panicked or hung
	Idle                  // nobody wanted it: analysis was paused
	Shutdown              // the program ended first
	NumFates
)

var fateNames = [NumFates]string{"in_flight", "analyzed", "displaced", "late", "corrupt", "failed", "idle", "shutdown"}

// String is the word used on the wire.
func (f Fate) String() string {
	if f < NumFates {
		return fateNames[f]
	}
	return fmt.Sprintf("fate(%d)", uint8(f))
}

// Frame is one picture from the camera.
//
// Ownership: a Frame comes out of a Pool with one reference. Whoever passes it on
// passes its reference; whoever wants to keep it besides calls Retain. After the last
// Release the buffers serve another picture: no slice of Data, Planes or Reduced may
// outlive it.
// Data is written by the source only, before the frame is passed on. Planes are
// read-only while the analyzer works and belong to the renderer, which may draw on
// them, from then on.
type Frame struct {
	// Seq counts every frame the source produced, from 1, gaps included when the
	// driver reports them. It never runs backwards while the process lives.
	Seq    uint64
	Format Format
	Width  int // pixels, 1..65535
	Height int // pixels, 1..65535
	Data   []byte
	// Lost is how many frames were lost upstream just before this one.
	Lost uint64
	// Damaged is set by a source that knows the frame to be bad (the driver's error flag).
	Damaged error
	// Clip is where overlays may draw; the zero rectangle means everywhere. The synthetic
	// camera keeps its block code outside.
	Clip image.Rectangle

	// The times of the stages so far; zero where a stage has not happened.
	Captured   time.Time
	CapturedBy Origin
	Dequeued   time.Time

	pool     *Pool
	standard bool // Pool.Standard
	refs     atomic.Int32
	fate     atomic.Uint32

	mu       sync.Mutex // guards decoding
	decoded  atomic.Bool
	planes   *image.YCbCr
	planeErr error
	dec      jpeg.Decoder

	reductions reductions
}

// Retain adds a reference.
func (f *Frame) Retain() {
	if f.refs.Add(1) < 2 {
		panic("frame: Retain after the last Release")
	}
}

// Release gives a reference back; the last one returns the buffers to the pool.
func (f *Frame) Release() {
	switch n := f.refs.Add(-1); {
	case n == 0:
		f.pool.put(f)
	case n < 0:
		panic("frame: Release without a reference")
	}
}

// Settle records the frame's fate. Only the first call counts and returns true. Count
// fates through metrics.Ledger, which calls this. InFlight, and what is no fate at all,
// are mistakes in the program.
func (f *Frame) Settle(fate Fate) bool {
	if fate == InFlight || fate >= NumFates {
		panic(fmt.Sprintf("frame: Settle as %v", fate))
	}
	return f.fate.CompareAndSwap(uint32(InFlight), uint32(fate))
}

// Fate is the settled fate, or InFlight.
func (f *Frame) Fate() Fate { return Fate(f.fate.Load()) }

// Age is how old the frame is at the moment now.
func (f *Frame) Age(now time.Time) time.Duration { return now.Sub(f.Captured) }

// Bounds is the picture's rectangle.
func (f *Frame) Bounds() image.Rectangle { return image.Rect(0, 0, f.Width, f.Height) }

// ErrCorrupt wraps every reason why a picture cannot be decoded.
var ErrCorrupt = errors.New("corrupt frame")

// Planes is the picture as planar YCbCr in its own subsampling, decoded by whoever asks
// first; other callers wait for that. The planes' strides may exceed the width (whole
// MCUs). A failure wraps ErrCorrupt and is returned to every caller.
func (f *Frame) Planes() (*image.YCbCr, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.decoded.Load() {
		f.planes, f.planeErr = f.Decode(&f.dec, f.planes) // first: should it panic, nobody takes the planes for decoded
		f.decoded.Store(true)
	}
	if f.planeErr != nil {
		return nil, f.planeErr
	}
	return f.planes, nil
}

// checkSize says whether a JPEG of that size is the frame's.
func (f *Frame) checkSize(width, height int) error {
	if width != f.Width || height != f.Height {
		return fmt.Errorf("the JPEG is %dx%d, the frame %dx%d", width, height, f.Width, f.Height)
	}
	return nil
}

// Unpack copies an uncompressed picture (every format but JPEG) into planes of the
// caller's, reusing dst where it fits. Unlike Planes it may run while somebody draws on
// the frame's own planes. The error wraps ErrCorrupt; dst is returned untouched with it.
func (f *Frame) Unpack(dst *image.YCbCr) (*image.YCbCr, error) {
	if err := f.checkRaw(); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	dst = planesFor(dst, f.Width, f.Height, f.Format.ratio())
	f.Format.unpack(f.Data, dst)
	return dst, nil
}

// Decode is the picture in planes of the caller's, reusing dst where it fits, and dec for a
// JPEG. Unlike Planes it may run while somebody draws on the frame's own planes. The error
// wraps ErrCorrupt; the pixels are undefined with it.
func (f *Frame) Decode(dec *jpeg.Decoder, dst *image.YCbCr) (*image.YCbCr, error) {
	if f.Format != JPEG {
		return f.Unpack(dst)
	}
	decode := dec.Decode
	if f.standard {
		decode = decodeStandard
	}
	dst, err := decode(f.Data, dst)
	if err == nil {
		err = f.checkSize(dst.Rect.Dx(), dst.Rect.Dy())
	}
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return dst, nil
}

// Check is the cheap test every captured frame gets before it may enter the slot: the
// source's own word, sizes, and for a JPEG its headers, without decoding a pixel. For a
// JPEG it also sets Width and Height from the header. The error wraps ErrCorrupt.
func (f *Frame) Check() error {
	err := f.Damaged
	switch {
	case err != nil:
	case f.Format == JPEG:
		var c jpeg.Config
		if c, err = jpeg.Probe(f.Data); err == nil {
			f.Width, f.Height = c.Width, c.Height
		}
	default:
		err = f.checkRaw()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}

// Pool lends frames and takes their buffers back. The zero value is ready.
type Pool struct {
	// Standard has JPEGs decoded by the standard library's image/jpeg, whole: what the project's
	// own way is compared with. Set before the first Get.
	Standard bool

	mu   sync.Mutex
	free []*Frame
	live int
}

// maxFree bounds what an idle pool keeps: slot, renderer, the newest raw and the newest
// analyzed frame, one being filled, and those of some workers and of their results.
const maxFree = 12

// Get lends an empty frame with one reference.
func (p *Pool) Get() *Frame {
	p.mu.Lock()
	p.live++
	var f *Frame
	if n := len(p.free); n > 0 {
		f, p.free = p.free[n-1], p.free[:n-1]
	}
	p.mu.Unlock()
	if f == nil {
		f = &Frame{pool: p, standard: p.Standard}
	}
	f.refs.Store(1)
	return f
}

// Live is how many frames are lent at the moment.
func (p *Pool) Live() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live
}

func (p *Pool) put(f *Frame) {
	f.Seq, f.Format, f.Width, f.Height, f.Lost = 0, 0, 0, 0, 0
	f.Data, f.Damaged, f.Clip = f.Data[:0], nil, image.Rectangle{}
	f.Captured, f.CapturedBy, f.Dequeued = time.Time{}, ByDequeue, time.Time{}
	f.decoded.Store(false)
	f.planeErr = nil
	f.reductions.reset()
	f.fate.Store(uint32(InFlight))
	p.mu.Lock()
	p.live--
	if len(p.free) < maxFree {
		p.free = append(p.free, f)
	}
	p.mu.Unlock()
}
