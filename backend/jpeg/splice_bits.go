package jpeg

import "encoding/binary"

// append32 appends the size <= 32 low bits of x, which has no others.
func (w *bitWriter) append32(x uint32, size uint) {
	w.acc = w.acc<<size | uint64(x)
	w.n += size
	if w.n >= 32 {
		w.n -= 32
		w.pos = putStuffed(w.buf, w.pos, uint32(w.acc>>w.n))
	}
}

// copyBits appends bits from..to of buf, which goes on for nine bytes after them at least.
func (w *bitWriter) copyBits(buf []byte, from, to int) {
	if to-from >= 128 { // worth aligning
		head := -w.n & 7
		w.append32(bitsAt(buf, from, head), head)
		from += int(head)
		for w.n > 0 {
			w.n -= 8
			w.pos = putByte(w.buf, w.pos, byte(w.acc>>w.n))
		}
		pos, out, in, shift := w.pos, w.buf, buf[from>>3:], from&7
		for ; to-from >= 64; from += 64 {
			x := binary.BigEndian.Uint64(in)<<(shift&7) | uint64(in[8])>>((8-shift)&15)
			in = in[8:]
			if (^x-0x0101010101010101)&x&0x8080808080808080 == 0 { // as in putStuffed
				binary.BigEndian.PutUint64(out[pos:], x)
				pos += 8
				continue
			}
			pos = putStuffed(out, pos, uint32(x>>32))
			pos = putStuffed(out, pos, uint32(x))
		}
		w.pos = pos
	}
	for from < to {
		size := min(to-from, 32)
		w.append32(bitsAt(buf, from, uint(size)), uint(size))
		from += size
	}
}

// bitsAt is the size <= 32 bits of buf from bit from on.
func bitsAt(buf []byte, from int, size uint) uint32 {
	return uint32(binary.BigEndian.Uint64(buf[from>>3:]) << (from & 7) >> (64 - size))
}

// difference appends a DC difference, or says that the table has no code for it.
func (w *bitWriter) difference(dc *encodeTable, diff int32) bool {
	size := magnitude(diff)
	code := dc[size&0xff]
	if code == 0 {
		return false
	}
	w.append32(code&0xffff, uint(code>>16))
	w.append32(uint32(diff+diff>>31)&(1<<size-1), size)
	return true
}

// differenceAt is the DC difference at a bit of buf, where one is, and its length.
func differenceAt(dc *decodeTable, buf []byte, bit int) (diff int32, length int) {
	acc := binary.BigEndian.Uint64(buf[bit>>3:]) << (bit & 7) // 57 bits at least
	entry := dc.lookup[acc>>(64-lookupBits)]
	total := uint(entry & 31)
	if total == 0 {
		_, diff, total = dc.long(classDC, acc)
		return diff, int(total)
	}
	if size := uint(entry >> 12 & 15); size != 0 {
		return extend(uint32(acc<<((total-size)&63)>>((64-size)&63)), size), int(total)
	}
	return int32(entry) >> 20, int(total)
}
