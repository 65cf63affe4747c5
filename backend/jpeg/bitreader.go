package jpeg

import "encoding/binary"

// bitReader reads entropy-coded bits that have lost their byte stuffing. buf ends in
// readSlack bytes that belong to no scan, so that eight bytes can be read at once.
type bitReader struct {
	acc uint64 // the next bits, left-aligned
	n   int    // how many bits of acc count, 63 at most
	pos int    // where the byte after those stands
	buf []byte
}

// readSlack lets the refill for a scan's last bits read eight bytes that start up to
// eight bytes past its end.
const readSlack = 16

// seek moves to a bit of buf, which must not lie in its last eight bytes.
func (r *bitReader) seek(bit int) {
	r.acc = binary.BigEndian.Uint64(r.buf[bit>>3:]) << (bit & 7)
	r.n = 56 - bit&7
	r.pos = bit>>3 + 7
}

// bit is the position of the next bit, counted from the start of buf.
func (r *bitReader) bit() int { return r.pos*8 - r.n }

// step is what a decoder does for one place of the zig-zag sequence: multiply by the
// quantization table's element (bits 6 and up) and store at the natural index (bits 0..5).
// One load instead of two.
type step int32

// block decodes the next block (F.2.2) into coef, which must be zero: dequantized, in
// natural order, and no coefficient after zig-zag position end. pred is the DC prediction,
// updated. It returns the zig-zag position of the last coefficient, or -1 where the bits
// are no block.
//
// The reader's state lives in locals, hence in registers, and is refilled to at least 56
// bits whenever it falls below 32: a code and its value take 31 at most.
func (r *bitReader) block(dc, ac *decodeTable, steps *[64]step, pred *int32, coef *[64]int32, end int) int {
	acc, n, pos, buf := r.acc, r.n, r.pos, r.buf
	if n < 32 {
		if pos+8 > len(buf) {
			return -1
		}
		acc |= binary.BigEndian.Uint64(buf[pos:]) >> (n & 63)
		pos += (63 - n) >> 3
		n |= 56
	}

	entry := dc.lookup[acc>>(64-lookupBits)]
	total := uint(entry & 31)
	value := int32(entry) >> 20
	if size := uint(entry >> 12 & 15); size != 0 {
		value = extend(uint32(acc<<((total-size)&63)>>((64-size)&63)), size)
	}
	if total == 0 {
		if _, value, total = dc.long(classDC, acc); total == 0 {
			return -1
		}
	}
	acc <<= total & 63
	n -= int(total)
	*pred += value
	coef[0] = *pred * int32(steps[0]>>6)

	k, last := 0, 0
	for k < end {
		if n < 32 {
			if pos+8 > len(buf) {
				return -1
			}
			acc |= binary.BigEndian.Uint64(buf[pos:]) >> (n & 63)
			pos += (63 - n) >> 3
			n |= 56
		}
		entry := ac.lookup[acc>>(64-lookupBits)]
		total := uint(entry & 31)
		value := int32(entry) >> 20
		if size := uint(entry >> 12 & 15); size != 0 {
			value = extend(uint32(acc<<((total-size)&63)>>((64-size)&63)), size)
		}
		advance := int(entry >> 5 & 127)
		if total == 0 {
			if advance, value, total = ac.long(classAC, acc); total == 0 {
				return -1
			}
		}
		k += advance
		acc <<= total & 63
		n -= int(total)
		if k > 63 {
			if k < endOfBlock {
				return -1
			}
			break
		}
		s := steps[k]
		coef[s&63] = value * int32(s>>6)
		last = k
	}
	r.acc, r.n, r.pos = acc, n, pos
	if k < 63 && !r.skip(ac, k) {
		return -1
	}
	return last
}

// skip consumes the rest of a block that has been decoded up to zig-zag position k < 63,
// several codes at a time where they are short, and says whether the bits are one.
func (r *bitReader) skip(ac *decodeTable, k int) bool {
	acc, n, pos, buf := r.acc, r.n, r.pos, r.buf
	for k < 63 {
		if n < 32 {
			if pos+8 > len(buf) {
				return false
			}
			acc |= binary.BigEndian.Uint64(buf[pos:]) >> (n & 63)
			pos += (63 - n) >> 3
			n |= 56
		}
		leap := uint(ac.leap[acc>>(64-leapBits)])
		to := k + int(leap>>6)
		if to < 63 {
			acc <<= leap & 63
			n -= int(leap & 63)
			k = to
			continue
		}
		if leap&leapEnd != 0 && to < 63+64 {
			acc <<= leap & 63
			n -= int(leap & 63)
			k = endOfBlock
			break
		}
		// No leap, or one that may have led into the next block: take a single code.
		advance, total := ac.single(acc)
		if total == 0 {
			return false
		}
		acc <<= total & 63
		n -= int(total)
		k += advance
	}
	r.acc, r.n, r.pos = acc, n, pos
	return k == 63 || k >= endOfBlock
}
