package jpeg

import "encoding/binary"

// walk decodes n MCUs of a row at 1/4 or 1/8, shift 2 or 3: of each block no more than the
// corner that counts, and codes after that only as far as it takes to get past them. It notes
// where the MCUs are in marks, unless that is nil, and returns how many of them were sound.
//
// It is block, skip and the transform in one for all blocks of a row, so that the reader's
// state stays in registers: that alone saves a tenth of the time.
func (r *bitReader) walk(units []unit, pred *[3]int32, n int, marks []mark, shift int) (done int) {
	acc, bits, pos, buf := r.acc, r.n, r.pos, r.buf
	for m := range n {
		if marks != nil {
			marks[m] = mark{uint32(pos*8 - bits), *pred}
		}
		for i := range units {
			u := &units[i]
			if pos+8 > len(buf) { // refill whether need be or not: nobody can tell beforehand
				return m
			}
			acc |= binary.BigEndian.Uint64(buf[pos:]) >> (bits & 63)
			pos += (63 - bits) >> 3
			bits |= 56
			entry := u.dc.lookup[acc>>(64-lookupBits)]
			total := uint(entry & 31)
			value := int32(entry) >> 20
			if size := uint(entry >> 12 & 15); size != 0 {
				value = extend(uint32(acc<<((total-size)&63)>>((64-size)&63)), size)
			}
			if total == 0 {
				if _, value, total = u.dc.long(classDC, acc); total == 0 {
					return m
				}
			}
			acc <<= total & 63
			bits -= int(total)
			p := &pred[u.comp]
			*p += value
			dc := *p * int32(u.steps[0]>>6)

			ac, k := u.ac, 0
			dst := u.plane[u.offset:]
			u.offset += u.dx
			switch {
			case shift == 3:
				dst[0] = mean(dc)
			case u.flat:
				v := mean(dc)
				*(*[2]byte)(dst) = [2]byte{v, v}
				*(*[2]byte)(dst[u.stride:]) = [2]byte{v, v}
			default:
				// By zig-zag position; 1, 2 and 4 are in the corner of 2x2, and 0 is for values
				// beyond them, so that one condition ends the loop.
				var low [8]int32
				for k < 4 {
					if bits < 32 {
						if pos+8 > len(buf) {
							return m
						}
						acc |= binary.BigEndian.Uint64(buf[pos:]) >> (bits & 63)
						pos += (63 - bits) >> 3
						bits |= 56
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
							return m
						}
					}
					acc <<= total & 63
					bits -= int(total)
					k += advance
					place := k
					if k > 4 {
						place = 0
					}
					low[place&7] = value
				}
				inverse2(dc, low[1]*int32(u.steps[1]>>6), low[2]*int32(u.steps[2]>>6), low[4]*int32(u.steps[4]>>6), dst, u.stride)
			}

			for k < 63 { // as in skip
				if bits < 32 {
					if pos+8 > len(buf) {
						return m
					}
					acc |= binary.BigEndian.Uint64(buf[pos:]) >> (bits & 63)
					pos += (63 - bits) >> 3
					bits |= 56
				}
				leap := uint(ac.leap[acc>>(64-leapBits)])
				to := k + int(leap>>6)
				if to < 63 {
					acc <<= leap & 63
					bits -= int(leap & 63)
					k = to
					continue
				}
				if leap&leapEnd != 0 && to < 63+64 {
					acc <<= leap & 63
					bits -= int(leap & 63)
					k = endOfBlock
					break
				}
				advance, total := ac.single(acc)
				if total == 0 {
					return m
				}
				acc <<= total & 63
				bits -= int(total)
				k += advance
			}
			if k > 63 && k < endOfBlock {
				return m
			}
		}
	}
	r.acc, r.n, r.pos = acc, bits, pos
	return n
}
