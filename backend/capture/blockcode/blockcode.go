// Package blockcode writes a frame's number and capture time into the picture as black
// and white cells, and reads them back. In: planes, a number and a time; out: planes
// with a code, or number and time. It must never depend on who draws or reads.
//
// # Layout
//
// The code is a full-width strip at the bottom of the picture, 64 columns by 2 rows of
// square cells. In a picture of w by h pixels, y growing downwards, one cell measures
//
//	cell = w / 64                                      (a real number, not rounded)
//
// and the cell in column i (0 is leftmost) and row r (0 is the upper one) has its centre
// at, and covers every pixel whose centre lies within half a cell of,
//
//	x = (i + 0.5) * cell
//	y = h - (1.5 - r) * cell
//
// So the lower row touches the picture's lower edge, and a picture that was scaled is
// read by the same two formulas with its new size. The strip reserved for the code is
// somewhat higher than its 2 cells, so that it covers whole 16x16 blocks of a JPEG:
//
//	top = 16 * floor((h - max(16, ceil(w / 32))) / 16)
//
// From top to the upper row of cells it is black. Chroma is neutral in the whole strip.
//
// # Bits
//
// Cell k = 64*r + i holds bit k of 16 bytes, most significant bit first: bit k is
// byte[k>>3] >> (7 - k&7) & 1. White (luma 235) is 1, black (luma 16) is 0. The bytes,
// all numbers big endian, are
//
//	byte 0..5    the low 48 bits of the frame's number (seq)
//	byte 6..13   wall clock of the capture, microseconds since 1970-01-01 UTC (int64)
//	byte 14..15  CRC-16/CCITT-FALSE of bytes 0..13 (polynomial 0x1021, initially 0xFFFF,
//	             no reflection, no final XOR; "123456789" gives 0x29B1)
//
// and before they are drawn they are XORed with the 16 bytes
//
//	9e 37 79 b9 7f 4a 7c 15 f3 9c c0 60 5c ed c8 34
//
// (the golden ratio's), so that no flat or evenly striped picture holds a code. Seq 1 at
// 2025-01-01T00:00:00.123456Z (1735689600123456 µs), for one, is drawn as
//
//	9e 37 79 b9 7f 4b 7c 13 d9 05 7a 6e 1e ad b7 b5
//
// # Reading
//
// With r = floor(cell / 4), average the luma of the (2r+1) by (2r+1) pixels around the
// pixel at (floor(x), floor(y)); 128 and more is white. XOR with the bytes above and
// compare the CRC. This survives JPEG at quality 60 with 4:2:0 from 160x120 on, and after
// it scaling to half or double the size, down to 96 pixels of width (1.5 a cell).
package blockcode

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
)

const (
	columns = 64
	rows    = 2

	white = 235
	black = 16
)

var whitening = [16]byte{0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15, 0xf3, 0x9c, 0xc0, 0x60, 0x5c, 0xed, 0xc8, 0x34}

// Strip is the part of a w by h picture that belongs to the code: full width, from a
// multiple of 16 to the lower edge, at least 16 pixels and 2 cells high, at most 15 more.
// It is empty where the picture is too small for it: below 64 pixels of width, or too low.
func Strip(w, h int) image.Rectangle {
	need := max(16, (w+31)/32)
	if w < columns || h < need {
		return image.Rectangle{}
	}
	return image.Rect(0, (h-need)/16*16, w, h)
}

// Draw fills the strip of im with the code for seq (its low 48 bits) and the wall time
// micros (µs since 1970 UTC, as of [time.Time.UnixMicro]). im may have any subsampling.
// It draws nothing where Strip is empty.
func Draw(im *image.YCbCr, seq uint64, micros int64) {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	strip := Strip(w, h)
	if strip.Empty() {
		return
	}
	neutral(im, strip.Add(im.Rect.Min))
	line := func(y int) []byte {
		o := im.YOffset(im.Rect.Min.X, im.Rect.Min.Y+y)
		return im.Y[o : o+w]
	}
	code := pack(seq, micros)
	var drawn [rows]bool
	var first [rows][]byte
	for y := strip.Min.Y; y < h; y++ {
		dst := line(y)
		// Twice the distance of the pixel's centre from the lower edge, in cells of w/64.
		r := rows - 1 - (2*(h-y)-1)*columns/(2*w)
		switch {
		case r < 0:
			fill(dst, black)
		case drawn[r]:
			copy(dst, first[r])
		default:
			first[r], drawn[r] = dst, true
			for x := range dst {
				k := r*columns + (2*x+1)*columns/(2*w)
				dst[x] = black
				if code[k>>3]>>(7-k&7)&1 == 1 {
					dst[x] = white
				}
			}
		}
	}
}

// neutral takes the colour out of r.
func neutral(im *image.YCbCr, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		lo, hi := im.COffset(r.Min.X, y), im.COffset(r.Max.X-1, y)+1
		fill(im.Cb[lo:hi], 128)
		fill(im.Cr[lo:hi], 128)
	}
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// Read finds number and wall time (µs since 1970 UTC) in im. An error says why there is
// none: too small a picture, or a strip that holds no undamaged code.
func Read(im *image.YCbCr) (seq uint64, micros int64, err error) {
	return ReadLuma(im.Rect.Dx(), im.Rect.Dy(), func(x, y int) uint8 {
		return im.Y[im.YOffset(im.Rect.Min.X+x, im.Rect.Min.Y+y)]
	})
}

// ReadLuma is Read for any picture of w by h pixels; luma is asked with 0 <= x < w and
// 0 <= y < h.
func ReadLuma(w, h int, luma func(x, y int) uint8) (seq uint64, micros int64, err error) {
	cell := float64(w) / columns
	if cell < 1 || float64(h) < rows*cell {
		return 0, 0, fmt.Errorf("blockcode: a picture of %dx%d pixels has no room for a code", w, h)
	}
	// The narrowest picture has one pixel a cell, so the patch never leaves its cell.
	reach := int(cell / 4)
	n := (2*reach + 1) * (2*reach + 1)
	var code [16]byte
	for k := range rows * columns {
		r, i := k/columns, k%columns
		cx := int(math.Floor((float64(i) + 0.5) * cell))
		cy := int(math.Floor(float64(h) - (1.5-float64(r))*cell))
		sum := 0
		for y := cy - reach; y <= cy+reach; y++ {
			for x := cx - reach; x <= cx+reach; x++ {
				sum += int(luma(x, y))
			}
		}
		if sum >= 128*n {
			code[k>>3] |= 1 << (7 - k&7)
		}
	}
	seq, micros, ok := unpack(code)
	if !ok {
		return 0, 0, fmt.Errorf("blockcode: the lower edge of the picture (%dx%d) holds no undamaged code", w, h)
	}
	return seq, micros, nil
}

func pack(seq uint64, micros int64) [16]byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], seq<<16)
	binary.BigEndian.PutUint64(b[6:14], uint64(micros))
	binary.BigEndian.PutUint16(b[14:], crc16(b[:14]))
	return whiten(b)
}

func unpack(b [16]byte) (seq uint64, micros int64, ok bool) {
	b = whiten(b)
	if binary.BigEndian.Uint16(b[14:]) != crc16(b[:14]) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(b[:8]) >> 16, int64(binary.BigEndian.Uint64(b[6:14])), true
}

func whiten(b [16]byte) [16]byte {
	for i := range b {
		b[i] ^= whitening[i]
	}
	return b
}

// crc16 is CRC-16/CCITT-FALSE (also called IBM-3740).
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, x := range b {
		crc ^= uint16(x) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x1021
			}
		}
	}
	return crc
}
