package uvcsim

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func TestUnlinkWaiting(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG)), sockets)
	x := h.announce(true, 4)
	h.send(x, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
	h.unlink(x)
	if !h.wait(x.taken) || x.takenStatus != takenBack {
		t.Errorf("status %d: want %d", x.takenStatus, takenBack)
	}
}

func TestUnlinkAnswered(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG)), sockets)
	x := h.announce(true, 0)
	h.send(x, 0, 1, [8]byte{endpointIn, getConfiguration, 0, 0, 0, 0, 1, 0}, nil)
	h.wait(x.ended)
	h.unlink(x)
	if !h.wait(x.taken) || x.takenStatus != 0 {
		t.Errorf("status %d: want 0, for there was nothing to take back", x.takenStatus)
	}
}

// The kernel sends an UNLINK before the transfer itself when it takes one back at once. It
// counts the transfer as sent only some time later, so neither may be answered before.
func TestUnlinkFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plugInto(t, newCamera(t, small(MJPEG)), pipe)
		early, late := h.announce(true, 4), h.announce(true, 4)
		h.unlink(late)
		synctest.Wait()
		select {
		case <-late.taken:
			t.Error("the UNLINK was answered before its transfer had come")
		default:
		}
		h.send(early, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
		h.send(late, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
		if !h.wait(late.taken) || late.takenStatus != takenBack {
			t.Errorf("status %d: want %d", late.takenStatus, takenBack)
		}
		select {
		case <-early.ended:
			t.Error("the other transfer ended too")
		default:
		}
	})
}

// Numbers of transfers wrap around.
func TestUnlinkAcrossZero(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG)), sockets)
	h.seq = 1<<32 - 3
	before, after := h.announce(true, 4), h.announce(true, 4)
	h.announce(true, 4) // 0
	h.send(before, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
	late := h.announce(true, 4)
	h.unlink(late)
	h.send(after, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
	h.send(late, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
	if !h.wait(late.taken) || late.takenStatus != takenBack {
		t.Errorf("status %d: want %d", late.takenStatus, takenBack)
	}
}

// Transfers are begun and taken back in every order while frames flow. The host notices
// any reply that comes after that to an UNLINK.
func TestUnlinkRaces(t *testing.T) {
	for kind, bulk := range kinds {
		t.Run(kind, func(t *testing.T) {
			config := small(MJPEG)
			config.Bulk = bulk
			h := plugInto(t, newCamera(t, config), sockets)
			v := view(h, config, 1, 2) // 1000 frames a second
			r := rand.New(rand.NewPCG(1, 2))
			packets := 4
			if bulk {
				packets = 0
			}
			for range 2000 {
				x := h.announce(true, packets)
				begin := func() { h.send(x, videoEndpoint, 4*isoPayload, [8]byte{}, nil) }
				switch r.IntN(3) {
				case 0:
					begin()
					h.unlink(x)
				case 1:
					h.unlink(x)
					begin()
				case 2:
					begin()
					if !h.wait(x.ended) {
						t.Fatal(h.err)
					}
					continue
				}
				if !h.wait(x.taken) {
					t.Fatal(h.err)
				}
			}
			v.stop()
		})
	}
}

// A muted camera answers nothing at endpoint 0 but streams on; afterwards it answers what was
// not taken back, in order.
func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := small(MJPEG)
		c := newCamera(t, config)
		h := plugInto(t, c, pipe)
		v := view(h, config, 1, 1)
		c.Mute(true)
		ask := func(x *transfer) {
			h.send(x, 0, 1, [8]byte{endpointIn | toInterface, getInterface, 0, 0, streamingInterface, 0, 1, 0}, nil)
		}
		first, victim, early, last := h.announce(true, 0), h.announce(true, 0), h.announce(true, 0), h.announce(true, 0)
		ask(first)
		ask(victim)
		h.unlink(early)
		ask(early)
		ask(last)
		for range 5 {
			if f, ok := v.next(); !ok || f.bad {
				t.Fatal("no frame while muted")
			}
		}
		h.unlink(victim)
		for _, x := range []*transfer{victim, early} {
			if !h.wait(x.taken) || x.takenStatus != takenBack {
				t.Errorf("status %d: want %d", x.takenStatus, takenBack)
			}
		}
		synctest.Wait()
		for _, x := range []*transfer{first, last} {
			select {
			case <-x.ended:
				t.Error("it was answered while muted")
			default:
			}
		}
		c.Mute(false)
		for _, x := range []*transfer{first, last} {
			if !h.wait(x.ended) || x.status != 0 || string(x.data) != "\x03" {
				t.Errorf("after it: status %d, data % x", x.status, x.data)
			}
		}
		v.stop() // takes requests, too
	})
}

// Requests that a muted camera held back end with the cable. It is muted still at the next
// plugging in, as its other knobs are, and what came before is not answered then.
func TestMuteOutlastsTheCable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCamera(t, small(MJPEG))
		c.Mute(true)
		var asked [2]*transfer
		for i := range asked {
			h := plugInto(t, c, pipe)
			asked[i] = h.announce(true, 0)
			h.send(asked[i], 0, 1, [8]byte{endpointIn, getConfiguration, 0, 0, 0, 0, 1, 0}, nil)
			synctest.Wait()
			if i == 0 {
				if err := c.Unplug(); err != nil {
					t.Fatal(err)
				}
				c.Mute(false) // with nobody there to be answered
				c.Mute(true)
				continue
			}
			c.Mute(false)
			if !h.wait(asked[i].ended) || asked[i].status != 0 {
				t.Errorf("status %d after it", asked[i].status)
			}
		}
		select {
		case <-asked[0].ended:
			t.Error("a request was answered after the unplugging")
		default:
		}
	})
}

// Muting on and off while requests are begun and taken back: the host notices any reply that
// comes after that to an UNLINK.
func TestMuteRaces(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	h := plugInto(t, c, sockets)
	var toggling sync.WaitGroup
	stop := make(chan struct{})
	toggling.Go(func() {
		for on := true; ; on = !on {
			c.Mute(on)
			select {
			case <-stop:
				c.Mute(false)
				return
			default:
			}
		}
	})
	for range 2000 {
		x := h.announce(true, 0)
		h.send(x, 0, 1, [8]byte{endpointIn, getConfiguration, 0, 0, 0, 0, 1, 0}, nil)
		h.unlink(x)
		if !h.wait(x.taken) {
			t.Fatal(h.err)
		}
	}
	close(stop)
	toggling.Wait()
}

func TestForeignEndpoint(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG)), sockets)
	in, out := h.announce(true, 0), h.announce(false, 0)
	h.send(in, 2, 16, [8]byte{}, nil)
	h.send(out, videoEndpoint, 3, [8]byte{}, []byte{1, 2, 3})
	for _, x := range []*transfer{in, out} {
		if !h.wait(x.ended) || x.status != stalled {
			t.Errorf("status %d: want a stall", x.status)
		}
	}
}

// What a host leaves behind at the end of a stream must not be answered in the next one.
func TestForgottenTransfers(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	config := small(MJPEG)
	h := plugInto(t, c, sockets)
	x := h.announce(true, 4)
	h.send(x, videoEndpoint, 4*isoPayload, [8]byte{}, nil)
	v := view(h, config, 1, 1)
	for range 5 {
		if _, ok := v.next(); !ok {
			t.Fatal("the link ended")
		}
	}
	select {
	case <-x.ended:
		t.Error("it was answered")
	default:
	}
	v.stop()
}

func TestUnplugWhileStreaming(t *testing.T) {
	for kind, bulk := range kinds {
		t.Run(kind, func(t *testing.T) {
			config := small(MJPEG)
			config.Bulk = bulk
			c := newCamera(t, config)
			for range 20 {
				h := plugInto(t, c, sockets)
				v := view(h, config, 1, 1)
				v.next()
				if err := c.Unplug(); err != nil {
					t.Fatal(err)
				}
				if c.Streaming() {
					t.Error("still streaming")
				}
				<-h.done
				if h.err != nil {
					t.Fatal(h.err)
				}
			}
		})
	}
}

// A host that reads nothing holds up no unplugging.
func TestUnplugWhileBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCamera(t, small(MJPEG))
		camera, conn := pipe(t)
		c.attach = func(int) (io.ReadWriteCloser, error) { return camera, nil }
		if err := c.Plug(); err != nil {
			t.Fatal(err)
		}
		h := &host{t: t, conn: conn, pending: map[uint32]*transfer{}}
		h.send(h.announce(true, 0), 0, 18, [8]byte{endpointIn, getDescriptor, 0, typeDevice, 0, 0, 18, 0}, nil)
		synctest.Wait() // the camera writes its reply
		if err := c.Unplug(); err != nil {
			t.Error(err)
		}
		conn.Close()
	})
}

func TestCable(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	if err := c.Unplug(); err == nil {
		t.Error("unplugged what was not plugged in")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	c.attach = func(int) (io.ReadWriteCloser, error) { return nil, os.ErrPermission }
	if err := c.Plug(); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "port 0") {
		t.Errorf("error %v", err)
	}
	plugInto(t, c, sockets)
	if err := c.Plug(); err == nil {
		t.Error("plugged in twice")
	}
}

func TestLinkEndedByKernel(t *testing.T) {
	for name, tc := range map[string]struct {
		write []byte
		want  string
	}{
		"closed":        {nil, "the kernel gave the camera up"},
		"within":        {make([]byte, 7), "unexpected EOF"},
		"out of step":   {bytes.Repeat([]byte{0xee}, headerSize), "out of step"},
		"too much data": {submit(cmdSubmit, 1<<30, 0), "out of step"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCamera(t, small(MJPEG))
			camera, conn := sockets(t)
			c.attach = func(int) (io.ReadWriteCloser, error) { return camera, nil }
			if err := c.Plug(); err != nil {
				t.Fatal(err)
			}
			p := c.plugged
			conn.Write(tc.write)
			conn.Close()
			<-p.done
			if err := c.Unplug(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v: want %q in it", err, tc.want)
			}
		})
	}
}

// submit is the header of a SUBMIT for the video endpoint, or of something similar.
func submit(kind, length, packets uint32) (b []byte) {
	for _, v := range []uint32{kind, 9, 0, directionIn, videoEndpoint, 0, length, 0, packets, 0, 0, 0} {
		b = be.AppendUint32(b, v)
	}
	return b
}

func slot(offset, room uint32) (b []byte) {
	for _, v := range []uint32{offset, room, 0, 0} {
		b = be.AppendUint32(b, v)
	}
	return b
}

func TestReadCommand(t *testing.T) {
	iso := slices.Concat(submit(cmdSubmit, 100, 2), slot(0, 50), slot(50, 50))
	for name, tc := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":               {nil, io.EOF},
		"half a header":         {iso[:20], io.ErrUnexpectedEOF},
		"no packets":            {iso[:headerSize], io.ErrUnexpectedEOF},
		"one packet of two":     {iso[:headerSize+packetSize], io.ErrUnexpectedEOF},
		"isochronous":           {iso, nil},
		"not isochronous":       {submit(cmdSubmit, 100, notIso), nil},
		"a packet sticks out":   {slices.Concat(submit(cmdSubmit, 100, 1), slot(60, 41)), errStep},
		"a packet wraps around": {slices.Concat(submit(cmdSubmit, 100, 1), slot(1<<32-1, 2)), errStep},
		"too long":              {submit(cmdSubmit, maxTransfer+1, 0), errStep},
		"too many packets":      {submit(cmdSubmit, 100, maxPackets+1), errStep},
		"a reply":               {submit(retSubmit, 0, 0), errStep},
		"data missing":          {append(make([]byte, 3), submit(cmdSubmit, 100, 0)...)[3:40], io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readCommand(bytes.NewReader(tc.in)); !errors.Is(err, tc.want) {
				t.Errorf("error %v: want %v", err, tc.want)
			}
		})
	}
	out := submit(cmdSubmit, 3, 0)
	be.PutUint32(out[12:], 0) // direction
	c, err := readCommand(bytes.NewReader(append(out, "abc"...)))
	if err != nil || string(c.data) != "abc" || c.in {
		t.Errorf("%q, %v, %v", c.data, c.in, err)
	}
	if _, err := readCommand(bytes.NewReader(append(out, "ab"...))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a byte missing: %v", err)
	}
}

// FuzzReadCommand: no bytes make the reader panic, or take memory that they don't back; and
// a video transfer that it accepts can be filled to the last byte.
func FuzzReadCommand(f *testing.F) {
	f.Add(submit(cmdSubmit, 100, 0))
	f.Add(slices.Concat(submit(cmdSubmit, 100, 2), slot(0, 50), slot(50, 50)))
	f.Add(slices.Concat(submit(cmdSubmit, 5, 3), slot(0, 0), slot(0, 2), slot(2, 3)))
	f.Add(submit(cmdUnlink, 0, 0))
	f.Add([]byte("nothing like it"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readCommand(bytes.NewReader(b))
		if err != nil || c.kind != cmdSubmit || !c.in {
			return
		}
		p := &payloads{data: make([]byte, 1000), header: headerEnd, most: isoPayload}
		fill := p.fillBulk
		if len(c.packets) > 0 {
			fill = p.fillIso
		}
		data, _ := fill(nil, &c)
		room := 0
		for _, s := range c.packets {
			room += int(s.room)
			if s.used > s.room {
				t.Fatalf("a packet of %d bytes has %d", s.room, s.used)
			}
		}
		if len(c.packets) == 0 {
			room = c.length
		}
		if len(data) > room {
			t.Fatalf("%d bytes in a transfer of %d", len(data), room)
		}
	})
}
