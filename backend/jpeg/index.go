package jpeg

import (
	"image"
	"math"
)

// Index knows where in a picture's entropy-coded bits each MCU stands and what its DC
// predictions are, so that any of them can be decoded on its own: see Splicer. The zero
// value is ready; its memory serves picture after picture. It must not be used by two
// goroutines at once.
type Index struct {
	dec   Decoder
	data  []byte   // the picture's bytes, nil if it has no index
	marks []mark   // of each MCU
	ends  []uint32 // of each restart interval, as in mark
}

// mark is where an MCU begins.
type mark struct {
	bit uint32   // in Decoder.entropy
	dc  [3]int32 // predictions, before quantization is undone
}

// maxIndexed is how many bytes of a scan have bits that a mark can tell.
const maxIndexed = math.MaxUint32/8 - readSlack

// Walk is Decoder.DecodeReduced, and on the same way through the scan it makes the index,
// which costs next to nothing. At 1/4 chroma is as coarse as at 1/8, a mean for 2x2
// samples, which saves an eighth of the time.
//
// The index refers to data until the next Walk: it must not change while a Splicer has it.
// Pictures without one, progressive and with a scan per component, are decoded all the
// same; Splicer.Open refuses them.
func (x *Index) Walk(data []byte, shift int, dst *image.YCbCr) (*image.YCbCr, error) {
	x.data = nil
	x.marks, x.ends = x.marks[:0], x.ends[:0]
	x.dec.index = x
	if len(data) > maxIndexed {
		x.dec.index = nil
	}
	dst, err := x.dec.DecodeReduced(data, shift, dst)
	if err == nil && len(x.marks) > 0 {
		x.data = data
	}
	return dst, err
}

// Known says whether the last Walk made an index.
func (x *Index) Known() bool { return x.data != nil }

// interval is the length of restart intervals in MCUs.
func (x *Index) interval() int {
	if n := x.dec.head.restart; n > 0 {
		return n
	}
	return len(x.marks)
}
