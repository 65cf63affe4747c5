package uvcsim

// Bits of a payload's header (UVC 2.4.3.3).
const (
	headerFrameEnd = 0x02
	headerError    = 0x40
	headerEnd      = 0x80
	headerLength   = 2
)

// payloads cuts a frame into payloads, each with a header. A host learns from the headers
// where frames begin and end.
type payloads struct {
	data   []byte // what is left of the frame
	header byte
	fault  Fault
	most   int // bytes of a payload

	begun bool
	ended bool // the last payload has begun

	// A payload that spans bulk transfers.
	whole []byte
	left  []byte
	open  bool // its end still has to be told, by a transfer that isn't full
}

func (p *payloads) done() bool { return p.ended && len(p.left) == 0 && !p.open }

// next appends a payload of at most room bytes, which is more than a header.
func (p *payloads) next(b []byte, room int) []byte {
	h := p.header
	if p.fault == Error {
		h |= headerError
	}
	n := min(len(p.data), room-headerLength)
	if n == len(p.data) {
		p.ended = true
		if p.fault != NoEOF {
			h |= headerFrameEnd
		}
	}
	p.begun = true
	b = append(b, headerLength, h)
	b = append(b, p.data[:n]...)
	p.data = p.data[n:]
	return b
}

// fillIso puts one payload into each packet of an isochronous transfer. After the frame
// the packets stay empty, as they do while a camera has nothing to say.
func (p *payloads) fillIso(b []byte, c *command) ([]byte, int32) {
	for i := range c.packets {
		slot := &c.packets[i]
		if p.ended || slot.room <= headerLength {
			continue
		}
		was, first := len(b), !p.begun
		b = p.next(b, min(int(slot.room), p.most))
		if p.fault == Babble && !first && !p.ended {
			b, slot.status = b[:was], overflown
		}
		slot.used = uint32(len(b) - was)
	}
	return b, 0
}

// fillBulk fills a bulk transfer. A payload spans as many as it takes; it ends where it is
// as long as agreed, or with a transfer that isn't full.
func (p *payloads) fillBulk(b []byte, c *command) ([]byte, int32) {
	if p.fault == Babble {
		p.ended = true
		return b, overflown
	}
	if len(p.left) == 0 && !p.open {
		p.whole = p.next(p.whole[:0], p.most)
		p.left = p.whole
	}
	n := min(len(p.left), c.length)
	b = append(b, p.left[:n]...)
	p.left = p.left[n:]
	p.open = len(p.left) == 0 && n == c.length && len(p.whole) < p.most
	return b, 0
}
