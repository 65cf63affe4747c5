package jpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
)

// Decoder decodes JPEGs one after another, keeping its scratch memory. The zero value is
// ready. It must not be used by two goroutines at once.
type Decoder struct {
	head   header
	tables tables

	// entropy holds the scan's bits without byte stuffing and markers, then readSlack
	// bytes of zeros; segments[i] is where restart interval i begins in it, and the last
	// element where the scan ends.
	entropy  []byte
	segments []int
	ended    bool // by EOI

	units [maxUnits]unit
	cut   [4][64]step // of tables.steps, what counts at 1/2
	coef  [64]int32

	index *Index // where decodeScan notes each MCU, nil for nowhere
}

// tables are what DQT and DHT define, by destination.
type tables struct {
	steps     [4][64]step
	haveQuant [4]bool
	// huffman points into defined, or at the typical tables.
	huffman     [2][4]*decodeTable
	defined     [2][4]*decodeTable // nil until needed
	haveHuffman [2][4]bool         // from DHT
}

// reset forgets the last picture's tables. Huffman tables 0 and 1 begin as the typical
// ones: USB cameras leave DHT out, as Motion-JPEG in AVI files does.
func (t *tables) reset() {
	t.haveQuant = [4]bool{}
	t.haveHuffman = [2][4]bool{}
	for class, typical := range typicalDecode {
		t.huffman[class] = [4]*decodeTable{typical[luma], typical[chroma]}
	}
}

// defineQuant reads DQT, any number of tables of 8- or 16-bit elements (B.2.4.1).
func (t *tables) defineQuant(body []byte) error {
	for len(body) > 0 {
		precision, dst := body[0]>>4, body[0]&15
		if precision > 1 || dst > 3 {
			return malformed("it defines quantization table %d in precision %d", dst, precision)
		}
		body = body[1:]
		size := 64 << precision
		if len(body) < size {
			return malformed("quantization table %d is cut off", dst)
		}
		for k, place := range zigzag {
			q := uint16(body[k])
			if precision == 1 {
				q = binary.BigEndian.Uint16(body[2*k:])
			}
			t.steps[dst][k] = step(q)<<6 | step(place)
		}
		t.haveQuant[dst] = true
		body = body[size:]
	}
	return nil
}

// defineHuffman reads DHT, any number of tables (B.2.4.2).
func (t *tables) defineHuffman(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 {
			return malformed("a Huffman table is cut off")
		}
		class, dst := int(body[0]>>4), body[0]&15
		if class > classAC || dst > 3 {
			return malformed("it defines Huffman table %d of class %d", dst, class)
		}
		counts := (*[16]uint8)(body[1:])
		n := 0
		for _, c := range counts {
			n += int(c)
		}
		body = body[17:]
		if n > 256 || n > len(body) {
			return malformed("Huffman table %d has %d symbols, %d are there", dst, n, len(body))
		}
		table, err := t.make(class, dst, counts, body[:n])
		if err != nil {
			return err
		}
		t.huffman[class][dst], t.haveHuffman[class][dst] = table, true
		body = body[n:]
	}
	return nil
}

// make gives a table for what DHT says. Few cameras have others than the typical ones, and
// they seldom change from picture to picture, while filling a table takes as long as
// decoding some rows: so it is done for new ones only.
func (t *tables) make(class int, dst uint8, counts *[16]uint8, symbols []uint8) (*decodeTable, error) {
	for _, typical := range typicalDecode[class] {
		if typical.is(counts, symbols) {
			return typical, nil
		}
	}
	table := t.defined[class][dst]
	if table == nil {
		table = new(decodeTable)
		t.defined[class][dst] = table
	}
	if table.is(counts, symbols) {
		return table, nil
	}
	return table, table.set(class, counts, symbols)
}

// unit is one block of an MCU: how to decode it and where it goes.
type unit struct {
	dc, ac *decodeTable
	steps  *[64]step
	comp   int  // whose DC prediction to use
	flat   bool // at 1/4: nothing but its mean is wanted
	plane  []byte
	stride int
	x, y   int // the block's place in the MCU, samples
	dx, dy int // the MCU's size in this plane, samples
	offset int // of the next block in plane
}

// Decode decodes a JPEG into dst's planes where their geometry fits, else into new ones,
// and returns the image. Its Rect is the picture's size from (0, 0); its planes cover
// whole MCUs, so strides may exceed the width. The subsampling is the stream's own (4:4:4,
// 4:2:2, 4:2:0, 4:4:0 or 4:1:1); a gray picture comes as 4:2:0 with chroma 128, for
// colours to be drawn on it.
//
// Sequential 8-bit Huffman streams with one scan decode without allocation once dst and
// the scratch memory have grown. Progressive ones, those with a scan per component, RGB and
// CMYK go through image/jpeg, into fresh memory.
//
// Errors wrap ErrFormat or ErrUnsupported. With an error the pixels of the returned image
// mean nothing, but it may serve as dst again; it is nil if dst was nil and not replaced.
func (d *Decoder) Decode(data []byte, dst *image.YCbCr) (*image.YCbCr, error) {
	return d.DecodeReduced(data, 0, dst)
}

// DecodeReduced is Decode at 1/2, 1/4 or 1/8 of the width and height, for shift 1, 2 or 3,
// in a fraction of the time; 0 is the whole picture. Each plane has its whole size divided
// by 1<<shift and rounded up, so the subsampling stays the stream's own. A sample is the
// mean of those it stands for, less what of their detail would show as moiré. Where one
// stands for some beyond the picture's right or lower edge, it is what the encoder put
// there.
//
// It refuses what Decode refuses, with an error of the same kind. Any other shift panics.
func (d *Decoder) DecodeReduced(data []byte, shift int, dst *image.YCbCr) (*image.YCbCr, error) {
	if shift < 0 || shift > MaxShift {
		panic(fmt.Sprintf("jpeg: DecodeReduced by shift %d, not 0..%d", shift, MaxShift))
	}
	h := &d.head
	*h = header{}
	d.tables.reset()
	if err := h.parse(data, &d.tables); err != nil {
		return dst, err
	}
	if h.slow() {
		return decodeSlowly(data, shift, dst)
	}
	for i, c := range h.comps[:h.n] {
		if !d.tables.haveQuant[c.tq] || d.tables.huffman[classDC][c.td] == nil || d.tables.huffman[classAC][c.ta] == nil {
			return dst, malformed("component %d uses a table that is not defined", i)
		}
	}
	if err := d.unstuff(data[h.scan:]); err != nil {
		return dst, err
	}
	dst = h.planesFor(dst, shift)
	if h.gray() {
		fill(dst.Cb, 128)
		fill(dst.Cr, 128)
	}
	return dst, d.decodeScan(dst, shift)
}

// planesFor gives planes of whole reduced MCUs for the picture, old ones where they fit.
func (h *header) planesFor(old *image.YCbCr, shift int) *image.YCbCr {
	luma := h.comps[0]
	w, ht := h.mcusX*luma.h*8, h.mcusY*luma.v*8
	if h.gray() { // chroma is made up in 4:2:0; keep its blocks whole too
		w, ht = (w+15)&^15, (ht+15)&^15
	}
	w, ht = w>>shift, ht>>shift
	cw, ch := w, ht
	switch h.ratio {
	case image.YCbCrSubsampleRatio422:
		cw /= 2
	case image.YCbCrSubsampleRatio420:
		cw, ch = cw/2, ch/2
	case image.YCbCrSubsampleRatio440:
		ch /= 2
	case image.YCbCrSubsampleRatio411:
		cw /= 4
	}
	if old == nil || old.SubsampleRatio != h.ratio || old.YStride != w || old.CStride != cw ||
		len(old.Y) != w*ht || len(old.Cb) != cw*ch || len(old.Cr) != cw*ch {
		old = image.NewYCbCr(image.Rect(0, 0, w, ht), h.ratio)
	}
	old.Rect = reducedRect(h.width, h.height, shift)
	return old
}

// unstuff copies the scan into d.entropy without the zero that follows each 0xFF (F.1.2.3)
// and notes where restart markers divide it. After this one pass the bit reader can take
// eight bytes at a time without looking at them.
func (d *Decoder) unstuff(scan []byte) error {
	if need := len(scan) + readSlack; cap(d.entropy) < need {
		d.entropy = make([]byte, 0, need+need/4)
	}
	out := d.entropy[:0]
	d.segments, d.ended = append(d.segments[:0], 0), false
	for {
		i := bytes.IndexByte(scan, 0xff)
		if i < 0 || i+1 == len(scan) { // no EOI: fine if all is there
			if i < 0 {
				i = len(scan)
			}
			out = append(out, scan[:i]...)
			break
		}
		marker := scan[i+1]
		if marker == 0 {
			out = append(out, scan[:i+1]...)
			scan = scan[i+2:]
			continue
		}
		out = append(out, scan[:i]...)
		if marker == 0xff { // a fill byte before a marker (B.1.1.2)
			scan = scan[i+1:]
			continue
		}
		if marker < markRST0 || marker > markRST7 {
			d.ended = marker == markEOI
			break
		}
		// Restart markers count 0..7 round and round (E.1.4); a gap is a lost interval.
		if want := markRST0 + byte(len(d.segments)-1)&7; marker != want {
			return malformed("restart marker %d stands where %d should", marker-markRST0, want-markRST0)
		}
		d.segments = append(d.segments, len(out))
		scan = scan[i+2:]
	}
	d.segments = append(d.segments, len(out))
	d.entropy = append(out, make([]byte, readSlack)...)
	return nil
}

// decodeScan decodes every MCU (A.2.3) into planes that planesFor made.
func (d *Decoder) decodeScan(dst *image.YCbCr, shift int) error {
	h := &d.head
	units := d.layOut(&d.units, dst, shift)
	var marks []mark // of the MCUs to come, if wanted
	if x := d.index; x != nil {
		x.ends = x.ends[:0]
		if n := h.mcusX * h.mcusY; cap(x.marks) < n {
			x.marks = make([]mark, n)
		} else {
			x.marks = x.marks[:n]
		}
		marks = x.marks
		for i := range units {
			units[i].flat = x.luma && units[i].comp != 0
		}
	}
	total := h.mcusX * h.mcusY
	interval := h.restart
	if interval == 0 {
		interval = total
	}
	r := bitReader{buf: d.entropy}
	mx, my := 0, 0
	end := 63
	if shift == 1 {
		end = cornerEnd
		d.cutCorners(units)
	}
	for first, segment := 0, 0; first < total; first, segment = first+interval, segment+1 {
		if segment+1 >= len(d.segments) {
			return malformed("it ends after %d of %d MCUs", first, total)
		}
		r.seek(8 * d.segments[segment])
		var pred [3]int32 // starts anew with every interval (F.2.1.3.1)
		for left := min(interval, total-first); left > 0; {
			if mx == 0 {
				for i := range units {
					u := &units[i]
					u.offset = (my*u.dy+u.y)*u.stride + u.x
				}
			}
			n, done := min(left, h.mcusX-mx), 0
			if shift < 2 {
				done = d.decodeMCUs(&r, units, &pred, n, marks, shift, end)
			} else {
				done = r.walk(units, &pred, n, marks, shift)
			}
			mx += done
			if done < n {
				return malformed("its scan is damaged or cut off in MCU %d,%d", mx, my)
			}
			if marks != nil {
				marks = marks[n:]
			}
			left -= n
			if mx == h.mcusX {
				mx, my = 0, my+1
			}
		}
		// Bits left over do no harm; bits used that were not there mean that some MCUs
		// were made of the next interval's, or of nothing.
		if r.bit() > 8*d.segments[segment+1] {
			return malformed("its scan is damaged or cut off before MCU %d,%d", mx, my)
		}
		if d.index != nil {
			d.index.ends = append(d.index.ends, uint32(r.bit()))
		}
	}
	return nil
}

// decodeMCUs decodes n MCUs of a row at 1/1 or 1/2, coefficients up to a zig-zag position, and
// notes where they are in marks unless that is nil. It returns how many of them were sound.
func (d *Decoder) decodeMCUs(r *bitReader, units []unit, pred *[3]int32, n int, marks []mark, shift, end int) (done int) {
	for m := range n {
		if marks != nil {
			marks[m] = mark{uint32(r.bit()), *pred}
		}
		for i := range units {
			u := &units[i]
			last := r.block(u.dc, u.ac, u.steps, &pred[u.comp], &d.coef, end)
			if last < 0 {
				d.coef = [64]int32{}
				return m
			}
			inverse(&d.coef, last, shift, u.plane[u.offset:], u.stride)
			u.offset += u.dx
		}
	}
	return n
}

// layOut lists the blocks of an MCU in coding order: component by component, and in each
// from left to right and top to bottom (A.2.3).
func (d *Decoder) layOut(room *[maxUnits]unit, dst *image.YCbCr, shift int) []unit {
	planes := [3][]byte{dst.Y, dst.Cb, dst.Cr}
	strides := [3]int{dst.YStride, dst.CStride, dst.CStride}
	side := 8 >> shift // of a block
	units := room[:0]
	for i, c := range d.head.comps[:d.head.n] {
		for v := range c.v {
			for h := range c.h {
				units = append(units, unit{
					dc:     d.tables.huffman[classDC][c.td],
					ac:     d.tables.huffman[classAC][c.ta],
					steps:  &d.tables.steps[c.tq],
					comp:   i,
					plane:  planes[i],
					stride: strides[i],
					x:      side * h,
					y:      side * v,
					dx:     side * c.h,
					dy:     side * c.v,
				})
			}
		}
	}
	return units
}

// cutCorners has the coefficients outside the corner that counts at 1/2 decoded as zeros.
func (d *Decoder) cutCorners(units []unit) {
	for i := range units {
		u := &units[i]
		cut := &d.cut[d.head.comps[u.comp].tq]
		for k, s := range u.steps {
			if place := s & 63; place%8 >= 4 || place/8 >= 4 {
				s = place
			}
			cut[k] = s
		}
		u.steps = cut
	}
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
