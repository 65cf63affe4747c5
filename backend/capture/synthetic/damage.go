package synthetic

import (
	"encoding/binary"
	"errors"

	"freshframe/backend/frame"
)

// errFlagged is the driver's error flag.
var errFlagged = errors.New("the driver flagged the frame as damaged (simulated by corrupt_every)")

// damage spoils a frame's data; n counts the damaged frames and chooses the way.
func damage(f *frame.Frame, n uint64) {
	switch n % 4 {
	case 1: // truncated: a transfer broke off
		f.Data = f.Data[:len(f.Data)/2]
	case 2: // empty: a buffer without a payload
		f.Data = f.Data[:0]
	case 3: // garbage bytes
		for i := range len(f.Data) / 8 {
			binary.LittleEndian.PutUint64(f.Data[8*i:], mix(n+uint64(i)))
		}
		f.Data[0] = 0 // not even by chance the start of a JPEG
		if f.Format != frame.JPEG {
			f.Damaged = errFlagged // any bytes are pixels: only the driver can tell
		}
	case 0: // beheaded: the first bytes are missing, headers included
		f.Data = f.Data[:copy(f.Data, f.Data[min(200, len(f.Data)):])]
	}
}
