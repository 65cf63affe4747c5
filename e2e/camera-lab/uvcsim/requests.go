package uvcsim

import (
	"context"
	"io"
	"sync"
)

// Standard requests (USB 9.4).
const (
	getStatus        = 0
	clearFeature     = 1
	getDescriptor    = 6
	getConfiguration = 8
	getInterface     = 10
	setInterface     = 11
)

// Request types: direction, kind, recipient (USB 9.3).
const (
	kindMask      = 0x60
	standardKind  = 0x00
	classKind     = 0x20
	toInterface   = 0x01
	toEndpoint    = 0x02
	endpointHalt  = 0
	errorSelector = 0x02 // of the control interface itself: why the last request was refused
	probeSelector = 0x01 // of the streaming interface
	commitControl = 0x02
)

// setup is the head of a control transfer (USB 9.3).
type setup struct {
	kind, request        byte
	value, index, length uint16
}

func parseSetup(b [8]byte) setup {
	return setup{b[0], b[1], le.Uint16(b[2:]), le.Uint16(b[4:]), le.Uint16(b[6:])}
}

// plug is the camera's life from a plugging in to the next unplugging.
type plug struct {
	cam  *Camera
	link *link
	done chan struct{} // closed when the link has ended
	err  error         // why, valid then

	// Of whoever has the link's turn.
	payload   int
	alternate byte
	refused   refusal // the last request to a control
	wish      setting
	commit    setting
	fid       byte
	stop      context.CancelFunc // ends the stream, nil while there is none
	stream    sync.WaitGroup
}

func newPlug(c *Camera, conn io.ReadWriteCloser) *plug {
	p := &plug{cam: c, done: make(chan struct{}), payload: isoPayload}
	if c.config.Bulk {
		p.payload = bulkPayload
	}
	p.wish = negotiate(c.config.Formats, nil)
	p.commit = p.wish
	p.link = newLink(conn, p.answer, func() bool { return c.is(&c.muted) })
	go func() {
		defer close(p.done)
		p.err = p.link.run()
		p.link.close() // what the stream is writing ends too
		p.link.forget()
		p.stopStream()
	}()
	return p
}

// close ends the plug and waits for all that runs in it. The error is why the link had
// ended before, nil if it had not.
func (p *plug) close() error {
	select {
	case <-p.done:
		p.link.close()
		return p.err
	default:
	}
	p.link.close()
	<-p.done
	return nil
}

// answer answers one control transfer; ok false refuses it, which USB calls a stall.
func (p *plug) answer(s setup, data []byte) (reply []byte, ok bool) {
	switch s.kind & kindMask {
	case standardKind:
		return p.standard(s)
	case classKind:
		return p.class(s, data)
	}
	return nil, false
}

func (p *plug) standard(s setup) (reply []byte, ok bool) {
	switch s.request {
	case getDescriptor:
		return p.descriptor(byte(s.value>>8), int(s.value&0xff))
	case getStatus:
		return []byte{0, 0}, true
	case getConfiguration:
		return []byte{1}, true
	case getInterface:
		return []byte{p.alternate}, true
	case setInterface:
		if s.kind == toInterface && s.index == streamingInterface {
			p.setAlternate(byte(s.value))
		}
	case clearFeature:
		if s.kind == toEndpoint && s.value == endpointHalt && s.index == endpointIn|videoEndpoint {
			p.stopStream() // how a host ends a bulk stream
		}
	}
	return nil, true // SET_CONFIGURATION and all else that a single configuration agrees to
}

func (p *plug) descriptor(kind byte, i int) (reply []byte, ok bool) {
	switch kind {
	case typeDevice:
		return p.cam.device, true
	case typeConfig:
		return p.cam.layout, true
	case typeString:
		return stringDescriptor(p.cam.strings, i)
	}
	return nil, false
}

// setAlternate takes or gives back bandwidth, and with it starts or ends the stream.
func (p *plug) setAlternate(n byte) {
	p.alternate = n
	p.stopStream()
	if n != 0 {
		p.startStream()
	}
}

func (p *plug) class(s setup, data []byte) (reply []byte, ok bool) {
	selector, entity := byte(s.value>>8), byte(s.index>>8)
	switch byte(s.index) {
	case controlInterface:
		if p.cam.is(&p.cam.stall) {
			return nil, false
		}
		if entity == 0 && selector == errorSelector && s.request == getCur {
			return []byte{byte(p.refused)}, true
		}
		reply, p.refused = p.cam.controlRequest(entity, selector, s.request, data)
		return reply, p.refused == accepted
	case streamingInterface:
		if selector == probeSelector || selector == commitControl {
			return p.negotiation(selector, s.request, data)
		}
	}
	return nil, false
}

// negotiation answers probe, which tries a setting, and commit, which fixes it.
func (p *plug) negotiation(selector, request byte, data []byte) (reply []byte, ok bool) {
	switch request {
	case setCur:
		if selector == commitControl && p.cam.is(&p.cam.refuse) {
			return nil, false
		}
		p.wish = negotiate(p.cam.config.Formats, data)
		if selector == commitControl {
			p.commit = p.wish
			p.cam.log().Debug("committed", "format", p.commit.format.Pixels, "size", p.commit.point(), "interval", p.commit.frameInterval())
			if p.cam.config.Bulk {
				p.stopStream()
				p.startStream() // there is no bandwidth to take first
			}
		}
		return nil, true
	case getCur, getMin, getMax:
		return p.wish.answer(p.payload), true
	case getDef:
		return negotiate(p.cam.config.Formats, nil).answer(p.payload), true
	case getLen:
		return u16(probeSize), true
	case getInfo:
		return []byte{settable}, true
	}
	return nil, false
}

func (p *plug) startStream() {
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	s := &stream{cam: p.cam, link: p.link, setting: p.commit, payload: p.payload, fid: &p.fid}
	p.cam.set(&p.cam.streams, true)
	p.stream.Go(func() { s.run(ctx) })
}

// stopStream ends the stream, if there is one, and waits for its end. A host has taken its
// transfers back by then; one that it forgot must not be answered any more.
func (p *plug) stopStream() {
	if p.stop != nil {
		p.stop()
		p.stream.Wait()
		p.stop = nil
		p.cam.set(&p.cam.streams, false)
	}
	p.link.flush()
}
