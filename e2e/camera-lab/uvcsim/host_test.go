package uvcsim

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
)

// host is a miniature of the kernel's end of the link: it begins transfers, takes them back
// and, like the kernel, ends the link over a reply to a transfer that it doesn't know.
type host struct {
	t    *testing.T
	conn io.ReadWriteCloser
	done chan struct{} // closed when the camera has closed the link
	err  error         // what was wrong with it, valid then

	mu      sync.Mutex
	seq     uint32
	pending map[uint32]*transfer
	unlinks map[uint32]*transfer // by the UNLINK's number
}

// transfer is one that the host has begun.
type transfer struct {
	seq     uint32
	in      bool
	packets int
	ended   chan struct{}
	// valid after ended
	status int32
	used   int
	data   []byte
	slots  []isoSlot
	// taken is closed by the reply to its UNLINK, with the status it had.
	taken       chan struct{}
	takenStatus int32
}

// pair is how a test connects a camera and a host.
type pair func(t *testing.T) (camera, host io.ReadWriteCloser)

func sockets(t *testing.T) (camera, host io.ReadWriteCloser) {
	t.Helper()
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// plugInto plugs the camera into a new host, until the test ends or somebody unplugs it.
func plugInto(t *testing.T, c *Camera, connect pair) *host {
	t.Helper()
	camera, conn := connect(t)
	h := &host{t: t, conn: conn, done: make(chan struct{}), pending: map[uint32]*transfer{}, unlinks: map[uint32]*transfer{}}
	c.attach = func(int) (io.ReadWriteCloser, error) { return camera, nil }
	if err := c.Plug(); err != nil {
		t.Fatal(err)
	}
	go h.read()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		<-h.done
		if h.err != nil {
			t.Error(h.err)
		}
		conn.Close()
	})
	return h
}

func (h *host) read() {
	defer close(h.done)
	for {
		var head [headerSize]byte
		if _, err := io.ReadFull(h.conn, head[:]); err != nil {
			return
		}
		if err := h.reply(head[:]); err != nil {
			if !errors.Is(err, io.ErrUnexpectedEOF) { // unplugged in the middle
				h.err = err
				h.conn.Close()
			}
			return
		}
	}
}

func (h *host) reply(head []byte) error {
	seq, status := be.Uint32(head[4:]), int32(be.Uint32(head[20:]))
	h.mu.Lock()
	defer h.mu.Unlock()
	switch kind := be.Uint32(head); kind {
	case retUnlink:
		x := h.unlinks[seq]
		if x == nil {
			return fmt.Errorf("a reply to UNLINK %d, which is none", seq)
		}
		delete(h.unlinks, seq)
		x.takenStatus = status
		if h.pending[x.seq] != nil {
			delete(h.pending, x.seq) // what comes for it now is an error
			x.status = status
			close(x.ended)
		}
		close(x.taken)
		return nil
	case retSubmit:
		x := h.pending[seq]
		if x == nil {
			return fmt.Errorf("a reply to transfer %d, which is none or was taken back", seq)
		}
		delete(h.pending, seq)
		return x.finish(head, h.conn)
	default:
		return fmt.Errorf("reply of kind %d", kind)
	}
}

// finish reads what follows the header and checks it as the kernel does.
func (x *transfer) finish(head []byte, r io.Reader) error {
	defer close(x.ended)
	x.status, x.used = int32(be.Uint32(head[20:])), int(be.Uint32(head[24:]))
	if n := int(be.Uint32(head[32:])); n != x.packets {
		return fmt.Errorf("%d packets came back of %d", n, x.packets)
	}
	if x.in {
		x.data = make([]byte, x.used)
		if _, err := io.ReadFull(r, x.data); err != nil {
			return noEOF(err)
		}
	}
	raw := make([]byte, packetSize*x.packets)
	if _, err := io.ReadFull(r, raw); err != nil {
		return noEOF(err)
	}
	total := 0
	for b := range slices.Chunk(raw, packetSize) {
		s := isoSlot{be.Uint32(b), be.Uint32(b[4:]), be.Uint32(b[8:]), int32(be.Uint32(b[12:]))}
		if s.used > s.room {
			return fmt.Errorf("a packet of %d bytes has %d", s.room, s.used)
		}
		total += int(s.used)
		x.slots = append(x.slots, s)
	}
	if x.packets > 0 && total != x.used {
		return fmt.Errorf("packets have %d bytes in all, the transfer says %d", total, x.used)
	}
	return nil
}

// announce gives a transfer its number; send makes it known to the camera.
func (h *host) announce(in bool, packets int) *transfer {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	x := &transfer{seq: h.seq, in: in, packets: packets, ended: make(chan struct{}), taken: make(chan struct{})}
	h.pending[x.seq] = x
	return x
}

func (h *host) send(x *transfer, endpoint uint32, length int, setup [8]byte, data []byte) {
	var direction uint32
	if x.in {
		direction = directionIn
	}
	var b []byte
	for _, v := range []uint32{cmdSubmit, x.seq, 1<<16 | 1, direction, endpoint, 0, uint32(length), 0, uint32(x.packets), 1} {
		b = be.AppendUint32(b, v)
	}
	b = append(b, setup[:]...)
	b = append(b, data...)
	for i := range x.packets {
		for _, v := range []uint32{uint32(i * length / x.packets), uint32(length / x.packets), 0, 0} {
			b = be.AppendUint32(b, v)
		}
	}
	h.write(b)
}

// write may fail: the camera may be gone.
func (h *host) write(b []byte) { h.conn.Write(b) }

// unlink takes a transfer back.
func (h *host) unlink(x *transfer) {
	h.mu.Lock()
	h.seq++
	seq := h.seq
	h.unlinks[seq] = x
	h.mu.Unlock()
	var b []byte
	for _, v := range []uint32{cmdUnlink, seq, 1<<16 | 1, 0, 0, x.seq} {
		b = be.AppendUint32(b, v)
	}
	h.write(append(b, make([]byte, headerSize-len(b))...))
}

// wait waits for the end of something; false if the link ended first.
func (h *host) wait(end chan struct{}) bool {
	select {
	case <-end:
		return true
	case <-h.done:
		select {
		case <-end:
			return true
		default:
			return false
		}
	}
}

// control does a control transfer. The request's direction bit says whether data goes out
// or at most length bytes come in. The status is 0 or stalled.
func (h *host) control(kind, request byte, value, index int, length int, out []byte) (in []byte, status int32) {
	h.t.Helper()
	if kind&endpointIn == 0 {
		length = len(out)
	}
	x := h.announce(kind&endpointIn != 0, 0)
	h.send(x, 0, length, [8]byte(slices.Concat([]byte{kind, request}, u16(value), u16(index), u16(length))), out)
	if !h.wait(x.ended) {
		h.t.Fatalf("the link ended during a control transfer: %v", h.err)
	}
	return x.data, x.status
}

// get reads what must be there.
func (h *host) get(kind, request byte, value, index, length int) []byte {
	h.t.Helper()
	b, status := h.control(endpointIn|kind, request, value, index, length, nil)
	if status != 0 {
		h.t.Fatalf("request %#x, value %#x, index %#x: status %d", request, value, index, status)
	}
	return b
}

// put writes what must be accepted.
func (h *host) put(kind, request byte, value, index int, data []byte) {
	h.t.Helper()
	if _, status := h.control(kind, request, value, index, 0, data); status != 0 {
		h.t.Fatalf("request %#x, value %#x, index %#x: status %d", request, value, index, status)
	}
}

const (
	classInterface    = classKind | toInterface
	standardInterface = toInterface
)

// commit agrees on format and size, by numbers from 1, and returns the frame's maximal size
// and the longest payload.
func (h *host) commit(format, size byte, interval uint32) (most, payload int) {
	h.t.Helper()
	wish := make([]byte, probeSize)
	wish[2], wish[3] = format, size
	le.PutUint32(wish[4:], interval)
	h.put(classInterface, setCur, probeSelector<<8, streamingInterface, wish)
	got := h.get(classInterface, getCur, probeSelector<<8, streamingInterface, probeSize)
	h.put(classInterface, setCur, commitControl<<8, streamingInterface, got)
	return int(le.Uint32(got[18:])), int(le.Uint32(got[22:]))
}

// received is a frame as uvcvideo would put it into a buffer.
type received struct {
	data []byte
	bad  bool // the driver's error flag
}

// uvc decodes a stream of payloads as uvcvideo does.
type uvc struct {
	fid    int // of the frame in hand, -1 before the first
	frame  received
	frames []received
}

func (u *uvc) payload(b []byte, status int32) {
	if status != 0 {
		u.frame.bad = true
		return
	}
	if len(b) < headerLength || int(b[0]) > len(b) {
		return
	}
	if fid := int(b[1] & 1); fid != u.fid {
		if len(u.frame.data) > 0 {
			u.finish() // its end wasn't marked
		}
		u.fid = fid
		u.frame = received{}
	}
	u.frame.bad = u.frame.bad || b[1]&headerError != 0
	u.frame.data = append(u.frame.data, b[b[0]:]...)
	if b[1]&headerFrameEnd != 0 && len(u.frame.data) > 0 {
		u.finish()
	}
}

func (u *uvc) finish() {
	u.frames = append(u.frames, u.frame)
	u.frame = received{}
}

// viewer streams: it keeps transfers under way and decodes what they bring.
type viewer struct {
	h       *host
	bulk    bool
	length  int // of a transfer
	packets int
	flying  []*transfer
	uvc
	partial []byte // payload that spans bulk transfers
	most    int    // bytes of a payload
}

// view commits, takes bandwidth and begins to stream.
func view(h *host, config Config, format, size byte) *viewer {
	h.t.Helper()
	_, payload := h.commit(format, size, 0)
	v := &viewer{h: h, bulk: config.Bulk, most: payload, uvc: uvc{fid: -1}}
	if v.bulk {
		v.length = payload / 4 // so that a payload spans several
	} else {
		h.put(standardInterface, setInterface, 3, streamingInterface, nil)
		v.packets = 4
		v.length = v.packets * payload
	}
	for range 3 {
		v.submit()
	}
	return v
}

func (v *viewer) submit() {
	x := v.h.announce(true, v.packets)
	v.h.send(x, videoEndpoint, v.length, [8]byte{}, nil)
	v.flying = append(v.flying, x)
}

// next waits for a frame; false if the link ended or a bulk transfer failed.
func (v *viewer) next() (received, bool) {
	for len(v.frames) == 0 {
		x := v.flying[0]
		if !v.h.wait(x.ended) || x.status != 0 && v.bulk {
			return received{}, false
		}
		v.flying = v.flying[1:]
		v.decode(x)
		v.submit()
	}
	f := v.frames[0]
	v.frames = v.frames[1:]
	return f, true
}

func (v *viewer) decode(x *transfer) {
	at := 0
	for _, s := range x.slots {
		v.payload(x.data[at:at+int(s.used)], s.status)
		at += int(s.used)
	}
	if v.bulk {
		v.partial = append(v.partial, x.data...)
		if x.used < v.length || len(v.partial) >= v.most {
			v.payload(v.partial, 0)
			v.partial = v.partial[:0]
		}
	}
}

// stop takes all transfers back and gives the bandwidth back.
func (v *viewer) stop() {
	v.h.t.Helper()
	for _, x := range v.flying {
		v.h.unlink(x)
	}
	for _, x := range v.flying {
		if !v.h.wait(x.taken) {
			v.h.t.Fatal("the link ended at the end of the stream")
		}
	}
	v.flying = nil
	if v.bulk {
		v.h.put(toEndpoint, clearFeature, endpointHalt, endpointIn|videoEndpoint, nil)
	} else {
		v.h.put(standardInterface, setInterface, 0, streamingInterface, nil)
	}
}
