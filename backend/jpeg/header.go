package jpeg

import (
	"bytes"
	"encoding/binary"
	"image"
)

// Marker codes, the byte after 0xFF (table B.1).
const (
	markTEM   = 0x01
	markSOF0  = 0xc0 // baseline sequential
	markSOF1  = 0xc1 // extended sequential
	markSOF2  = 0xc2 // progressive
	markDHT   = 0xc4
	markJPG   = 0xc8 // reserved, no frame
	markDAC   = 0xcc
	markSOF15 = 0xcf
	markRST0  = 0xd0
	markRST7  = 0xd7
	markSOI   = 0xd8
	markEOI   = 0xd9
	markSOS   = 0xda
	markDQT   = 0xdb
	markDRI   = 0xdd
	markDHP   = 0xde
	markAPP0  = 0xe0
	markAPP14 = 0xee
)

// component is one colour component (B.2.2) and its part in the scan (B.2.3).
type component struct {
	id     uint8
	h, v   int   // sampling factors: blocks of this component in an MCU, across and down
	tq     uint8 // quantization table, 0..3
	td, ta uint8 // Huffman tables for DC and AC, 0..3
}

// header is what stands before the entropy-coded bytes.
type header struct {
	width, height int
	progressive   bool
	comps         [4]component
	n             int  // components: 1, 3 or 4
	foreign       bool // RGB or CMYK, which image/jpeg has to convert
	ratio         image.YCbCrSubsampleRatio
	mcusX, mcusY  int // whole MCUs that cover the picture (A.2)
	restart       int // MCUs between restart markers, 0 for none (B.2.4.4)
	interleaved   bool
	sos           int // where the marker before the scan stands
	scan          int // where the first entropy-coded byte stands

	jfif, adobeRGB bool
}

func (h *header) gray() bool { return h.n == 1 }

// slow says whether the picture is left to image/jpeg.
func (h *header) slow() bool { return h.progressive || !h.interleaved || h.foreign }

// parse walks the marker segments from SOI to the first SOS (B.2.1). Tables go to t,
// unless t is nil.
func (h *header) parse(data []byte, t *tables) error {
	if len(data) < 2 || data[0] != 0xff || data[1] != markSOI {
		return malformed("it does not begin with SOI")
	}
	pos := 2
	for {
		marker, body, next, err := nextSegment(data, pos)
		if err != nil {
			return err
		}
		switch {
		case marker == markDQT:
			if t != nil {
				err = t.defineQuant(body)
			}
		case marker == markDHT:
			if t != nil {
				err = t.defineHuffman(body)
			}
		case marker == markDRI:
			if len(body) != 2 {
				return malformed("DRI has %d bytes, not 2", len(body))
			}
			h.restart = int(binary.BigEndian.Uint16(body))
		case marker == markAPP0:
			h.jfif = h.jfif || bytes.HasPrefix(body, []byte("JFIF\x00"))
		case marker == markAPP14:
			// Adobe's segment ends in the colour transform; 0 means none, so RGB.
			h.adobeRGB = len(body) >= 12 && string(body[:5]) == "Adobe" && body[11] == 0
		case marker == markDHP:
			return unsupported("it is hierarchical")
		case marker == markEOI:
			return malformed("it ends before a scan begins")
		case marker == markSOI:
			return malformed("another picture begins inside the headers")
		case marker == markSOS:
			if err := h.parseScan(body); err != nil {
				return err
			}
			h.sos, h.scan = next-len(body)-4, next
			return h.checkScanLength(data[next:])
		case markSOF0 <= marker && marker <= markSOF15 && marker != markJPG && marker != markDAC:
			err = h.parseFrame(marker, body)
		}
		if err != nil {
			return err
		}
		pos = next
	}
}

// nextSegment finds the next marker at or after pos and its segment's body, empty for
// markers that have none (B.1.1). Fill bytes are skipped, and so are stray bytes between
// segments, which some cameras leave there.
func nextSegment(data []byte, pos int) (marker byte, body []byte, next int, err error) {
	for {
		i := bytes.IndexByte(data[pos:], 0xff)
		if i < 0 || pos+i+1 >= len(data) {
			return 0, nil, 0, malformed("its headers end without a scan")
		}
		pos += i + 1
		marker = data[pos]
		switch {
		case marker == 0xff: // a fill byte; this one may start the marker
			continue
		case marker == 0, marker == markTEM, markRST0 <= marker && marker <= markRST7:
			pos++
			continue
		case marker == markSOI, marker == markEOI:
			return marker, nil, pos + 1, nil
		}
		break
	}
	pos++
	if len(data)-pos < 2 {
		return 0, nil, 0, malformed("it ends inside the segment of marker %#02x", marker)
	}
	n := int(binary.BigEndian.Uint16(data[pos:]))
	if n < 2 || n > len(data)-pos {
		return 0, nil, 0, malformed("the segment of marker %#02x wants %d bytes, %d are left", marker, n, len(data)-pos)
	}
	return marker, data[pos+2 : pos+n], pos + n, nil
}

// parseFrame reads SOFn (B.2.2).
func (h *header) parseFrame(marker byte, body []byte) error {
	switch {
	case h.n != 0:
		return malformed("it has two frame headers")
	case marker > markSOF2 && marker != 0xc9 && marker != 0xca:
		return unsupported("it is lossless or hierarchical (SOF%d)", marker-markSOF0)
	case marker > markSOF2:
		return unsupported("it is arithmetic-coded (SOF%d)", marker-markSOF0)
	case len(body) < 6 || len(body) != 6+3*int(body[5]):
		return malformed("its frame header has %d bytes", len(body))
	case body[0] != 8:
		return unsupported("it has %d bits a sample, not 8", body[0])
	}
	h.progressive = marker == markSOF2
	h.height = int(binary.BigEndian.Uint16(body[1:]))
	h.width = int(binary.BigEndian.Uint16(body[3:]))
	switch {
	case h.width == 0:
		return malformed("its width is 0")
	case h.height == 0:
		return unsupported("its height is given after the scan (DNL)")
	case h.width*h.height > maxPixels:
		return unsupported("%dx%d is more than %d pixels", h.width, h.height, maxPixels)
	case body[5] != 1 && body[5] != 3 && body[5] != 4:
		return unsupported("it has %d colour components, not 1 (gray), 3 (YCbCr) or 4 (CMYK)", body[5])
	}
	h.n = int(body[5])
	for i := range h.n {
		spec := body[6+3*i:]
		c := component{id: spec[0], h: int(spec[1] >> 4), v: int(spec[1] & 15), tq: spec[2]}
		for _, other := range h.comps[:i] {
			if other.id == c.id {
				return malformed("two components have the number %d", c.id)
			}
		}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return malformed("component %d has sampling %dx%d and quantization table %d", i, c.h, c.v, c.tq)
		}
		h.comps[i] = c
	}
	rgb := h.n == 3 && !h.jfif && (h.adobeRGB || h.comps[0].id == 'R' && h.comps[1].id == 'G' && h.comps[2].id == 'B')
	if h.foreign = rgb || h.n == 4; h.foreign {
		h.ratio = image.YCbCrSubsampleRatio444
	} else if h.gray() {
		// A lone component is coded block by block, whatever its sampling (A.2.2).
		h.comps[0].h, h.comps[0].v = 1, 1
		h.ratio = image.YCbCrSubsampleRatio420
	} else if err := h.findRatio(); err != nil {
		return err
	}
	h.mcusX = ceilDiv(h.width, 8*h.comps[0].h)
	h.mcusY = ceilDiv(h.height, 8*h.comps[0].v)
	return nil
}

// findRatio names the subsampling. Only the quotients of the factors matter (A.1.1): luma
// 2x2 with chroma 1x2 is 4:2:2 in taller MCUs.
func (h *header) findRatio() error {
	y, cb, cr := h.comps[0], h.comps[1], h.comps[2]
	if cb.h == cr.h && cb.v == cr.v && y.h%cb.h == 0 && y.v%cb.v == 0 && blocksIn(h.comps[:h.n]) <= maxUnits {
		switch [2]int{y.h / cb.h, y.v / cb.v} {
		case [2]int{1, 1}:
			h.ratio = image.YCbCrSubsampleRatio444
			return nil
		case [2]int{2, 1}:
			h.ratio = image.YCbCrSubsampleRatio422
			return nil
		case [2]int{2, 2}:
			h.ratio = image.YCbCrSubsampleRatio420
			return nil
		case [2]int{1, 2}:
			h.ratio = image.YCbCrSubsampleRatio440
			return nil
		case [2]int{4, 1}:
			h.ratio = image.YCbCrSubsampleRatio411
			return nil
		}
	}
	return unsupported("its components are sampled %dx%d, %dx%d and %dx%d", y.h, y.v, cb.h, cb.v, cr.h, cr.v)
}

// parseScan reads SOS (B.2.3).
func (h *header) parseScan(body []byte) error {
	if h.n == 0 {
		return malformed("its scan comes before a frame header")
	}
	if len(body) < 1 || body[0] < 1 || int(body[0]) > h.n || len(body) != 4+2*int(body[0]) {
		return malformed("its scan header does not fit %d components", h.n)
	}
	h.interleaved = int(body[0]) == h.n
	if h.slow() {
		return nil // Decode leaves these to image/jpeg, which reads the rest itself
	}
	for i := range h.n {
		c := &h.comps[i]
		id, t := body[1+2*i], body[2+2*i]
		c.td, c.ta = t>>4, t&15
		if id != c.id || c.td > 3 || c.ta > 3 {
			return malformed("its scan header has component %d with Huffman tables %d and %d in place %d", id, c.td, c.ta, i)
		}
	}
	return nil
}

// checkScanLength refuses a picture that cannot be in the bytes that are left.
func (h *header) checkScanLength(rest []byte) error {
	if len(rest) == 0 || len(rest) >= 2 && rest[0] == 0xff && rest[1] != 0 {
		return malformed("its scan is empty")
	}
	// The shortest Huffman code has one bit, and a sequential block has at least two
	// codes: a DC difference and the end of the block (F.1.2). A progressive block is
	// sure of the first only (G.1.2).
	bits := 2
	if h.progressive {
		bits = 1
	}
	// Blocks wholly outside the picture are in interleaved scans alone; leave them out.
	y, blocks := h.comps[0], 0
	for _, c := range h.comps[:h.n] {
		blocks += ceilDiv(ceilDiv(h.width*c.h, y.h), 8) * ceilDiv(ceilDiv(h.height*c.v, y.v), 8)
	}
	if need := ceilDiv(blocks*bits, 8); len(rest) < need {
		return malformed("%dx%d pixels take %d bytes at the very least, %d are left", h.width, h.height, need, len(rest))
	}
	return nil
}

// maxUnits is how many blocks an MCU of several components may have (B.2.3).
const maxUnits = 10

func blocksIn(comps []component) int {
	n := 0
	for _, c := range comps {
		n += c.h * c.v
	}
	return n
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
