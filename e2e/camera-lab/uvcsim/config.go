package uvcsim

import (
	"errors"
	"fmt"
	"image"
	"log/slog"
	"math"
	"slices"
	"time"
	"unicode/utf16"
)

// Pixels is how a camera sends its pictures.
type Pixels string

// The pixel formats.
const (
	MJPEG Pixels = "mjpeg" // JPEGs in 4:2:2
	YUYV  Pixels = "yuyv"  // packed 4:2:2, two bytes a pixel
	NV12  Pixels = "nv12"  // luma, then interleaved 4:2:0 chroma
)

// Config is what a camera is. Formats is the only field without a default.
type Config struct {
	// Port of the virtual host controller, 0..7. Cameras plugged in at once need different
	// ones.
	Port int
	// Name and Serial are the device's strings, at most 126 UTF-16 units each. Cameras of one
	// name differ by their serial number.
	Name, Serial string
	// NoSerial leaves the serial number out, as most cheap cameras do.
	NoSerial bool
	// Formats in the order offered.
	Formats []Format
	// Controls of the camera; nil stands for UsualControls(), an empty list for none.
	Controls []Control
	// Bulk sends pictures through a bulk endpoint instead of an isochronous one.
	Bulk bool
	// Pictures is how many different pictures there are of each size, 1..1000, default 60. A
	// picture tells frames apart only until it comes again: at 30 frames a second after 2 s.
	Pictures int
	// Quality of the JPEGs, 1..100, default 80.
	Quality int
	// NoDHT leaves the Huffman tables out of the JPEGs, as many cameras do.
	NoDHT bool
	// Padding is how many zero bytes follow each JPEG, 0..65536, as with some cameras.
	Padding int
	// Cache is a folder for the JPEGs, which take an emulated machine seconds to encode. It
	// is made where it is missing; several cameras may share it. Empty for none.
	Cache string
	// Log takes what happens; nil discards it.
	Log *slog.Logger
}

// Format is one pixel format and the sizes it is offered in.
type Format struct {
	Pixels Pixels
	Sizes  []Size
}

// Size is a picture size and its frame rates.
type Size struct {
	Width, Height int // pixels, even, 64x32..8192x8192
	// Rates in frames a second, 1/60..1000, the default first, at most 57.
	Rates []float64
	// Step above 0 offers every frame interval between the shortest and the longest of Rates
	// in such steps, a multiple of 100 ns. 0 offers Rates alone.
	Step time.Duration
}

func (s Size) point() image.Point { return image.Pt(s.Width, s.Height) }

// bytes is what a picture takes: exactly, or for JPEGs at most.
func (p Pixels) bytes(size image.Point) int {
	n := size.X * size.Y
	if p == NV12 {
		return n + n/2
	}
	return 2 * n
}

// defaults fills in what was left out.
func (c Config) defaults() Config {
	if c.Name == "" {
		c.Name = "Freshframe Lab Camera"
	}
	if c.Serial == "" {
		c.Serial = fmt.Sprintf("LAB%04d", c.Port)
	}
	if c.Controls == nil {
		c.Controls = UsualControls()
	}
	if c.Pictures == 0 {
		c.Pictures = 60
	}
	if c.Quality == 0 {
		c.Quality = 80
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// check names the first value that no camera can have.
func (c Config) check() error {
	for _, n := range []struct {
		what      string
		v, lo, hi int
	}{
		{"Port", c.Port, 0, 7},
		{"Pictures", c.Pictures, 1, 1000},
		{"Quality", c.Quality, 1, 100},
		{"Padding", c.Padding, 0, 65536},
		{"number of Formats", len(c.Formats), 1, 255},
	} {
		if n.v < n.lo || n.v > n.hi {
			return fmt.Errorf("%s is %d: want %d to %d", n.what, n.v, n.lo, n.hi)
		}
	}
	for _, s := range []string{c.Name, c.Serial} {
		if len(utf16.Encode([]rune(s))) > 126 {
			return fmt.Errorf("string %.20q…: longer than the 126 units of a USB string", s)
		}
	}
	for _, f := range c.Formats {
		if err := f.check(); err != nil {
			return fmt.Errorf("format %s: %w", f.Pixels, err)
		}
	}
	return checkControls(c.Controls)
}

func (f Format) check() error {
	if !slices.Contains([]Pixels{MJPEG, YUYV, NV12}, f.Pixels) {
		return errors.New("want mjpeg, yuyv or nv12")
	}
	if len(f.Sizes) < 1 || len(f.Sizes) > 255 {
		return fmt.Errorf("%d sizes: want 1 to 255", len(f.Sizes))
	}
	for _, s := range f.Sizes {
		if s.Width < 64 || s.Height < 32 || max(s.Width, s.Height) > 8192 || (s.Width|s.Height)&1 != 0 {
			return fmt.Errorf("size %dx%d: want even numbers from 64x32 to 8192x8192", s.Width, s.Height)
		}
		if len(s.Rates) < 1 || len(s.Rates) > 57 {
			return fmt.Errorf("size %dx%d: %d rates: want 1 to 57", s.Width, s.Height, len(s.Rates))
		}
		for _, r := range s.Rates {
			if !(r >= 1./60 && r <= 1000) {
				return fmt.Errorf("size %dx%d: rate %g: want 1/60 to 1000 frames a second", s.Width, s.Height, r)
			}
		}
		if s.Step < 0 || s.Step%tick != 0 || s.Step > time.Minute {
			return fmt.Errorf("size %dx%d: step %v: want a multiple of 100ns", s.Width, s.Height, s.Step)
		}
	}
	return nil
}

// tick is the unit of frame intervals in UVC.
const tick = 100 * time.Nanosecond

// intervals are the frame intervals of Rates in ticks, in the same order.
func (s Size) intervals() []uint32 {
	v := make([]uint32, len(s.Rates))
	for i, r := range s.Rates {
		v[i] = uint32(math.Round(float64(time.Second/tick) / r))
	}
	return v
}
