package motion

import "encoding/binary"

// majority writes to dst the cells of which at least five of the nine around them,
// themselves included, are marked in src: the binary median, which removes specks and
// hairlines and fills pinholes, while straight borders stay where they are. Eight cells
// are counted at a time, in the bytes of a word; the margin comes out unmarked, because
// none of its cells has more than three marked neighbours.
func majority(dst, src []uint8, g grid) {
	stride := g.stride()
	for i := g.at(0, 0); i < g.at(g.w, g.h-1); i += 8 {
		n := triples(src[i-stride-1:]) + triples(src[i-1:]) + triples(src[i+stride-1:])
		// 5 and more, plus 123, sets a byte's top bit.
		binary.LittleEndian.PutUint64(dst[i:], (n+123*ones)>>7&ones)
	}
}

// ones is 1 in each byte of a word.
const ones = 0x0101010101010101

// triples counts the marks of eight cells and of their left and right neighbours; the
// first byte of p is the first cell's left neighbour.
func triples(p []uint8) uint64 {
	_ = p[9]
	return binary.LittleEndian.Uint64(p) + binary.LittleEndian.Uint64(p[1:]) + binary.LittleEndian.Uint64(p[2:])
}
