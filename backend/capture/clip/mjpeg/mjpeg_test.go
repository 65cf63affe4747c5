package mjpeg_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"freshframe/backend/capture/clip/mjpeg"
)

// picture makes a small JPEG whose content depends on shade.
func picture(tb testing.TB, shade byte) []byte {
	im := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range im.Pix {
		im.Pix[i] = shade + byte(i*7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// segment is a marker segment with that content.
func segment(code byte, content []byte) []byte {
	n := len(content) + 2
	return append([]byte{0xFF, code, byte(n >> 8), byte(n)}, content...)
}

// insert puts b behind the SOI of a picture.
func insert(pic, b []byte) []byte { return slices.Concat(pic[:2], b, pic[2:]) }

// split walks the pieces as if they arrived one after the other.
func split(pieces ...[]byte) (spans []mjpeg.Span) {
	var s mjpeg.Splitter
	for _, b := range pieces {
		for len(b) > 0 {
			n, p, ok := s.Next(b)
			b = b[n:]
			if ok {
				spans = append(spans, p)
			}
		}
	}
	if p, ok := s.Flush(); ok {
		spans = append(spans, p)
	}
	return spans
}

func TestSplitter(t *testing.T) {
	a, b := picture(t, 1), picture(t, 99)
	noEOI := a[:len(a)-2]
	scan := bytes.Index(a, []byte{0xFF, 0xDA}) // the SOS marker
	withScan := func(data ...byte) []byte {    // entropy-coded data of our own
		return slices.Concat(a[:scan], segment(0xDA, make([]byte, 6)), data)
	}
	tests := []struct {
		name   string
		stream [][]byte // those that start with SOI and are not in skip are expected
		skip   []int
	}{
		{name: "nothing"},
		{name: "one", stream: [][]byte{a}},
		{name: "several", stream: [][]byte{a, b, a, a}},
		{name: "junk around", stream: [][]byte{[]byte("--b\r\nContent-Type: image/jpeg\r\n\r\n"), a, {0, 0xFF, 0xFF}, b, {0xFF, 0xD8}}},
		{name: "junk that looks like markers", stream: [][]byte{{0xFF, 0xD9, 0xFF, 0xDA, 0, 2, 0xFF}, a, {0xFF, 0xD8, 0, 0xFF}, b}, skip: []int{2}},
		{name: "thumbnail", stream: [][]byte{insert(a, segment(0xE1, b)), b}},
		{name: "thumbnail in a thumbnail", stream: [][]byte{insert(a, segment(0xE1, insert(b, segment(0xE1, a)))), b}},
		{name: "EOI and SOI in a comment", stream: [][]byte{insert(a, segment(0xFE, []byte{0xFF, 0xD9, 0xFF, 0xD8, 0xFF, 0xE0})), b}},
		{name: "longest segment", stream: [][]byte{insert(a, segment(0xED, bytes.Repeat([]byte{0xFF, 0xD9}, 0x7FFE))), b}},
		{name: "empty segment", stream: [][]byte{insert(a, segment(0xEF, nil)), b}},
		{name: "fill bytes", stream: [][]byte{insert(a, []byte{0xFF, 0xFF, 0xFF}), b}},
		{name: "markers without content", stream: [][]byte{insert(a, []byte{0xFF, 0x01, 0xFF, 0xD0}), b}},
		{name: "no EOI", stream: [][]byte{noEOI, b}},
		{name: "no EOI at the end", stream: [][]byte{a, noEOI}},
		{name: "no EOI and junk in front of the next", stream: [][]byte{slices.Concat(noEOI, []byte("\r\n--b\r\n\r\n")), b}},
		{name: "header only", stream: [][]byte{a[:scan], b}, skip: []int{0}},
		{name: "header only at the end", stream: [][]byte{a, a[:scan]}, skip: []int{1}},
		{name: "tables only", stream: [][]byte{slices.Concat(a[:scan], []byte{0xFF, 0xD9}), b}, skip: []int{0}},
		{name: "broken header", stream: [][]byte{slices.Concat(a[:2], segment(0xE0, []byte("x")), []byte{0, 1, 2}), b}, skip: []int{0}},
		{name: "segment too short", stream: [][]byte{slices.Concat(a[:2], []byte{0xFF, 0xE0, 0, 1}), b}, skip: []int{0}},
		{name: "scan with stuffing and restarts", stream: [][]byte{withScan(1, 0xFF, 0, 0xFF, 0xD0, 2, 0xFF, 0xD7, 0xFF, 0xFF, 0xD9), b}},
		{name: "several scans", stream: [][]byte{withScan(slices.Concat([]byte{1, 2}, segment(0xC4, []byte{0xFF, 0xD9}), segment(0xDA, make([]byte, 6)), []byte{3, 0xFF, 0xD9})...), b}},
		{name: "damaged scan", stream: [][]byte{withScan(1, 0xFF, 0xE1, 0xFF, 0xFF, 0xC4, 0, 0, 7, 0xFF, 0xD8, 7, 0xFF, 0xD9), b}},
		{name: "garbage behind a segment in the scan", stream: [][]byte{withScan(1, 0xFF, 0xDD, 0, 4, 0, 0, 7, 7, 0xFF, 0xD9), b}},
		{name: "too large", stream: [][]byte{withScan(append(make([]byte, mjpeg.MaxPicture), 0xFF, 0xD9)...), b}, skip: []int{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []mjpeg.Span
			var off int64
			for i, part := range tt.stream {
				if bytes.HasPrefix(part, []byte{0xFF, 0xD8, 0xFF}) && !slices.Contains(tt.skip, i) {
					want = append(want, mjpeg.Span{Off: off, Size: len(part)})
				}
				off += int64(len(part))
			}
			stream := bytes.Join(tt.stream, nil)
			if got := split(stream); !slices.Equal(got, want) {
				t.Errorf("in one piece: %v, want %v", got, want)
			}
			piece := 1 + len(stream)>>16 // single bytes, but for the huge one
			if got := split(slices.Collect(slices.Chunk(stream, piece))...); !slices.Equal(got, want) {
				t.Errorf("in pieces of %d: %v, want %v", piece, got, want)
			}
		})
	}
}

func FuzzSplitter(f *testing.F) {
	a, b := picture(f, 1), picture(f, 99)
	f.Add(slices.Concat(a, b), 100)
	f.Add(slices.Concat([]byte("junk"), a[:len(a)-2], insert(b, segment(0xE1, a))), 1)
	f.Add(slices.Concat(a[:len(a)/2], b, []byte{0xFF, 0xD8, 0xFF}), 3)
	f.Add([]byte(strings.Repeat("\xFF\xD8", 9)), 2)
	f.Add([]byte("junk"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		spans := split(stream)
		end := int64(0)
		for _, s := range spans {
			if s.Off < end || s.Off+int64(s.Size) > int64(len(stream)) {
				t.Fatalf("span %v overlaps the one before or the end of %d bytes", s, len(stream))
			}
			if !bytes.HasPrefix(stream[s.Off:], []byte{0xFF, 0xD8, 0xFF}) {
				t.Fatalf("span %v starts with no SOI", s)
			}
			end = s.Off + int64(s.Size)
		}
		if piece < 1 {
			return
		}
		if again := split(slices.Collect(slices.Chunk(stream, piece))...); !slices.Equal(spans, again) {
			t.Fatalf("in pieces of %d: %v, else %v", piece, again, spans)
		}
		if bytes.IndexByte(stream, 0xFF) >= 0 {
			return
		}
		off := int64(len(stream))
		want := []mjpeg.Span{{Off: off, Size: len(a)}, {Off: off + int64(len(a)), Size: len(b)}}
		if got := split(stream, a, b); !slices.Equal(got, want) {
			t.Fatalf("behind junk: %v, want %v", got, want)
		}
	})
}

func BenchmarkSplitter(b *testing.B) {
	im := image.NewGray(image.Rect(0, 0, 1280, 720))
	for i := range im.Pix {
		im.Pix[i] = byte(i * i >> 7)
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, im, nil); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	b.ReportAllocs()
	var s mjpeg.Splitter
	for b.Loop() {
		if _, _, ok := s.Next(buf.Bytes()); !ok {
			b.Fatal("no picture")
		}
	}
}
