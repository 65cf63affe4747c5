package uvcsim

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// USB/IP: a header of 48 bytes, big endian, then what it announces. The kernel sends
// SUBMIT to begin a transfer and UNLINK to take one back; each gets its reply.
const (
	cmdSubmit = 1
	cmdUnlink = 2
	retSubmit = 3
	retUnlink = 4

	headerSize = 48
	packetSize = 16 // of an isochronous packet's descriptor

	directionIn = 1
	notIso      = 0xffffffff // number of packets, as good as 0

	// What no sane kernel exceeds.
	maxTransfer = 16 << 20
	maxPackets  = 1024
)

// Ends of transfers other than 0, as negated error numbers of Linux.
const (
	stalled   = -32  // EPIPE
	overflown = -75  // EOVERFLOW: the device sent more than there was room for
	takenBack = -104 // ECONNRESET
)

var be = binary.BigEndian

// errStep is for a link on which the two ends no longer understand each other.
var errStep = errors.New("USB/IP out of step")

// command is a SUBMIT or an UNLINK.
type command struct {
	kind uint32
	seq  uint32
	// Of SUBMIT.
	in       bool
	endpoint uint32
	length   int
	packets  []isoSlot // of an isochronous transfer
	setup    [8]byte
	data     []byte // going out
	// Of UNLINK: the transfer to take back.
	victim uint32
}

// isoSlot is one packet of an isochronous transfer: how much room it has, and afterwards
// how it went.
type isoSlot struct {
	offset, room uint32
	used         uint32
	status       int32
}

// readCommand reads the next command. An error is io.EOF, if the link ended between two,
// wraps errStep, or is the reader's.
func readCommand(r io.Reader) (c command, err error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return c, err
	}
	c.kind, c.seq = be.Uint32(h[0:]), be.Uint32(h[4:])
	switch c.kind {
	case cmdUnlink:
		c.victim = be.Uint32(h[20:])
		return c, nil
	case cmdSubmit:
	default:
		return c, fmt.Errorf("%w: command %#x", errStep, c.kind)
	}
	c.in = be.Uint32(h[12:]) == directionIn
	c.endpoint = be.Uint32(h[16:])
	length, packets := be.Uint32(h[24:]), be.Uint32(h[32:])
	if packets == notIso {
		packets = 0
	}
	if length > maxTransfer || packets > maxPackets {
		return c, fmt.Errorf("%w: a transfer of %d bytes in %d packets", errStep, length, packets)
	}
	c.length = int(length)
	copy(c.setup[:], h[40:])
	if !c.in {
		c.data = make([]byte, c.length)
		if _, err := io.ReadFull(r, c.data); err != nil {
			return c, noEOF(err)
		}
	}
	return c, c.readPackets(r, int(packets))
}

func (c *command) readPackets(r io.Reader, n int) error {
	raw := make([]byte, n*packetSize)
	if _, err := io.ReadFull(r, raw); err != nil {
		return noEOF(err)
	}
	c.packets = make([]isoSlot, n)
	for i := range c.packets {
		b := raw[i*packetSize:]
		p := isoSlot{offset: be.Uint32(b), room: be.Uint32(b[4:])}
		if uint64(p.offset)+uint64(p.room) > uint64(c.length) {
			return fmt.Errorf("%w: packet %d reaches from %d over %d bytes, out of its transfer's %d", errStep, i, p.offset, p.room, c.length)
		}
		c.packets[i] = p
	}
	return nil
}

// noEOF is for an end in the middle of a command.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendSubmitReply appends the reply to a SUBMIT. For transfers to the camera data is nil
// and used tells how much of it was taken.
func appendSubmitReply(b []byte, c *command, status int32, used int, data []byte) []byte {
	failed := 0
	for _, p := range c.packets {
		if p.status != 0 {
			failed++
		}
	}
	for _, v := range []uint32{
		retSubmit, c.seq, 0, 0, 0,
		uint32(status), uint32(used), 0, uint32(len(c.packets)), uint32(failed),
		0, 0,
	} {
		b = be.AppendUint32(b, v)
	}
	b = append(b, data...)
	for _, p := range c.packets {
		for _, v := range []uint32{p.offset, p.room, p.used, uint32(p.status)} {
			b = be.AppendUint32(b, v)
		}
	}
	return b
}

func appendUnlinkReply(b []byte, seq uint32, status int32) []byte {
	b = be.AppendUint32(b, retUnlink)
	b = be.AppendUint32(b, seq)
	b = append(b, make([]byte, 12)...)
	b = be.AppendUint32(b, uint32(status))
	return append(b, make([]byte, headerSize-24)...)
}

// link is the cable: it answers control transfers at once, unless it is muted, and keeps those
// of the video endpoint until somebody fills them.
//
// A transfer that was taken back must never be answered, or the kernel drops the camera.
// So whatever is written is written with mu held: either a reply is out before the UNLINK
// is looked at, or the transfer is gone from waiting before it could be answered.
type link struct {
	conn    io.ReadWriteCloser
	answer  func(s setup, data []byte) (reply []byte, ok bool)
	muted   func() bool
	arrived chan struct{} // has an element when waiting may have grown

	turn sync.Mutex // held while a command is handled
	held []command  // control transfers that came while muted; goes with turn

	mu      sync.Mutex
	waiting []command
	newest  uint32            // number of the latest SUBMIT
	early   map[uint32]uint32 // UNLINKs that overtook their SUBMIT: its number → theirs
	out     []byte            // what is being written
	payload []byte            // data of a transfer being filled
}

func newLink(conn io.ReadWriteCloser, answer func(setup, []byte) ([]byte, bool), muted func() bool) *link {
	return &link{conn: conn, answer: answer, muted: muted, arrived: make(chan struct{}, 1), early: map[uint32]uint32{}}
}

// close ends run and every write.
func (l *link) close() { l.conn.Close() }

// run reads and answers until the link ends, and says why it did. That is always an error:
// a healthy link ends by close alone.
func (l *link) run() error {
	r := bufio.NewReaderSize(l.conn, 16<<10)
	for {
		c, err := readCommand(r)
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the kernel gave the camera up; its log says why")
		case err != nil:
			return fmt.Errorf("USB/IP: %w", err)
		}
		if err := l.handle(&c); err != nil {
			return fmt.Errorf("USB/IP: %w", err)
		}
	}
}

func (l *link) handle(c *command) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	if c.kind == cmdUnlink {
		return l.unlink(c)
	}
	if gone, err := l.submitted(c); gone || err != nil {
		return err
	}
	switch {
	case c.endpoint == 0 && (len(l.held) > 0 || l.muted()): // none overtakes another
		l.held = append(l.held, *c)
		return nil
	case c.endpoint == 0:
		return l.control(c)
	case c.endpoint == videoEndpoint && c.in:
		l.enqueue(c)
		return nil
	default:
		return l.reply(c, stalled, 0, nil)
	}
}

// submitted notes a SUBMIT, and whether its UNLINK has come already: the kernel sends the
// two from different lists, and the numbers rise within each. The UNLINK's answer had to
// wait for this moment: an earlier one may reach the kernel before it counts the transfer
// as sent, and then it waits for the transfer's own reply.
func (l *link) submitted(c *command) (gone bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newest = c.seq
	unlink, gone := l.early[c.seq]
	if !gone {
		return false, nil
	}
	delete(l.early, c.seq)
	return true, l.write(appendUnlinkReply(l.out[:0], unlink, takenBack))
}

func (l *link) unlink(c *command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, list := range []*[]command{&l.waiting, &l.held} {
		if i := slices.IndexFunc(*list, func(x command) bool { return x.seq == c.victim }); i >= 0 {
			*list = slices.Delete(*list, i, i+1)
			return l.write(appendUnlinkReply(l.out[:0], c.seq, takenBack))
		}
	}
	if int32(c.victim-l.newest) > 0 {
		l.early[c.victim] = c.seq
		return nil
	}
	return l.write(appendUnlinkReply(l.out[:0], c.seq, 0)) // answered before
}

// catchUp answers what came while muted. Where the link has ended its errors are run's to
// tell.
func (l *link) catchUp() {
	l.turn.Lock()
	defer l.turn.Unlock()
	for len(l.held) > 0 && !l.muted() {
		c := l.held[0]
		l.held = l.held[1:]
		if l.control(&c) != nil {
			return
		}
	}
}

// forget drops what came while muted, after the end of the link.
func (l *link) forget() {
	l.turn.Lock()
	l.held = nil
	l.turn.Unlock()
}

func (l *link) control(c *command) error {
	reply, ok := l.answer(parseSetup(c.setup), c.data)
	switch {
	case !ok:
		return l.reply(c, stalled, 0, nil)
	case c.in:
		reply = reply[:min(len(reply), c.length)]
		return l.reply(c, 0, len(reply), reply)
	default:
		return l.reply(c, 0, len(c.data), nil)
	}
}

func (l *link) reply(c *command, status int32, used int, data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(appendSubmitReply(l.out[:0], c, status, used, data))
}

// write sends b, which was appended to out; mu is held.
func (l *link) write(b []byte) error {
	l.out = b
	_, err := l.conn.Write(b)
	return err
}

func (l *link) enqueue(c *command) {
	l.mu.Lock()
	l.waiting = append(l.waiting, *c)
	l.mu.Unlock()
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

// flush forgets all transfers that wait.
func (l *link) flush() {
	l.mu.Lock()
	l.waiting = nil
	l.mu.Unlock()
}

// await waits until a transfer of the video endpoint waits to be filled. The error is ctx's.
func (l *link) await(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.mu.Lock()
		n := len(l.waiting)
		l.mu.Unlock()
		if n > 0 {
			return nil
		}
		select {
		case <-l.arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fill waits for a transfer of the video endpoint and answers it. write appends the data,
// at most the transfer's length or, packet by packet, what each has room for, and says how
// the transfer ended. The error is ctx's or the link's.
func (l *link) fill(ctx context.Context, write func(b []byte, c *command) ([]byte, int32)) error {
	for {
		if err := l.await(ctx); err != nil {
			return err
		}
		l.mu.Lock()
		if len(l.waiting) > 0 {
			break
		}
		l.mu.Unlock() // it was taken back in between
	}
	defer l.mu.Unlock()
	c := l.waiting[0]
	l.waiting = append(l.waiting[:0], l.waiting[1:]...)
	data, status := write(l.payload[:0], &c)
	l.payload = data
	return l.write(appendSubmitReply(l.out[:0], &c, status, len(data), data))
}
