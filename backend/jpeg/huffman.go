package jpeg

import "bytes"

// The two classes of Huffman tables, as numbered in DHT (B.2.4.2).
const (
	classDC = 0
	classAC = 1
)

// lookupBits is the length up to which a code is decoded in one table access. Longer
// codes are rare by construction.
const lookupBits = 10

// leapBits is how many bits are looked at together to get past codes. With more, the tables
// push each other out of the first-level cache.
const leapBits = 12

// A leap over nothing, for bits that do not hold a whole code, claims to lead to the end of
// the block; one that ends with EOB leads beyond.
const (
	noLeap  = 63 << 6
	leapEnd = 64 << 6
)

// noMeaning is the entry of a code that a sequential scan has no use for.
const noMeaning = 1 << 16

// endOfBlock is the advance of the EOB code. A run that leads past the block, which only
// damage brings about, advances by 16 at most, so both leave the block but stay apart.
const endOfBlock = 127

// decodeTable decodes one Huffman table. An entry of lookup, indexed by the next
// lookupBits bits, says all about the code at their front:
//
//	bits 0..4    length of the code and the value bits after it; 0: see long and noMeaning
//	bits 5..11   how far to advance in the zig-zag sequence (AC only)
//	bits 12..15  number of value bits, where they did not fit into the index, else 0
//	bits 16..19  length of the code alone
//	bits 20..31  the value itself, signed, where its bits did fit
//
// An entry of leap, indexed by the next leapBits bits, says what all the AC codes in them
// come to, for who only wants to get past them:
//
//	bits 0..5    length of the codes and of the value bits after each; 0: see lookup
//	bits 6..11   how far they advance in the zig-zag sequence, an EOB aside
//	bit 12       the last of them is EOB
type decodeTable struct {
	lookup    [1 << lookupBits]uint32
	leap      [1 << leapBits]uint16
	maxCode   [17]int32 // largest code of each length, -1 for none (F.2.2.3)
	valOffset [17]int32 // index into symbols minus code, for codes of each length
	counts    [16]uint8 // as DHT had them
	symbols   [256]uint8
	sound     bool // set has succeeded
}

// is says whether the table is what those counts and symbols make.
func (t *decodeTable) is(counts *[16]uint8, symbols []uint8) bool {
	return t.sound && t.counts == *counts && bytes.Equal(t.symbols[:len(symbols)], symbols)
}

// set builds the table from counts and symbols as DHT has them. counts must add up to
// len(symbols), 256 at most.
func (t *decodeTable) set(class int, counts *[16]uint8, symbols []uint8) error {
	t.sound, t.counts = false, *counts
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
	t.sound = true
	return nil
}

// fill writes the entries of all indices that begin with code.
func (t *decodeTable) fill(class, code, length int, symbol uint8) {
	advance, size, ok := meaning(class, symbol)
	total := length + size
	free := lookupBits - length
	for rest := range 1 << free {
		entry := uint32(total | advance<<5 | length<<16)
		if !ok {
			entry = noMeaning
		}
		switch {
		case size == 0 || !ok:
		case total <= lookupBits:
			entry |= uint32(extend(uint32(rest>>(free-size)), uint(size))) << 20
		default:
			entry |= uint32(size) << 12
		}
		t.lookup[code<<free|rest] = entry
	}
}

// fillLeaps strings the entries of lookup together.
func (t *decodeTable) fillLeaps() {
	for i := range t.leap {
		t.leap[i] = t.leapOver(i)
	}
}

// leapOver is the leap over the codes in the bits of i.
func (t *decodeTable) leapOver(i int) uint16 {
	const known = 1<<leapBits - 1
	length, advance := 0, 0
	for length < leapBits {
		entry := int(t.lookup[i<<length&known>>(leapBits-lookupBits)])
		total, run, code := entry&31, entry>>5&127, entry>>16&15
		if total == 0 || length+code > leapBits {
			break // a code that goes on beyond the index; its value may
		}
		if run == endOfBlock {
			return uint16(length + total | advance<<6 | leapEnd)
		}
		if advance+run > 62 { // longer than any that a sound block has room for
			break
		}
		length += total
		advance += run
	}
	if length == 0 {
		return noLeap
	}
	return uint16(length | advance<<6)
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

// slow decodes what lookup does not, codes longer than lookupBits. acc holds the next bits,
// left-aligned. It walks the lengths as in figure F.16.
func (t *decodeTable) slow(acc uint64) (symbol uint8, length uint, ok bool) {
	if t.lookup[acc>>(64-lookupBits)] == noMeaning {
		return 0, 0, false
	}
	for length = lookupBits + 1; length <= 16; length++ {
		if code := int32(acc >> (64 - length)); code <= t.maxCode[length] {
			return t.symbols[uint8(code+t.valOffset[length])], length, true
		}
	}
	return 0, 0, false
}

// single is how far the AC code at the front of acc advances and how long it is with its
// value; 0 where the bits are no code.
func (t *decodeTable) single(acc uint64) (advance int, total uint) {
	if entry := t.lookup[acc>>(64-lookupBits)]; entry&31 != 0 {
		return int(entry >> 5 & 127), uint(entry & 31)
	}
	advance, _, total = t.long(classAC, acc)
	return advance, total
}

// long says what entries of lookup do about a code that has none: the value and how far it
// advances, and the length of both together, which is 0 where the bits are no code.
func (t *decodeTable) long(class int, acc uint64) (advance int, value int32, total uint) {
	symbol, length, ok := t.slow(acc)
	if !ok {
		return 0, 0, 0
	}
	advance, n, ok := meaning(class, symbol)
	if !ok {
		return 0, 0, 0
	}
	size := uint(n)
	if size != 0 {
		value = extend(uint32(acc<<length>>((64-size)&63)), size)
	}
	return advance, value, length + size
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

// newEncodeTable builds the codes of a table known to be sound.
func newEncodeTable(spec *huffmanSpec) *encodeTable {
	t := new(encodeTable)
	t.set(&spec.counts, spec.symbols)
	return t
}

// set builds the codes (C.2) of a table that decodeTable.set has found sound. A symbol
// without a code has length 0.
func (t *encodeTable) set(counts *[16]uint8, symbols []uint8) {
	clear(t[:])
	code, k := uint32(0), 0
	for i, n := range counts {
		for range n {
			t[symbols[k]] = code | uint32(i+1)<<16
			code++
			k++
		}
		code <<= 1
	}
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
