// Package mjpeg finds where pictures begin and end in a run of JPEGs. In: bytes, in
// pieces of any size. Out: the offset and size of each picture. It must never look
// deeper into a picture than its markers, nor keep its bytes.
package mjpeg

import "bytes"

// MaxPicture is the largest picture accepted, in bytes. A 50 megapixel JPEG of the
// finest quality stays below it.
const MaxPicture = 32 << 20

// Span is where one picture lies in the stream: Size bytes from Off, SOI and EOI
// included.
type Span struct {
	Off  int64
	Size int
}

// Splitter walks a stream marker by marker (ITU-T T.81, annex B), so that an EOI inside
// a thumbnail or another application segment ends nothing. Bytes between pictures are
// passed over. A picture without its EOI ends where the next one starts. What never
// reaches its entropy-coded data is no picture and is dropped, and so is what exceeds
// MaxPicture. The zero value stands at the start of a stream.
type Splitter struct {
	off   int64 // of the next byte
	start int64 // of the picture being walked
	state state
	skip  int  // bytes left of the segment being passed over
	sos   bool // that segment is a start of scan
	scan  bool // this picture's entropy-coded data has begun
}

type state uint8

const (
	junk     state = iota // between pictures
	junkFF                // … after an FF
	junkSOI               // … after FF D8
	wantFF                // a marker must follow
	marker                // after a marker's FF
	lenHigh               // a segment's length
	lenLow                //
	segment               // a segment's content
	inScan                // entropy-coded data
	scanFF                // … after an FF
	innerSOI              // after FF D8 inside a picture
)

// The marker codes that matter here.
const (
	codeDHT  = 0xC4
	codeRST0 = 0xD0
	codeRST7 = 0xD7
	codeSOI  = 0xD8
	codeEOI  = 0xD9
	codeSOS  = 0xDA
	codeDQT  = 0xDB
	codeDNL  = 0xDC
	codeDRI  = 0xDD
	codeTEM  = 0x01
)

// Next walks b and stops behind the first picture that is complete. It returns how many
// bytes it took; call it with the rest, and once b is used up with what follows b.
func (s *Splitter) Next(b []byte) (n int, p Span, ok bool) {
	base := s.off
	defer func() { s.off = base + int64(n) }()
	for n < len(b) && !ok {
		switch s.state {
		case junk, inScan:
			i := bytes.IndexByte(b[n:], 0xFF)
			if i < 0 {
				return len(b), p, false
			}
			n += i + 1
			s.state++ // junkFF, scanFF
		case segment:
			k := min(s.skip, len(b)-n)
			n += k
			s.skip -= k
			s.endSegment()
		default:
			c := b[n]
			n++
			p, ok = s.step(c, base+int64(n))
		}
	}
	return n, p, ok
}

// Flush ends the stream: it returns the picture that was still going on, cut short.
// Afterwards the splitter looks for a new picture.
func (s *Splitter) Flush() (Span, bool) {
	inside := s.state >= wantFF
	s.state = junk
	if !inside {
		return Span{}, false
	}
	return s.end(s.off)
}

// step takes one byte; off is the offset behind it.
func (s *Splitter) step(c byte, off int64) (p Span, ok bool) {
	switch s.state {
	case junkFF:
		switch c {
		case 0xFF:
		case codeSOI:
			s.state = junkSOI
		default:
			s.state = junk
		}
	case junkSOI:
		s.state = junk
		if c == 0xFF {
			s.begin(off - 3)
		}
	case wantFF:
		s.state = marker
		if c != 0xFF {
			s.resync()
		}
	case marker:
		switch {
		case c == 0xFF: // fill byte
		case c == codeSOI:
			s.state = innerSOI
		case c == codeEOI:
			s.state = junk
			return s.end(off)
		case c == codeTEM || c >= codeRST0 && c <= codeRST7:
			s.state = wantFF
		case c < 0xC0:
			s.resync()
		default:
			s.sos, s.state = c == codeSOS, lenHigh
		}
	case lenHigh:
		s.skip, s.state = int(c)<<8, lenLow
	case lenLow:
		s.skip += int(c) - 2
		if s.skip < 0 {
			s.resync()
			break
		}
		s.state = segment
		s.endSegment()
	case scanFF:
		switch c {
		case 0xFF: // fill byte
		case codeSOI:
			s.state = innerSOI
		case codeEOI:
			s.state = junk
			return s.end(off)
		case codeDHT, codeDQT, codeDNL, codeDRI, codeSOS:
			// The next scan of a progressive picture. Application segments are legal
			// here too, but only a damaged picture has them, and following their
			// length would swallow its neighbour.
			s.sos, s.state = c == codeSOS, lenHigh
		default: // a stuffed FF, a restart marker or damage
			s.state = inScan
		}
	case innerSOI:
		if c != 0xFF {
			s.resync()
			break
		}
		p, ok = s.end(off - 3)
		s.begin(off - 3)
	}
	return p, ok
}

// begin starts a picture at off; the FF of its first marker is taken already.
func (s *Splitter) begin(off int64) {
	s.start, s.scan, s.state = off, false, marker
}

// end gives the walked picture, which ends before off, if it is one.
func (s *Splitter) end(off int64) (Span, bool) {
	if n := off - s.start; s.scan && n <= MaxPicture {
		return Span{s.start, int(n)}, true
	}
	return Span{}, false
}

// resync goes on after bytes that are no marker: in the entropy-coded data where a
// decoder would try as well, else in search of the next picture.
func (s *Splitter) resync() {
	s.state = junk
	if s.scan {
		s.state = inScan
	}
}

// endSegment leaves a segment once its content is passed.
func (s *Splitter) endSegment() {
	if s.skip > 0 {
		return
	}
	s.state = wantFF
	if s.sos {
		s.scan, s.state = true, inScan
	}
}
