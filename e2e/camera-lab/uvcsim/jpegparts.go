package uvcsim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Markers of JPEG (ITU-T T.81, B.1.1.3).
const (
	markDHT  = 0xc4
	markSOS  = 0xda
	markAPP0 = 0xe0
	markCOM  = 0xfe
)

var (
	soi = []byte{0xff, 0xd8}
	eoi = []byte{0xff, 0xd9}
)

// segments walks the header of a JPEG: markers and whole segments, up to the first scan or
// to what isn't a header any more.
func segments(jpeg []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		rest, ok := bytes.CutPrefix(jpeg, soi)
		for ok && len(rest) >= 4 && rest[0] == 0xff && rest[1] != markSOS {
			n := 2 + int(binary.BigEndian.Uint16(rest[2:]))
			if n < 4 || n > len(rest) || !yield(rest[1], rest[:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// jpegParts is a JPEG taken apart where the stamp goes: JFIF wants its own segment first.
type jpegParts struct{ head, tail []byte }

func splitJPEG(jpeg []byte) jpegParts {
	at := len(soi)
	for marker, segment := range segments(jpeg) {
		if marker == markAPP0 {
			at += len(segment)
		}
		break
	}
	return jpegParts{jpeg[:at], jpeg[at:]}
}

// withoutDHT leaves the Huffman tables out, which are the usual ones that a decoder without
// any falls back to.
func withoutDHT(jpeg []byte) []byte {
	out := slices.Clone(soi)
	end := len(soi)
	for marker, segment := range segments(jpeg) {
		if marker != markDHT {
			out = append(out, segment...)
		}
		end += len(segment)
	}
	return append(out, jpeg[end:]...)
}

// stamped appends the JPEG with a comment that tells its number and time.
func (p jpegParts) stamped(b []byte, s Sent, padding int) []byte {
	text := fmt.Appendf(nil, stampFormat, s.Seq, s.Monotonic.Nanoseconds())
	b = append(b, p.head...)
	b = append(b, 0xff, markCOM)
	b = binary.BigEndian.AppendUint16(b, uint16(2+len(text)))
	b = append(b, text...)
	b = append(b, p.tail...)
	return append(b, make([]byte, padding)...)
}

const stampFormat = "uvcsim seq=%d monotonic_ns=%d"

// ReadStamp finds in the header of a JPEG what Sent says of it: Seq and Monotonic. Only
// frames of MJPEG streams have it, and ok is false without it.
func ReadStamp(jpeg []byte) (seq uint64, monotonic time.Duration, ok bool) {
	for marker, segment := range segments(jpeg) {
		if marker != markCOM {
			continue
		}
		if _, err := fmt.Sscanf(string(segment[4:]), stampFormat, &seq, &monotonic); err == nil {
			return seq, monotonic, true
		}
	}
	return 0, 0, false
}
