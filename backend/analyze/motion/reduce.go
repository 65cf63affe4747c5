package motion

import (
	"encoding/binary"
	"image"
)

// grid is a small picture of cells, stored row by row with a margin of one cell all
// around: cell x, y of w×h stands at (y+1)*(w+2) + x+1. The margin spares the neighbours
// of border cells a test; a few bytes behind it let every cell be read as part of a word.
type grid struct{ w, h int }

func (g grid) empty() bool     { return g.w == 0 || g.h == 0 }
func (g grid) stride() int     { return g.w + 2 }
func (g grid) cells() int      { return g.stride()*(g.h+2) + 16 }
func (g grid) at(x, y int) int { return (y+1)*g.stride() + x + 1 }

// maxBlock keeps the sums of a column of pixel pairs, 2·255 a row, in 16 bits.
const maxBlock = 128

// reduce averages each block of luma pixels into one cell of dst, exactly, rounding to
// the nearest. It works on eight pixels at a time: the bytes of a word, split into even
// and odd ones, add up as four sums of 16 bits.
func reduce(dst []uint8, planes *image.YCbCr, v view) {
	src := planes.Y[planes.YOffset(v.part.Min.X, v.part.Min.Y):]
	for y := range v.h {
		d := dst[v.at(0, y):v.at(v.w, y)]
		s := src[y*v.block*planes.YStride:]
		switch v.block {
		case 1:
			copy(d, s)
		case 2:
			reduce2(d, s, planes.YStride)
		case 4:
			reduce4(d, s, planes.YStride)
		default:
			reduceWide(d, s, planes.YStride, v.block)
		}
	}
}

func reduce2(dst, src []uint8, stride int) {
	n := len(dst) &^ 3
	upper, lower := src[:2*n], src[stride:][:2*n]
	for x := 0; x < n; x += 4 {
		s := pairs(upper[2*x:]) + pairs(lower[2*x:]) + 2*lanes
		dst[x], dst[x+1], dst[x+2], dst[x+3] = uint8(s>>2), uint8(s>>18), uint8(s>>34), uint8(s>>50)
	}
	for x := n; x < len(dst); x++ {
		dst[x] = average(src[2*x:], stride, 2)
	}
}

func reduce4(dst, src []uint8, stride int) {
	n := len(dst) &^ 1
	r0, r1, r2, r3 := src[:4*n], src[stride:][:4*n], src[2*stride:][:4*n], src[3*stride:][:4*n]
	for x := 0; x < n; x += 2 {
		s := pairs(r0[4*x:]) + pairs(r1[4*x:]) + pairs(r2[4*x:]) + pairs(r3[4*x:])
		s += s>>16 + 8*lanes
		dst[x], dst[x+1] = uint8(s>>4), uint8(s>>36)
	}
	if n < len(dst) {
		dst[n] = average(src[4*n:], stride, 4)
	}
}

// reduceWide serves blocks of 8 pixels and more.
func reduceWide(dst, src []uint8, stride, block int) {
	for x := range dst {
		total := uint64(0)
		for c := x * block; c < (x+1)*block; c += 8 {
			s := uint64(0)
			for y := range block {
				s += pairs(src[y*stride+c:])
			}
			s = s&0x0000ffff0000ffff + s>>16&0x0000ffff0000ffff
			total += s&0xffffffff + s>>32
		}
		area := uint64(block * block)
		dst[x] = uint8((total + area/2) / area)
	}
}

// average is one block, pixel by pixel.
func average(src []uint8, stride, block int) uint8 {
	total := block * block / 2
	for y := range block {
		for _, p := range src[y*stride:][:block] {
			total += int(p)
		}
	}
	return uint8(total / (block * block))
}

// lanes is 1 in each of the four 16-bit lanes of a word.
const lanes = 0x0001000100010001

// pairs adds neighbouring pixels: four sums of two, in the lanes of a word.
func pairs(p []uint8) uint64 {
	w := binary.LittleEndian.Uint64(p)
	return w&(0xff*lanes) + w>>8&(0xff*lanes)
}
