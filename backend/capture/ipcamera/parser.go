package ipcamera

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"freshframe/backend/capture/clip/mjpeg"
)

const (
	readSize = 64 << 10
	// maxLine is the longest line between parts, maxDelimiter the longest that can be a
	// delimiter (RFC 2046 allows 70 characters).
	maxLine      = 16 << 10
	maxDelimiter = 200
)

// part is one picture as it came.
type part struct {
	data    []byte    // valid until the parser's next fill
	arrived time.Time // of its first byte
}

// parser cuts a multipart/x-mixed-replace stream into its pictures. Cameras get nearly
// every detail of that format wrong, so it relies on as little as possible:
//
//   - A JPEG ends with its EOI, found marker by marker. That needs no header and is
//     known at once, where a delimiter often comes with the next picture only.
//   - A JPEG that is damaged or has no EOI ends at the delimiter.
//   - The delimiter is the line that the stream really uses, whatever the Content-Type
//     says. Without any, the JPEGs themselves are the only structure.
//   - Content-Length is a hint about where the delimiter is.
//
// Parts that are no JPEG are passed over and counted. What comes out does not depend on
// the pieces in which the bytes arrive.
type parser struct {
	buf     []byte    // received
	pos     int       // how much of buf is used up
	arrived time.Time // of the newest bytes

	announced [][]byte // the delimiter lines that fit the Content-Type
	delim     []byte   // the delimiter line in use, nil until one was seen
	proven    bool     // it was seen again, so it is no line of a preamble

	dropped int  // bytes of the current line that are gone already
	opened  bool // a delimiter was seen since the last part
	headers int  // header lines of this part
	jpeg    bool // its Content-Type says JPEG
	length  int  // its Content-Length, -1 without
	kind    []byte

	inBody   bool
	begun    bool // the body's first byte is there
	started  time.Time
	searched int // bytes of the body searched for the delimiter
	walked   int // bytes of the body walked
	walk     mjpeg.Splitter

	skipped  int    // parts that were no JPEG
	lastKind string // the Content-Type of the last of them
	barren   int    // bytes since the last picture
}

func newParser(boundary string) *parser {
	p := &parser{length: -1}
	if boundary != "" {
		// By RFC 2046 the line has two dashes more than the parameter, but many cameras
		// write the same in both places.
		p.announced = [][]byte{[]byte("--" + boundary), []byte(boundary)}
	}
	return p
}

// fill receives once from r. It makes the parts returned before invalid.
func (p *parser) fill(r io.Reader) error {
	if p.pos > 0 {
		p.buf = p.buf[:copy(p.buf, p.buf[p.pos:])]
		p.pos = 0
	}
	if cap(p.buf)-len(p.buf) < readSize {
		p.buf = slices.Grow(p.buf, max(readSize, len(p.buf)))
	}
	n, err := r.Read(p.buf[len(p.buf):cap(p.buf)])
	p.buf = p.buf[:len(p.buf)+n]
	if n > 0 {
		p.arrived = time.Now()
	}
	return err
}

// next returns the next complete picture among what was received. The stream is beyond
// help when it fails.
func (p *parser) next() (pic part, ok bool, err error) {
	for {
		if !p.inBody && !p.between() {
			return part{}, false, p.checkBarren()
		}
		data, done, err := p.body()
		if err != nil {
			return part{}, false, err
		}
		if !done {
			return part{}, false, p.checkBarren()
		}
		if bytes.HasPrefix(data, soi) || p.jpeg && len(data) > 0 {
			p.barren = 0
			return part{data, p.started}, true, nil
		}
		if len(data) > 0 {
			p.skipped++
			p.lastKind = string(p.kind)
		}
	}
}

// checkBarren gives up on a stream that is no MJPEG.
func (p *parser) checkBarren() error {
	if p.barren <= mjpeg.MaxPicture {
		return nil
	}
	if p.skipped > 0 {
		return fmt.Errorf("there is no JPEG in its last %d bytes; of %d parts of another kind the last was %q", p.barren, p.skipped, p.lastKind)
	}
	return fmt.Errorf("there is no JPEG in its last %d bytes", p.barren)
}

func (p *parser) discard(n int) {
	p.pos += n
	p.barren += n
}

// soi starts every JPEG: the SOI marker, and the FF of the marker behind it.
var soi = []byte{0xFF, 0xD8, 0xFF}

// between reads what stands between two bodies, line by line. It returns true where a
// body begins, and false when more bytes are needed.
func (p *parser) between() bool {
	for {
		b := p.buf[p.pos:]
		eol := bytes.IndexByte(b, '\n')
		line := b
		if eol >= 0 {
			line = b[:eol]
		}
		if p.opened || !p.proven {
			// A part without headers, or a stream without parts.
			if i := bytes.Index(line, soi); i >= 0 {
				p.discard(i)
				p.startBody()
				return true
			}
		}
		if eol < 0 {
			if len(b) > maxLine {
				n := len(b) - (len(soi) - 1)
				p.dropped += n
				p.discard(n)
			}
			return false
		}
		p.discard(eol + 1)
		tooLong := p.dropped+eol > maxLine
		p.dropped = 0
		if !tooLong && p.line(line) {
			p.startBody()
			return true
		}
	}
}

func (p *parser) startBody() {
	p.inBody, p.begun, p.opened, p.dropped = true, false, false, 0
	p.searched, p.walked, p.walk = 0, 0, mjpeg.Splitter{}
}

// line takes a line between two bodies and returns whether it is the blank one behind
// the headers.
func (p *parser) line(line []byte) bool {
	line = bytes.Trim(line, " \t\r\x00")
	if p.isDelimiter(line) {
		p.opened, p.headers = true, 0
		p.jpeg, p.length, p.kind = false, -1, p.kind[:0]
		return false
	}
	if len(line) == 0 {
		return p.opened && p.headers > 0
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return false
	}
	p.headers++
	value = bytes.TrimSpace(value)
	switch name = bytes.TrimSpace(name); {
	case bytes.EqualFold(name, []byte("Content-Type")):
		p.kind = append(p.kind[:0], value...)
		kind, _, _ := bytes.Cut(value, []byte(";"))
		kind = bytes.TrimSpace(kind)
		p.jpeg = bytes.EqualFold(kind, []byte("image/jpeg")) || bytes.EqualFold(kind, []byte("image/jpg"))
	case bytes.EqualFold(name, []byte("Content-Length")):
		p.length = -1
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 && n <= mjpeg.MaxPicture {
			p.length = n
		}
	}
	return false
}

// isDelimiter reports whether a line stands before a part, and learns the delimiter from
// the first that looks like one.
func (p *parser) isDelimiter(line []byte) bool {
	if p.delim != nil && (bytes.Equal(line, p.delim) || isClosing(line, p.delim)) {
		p.proven = true
		return true
	}
	for _, a := range p.announced {
		if bytes.Equal(line, a) && isText(line) {
			p.delim, p.proven = slices.Clone(line), false
			return true
		}
	}
	// Not the announced one: learn it, and unlearn a line of the preamble that merely
	// looked like one.
	if !p.proven && len(line) > 2 && len(line) <= maxDelimiter && bytes.HasPrefix(line, []byte("--")) && isText(line) {
		p.delim = slices.Clone(line)
		return true
	}
	return false
}

// isClosing reports whether a line is the delimiter after the last part. Some cameras go
// on behind it.
func isClosing(line, delim []byte) bool {
	return len(line) == len(delim)+2 && bytes.HasPrefix(line, delim) && bytes.HasSuffix(line, []byte("--"))
}

// isText keeps picture data from being taken for a delimiter.
func isText(line []byte) bool {
	return !bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' })
}

// body looks for the end of the part. done is false when more bytes are needed.
func (p *parser) body() (data []byte, done bool, err error) {
	if !p.begun {
		for p.pos < len(p.buf) && (p.buf[p.pos] == '\r' || p.buf[p.pos] == '\n') {
			p.discard(1) // blank lines too many
		}
		if p.pos == len(p.buf) {
			return nil, false, nil
		}
		p.begun, p.started = true, p.arrived
	}
	b := p.buf[p.pos:]
	end := p.findDelimiter(b)
	limit := len(b)
	if end >= 0 {
		limit = end
	}
	if prefix := soi[:min(len(soi), limit)]; bytes.HasPrefix(b, prefix) {
		for p.walked < limit {
			n, s, ok := p.walk.Next(b[p.walked:limit])
			p.walked += n
			if ok && (s.Off == 0 || !p.proven) {
				return p.endBody(b, int(s.Off), int(s.Off)+s.Size)
			}
		}
	}
	switch {
	case end >= 0:
		return p.endBody(b, 0, end)
	case len(b) > mjpeg.MaxPicture:
		return nil, false, errEndless
	}
	return nil, false, nil
}

var errEndless = fmt.Errorf("a part does not end within %d bytes", mjpeg.MaxPicture)

func (p *parser) endBody(b []byte, from, to int) ([]byte, bool, error) {
	p.inBody = false
	p.discard(to)
	return bytes.TrimRight(b[from:to], "\r\n"), true, nil
}

// findDelimiter returns where in the body the next delimiter starts, -1 if it is not
// there yet. The same characters inside a picture do not count: a delimiter starts a
// line, or stands right behind an EOI, or where the Content-Length says.
func (p *parser) findDelimiter(b []byte) int {
	if p.delim == nil {
		return -1
	}
	for {
		i := bytes.Index(b[p.searched:], p.delim)
		if i < 0 {
			p.searched = max(p.searched, len(b)-len(p.delim)+1)
			return -1
		}
		i += p.searched
		if i == 0 || i == p.length || b[i-1] == '\n' || bytes.HasSuffix(b[:i], eoi) {
			return i
		}
		p.searched = i + 1
	}
}

var eoi = []byte{0xFF, 0xD9}
