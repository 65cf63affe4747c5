package jpeg

// maxSplicedBytes is the most that a block takes with Huffman tables of any kind, whose
// codes have up to 16 bits and values up to 15, and a zero stuffed after each byte, and what
// the writer had not written before.
const maxSplicedBytes = 2*((64*(16+15)+7)/8) + maxTailBytes

// maxCopied is how many bytes are copied at a time: room has to be made for twice as many.
const maxCopied = 1 << 10

// begin makes room for what w is sure to get and writes the headers.
func (s *Splicer) begin(w *bitWriter, have *[2][4]bool) {
	h := &s.x.dec.head
	w.reserve(h.scan+maxTables, w.pos+h.scan+maxTables+len(s.x.dec.entropy)*9/8)
	w.pos = len(s.appendHeader(w.buf[:w.pos], have))
}

// intervals calls write for every restart interval, MCUs first..end, and puts what it wrote
// between markers (E.1.4). It is done when write returns false.
func (s *Splicer) intervals(w *bitWriter, write func(i, first, end int) bool) bool {
	n, total := s.x.interval(), len(s.x.marks)
	for i, first := 0, 0; first < total; i, first = i+1, first+n {
		if i > 0 {
			w.reserve(2, 0)
			w.buf[w.pos], w.buf[w.pos+1] = 0xff, byte(markRST0+(i-1)&7)
			w.pos += 2
		}
		if !write(i, first, min(first+n, total)) {
			return false
		}
		w.reserve(maxTailBytes+2, 0) // what comes last, and EOI
		w.flush()
	}
	return true
}

// splice writes the picture with its own tables. It says whether they sufficed.
func (s *Splicer) splice(w *bitWriter) bool {
	s.ownCodes()
	s.begin(w, &s.x.dec.tables.haveHuffman)
	x, blocks := s.x, s.blocks
	return s.intervals(w, func(i, first, end int) bool {
		// The bits from here on up to where we are go out as they are. In between, pred is
		// what a decoder of the output predicts, and no bits wait to be copied.
		from, copying := int(x.marks[first].bit), true
		var pred [3]int32
		for m := first; m < end; m++ {
			var mine []spliced
			var changed uint // a bit for each block
			if s.touched[m] != 0 {
				mine, blocks = blocks[:len(s.units)], blocks[len(s.units):]
				changed = s.changed(mine, m)
			}
			switch {
			case changed == 0 && copying:
			case changed == 0:
				// This MCU's first differences are to other blocks than they were.
				if from = s.resume(w, m, &pred); from < 0 {
					return false
				}
				copying = true
			default:
				if copying {
					s.copyBits(w, from, int(x.marks[m].bit))
					pred = x.marks[m].dc
				}
				if !s.encodeMCU(w, m, mine, changed, &pred) {
					return false
				}
				from = int(mine[len(mine)-1].end)
				copying = m+1 == end || pred == x.marks[m+1].dc
			}
		}
		s.copyBits(w, from, int(x.ends[i]))
		return true
	})
}

// changed has a bit for each block of a touched MCU that was drawn on.
func (s *Splicer) changed(blocks []spliced, m int) (units uint) {
	my, mx := m/s.across, m%s.across
	for i := range blocks {
		u := &s.units[i]
		if s.touched[m]>>i&1 != 0 && blocks[i].changed(u.at(my, mx), u.stride) {
			units |= 1 << i
		}
	}
	return units
}

// copyBits is bitWriter.copyBits of the picture's own, with room for them.
func (s *Splicer) copyBits(w *bitWriter, from, to int) {
	for from < to {
		n := min(to-from, 8*maxCopied)
		w.reserve(2*maxCopied+maxTailBytes, 0)
		w.copyBits(s.x.dec.entropy, from, from+n)
		from += n
	}
}

// copyBlock writes a block as it was but for the DC difference. It says whether there is a
// code for that.
func (s *Splicer) copyBlock(w *bitWriter, i, begin, end int, dc int32, pred *int32) bool {
	w.reserve(maxSplicedBytes, 0)
	if !w.difference(s.coders[i].dc, dc-*pred) {
		return false
	}
	*pred = dc
	_, length := differenceAt(s.units[i].dc, s.x.dec.entropy, begin)
	w.copyBits(s.x.dec.entropy, begin+length, end)
	return true
}

// resume writes an MCU as it was, but for the first DC difference of each component, up to
// and with the last of those. What follows is right as it is; its place is returned, or -1
// where there is no code for a difference.
func (s *Splicer) resume(w *bitWriter, m int, pred *[3]int32) int {
	buf, mark := s.x.dec.entropy, &s.x.marks[m]
	r := bitReader{buf: buf}
	r.seek(int(mark.bit))
	from := r.bit()
	for i, last := 0, s.x.dec.head.n-1; ; i++ {
		u := &s.units[i]
		if i == 0 || u.comp != s.units[i-1].comp {
			at := r.bit()
			s.copyBits(w, from, at)
			diff, length := differenceAt(u.dc, buf, at)
			from = at + length
			w.reserve(maxSplicedBytes, 0)
			if !w.difference(s.coders[i].dc, diff+mark.dc[u.comp]-pred[u.comp]) {
				return -1
			}
			if u.comp == last {
				return from
			}
		}
		var unused int32
		if r.block(u.dc, u.ac, u.steps, &unused, &s.coef, 0) < 0 {
			return -1
		}
		s.coef[0] = 0
	}
}

// encodeMCU writes an MCU of which some blocks have changed. It says whether there are
// codes for them.
func (s *Splicer) encodeMCU(w *bitWriter, m int, blocks []spliced, changed uint, pred *[3]int32) bool {
	my, mx := m/s.across, m%s.across
	for i := range blocks { // before the first is coded, as in Encoder.encodeMCUs
		if changed>>i&1 != 0 {
			u, b := &s.units[i], &s.mcu[i]
			b.mask = forwardQuantize(u.at(my, mx), u.stride, &s.coders[i].quant, &b.quants)
		}
	}
	for i := range blocks {
		b, p := &blocks[i], &pred[s.units[i].comp]
		if changed>>i&1 == 0 {
			if !s.copyBlock(w, i, int(b.begin), int(b.end), b.dc, p) {
				return false
			}
		} else if !s.encodeBlock(w, i, p) {
			return false
		}
	}
	return true
}

// encodeBlock writes block i of s.mcu, if there are codes for it.
func (s *Splicer) encodeBlock(w *bitWriter, i int, pred *int32) bool {
	b, e := &s.mcu[i], &s.coders[i]
	if e.lacks(*pred, &b.quants, b.mask) {
		return false
	}
	w.reserve(maxSplicedBytes, 0)
	w.block(e.dc, e.ac, pred, &b.quants, b.mask)
	return true
}

// recode writes the picture with the typical tables, whatever its own are. It says whether
// they sufficed.
func (s *Splicer) recode(w *bitWriter) bool {
	s.typicalCodes()
	s.begin(w, new([2][4]bool))
	var plain [64]step // leaves coefficients as they are coded
	for k, place := range zigzag {
		plain[k] = 1<<6 | step(place)
	}
	x, blocks := s.x, s.blocks
	r := bitReader{buf: x.dec.entropy}
	return s.intervals(w, func(_, first, end int) bool {
		var dc, pred [3]int32
		for m := first; m < end; m++ {
			var mine []spliced
			if s.touched[m] != 0 {
				mine, blocks = blocks[:len(s.units)], blocks[len(s.units):]
			}
			changed := s.changed(mine, m)
			my, mx := m/s.across, m%s.across
			if m == first {
				r.seek(int(x.marks[m].bit))
			}
			for i := range s.units {
				u := &s.units[i]
				last := r.block(u.dc, u.ac, &plain, &dc[u.comp], &s.coef, 63)
				if last < 0 || dc[u.comp] != int32(int16(dc[u.comp])) {
					s.coef = [64]int32{}
					return false
				}
				b := &s.mcu[i]
				s.takeCoef(b, last)
				if changed>>i&1 != 0 {
					b.mask = forwardQuantize(u.at(my, mx), u.stride, &s.coders[i].quant, &b.quants)
				}
				if !s.encodeBlock(w, i, &pred[u.comp]) {
					return false
				}
			}
		}
		return true
	})
}

// takeCoef moves coefficients up to a zig-zag position from coef to b.
func (s *Splicer) takeCoef(b *quantized, last int) {
	b.quants[0], b.mask = int16(s.coef[0]), 0
	for k, place := range zigzag[:last+1] {
		if v := s.coef[place]; v != 0 {
			b.quants[place] = int16(v)
			b.mask |= 1 << k
		}
	}
	s.coef = [64]int32{}
}
