package uvcsim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Fault is something wrong with a frame.
type Fault string

// The faults. What the kernel makes of them is its driver's affair: uvcvideo drops frames
// with an error, unless told not to, and fills buffers of uncompressed pictures only whole.
const (
	NoFault   Fault = ""
	Error     Fault = "error"     // each payload says that there was an error
	Truncate  Fault = "truncate"  // the second half is missing
	Short     Fault = "short"     // the last sixteenth is missing
	Overlong  Fault = "overlong"  // noise follows, to more than a frame's maximal size
	Garbage   Fault = "garbage"   // noise from the first byte on, of the right length
	Empty     Fault = "empty"     // no bytes at all: a gap in the driver's sequence
	NoEOF     Fault = "noeof"     // the end isn't marked; only the next frame tells
	NoEOI     Fault = "noeoi"     // a JPEG lacks its last marker; other pictures are whole
	OtherSize Fault = "othersize" // a picture of another size than agreed
	// Babble sends more than there is room for, so that the host controller cuts it off: an
	// isochronous frame loses all between its first packet and its last, a bulk transfer
	// fails, at which uvcvideo hands out all its buffers, empty and with an error.
	Babble Fault = "babble"
)

// Faults lists all but NoFault.
func Faults() []Fault {
	return []Fault{Error, Truncate, Short, Overlong, Garbage, Empty, NoEOF, NoEOI, OtherSize, Babble}
}

// ParseFault checks a fault's name.
func ParseFault(name string) (Fault, error) {
	if f := Fault(name); slices.Contains(Faults(), f) {
		return f, nil
	}
	return NoFault, fmt.Errorf("fault %q: want one of %v", name, Faults())
}

type pendingFault struct {
	fault Fault
	left  int // frames
}

// spoil is what the fault makes of a frame's bytes, which it leaves alone. seq makes the
// noise; most is the frame's maximal size.
func (f Fault) spoil(frame []byte, seq uint64, most int) []byte {
	switch f {
	case Truncate:
		return frame[:len(frame)/2]
	case Short:
		return frame[:len(frame)-len(frame)/16]
	case Overlong:
		return slices.Concat(frame, noise(most+4096-len(frame), seq))
	case Garbage:
		return noise(len(frame), seq)
	case Empty:
		return frame[:0]
	case NoEOI:
		if bytes.HasPrefix(frame, soi) {
			return frame[:bytes.LastIndex(frame, eoi)]
		}
	}
	return frame
}

func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
