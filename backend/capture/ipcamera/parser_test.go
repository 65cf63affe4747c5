package ipcamera

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"freshframe/backend/capture/clip/mjpeg"
)

// picture makes a small JPEG whose content depends on shade.
func picture(tb testing.TB, shade int) []byte {
	im := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range im.Pix {
		im.Pix[i] = byte(shade + i*7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// withSegment puts a comment or application segment behind a picture's SOI.
func withSegment(pic []byte, code byte, content []byte) []byte {
	n := len(content) + 2
	return slices.Concat(pic[:2], []byte{0xFF, code, byte(n >> 8), byte(n)}, content, pic[2:])
}

// parse reads a whole stream and returns the pictures in it.
func parse(r io.Reader, boundary string) (pics [][]byte, p *parser, err error) {
	p = newParser(boundary)
	for {
		end := p.fill(r)
		for {
			pic, ok, err := p.next()
			if err != nil {
				return pics, p, err
			}
			if !ok {
				break
			}
			pics = append(pics, bytes.Clone(pic.data))
		}
		if end == io.EOF {
			return pics, p, nil
		}
		if end != nil {
			return pics, p, end
		}
	}
}

// stream builds a stream from text and pictures.
func stream(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func TestParser(t *testing.T) {
	a, b, c := picture(t, 1), picture(t, 60), picture(t, 120)
	head := "Content-Type: image/jpeg\r\n\r\n"
	sized := func(n int) string {
		return fmt.Sprintf("Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", n)
	}
	noEOI := a[:len(a)-2]
	noEnd := slices.Concat(noEOI, []byte("\r\nrest\r\n")) // nothing marks the end of noEOI but a delimiter
	broken := slices.Concat(a[:2], []byte("\xFF\xE0\x00\x00 not a segment"))
	png := "\x89PNG\r\n\x1a\n and so on"
	tests := []struct {
		name     string
		boundary string
		stream   []byte
		want     [][]byte
		skipped  int
	}{
		{"nothing", "b", nil, nil, 0},
		{"by the book", "b", stream("--b\r\n", sized(len(a)), a, "\r\n--b\r\n", sized(len(b)), b, "\r\n--b--\r\n"), [][]byte{a, b}, 0},
		{"no Content-Length", "b", stream("--b\r\n", head, a, "\r\n--b\r\n", head, b, "\r\n"), [][]byte{a, b}, 0},
		{"dashes in the parameter", "--b", stream("--b\r\n", head, a, "\r\n--b\r\n", head, b), [][]byte{a, b}, 0},
		{"dashes in the parameter, used by the book", "--b", stream("----b\r\n", head, a, "\r\n----b\r\n", head, b), [][]byte{a, b}, 0},
		{"no dashes in the stream", "b", stream("b\r\n", head, a, "\r\nb\r\n", head, noEOI, "\r\nb\r\n", head, b), [][]byte{a, noEOI, b}, 0},
		{"wrong parameter", "other", stream("--b\r\n", head, a, "\r\n--b\r\n", head, noEOI, "\r\n--b\r\n", head, b), [][]byte{a, noEOI, b}, 0},
		{"no parameter", "", stream("--b\r\n", head, a, "\r\n--b\r\n", head, noEOI, "\r\n--b\r\n", head, b), [][]byte{a, noEOI, b}, 0},
		{"no parameter, no dashes", "", stream("b\r\n", head, a, "\r\nb\r\n", head, b), [][]byte{a, b}, 0},
		{"LF only", "b", stream("--b\n", "Content-Type: image/jpeg\n\n", a, "\n--b\nContent-Type: image/jpeg\n\n", noEOI, "\n--b\n\n", b), [][]byte{a, noEOI, b}, 0},
		{"no line break before the delimiter", "b", stream("--b\r\n", head, a, "--b\r\n", head, b, "--b\r\n", head, c), [][]byte{a, b, c}, 0},
		{"no line break and no EOI, but a length", "b", stream("--b\r\n", sized(len(noEOI)), noEOI, "--b\r\n", head, b), [][]byte{noEOI, b}, 0},
		{"length too small", "b", stream("--b\r\n", sized(10), a, "\r\n--b\r\n", sized(0), b), [][]byte{a, b}, 0},
		{"length too large", "b", stream("--b\r\n", sized(9999), a, "\r\n--b\r\n", sized(9999), noEOI, "\r\n--b\r\n", head, b), [][]byte{a, noEOI, b}, 0},
		{"length absurd", "b", stream("--b\r\nContent-Length: -5\r\n\r\n", a, "\r\n--b\r\nContent-Length: 99999999999999999999\r\n\r\n", b, "\r\n--b\r\nContent-Length: many\r\n\r\n", c), [][]byte{a, b, c}, 0},
		{"preamble", "b", stream("This is MIME.\r\nName: value\r\n\r\n--b\r\n", head, a), [][]byte{a}, 0},
		{"preamble like a delimiter", "", stream("-- hello --\r\n--b\r\n", head, a, "\r\n--b\r\n", head, b), [][]byte{a, b}, 0},
		{"preamble like a delimiter, then bare pictures", "", stream("-- hello --\r\n", a, b, c), [][]byte{a, b, c}, 0},
		{"epilogue and a further part", "b", stream("--b\r\n", head, a, "\r\n--b--\r\nbye\r\n--b\r\n", head, b), [][]byte{a, b}, 0},
		{"no headers", "b", stream("--b\r\n\r\n", a, "\r\n--b\r\n\r\n", b), [][]byte{a, b}, 0},
		{"no headers, no blank line", "b", stream("--b\r\n", a, "\r\n--b\r\n", b), [][]byte{a, b}, 0},
		{"blank lines too many", "b", stream("--b\r\n\r\n", head, "\r\n\r\n", a, "\r\n\r\n\r\n--b\r\n\r\n", head, "\n", b), [][]byte{a, b}, 0},
		{"header names in capitals, values with blanks", "b", stream("--b\r\nCONTENT-TYPE:image/jpeg ; q=1\r\nCONTENT-LENGTH :  3 \r\nX-Timestamp: 1.5\r\n\r\n", a), [][]byte{a}, 0},
		{"keep-alive parts", "b", stream("--b\r\n--b\r\n\r\n--b\r\n", head, "\r\n--b\r\n", sized(0), "--b\r\n", head, a, "\r\n--b\r\n\r\n--b\r\n", head, b), [][]byte{a, b}, 0},
		{"other parts", "b", stream("--b\r\nContent-Type: text/plain\r\n\r\nhello: world\r\n\r\n--b\r\n", head, a, "\r\n--b\r\nContent-Type: image/png\r\n\r\n", png, "\r\n--b\r\n", head, b), [][]byte{a, b}, 2},
		{"damaged picture, said to be a JPEG", "b", stream("--b\r\n", head, "broken", "\r\n--b\r\n", head, broken, "\r\n--b\r\n", head, b), [][]byte{[]byte("broken"), broken, b}, 0},
		{"delimiter inside a picture", "b1234", stream("--b1234\r\n", head, withSegment(a, 0xFE, []byte("say --b1234 now")), "\r\n--b1234\r\n", head, b), [][]byte{withSegment(a, 0xFE, []byte("say --b1234 now")), b}, 0},
		{"thumbnail", "b", stream("--b\r\n", head, withSegment(a, 0xE1, b), "\r\n--b\r\n", head, c), [][]byte{withSegment(a, 0xE1, b), c}, 0},
		{"padding behind the picture", "b", stream("--b\r\n", head, a, "\x00\x00\x00--b\r\n", head, b, "\x00\x00\r\n--b\r\n", head, c), [][]byte{a, b, c}, 0},
		{"second picture behind the first", "b", stream("--b\r\n", head, a, "\r\n--b\r\n", head, b, a, "\r\n--b\r\n", head, c), [][]byte{a, b, c}, 0},
		{"bare pictures", "", stream(a, b, c), [][]byte{a, b, c}, 0},
		{"bare pictures without EOI", "", stream(noEOI, noEOI, c), [][]byte{noEOI, noEOI, c}, 0},
		{"bare pictures, one broken, junk between", "", stream("\x00\xFF\xD8\x00", a, "\r\n\r\n", broken, b, "\xFF", c), [][]byte{a, b, c}, 0},
		{"cut short", "b", stream("--b\r\n", head, a, "\r\n--b\r\n", head, b[:40]), [][]byte{a}, 0},
		{"no EOI, line breaks kept", "b", stream("--b\r\n", head, noEnd, "--b\r\n", head, b), [][]byte{bytes.TrimRight(noEnd, "\r\n"), b}, 0},
		{"long line", "b", stream("--b\r\n", head, a, "\r\n", strings.Repeat("x", 3*maxLine), "--b\r\n--b\r\n", head, b), [][]byte{a, b}, 0},
		{"picture behind a long line", "", stream(strings.Repeat("x", 3*maxLine), a, b), [][]byte{a, b}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"in one piece": bytes.NewReader(tt.stream),
				"by halves":    iotest.HalfReader(bytes.NewReader(tt.stream)),
				"byte by byte": iotest.OneByteReader(bytes.NewReader(tt.stream)),
			} {
				got, p, err := parse(r, tt.boundary)
				if err != nil {
					t.Errorf("%s: %v", how, err)
				}
				if !slices.EqualFunc(got, tt.want, bytes.Equal) {
					t.Errorf("%s: got %d pictures\n%.99q\nwant %d\n%.99q", how, len(got), got, len(tt.want), tt.want)
				}
				if p.skipped != tt.skipped {
					t.Errorf("%s: %d parts skipped, want %d", how, p.skipped, tt.skipped)
				}
			}
		})
	}
}

// A picture is complete with its last byte, whether or not a delimiter or a length tells.
func TestParserNeedsNoDelimiter(t *testing.T) {
	a := picture(t, 1)
	p := newParser("b")
	for _, head := range []string{"--b\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n--b\r\n\r\n"} {
		if err := p.fill(bytes.NewReader(stream(head, a[:len(a)-1]))); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := p.next(); ok || err != nil {
			t.Fatalf("complete %v, error %v before the last byte", ok, err)
		}
		if err := p.fill(bytes.NewReader(a[len(a)-1:])); err != nil {
			t.Fatal(err)
		}
		if pic, ok, err := p.next(); !ok || err != nil || !bytes.Equal(pic.data, a) {
			t.Fatalf("complete %v, error %v with the last byte", ok, err)
		}
	}
}

// The time of a part is that of its first byte, not of its header or its end.
func TestArrival(t *testing.T) {
	a := picture(t, 1)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := newParser("b")
		var got []time.Duration
		for _, piece := range [][]byte{
			[]byte("--b\r\n"), []byte("Content-Type: image/jpeg\r\n\r\n"), a[:1], a[1:50], a[50:], // first byte at 2 s
			stream("\r\n--b\r\n\r\n", a, "\r\n--b\r\n", a[:9]), // whole at 5 s, the next begins
			a[9:],
		} {
			if err := p.fill(bytes.NewReader(piece)); err != nil {
				t.Fatal(err)
			}
			for {
				pic, ok, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				got = append(got, pic.arrived.Sub(start))
			}
			time.Sleep(time.Second)
		}
		if want := []time.Duration{2 * time.Second, 5 * time.Second, 5 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("arrived at %v, want %v", got, want)
		}
	})
}

// repeat is an endless stream.
type repeat []byte

func (r repeat) Read(b []byte) (n int, err error) {
	for n+len(r) <= len(b) {
		n += copy(b[n:], r)
	}
	return n, nil
}

func TestParserGivesUp(t *testing.T) {
	tests := []struct {
		name string
		head string
		then repeat
		says string
	}{
		{"endless part", "--b\r\nContent-Type: image/jpeg\r\n\r\n\xFF\xD8\xFF\xE0", repeat("xxxxxxxxxxxxxxxx"), "does not end within"},
		{"no JPEG", "", repeat("\x00\x00\x00\x01\x65 some H.264"), "no JPEG in its last"},
		{"no JPEG, but lines", "", repeat(strings.Repeat("text ", 200) + "\r\n"), "no JPEG in its last"},
		{"other parts", "", repeat("--b\r\nContent-Type: image/png\r\n\r\n\x89PNG" + strings.Repeat(" and a picture", 99) + "\r\n"), `the last was "image/png"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, p, err := parse(io.MultiReader(strings.NewReader(tt.head), tt.then), "b")
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v", err)
			}
			if cap(p.buf) > 3*mjpeg.MaxPicture {
				t.Errorf("the buffer grew to %d bytes", cap(p.buf))
			}
		})
	}
}

func TestParserReusesItsBuffer(t *testing.T) {
	big := withSegment(picture(t, 1), 0xFE, make([]byte, 60000))
	one := stream("\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: 60000\r\n\r\n", big)
	p, r := newParser("b"), bytes.NewReader(nil)
	read := func() {
		r.Reset(one)
		for n := 0; n == 0; {
			if err := p.fill(r); err != nil {
				t.Fatal(err)
			}
			for {
				pic, ok, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if len(pic.data) != len(big) {
					t.Fatalf("%d bytes, want %d", len(pic.data), len(big))
				}
				n++
			}
		}
	}
	read()
	if n := testing.AllocsPerRun(50, read); n > 0 {
		t.Errorf("%v allocations for each picture", n)
	}
}

func FuzzParser(f *testing.F) {
	a, b := picture(f, 1), picture(f, 60)
	f.Add("b", stream("--b\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n", a, "\r\n--b\r\n\r\n", b, "\r\n--b--\r\n"), 7)
	f.Add("", stream("-- x\n--b\nA: b\n\n", a[:len(a)-2], "\n--b\n\n--b\nContent-Type: image/jpeg\n\nxx\n--b", b), 1)
	f.Add("--b", stream("b\r\n", a, "\xFF\xD8", b, "\x00\x00--b\r\n"), 100)
	f.Add("\xFF\xD9", stream("--\xFF\xD9\r\n", a, "--\xFF\xD9\r\n", b), 2)
	f.Fuzz(func(t *testing.T, boundary string, data []byte, piece int) {
		whole, p, err := parse(bytes.NewReader(data), boundary)
		if err != nil {
			t.Fatal(err) // the data are too small for any limit
		}
		total := 0
		for _, pic := range whole {
			if len(pic) == 0 {
				t.Fatal("empty picture")
			}
			total += len(pic)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of pictures out of %d", total, len(data))
		}
		if piece < 1 {
			return
		}
		var pieces []io.Reader
		for c := range slices.Chunk(data, piece) {
			pieces = append(pieces, bytes.NewReader(c))
		}
		again, q, err := parse(io.MultiReader(pieces...), boundary)
		if err != nil || !slices.EqualFunc(whole, again, bytes.Equal) || p.skipped != q.skipped {
			t.Fatalf("in pieces of %d: %d pictures, %d skipped, error %v; else %d and %d", piece, len(again), q.skipped, err, len(whole), p.skipped)
		}
	})
}
