package jpeg

import (
	"image"
)

// Encoder encodes planar YCbCr as baseline JPEG. Make one with NewEncoder. It must not be
// used by two goroutines at once.
type Encoder struct {
	tables     [2][64]uint8 // quantization, zig-zag order
	quantizers [2]quantizer

	mcu  [maxUnits]quantized
	edge [64]byte
}

// quantized is a block of an MCU, ready for entropy coding: see quantize.
type quantized struct {
	quants  [64]int16
	mask    uint64
	outside bool // of the picture
}

// NewEncoder makes an encoder for a quality of 1..100, which means what it does to the
// Independent JPEG Group's library and to image/jpeg. Values outside are brought inside.
func NewEncoder(quality int) *Encoder {
	quality = min(max(quality, 1), 100)
	e := new(Encoder)
	for i := range e.tables {
		e.tables[i] = scaledQuant(&quantExample[i], quality)
		e.quantizers[i] = newQuantizer(&e.tables[i])
	}
	return e
}

// plane is one component of the picture: samples from the top-left corner on, and how
// many blocks of it are in an MCU.
type plane struct {
	samples []byte
	stride  int
	w, h    int // samples of the picture
	across  int
	down    int
	use     int // luma or chroma: which tables
	pred    int32
}

// Encode appends im as one complete JFIF picture to dst and returns the longer slice. The
// subsampling stays im's own, one of those that Decode gives; the error for another one
// wraps ErrUnsupported. Rect may begin anywhere and end at any size of 1..65535; where it
// begins at an odd place of a subsampled direction, chroma moves by half a pixel.
//
// Nothing is allocated where dst has room for the picture and 4 KiB more; otherwise dst
// grows a bounded number of times, mostly once. With an error dst is returned as it was.
func (e *Encoder) Encode(dst []byte, im *image.YCbCr) ([]byte, error) {
	planes, err := split(im)
	if err != nil {
		return dst, err
	}
	y := &planes[0]
	mcuBytes := mcuLimit(y)

	// Two bits a pixel is a good picture; noise takes more, and then the buffer doubles.
	w := bitWriter{buf: dst[:cap(dst)], pos: len(dst)}
	w.reserve(headerBytes+mcuBytes, len(dst)+headerBytes+mcuBytes+y.w*y.h/4)
	w.pos = len(e.appendHeader(w.buf[:w.pos], y, 0))
	for my := range y.mcuRows() {
		e.encodeMCUs(&w, &planes, my, 0, y.mcusAcross())
	}
	w.flush()
	return append(w.buf[:w.pos], 0xff, markEOI), nil
}

// mcuLimit is the most that one MCU can take, whichever is the last one.
func mcuLimit(y *plane) int {
	blocks := y.across*y.down + 2
	return blocks*maxBlockBytes + maxTailBytes + 2
}

// mcuRows is how many rows of MCUs a picture with this luma plane has.
func (p *plane) mcuRows() int { return ceilDiv(p.h, 8*p.down) }

// mcusAcross is how many MCUs are in a row.
func (p *plane) mcusAcross() int { return ceilDiv(p.w, 8*p.across) }

// encodeMCUs codes n MCUs of row my from column mx on, making room as it goes. An MCU's
// blocks are all transformed before they are coded: transforms do not depend on each other,
// and the processor works on several at a time.
func (e *Encoder) encodeMCUs(w *bitWriter, planes *[3]plane, my, mx, n int) {
	mcuBytes := mcuLimit(&planes[0])
	for end := mx + n; mx < end; mx++ {
		w.reserve(mcuBytes, 0)
		next := 0
		for i := range planes {
			p := &planes[i]
			for v := range p.down {
				for h := range p.across {
					e.quantizeBlock(&e.mcu[next], p, 8*(mx*p.across+h), 8*(my*p.down+v))
					next++
				}
			}
		}
		next = 0
		for i := range planes {
			p := &planes[i]
			for range p.across * p.down {
				w.quantized(&e.mcu[next], p)
				next++
			}
		}
	}
}

// quantizeBlock transforms and quantizes the block whose top-left sample is (x, y).
func (e *Encoder) quantizeBlock(b *quantized, p *plane, x, y int) {
	if b.outside = x >= p.w || y >= p.h; b.outside {
		return
	}
	src, stride := e.edge[:], 8
	if x+8 <= p.w && y+8 <= p.h {
		src, stride = p.samples[y*p.stride+x:], p.stride
	} else {
		e.copyEdge(p, x, y)
	}
	b.mask = forwardQuantize(src, stride, &e.quantizers[p.use], &b.quants)
}

// quantized codes the next block of a plane. One outside the picture, which nobody sees, is as
// flat as the block before it: that takes the fewest bits.
func (w *bitWriter) quantized(b *quantized, p *plane) {
	if b.outside {
		b.quants, b.mask = [64]int16{int16(p.pred)}, 0
	}
	w.block(typicalEncode[classDC][p.use], typicalEncode[classAC][p.use], &p.pred, &b.quants, b.mask)
}

// copyEdge completes a block that sticks out of the picture by repeating the picture's
// last column and row, which adds the least detail (A.2.4).
func (e *Encoder) copyEdge(p *plane, x, y int) {
	for j := range 8 {
		row := p.samples[min(y+j, p.h-1)*p.stride:]
		for i := range 8 {
			e.edge[8*j+i] = row[min(x+i, p.w-1)]
		}
	}
}

// split checks im and takes its planes apart.
func split(im *image.YCbCr) (planes [3]plane, err error) {
	across, down := 1, 1
	switch im.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
	case image.YCbCrSubsampleRatio422:
		across = 2
	case image.YCbCrSubsampleRatio420:
		across, down = 2, 2
	case image.YCbCrSubsampleRatio440:
		down = 2
	case image.YCbCrSubsampleRatio411:
		across = 4
	default:
		return planes, unsupported("cannot encode subsampling %v, only 4:4:4, 4:2:2, 4:2:0, 4:4:0 and 4:1:1", im.SubsampleRatio)
	}
	w, h := im.Rect.Dx(), im.Rect.Dy()
	if w < 1 || h < 1 || w > 65535 || h > 65535 {
		return planes, unsupported("cannot encode %dx%d pixels, only 1..65535 each way", w, h)
	}
	x0, y0 := im.Rect.Min.X, im.Rect.Min.Y
	cw, ch := ceilDiv(w, across), ceilDiv(h, down)
	planes = [3]plane{
		{stride: im.YStride, w: w, h: h, across: across, down: down, use: luma},
		{stride: im.CStride, w: cw, h: ch, across: 1, down: 1, use: chroma},
		{stride: im.CStride, w: cw, h: ch, across: 1, down: 1, use: chroma},
	}
	for i, from := range [3][]byte{im.Y, im.Cb, im.Cr} {
		p := &planes[i]
		offset := im.COffset(x0, y0)
		if i == 0 {
			offset = im.YOffset(x0, y0)
		}
		if p.stride < p.w || offset < 0 || len(from) < offset+(p.h-1)*p.stride+p.w {
			return planes, malformed("cannot encode plane %d: %d bytes at stride %d do not hold %dx%d samples", i, len(from), p.stride, p.w, p.h)
		}
		p.samples = from[offset:]
	}
	return planes, nil
}

// headerBytes is the most that appendHeader writes.
const headerBytes = 2 + 18 + (4 + 2*65) + 19 + (4 + 2*(29+179)) + 6 + 14

// appendHeader writes everything up to the scan (B.2, and APP0 as JFIF 1.01 has it).
// restart is the restart interval in MCUs, 0 for none.
func (e *Encoder) appendHeader(b []byte, y *plane, restart int) []byte {
	b = append(b, 0xff, markSOI)
	b = append(b, 0xff, markAPP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0)
	b = append(b, 0xff, markDQT, 0, 2+2*65)
	for i := range e.tables {
		b = append(b, byte(i))
		b = append(b, e.tables[i][:]...)
	}
	b = append(b, 0xff, markSOF0, 0, 17, 8, byte(y.h>>8), byte(y.h), byte(y.w>>8), byte(y.w), 3,
		1, byte(y.across<<4|y.down), luma,
		2, 0x11, chroma,
		3, 0x11, chroma)
	const huffmanBytes = 2 + 2*(29+179)
	b = append(b, 0xff, markDHT, huffmanBytes>>8, huffmanBytes&0xff)
	for i := range typicalDC {
		b = appendHuffman(b, classDC, i, &typicalDC[i])
		b = appendHuffman(b, classAC, i, &typicalAC[i])
	}
	if restart > 0 {
		b = append(b, 0xff, markDRI, 0, 4, byte(restart>>8), byte(restart))
	}
	return append(b, 0xff, markSOS, 0, 12, 3,
		1, luma*0x11, // Huffman tables for DC and AC
		2, chroma*0x11,
		3, chroma*0x11,
		0, 63, 0)
}

// appendHuffman writes one table of DHT (B.2.4.2).
func appendHuffman(b []byte, class, dst int, spec *huffmanSpec) []byte {
	b = append(b, byte(class<<4|dst))
	b = append(b, spec.counts[:]...)
	return append(b, spec.symbols...)
}
