package jpeg

import (
	"bytes"
	"errors"
	"image"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	small := scene(24, 16, image.YCbCrSubsampleRatio420, 5)
	good := builder{quality: 80}.build(small)
	// patch changes bytes at an offset behind a marker.
	patch := func(marker byte, offset int, with ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[bytes.Index(data, []byte{0xff, marker})+offset:], with)
		return data
	}
	cut := func(marker byte, offset int) []byte {
		return good[:bytes.Index(good, []byte{0xff, marker})+offset]
	}
	without := func(marker byte) []byte {
		at := bytes.Index(good, []byte{0xff, marker})
		n := 2 + int(good[at+2])<<8 + int(good[at+3])
		return append(good[:at:at], good[at+n:]...)
	}
	scanAt := bytes.Index(good, []byte{0xff, markSOS}) + 14
	dqt := bytes.Index(good, []byte{0xff, markDQT})
	for _, c := range []struct {
		name string
		data []byte
		err  error
		says string
	}{
		{"nothing", nil, ErrFormat, "SOI"},
		{"one byte", good[:1], ErrFormat, "SOI"},
		{"no SOI", good[2:], ErrFormat, "SOI"},
		{"a PNG", []byte("\x89PNG\r\n\x1a\n"), ErrFormat, "SOI"},
		{"only SOI", good[:2], ErrFormat, "without a scan"},
		{"cut in a segment's length", cut(markSOF0, 3), ErrFormat, "ends inside"},
		{"cut in SOF", cut(markSOF0, 9), ErrFormat, "wants 17 bytes, 7 are left"},
		{"segment shorter than its length", patch(markDQT, 2, 0, 1), ErrFormat, "wants 1 bytes"},
		{"no SOF", without(markSOF0), ErrFormat, "before a frame header"},
		{"no SOS", without(markSOS), ErrFormat, ""},
		{"EOI before a scan", []byte{0xff, markSOI, 0xff, markEOI}, ErrFormat, "before a scan"},
		{"two SOI", append([]byte{0xff, markSOI}, good...), ErrFormat, "another picture"},
		{"two SOF", append(good[:dqt:dqt], append(bytes.Clone(good[bytes.Index(good, []byte{0xff, markSOF0}):][:19]), good[dqt:]...)...), ErrFormat, "two frame headers"},
		{"headers only", good[:scanAt], ErrFormat, "scan is empty"},
		{"EOI for a scan", append(good[:scanAt:scanAt], 0xff, markEOI), ErrFormat, "scan is empty"},
		{"scan far too short", patch(markSOF0, 5, 0x10, 0, 0x10, 0), ErrFormat, "4096x4096 pixels take"},
		{"width 0", patch(markSOF0, 7, 0, 0), ErrFormat, "width is 0"},
		{"height later", patch(markSOF0, 5, 0, 0), ErrUnsupported, "DNL"},
		{"absurd size", patch(markSOF0, 5, 0xff, 0xff, 0xff, 0xff), ErrUnsupported, "65535x65535 is more"},
		{"12 bits", patch(markSOF0, 4, 12), ErrUnsupported, "12 bits"},
		{"SOF length", patch(markSOF0, 9, 4), ErrFormat, "frame header has 15 bytes"},
		{"sampling 0", patch(markSOF0, 11, 0x02), ErrFormat, "sampling 0x2"},
		{"sampling 5", patch(markSOF0, 11, 0x51), ErrFormat, "sampling 5x1"},
		{"sampling 3x1", patch(markSOF0, 11, 0x31), ErrUnsupported, "sampled 3x1"},
		{"sampling 4x4", patch(markSOF0, 11, 0x44), ErrUnsupported, "sampled 4x4"},
		{"chroma unequal", patch(markSOF0, 14, 0x21), ErrUnsupported, "sampled 2x2, 2x1 and 1x1"},
		{"table 4", patch(markSOF0, 12, 4), ErrFormat, "quantization table 4"},
		{"same component twice", patch(markSOF0, 13, 1), ErrFormat, "the number 1"},
		{"lossless", patch(markSOF0, 1, 0xc3), ErrUnsupported, "lossless"},
		{"hierarchical", patch(markSOF0, 1, 0xc5), ErrUnsupported, "hierarchical (SOF5)"},
		{"DHP", patch(markDQT, 1, markDHP), ErrUnsupported, "hierarchical"},
		{"arithmetic", patch(markSOF0, 1, 0xc9), ErrUnsupported, "arithmetic"},
		{"arithmetic, progressive", patch(markSOF0, 1, 0xca), ErrUnsupported, "arithmetic"},
		{"two components", twoComponents(good), ErrUnsupported, "2 colour components"},
		{"SOS for 0 components", patch(markSOS, 4, 0), ErrFormat, "scan header"},
		{"SOS for 4 components", patch(markSOS, 4, 4), ErrFormat, "scan header"},
		{"SOS names another component", patch(markSOS, 5, 9), ErrFormat, "component 9"},
		{"SOS with Huffman table 4", patch(markSOS, 6, 0x40), ErrFormat, "Huffman tables 4 and 0"},
		{"DRI length", append([]byte{0xff, markSOI, 0xff, markDRI, 0, 5, 0, 0, 0}, good[2:]...), ErrFormat, "DRI"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Probe(c.data)
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Probe: got %v, want %v with %q", err, c.err, c.says)
			}
			var d Decoder
			im, err := d.Decode(c.data, nil)
			if im != nil || !errors.Is(err, c.err) {
				t.Errorf("Decode: got %v, %v, want %v", im, err, c.err)
			}
		})
	}
}

// twoComponents is good, which has three, with a frame header of two.
func twoComponents(good []byte) []byte {
	sof := bytes.Index(good, []byte{0xff, markSOF0})
	out := append(bytes.Clone(good[:sof]), 0xff, markSOF0, 0, 14, 8, 0, 8, 0, 8, 2, 1, 0x11, 0, 2, 0x11, 0)
	return append(out, good[sof+19:]...)
}

// adobeRGB is the segment of Adobe's that says that there is no colour transform.
const adobeRGB = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"

// cmyk is a picture of four components, 16x8, in another shade of each block.
func cmyk() []byte {
	data := append([]byte{0xff, markSOI}, adobeRGB...)
	data = append(append(data, 0xff, markDQT, 0, 67, 0), bytes.Repeat([]byte{1}, 64)...)
	data = append(data, 0xff, markSOF0, 0, 20, 8, 0, 8, 0, 16, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	for class, symbol := range [2]byte{classDC: 10, classAC: 0} { // the code 0 each
		data = append(data, 0xff, markDHT, 0, 20, byte(class<<4), 1)
		data = append(append(data, make([]byte, 15)...), symbol)
	}
	data = append(data, 0xff, markSOS, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
	bw := bitWriter{buf: make([]byte, 64)}
	for _, v := range []uint32{512, 600, 700, 800, 300, 200, 100, 50} { // above 511 as it is, below less 1023
		bw.append32(v<<1, 12)
	}
	bw.flush()
	return append(append(data, bw.buf[:bw.pos]...), 0xff, markEOI)
}

// TestBadTables: Probe does not look into tables, Decode does.
func TestBadTables(t *testing.T) {
	good := builder{quality: 80, oneDHT: true}.build(scene(8, 8, image.YCbCrSubsampleRatio444, 5))
	dqt, dht := bytes.Index(good, []byte{0xff, markDQT}), bytes.Index(good, []byte{0xff, markDHT})
	for _, c := range []struct {
		name   string
		offset int
		with   []byte
		says   string
	}{
		{"quantization table 4", dqt + 4, []byte{4}, "quantization table 4"},
		{"precision 2", dqt + 4, []byte{0x20}, "precision 2"},
		{"16-bit table cut off", dqt + 4 + 65, []byte{0x11}, "table 1 is cut off"},
		{"no table 0", dqt + 4, []byte{2}, "not defined"},
		{"Huffman class 2", dht + 4, []byte{0x20}, "class 2"},
		{"Huffman table 4", dht + 4, []byte{4}, "Huffman table 4"},
		{"more symbols than there are", dht + 5, bytes.Repeat([]byte{0xff}, 16), "4080 symbols"},
		{"more codes than exist", dht + 5, []byte{3}, "more codes of 1 bits"},
		{"DC difference of 16 bits", dht + 5 + 16, []byte{16}, "16 bits"},
		{"table cut off", dht + 2, []byte{0, 2 + 17 + 12 + 3}, "cut off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := bytes.Clone(good)
			copy(data[c.offset:], c.with)
			var d Decoder
			_, err := d.Decode(data, nil)
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrFormat with %q", err, c.says)
			}
		})
	}
}

// TestHugeClaimTakesNoMemory: 8192x8192 with a few bytes of scan costs an error only.
func TestHugeClaimTakesNoMemory(t *testing.T) {
	data := builder{quality: 80}.build(scene(16, 16, image.YCbCrSubsampleRatio420, 5))
	copy(data[bytes.Index(data, []byte{0xff, markSOF0})+5:], []byte{0x20, 0, 0x20, 0})
	var d Decoder
	if n := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			if _, err := d.Decode(data, nil); !errors.Is(err, ErrFormat) {
				b.Fatalf("got %v, want ErrFormat", err)
			}
		}
	}).AllocedBytesPerOp(); n > 4096 {
		t.Errorf("took %d bytes", n)
	}
}
