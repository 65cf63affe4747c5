package jpeg

import (
	"errors"
	"image"
)

// Splicer draws on a JPEG without decoding or encoding more of it than what is drawn on:
// the blocks there are decoded, and those that the drawing has changed are encoded again with
// the picture's own tables; all other bits are copied. So everywhere else the picture stays
// what it was, bit for bit. The zero value is ready; its
// memory serves picture after picture. It must not be used by two goroutines at once.
//
//	im, err := s.Open(&index, touched)
//	draw(im)
//	out, err := s.Close(out)
type Splicer struct {
	x       *Index // of the open picture, nil if none is
	planes  *image.YCbCr
	across  int       // MCUs in a row
	touched []uint16  // by MCU, a bit for each of its blocks
	blocks  []spliced // of the touched MCUs, in coding order

	room   [maxUnits]unit
	units  []unit
	coders [maxUnits]coder // of the units
	codes  [2][4]encodeTable

	coef [64]int32
	mcu  [maxUnits]quantized
}

// spliced is a block that may be drawn on.
type spliced struct {
	begin, end uint32   // in Decoder.entropy
	dc         int32    // before quantization is undone
	samples    [64]byte // before drawing
}

// Open decodes the blocks under the touched rectangles, which are clipped to the picture, and
// returns planes to draw on, as Decode would: the picture's size and subsampling, whole
// MCUs. Outside the touched rectangles they hold anything, and drawing there has no effect
// or spoils the picture. They are the Splicer's own, for use until Close. Of a gray picture
// only Y is taken back.
//
// The index, and with it the picture's bytes, must stay as it is until Close. Open gives up
// what was open before. The error wraps ErrUnsupported for a picture without an index.
func (s *Splicer) Open(x *Index, touched []image.Rectangle) (*image.YCbCr, error) {
	s.x = nil
	if x.data == nil {
		return nil, unsupported("it has no index of its MCUs")
	}
	d := &x.dec
	h := &d.head
	s.planes = h.planesFor(s.planes, 0)
	if h.gray() {
		fill(s.planes.Cb, 128)
		fill(s.planes.Cr, 128)
	}
	s.units = d.layOut(&s.room, s.planes, 0)
	s.across = h.mcusX
	s.touch(h, len(x.marks), touched)

	r := bitReader{buf: d.entropy}
	blocks := s.blocks
	for m, touched := range s.touched {
		if touched == 0 {
			continue
		}
		my, mx := m/s.across, m%s.across
		mark := &x.marks[m]
		r.seek(int(mark.bit))
		pred := mark.dc
		for i := range s.units {
			u := &s.units[i]
			b, end := &blocks[i], 0
			if touched>>i&1 != 0 {
				end = 63
			}
			begin := r.bit()
			last := r.block(u.dc, u.ac, u.steps, &pred[u.comp], &s.coef, end)
			b.begin, b.end, b.dc = uint32(begin), uint32(r.bit()), pred[u.comp]
			if last < 0 {
				s.coef = [64]int32{}
				return nil, malformed("MCU %d is not where its index says", m)
			}
			if end == 0 {
				s.coef[0] = 0
				continue
			}
			samples := u.at(my, mx)
			inverse(&s.coef, last, 0, samples, u.stride)
			for y := range 8 {
				*(*[8]byte)(b.samples[8*y:]) = *(*[8]byte)(samples[y*u.stride:])
			}
		}
		blocks = blocks[len(s.units):]
	}
	s.x = x
	return s.planes, nil
}

// touch finds the blocks under the rectangles, and makes room for those of their MCUs.
func (s *Splicer) touch(h *header, mcus int, rects []image.Rectangle) {
	if cap(s.touched) < mcus {
		s.touched = make([]uint16, mcus)
	}
	s.touched = s.touched[:mcus]
	clear(s.touched)
	n := 0
	w, ht := 8*h.comps[0].h, 8*h.comps[0].v
	var room [maxUnits]image.Rectangle
	areas := room[:0] // of the blocks in their MCU
	for _, u := range s.units {
		across, down := w/u.dx, ht/u.dy // pixels to a sample
		areas = append(areas, image.Rect(u.x*across, u.y*down, (u.x+8)*across, (u.y+8)*down))
	}
	picture := image.Rect(0, 0, h.width, h.height)
	for _, r := range rects {
		if r = r.Intersect(picture); r.Empty() {
			continue
		}
		from, to := r.Min.X/w, (r.Max.X-1)/w
		for y := r.Min.Y / ht; y <= (r.Max.Y-1)/ht; y++ {
			row := s.touched[y*h.mcusX:]
			for x := from; x <= to; x++ {
				if row[x] == 0 {
					n++
				}
				here := r.Sub(image.Pt(x*w, y*ht))
				for i, area := range areas {
					if here.Overlaps(area) {
						row[x] |= 1 << i
					}
				}
			}
		}
	}
	if n *= len(s.units); cap(s.blocks) < n {
		s.blocks = make([]spliced, min(n+n/4, mcus*len(s.units)))
	}
	s.blocks = s.blocks[:n]
}

// at is where the unit's block of an MCU begins in its plane.
func (u *unit) at(my, mx int) []byte {
	return u.plane[(my*u.dy+u.y)*u.stride+mx*u.dx+u.x:]
}

// errNotOpen is the error of a Close without an Open.
var errNotOpen = errors.New("jpeg: no picture is open")

// changed says whether the samples of a block were drawn on.
func (b *spliced) changed(samples []byte, stride int) bool {
	for y := range 8 {
		if *(*[8]byte)(samples[y*stride:]) != *(*[8]byte)(b.samples[8*y:]) {
			return true // most often in the first row
		}
	}
	return false
}

// Close appends the picture as it has been drawn on to dst, whole, with the Huffman tables
// that a camera may have left out and with EOI, and returns the longer slice, to which the
// Splicer keeps no reference. Nothing is allocated where dst has room for the picture and
// 4 KiB more.
//
// Where the picture's own Huffman tables have no code for what was drawn, all of it is
// coded again with the typical ones, which changes no coefficient. The error wraps
// ErrUnsupported where these have none either, which takes coefficients that no 8-bit
// samples come to; dst then is returned as it was.
func (s *Splicer) Close(dst []byte) ([]byte, error) {
	if s.x == nil {
		return dst, errNotOpen
	}
	s.prepareQuantizers()
	w := bitWriter{buf: dst[:cap(dst)], pos: len(dst)}
	ok := s.splice(&w)
	if !ok {
		w = bitWriter{buf: w.buf, pos: len(dst)}
		ok = s.recode(&w)
	}
	s.x = nil
	if !ok {
		return dst, unsupported("it has coefficients without a Huffman code")
	}
	return append(w.buf[:w.pos], 0xff, markEOI), nil
}
