package jpeg

import (
	"image"
	"math"
)

// Index knows where in a picture's entropy-coded bits each MCU stands and what its DC
// predictions are, so that any of them can be decoded on its own: see Splicer. The zero
// value is ready; its memory serves picture after picture. While nobody calls Walk or WalkLuma,
// Splicers of several goroutines may use it.
type Index struct {
	dec   Decoder
	data  []byte   // the picture's bytes, nil if it has no index
	marks []mark   // of each MCU
	ends  []uint32 // of each restart interval, as in mark
	luma  bool     // chroma need not be finer than 1/8
}

// mark is where an MCU begins.
type mark struct {
	bit uint32   // in Decoder.entropy
	dc  [3]int32 // predictions, before quantization is undone
}

// maxIndexed is how many bytes of a scan have bits that a mark can tell.
const maxIndexed = math.MaxUint32/8 - readSlack

// Walk is Decoder.DecodeReduced, and on the same way through the scan it makes the index,
// which costs next to nothing.
//
// The index refers to data until the next Walk: it must not change while a Splicer has it.
// Pictures without one, progressive and with a scan per component, are decoded all the
// same; Splicer.Open refuses them.
func (x *Index) Walk(data []byte, shift int, dst *image.YCbCr) (*image.YCbCr, error) {
	return x.walk(data, shift, false, dst)
}

// WalkLuma is Walk for those who read no chroma: at 1/4 it is as coarse as at 1/8, a mean for
// 2x2 samples, which saves an eighth of the time.
func (x *Index) WalkLuma(data []byte, shift int, dst *image.YCbCr) (*image.YCbCr, error) {
	return x.walk(data, shift, true, dst)
}

func (x *Index) walk(data []byte, shift int, luma bool, dst *image.YCbCr) (*image.YCbCr, error) {
	x.luma = luma
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

// Whole says whether every decoder can read the picture as it is: it has an end, and all its
// Huffman tables. What a Splicer makes is whole.
func (x *Index) Whole() bool {
	d := &x.dec
	for _, c := range d.head.comps[:d.head.n] {
		if !d.tables.haveHuffman[classDC][c.td] || !d.tables.haveHuffman[classAC][c.ta] {
			return false
		}
	}
	return d.ended
}

// interval is the length of restart intervals in MCUs.
func (x *Index) interval() int {
	if n := x.dec.head.restart; n > 0 {
		return n
	}
	return len(x.marks)
}
