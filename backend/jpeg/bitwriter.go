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
	diff := int32(coef[0]) - *pred
	*pred = int32(coef[0])
	if !useAVX2 {
		w.blockGo(dc, ac, diff, coef, mask)
	} else if !blockBMI2(w, dc, ac, diff, coef, mask) {
		panic("jpeg: a block without room")
	}
	if w.n >= 32 {
		w.n -= 32
		w.pos = putStuffed(w.buf, w.pos, uint32(w.acc>>w.n))
	}
}

// blockGo is block for a DC difference, and leaves up to 63 bits in acc: a code and its value
// are made first, 32 bits at most, and go out when there are 64.
func (w *bitWriter) blockGo(dc, ac *encodeTable, diff int32, coef *[64]int16, mask uint64) {
	acc, n, pos, buf := w.acc, w.n, w.pos, w.buf
	size := magnitude(diff)
	code, length := codeOf(dc[size&0xff], diff, size)
	mask &^= 1
	for next := 1; ; { // the position after the last coefficient
		if n += length; n < 64 {
			acc = acc<<(length&63) | code
		} else {
			n -= 64
			x := acc<<((length-n)&63) | code>>(n&63)
			pos = putStuffed(buf, pos, uint32(x>>32))
			pos = putStuffed(buf, pos, uint32(x))
			acc = code
		}
		if mask == 0 {
			if next == 64 {
				break
			}
			next = 64
			code, length = codeOf(ac[0], 0, 0) // EOB
			continue
		}
		k := bits.TrailingZeros64(mask)
		run := k - next
		if run > 15 {
			next += 16
			code, length = codeOf(ac[0xf0], 0, 0) // ZRL: sixteen zeros
			continue
		}
		next = k + 1
		mask &= mask - 1
		v := int32(coef[zigzag[k&63]&63])
		size := magnitude(v)
		code, length = codeOf(ac[(run<<4|int(size))&0xff], v, size)
	}
	w.acc, w.n, w.pos = acc, n, pos
}

// codeOf is a code and the size value bits of v: negative numbers are sent less one, in as
// many bits (F.1.2.1.1).
func codeOf(code uint32, v int32, size uint) (bits uint64, length uint) {
	value := uint32(v+v>>31) & (1<<(size&31) - 1)
	return uint64(code&0xffff)<<(size&31) | uint64(value), uint(code>>16) + size
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
