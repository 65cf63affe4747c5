package jpeg

import (
	"encoding/binary"
	"math/bits"
)

// bitWriter writes entropy-coded bits with byte stuffing. The caller sees to it that buf
// has room.
type bitWriter struct {
	acc uint64 // the newest bits, right-aligned
	n   uint   // how many of them are not in buf yet, below 32 between calls
	pos int    // where in buf the next byte goes
	buf []byte
}

// maxBlockBytes is the most that one block can take with the typical tables: 22 bits for
// DC, 63 times 26 for AC, and a zero stuffed after each byte.
const maxBlockBytes = 2 * ((22 + 63*26 + 7) / 8)

// maxTailBytes is the most that flush writes.
const maxTailBytes = 2 * 4

// reserve makes room for n more bytes. If it has to, it takes twice the buffer or hint
// bytes in all, so that it seldom has to again.
func (w *bitWriter) reserve(n, hint int) {
	if len(w.buf)-w.pos >= n {
		return
	}
	grown := make([]byte, max(2*len(w.buf), w.pos+n, hint))
	copy(grown, w.buf[:w.pos])
	w.buf = grown
}

// block codes quantized coefficients in natural order (F.1.2). mask has a bit for each
// zig-zag position that is not zero; pred is the DC prediction, updated.
func (w *bitWriter) block(dc, ac *encodeTable, pred *int32, coef *[64]int16, mask uint64) {
	acc, n, pos, buf := w.acc, w.n, w.pos, w.buf

	diff := int32(coef[0]) - *pred
	*pred = int32(coef[0])
	size := magnitude(diff)
	code := dc[size&0xff]
	acc, n = appendCode(acc, n, code, diff, size)
	if n >= 32 {
		n -= 32
		pos = putStuffed(buf, pos, uint32(acc>>(n&63)))
	}

	before := 0 // the position of the coefficient before
	for mask &^= 1; mask != 0; mask &= mask - 1 {
		k := bits.TrailingZeros64(mask)
		run := k - before - 1
		before = k
		for ; run > 15; run -= 16 {
			acc, n = appendCode(acc, n, ac[0xf0], 0, 0) // ZRL: sixteen zeros
			if n >= 32 {
				n -= 32
				pos = putStuffed(buf, pos, uint32(acc>>(n&63)))
			}
		}
		v := int32(coef[zigzag[k&63]&63])
		size := magnitude(v)
		acc, n = appendCode(acc, n, ac[(run<<4|int(size))&0xff], v, size)
		if n >= 32 {
			n -= 32
			pos = putStuffed(buf, pos, uint32(acc>>(n&63)))
		}
	}
	if before != 63 {
		acc, n = appendCode(acc, n, ac[0], 0, 0) // EOB
		if n >= 32 {
			n -= 32
			pos = putStuffed(buf, pos, uint32(acc>>(n&63)))
		}
	}
	w.acc, w.n, w.pos = acc, n, pos
}

// appendCode appends a code and the size value bits of v: negative numbers are sent less
// one, in as many bits (F.1.2.1.1).
func appendCode(acc uint64, n uint, code uint32, v int32, size uint) (uint64, uint) {
	length := uint(code >> 16)
	value := uint32(v+v>>31) & (1<<(size&31) - 1)
	acc = (acc<<(length&63)|uint64(code&0xffff))<<(size&63) | uint64(value)
	return acc, n + length + size
}

// putStuffed stores four bytes at buf[pos:], a zero after each 0xFF (F.1.2.3), and returns
// the position after them.
func putStuffed(buf []byte, pos int, x uint32) int {
	// Some byte of x is 0xFF where some byte of ^x is zero, and only then does that
	// byte borrow without having had its top bit set.
	if (^x-0x01010101)&x&0x80808080 == 0 {
		binary.BigEndian.PutUint32(buf[pos:], x)
		return pos + 4
	}
	for shift := 24; shift >= 0; shift -= 8 {
		pos = putByte(buf, pos, byte(x>>shift))
	}
	return pos
}

func putByte(buf []byte, pos int, b byte) int {
	buf[pos] = b
	pos++
	if b == 0xff {
		buf[pos] = 0
		pos++
	}
	return pos
}

// flush pads the last byte with ones (F.1.2.3) and writes what is left.
func (w *bitWriter) flush() {
	pad := -w.n & 7
	w.acc = w.acc<<pad | (1<<pad - 1)
	for w.n += pad; w.n > 0; {
		w.n -= 8
		w.pos = putByte(w.buf, w.pos, byte(w.acc>>w.n))
	}
}
