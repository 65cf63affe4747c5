package jpeg

// The two classes of Huffman tables, as numbered in DHT (B.2.4.2).
const (
	classDC = 0
	classAC = 1
)

// lookupBits is the length up to which a code is decoded in one table access. Longer
// codes are rare by construction.
const lookupBits = 10

// leapEnd marks a leap to the end of the block.
const leapEnd = 1 << 12

// endOfBlock is the advance of the EOB code. A run that leads past the block, which only
// damage brings about, advances by 16 at most, so both leave the block but stay apart.
const endOfBlock = 127

// decodeTable decodes one Huffman table. An entry of lookup, indexed by the next
// lookupBits bits, says all about the code at their front:
//
//	bits 0..5    length of the code and the value bits after it; 0: see slow
//	bits 6..12   how far to advance in the zig-zag sequence (AC only)
//	bits 13..16  number of value bits, where they did not fit into the index, else 0
//	bits 20..31  the value itself, signed, where they did
//
// An entry of leap, indexed alike, says what all the AC codes come to that those bits are
// sure of, for who only wants to get past them:
//
//	bits 0..5    length of the codes and of the value bits after each; 0: see lookup
//	bits 6..11   how far they advance in the zig-zag sequence, an EOB aside
//	bit 12       the last of them is EOB
type decodeTable struct {
	lookup    [1 << lookupBits]uint32
	leap      [1 << lookupBits]uint16
	maxCode   [17]int32 // largest code of each length, -1 for none (F.2.2.3)
	valOffset [17]int32 // index into symbols minus code, for codes of each length
	symbols   [256]uint8
}

// set builds the table from counts and symbols as DHT has them. counts must add up to
// len(symbols), 256 at most.
func (t *decodeTable) set(class int, counts *[16]uint8, symbols []uint8) error {
	copy(t.symbols[:], symbols)
	clear(t.lookup[:])
	code, k := 0, 0 // C.2: codes of one length count upwards, and double with each length
	for length := 1; length <= 16; length++ {
		n := int(counts[length-1])
		if code+n > 1<<length {
			return malformed("its Huffman table has more codes of %d bits than exist", length)
		}
		t.valOffset[length] = int32(k - code)
		t.maxCode[length] = int32(code + n - 1)
		if n == 0 {
			t.maxCode[length] = -1
		}
		for range n {
			if class == classDC && symbols[k] > 15 {
				return malformed("its Huffman table has a DC difference of %d bits", symbols[k])
			}
			if length <= lookupBits {
				t.fill(class, code, length, symbols[k])
			}
			code++
			k++
		}
		code <<= 1
	}
	if class == classAC {
		t.fillLeaps()
	}
	return nil
}

// fill writes the entries of all indices that begin with code.
func (t *decodeTable) fill(class, code, length int, symbol uint8) {
	advance, size, ok := meaning(class, symbol)
	if !ok {
		return
	}
	total := length + size
	free := lookupBits - length
	for rest := range 1 << free {
		entry := uint32(total | advance<<6)
		switch {
		case size == 0:
		case total <= lookupBits:
			entry |= uint32(extend(uint32(rest>>(free-size)), uint(size))) << 20
		default:
			entry |= uint32(size) << 13
		}
		t.lookup[code<<free|rest] = entry
	}
}

// fillLeaps strings the entries of lookup together.
func (t *decodeTable) fillLeaps() {
	for i := range t.leap {
		var length, advance, end int
		for length < lookupBits && end == 0 {
			entry := int(t.lookup[i<<length&(1<<lookupBits-1)])
			total, run, size := entry&63, entry>>6&127, entry>>13&15
			if total == 0 || length+total-size > lookupBits {
				break // a code that goes on beyond the index
			}
			if run == endOfBlock {
				run, end = 0, leapEnd
			}
			if advance+run > 63 {
				break
			}
			length += total
			advance += run
		}
		t.leap[i] = uint16(length | advance<<6 | end)
	}
}

// meaning splits a symbol: how far it advances in the zig-zag sequence and how many value
// bits follow (F.1.2.1, F.1.2.2). A sequential scan has no use for the symbols of
// progressive end-of-band runs; they are not ok.
func meaning(class int, symbol uint8) (advance, size int, ok bool) {
	if class == classDC {
		return 0, int(symbol), true
	}
	run, size := int(symbol>>4), int(symbol&15)
	switch {
	case size != 0:
		return run + 1, size, true
	case run == 15: // ZRL: sixteen zeros
		return 16, 0, true
	case run == 0: // EOB: zeros to the end
		return endOfBlock, 0, true
	}
	return 0, 0, false
}

// slow decodes what lookup does not: codes longer than lookupBits, and those that mean
// nothing. acc holds the next bits, left-aligned. It walks the lengths as in figure F.16.
func (t *decodeTable) slow(acc uint64) (symbol uint8, length uint, ok bool) {
	for length = 1; length <= 16; length++ {
		if code := int32(acc >> (64 - length)); code <= t.maxCode[length] {
			return t.symbols[uint8(code+t.valOffset[length])], length, true
		}
	}
	return 0, 0, false
}

// extend turns size value bits, 1..15, into the number they stand for (figure F.12): the
// lower half of the range means negative numbers.
func extend(v uint32, size uint) int32 {
	x := int32(v)
	negative := (x - 1<<(size-1)) >> 31
	return x + negative&(1-1<<size)
}

// encodeTable has the code of each symbol in its low 16 bits and the code's length above.
type encodeTable [256]uint32

// newEncodeTable builds the codes (C.2) of a table known to be sound.
func newEncodeTable(spec *huffmanSpec) *encodeTable {
	t := new(encodeTable)
	code, k := uint32(0), 0
	for i, n := range spec.counts {
		for range n {
			t[spec.symbols[k]] = code | uint32(i+1)<<16
			code++
			k++
		}
		code <<= 1
	}
	return t
}

// The typical tables, ready to use. Nobody writes to them.
var (
	typicalDecode = [2][2]*decodeTable{
		classDC: {newDecodeTable(classDC, &typicalDC[luma]), newDecodeTable(classDC, &typicalDC[chroma])},
		classAC: {newDecodeTable(classAC, &typicalAC[luma]), newDecodeTable(classAC, &typicalAC[chroma])},
	}
	typicalEncode = [2][2]*encodeTable{
		classDC: {newEncodeTable(&typicalDC[luma]), newEncodeTable(&typicalDC[chroma])},
		classAC: {newEncodeTable(&typicalAC[luma]), newEncodeTable(&typicalAC[chroma])},
	}
)

func newDecodeTable(class int, spec *huffmanSpec) *decodeTable {
	t := new(decodeTable)
	if err := t.set(class, &spec.counts, spec.symbols); err != nil {
		panic(err) // a typical table is mistyped
	}
	return t
}
