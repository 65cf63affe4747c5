package jpeg

import "math/bits"

// coder is how to encode the blocks of a unit.
type coder struct {
	quant  quantizer
	dc, ac *encodeTable
	// checked is set where ac may have no code for a coefficient.
	checked bool
}

// maxStep is the largest step that a quantizer takes: it makes zeros of all coefficients.
const maxStep = 4095

// prepareQuantizers has the picture's own quantization tables ready for encoding. A step of
// 0 makes 0 of whatever is coded.
func (s *Splicer) prepareQuantizers() {
	for i := range s.units {
		u := &s.units[i]
		if i > 0 && u.comp == s.units[i-1].comp {
			s.coders[i].quant = s.coders[i-1].quant
			continue
		}
		var table [64]uint16
		for k, step := range u.steps {
			table[k] = uint16(min(max(step>>6, 1), maxStep))
		}
		s.coders[i].quant = newQuantizer(&table)
	}
}

// ownCodes has the blocks coded with the picture's own Huffman tables.
func (s *Splicer) ownCodes() {
	for i := range s.units {
		u, e := &s.units[i], &s.coders[i]
		c := &s.x.dec.head.comps[u.comp]
		e.dc, e.ac = s.codesOf(classDC, c.td, u.dc), s.codesOf(classAC, c.ta, u.ac)
		e.checked = !e.ac.complete()
	}
}

// codesOf makes codes of a table.
func (s *Splicer) codesOf(class int, dst uint8, t *decodeTable) *encodeTable {
	for i, typical := range typicalDecode[class] {
		if t == typical {
			return typicalEncode[class][i]
		}
	}
	n := 0
	for _, c := range t.counts {
		n += int(c)
	}
	codes := &s.codes[class][dst]
	codes.set(&t.counts, t.symbols[:n])
	return codes
}

// typicalCodes has the blocks coded with the typical tables: luma's, and chroma's unless
// they share the table with luma. The coefficients may be anybody's, so they are checked.
func (s *Splicer) typicalCodes() {
	comps := &s.x.dec.head.comps
	for i := range s.units {
		c := &comps[s.units[i].comp]
		dc, ac := luma, luma
		if c.td != comps[0].td {
			dc = chroma
		}
		if c.ta != comps[0].ta {
			ac = chroma
		}
		e := &s.coders[i]
		e.dc, e.ac, e.checked = typicalEncode[classDC][dc], typicalEncode[classAC][ac], true
	}
}

// appendHeader appends the picture's bytes up to its scan, and before SOS those typical
// Huffman tables that blocks are coded with and that are not there.
func (s *Splicer) appendHeader(b []byte, have *[2][4]bool) []byte {
	h := &s.x.dec.head
	b = append(b, s.x.data[:h.sos]...)
	done := *have
	for i := range s.units {
		c := &h.comps[s.units[i].comp]
		for class, dst := range [2]uint8{classDC: c.td, classAC: c.ta} {
			if done[class][dst] {
				continue
			}
			done[class][dst] = true
			spec, codes := &typicalDC, s.coders[i].dc
			if class == classAC {
				spec, codes = &typicalAC, s.coders[i].ac
			}
			use := luma
			if codes == typicalEncode[class][chroma] {
				use = chroma
			}
			length := 2 + 17 + len(spec[use].symbols)
			b = append(b, 0xff, markDHT, byte(length>>8), byte(length))
			b = appendHuffman(b, class, int(dst), &spec[use])
		}
	}
	return append(b, s.x.data[h.sos:h.scan]...)
}

// maxTables is the most that appendHeader adds to the picture's own.
const maxTables = 2 * 3 * (4 + 17 + 162)

// complete says whether an AC table has a code for all that 8-bit samples can come to:
// EOB, ZRL, and values of 1..10 bits after runs of 0..15 (F.1.2.2). Encoders that fit it to
// a picture leave out what that one does not need.
func (t *encodeTable) complete() bool {
	missing := t[0] == 0 || t[0xf0] == 0
	for run := range 16 {
		for size := 1; size <= 10; size++ {
			missing = missing || t[run<<4|size] == 0
		}
	}
	return !missing
}

// lacks says whether some coefficient has no code. It goes the way of bitWriter.block.
func (e *coder) lacks(pred int32, coef *[64]int16, mask uint64) bool {
	if e.dc[magnitude(int32(coef[0])-pred)&0xff] == 0 {
		return true
	}
	if !e.checked {
		return false
	}
	before := 0
	for mask &^= 1; mask != 0; mask &= mask - 1 {
		k := bits.TrailingZeros64(mask)
		run := k - before - 1
		before = k
		size := int(magnitude(int32(coef[zigzag[k]])))
		if run > 15 && e.ac[0xf0] == 0 || e.ac[(run&15<<4|size)&0xff] == 0 {
			return true
		}
	}
	return before != 63 && e.ac[0] == 0
}
