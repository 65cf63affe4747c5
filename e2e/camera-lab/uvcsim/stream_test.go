package uvcsim

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// code reads a picture's number from its pixels.
func code(p Pixels, size image.Point, data []byte) (uint64, error) {
	luma := func(x, y int) uint8 { return data[y*size.X+x] }
	switch p {
	case MJPEG:
		im, err := new(jpeg.Decoder).Decode(data, nil)
		if err != nil {
			return 0, err
		}
		if got := im.Rect.Size(); got != size {
			return 0, fmt.Errorf("a picture of %v", got)
		}
		luma = func(x, y int) uint8 { return im.Y[im.YOffset(x, y)] }
	case YUYV:
		luma = func(x, y int) uint8 { return data[2*(y*size.X+x)] }
	}
	if p != MJPEG && len(data) != p.bytes(size) {
		return 0, fmt.Errorf("%d bytes of %s", len(data), p)
	}
	n, _, err := blockcode.ReadLuma(size.X, size.Y, luma)
	return n, err
}

// kinds of cameras that differ in how frames reach the host.
var kinds = map[string]bool{"isochronous": false, "bulk": true}

func TestFrames(t *testing.T) {
	for kind, bulk := range kinds {
		for _, p := range []Pixels{MJPEG, YUYV, NV12} {
			t.Run(kind+" "+string(p), func(t *testing.T) {
				config := small(p)
				config.Bulk = bulk
				c := newCamera(t, config)
				h := plugInto(t, c, sockets)
				begin := Monotonic()
				for size := range byte(2) { // one stream after the other
					v := view(h, config, 1, size+1)
					want := config.Formats[0].Sizes[size].point()
					for range 20 {
						f, ok := v.next()
						if !ok || f.bad {
							t.Fatalf("no frame, or a bad one: %v %v", ok, f.bad)
						}
						n, err := code(p, want, f.data)
						if err != nil {
							t.Fatal(err)
						}
						s, ok := c.LastSent(int(n))
						if !ok || s.Monotonic < begin || s.Monotonic > Monotonic() {
							t.Fatalf("picture %d: sent %v at %v", n, ok, s.Monotonic)
						}
						if seq, at, ok := ReadStamp(f.data); ok != (p == MJPEG) || ok && (c.picture(seq) != int(n) || at > s.Monotonic) {
							t.Fatalf("picture %d has the stamp %d %v %v: sent at %v", n, seq, at, ok, s.Monotonic)
						}
					}
					v.stop()
				}
				for i, s := range c.Sent() {
					if s.Seq != uint64(i+1) || s.Picture != (i+1)%config.Pictures || s.Fault != NoFault {
						t.Fatalf("frame %d: %+v", i, s)
					}
				}
			})
		}
	}
}

func TestFaults(t *testing.T) {
	const n = 3 // frames
	for kind, bulk := range kinds {
		for _, p := range []Pixels{MJPEG, YUYV} {
			for _, f := range Faults() {
				t.Run(strings.Join([]string{kind, string(p), string(f)}, " "), func(t *testing.T) {
					config := small(p)
					config.Bulk = bulk
					config.Padding = 5
					c := newCamera(t, config)
					h := plugInto(t, c, sockets)
					c.Inject(f, n)
					v := view(h, config, 1, 1)
					size := image.Pt(320, 240)
					most := p.bytes(size)
					if f == Babble && bulk {
						if fr, ok := v.next(); ok {
							t.Fatalf("a frame of %d bytes after a failed transfer", len(fr.data))
						}
						return
					}
					spoilt := n
					if f == Empty {
						spoilt = 0 // the driver sees nothing of them
					}
					for i := range spoilt + 1 {
						fr, ok := v.next()
						if !ok {
							t.Fatal("the link ended")
						}
						if i < spoilt {
							if err := looks(f, p, fr, most); err != nil {
								t.Error(err)
							}
						} else if _, err := code(p, size, fr.data); err != nil || fr.bad {
							t.Errorf("the frame after the fault: %v, bad %v", err, fr.bad)
						}
					}
					for i, s := range c.Sent()[:n+1] {
						if want := map[bool]Fault{true: f, false: NoFault}[i < n]; s.Fault != want {
							t.Errorf("frame %d: fault %q: want %q", i, s.Fault, want)
						}
					}
					v.stop()
				})
			}
		}
	}
}

func lacksEOI(b []byte) bool { return bytes.HasPrefix(b, soi) && !bytes.Contains(b, eoi) }

// looks says what doesn't look like the fault, in a frame that most bytes may make up.
func looks(f Fault, p Pixels, fr received, most int) error {
	n, whole := len(fr.data), bytes.Contains(fr.data, eoi)
	raw := p != MJPEG
	var ok bool
	switch f {
	case Error:
		ok = raw && n == most || whole
	case Truncate:
		ok = raw && n == most/2 || !raw && lacksEOI(fr.data)
	case Short:
		ok = raw && n == most-most/16 || !raw && lacksEOI(fr.data)
	case Overlong:
		ok = n > most
	case Garbage:
		ok = !bytes.HasPrefix(fr.data, soi) && (!raw || n == most)
	case NoEOF:
		ok = raw && n == most || whole
	case NoEOI:
		ok = raw && n == most || !raw && lacksEOI(fr.data)
	case OtherSize:
		_, err := code(p, image.Pt(160, 120), fr.data)
		ok = err == nil
	case Babble:
		ok = n < most && n > 0
	}
	if !ok || fr.bad != (f == Error || f == Babble) {
		return fmt.Errorf("%s %s: %d bytes of %d, bad %v, with its end %v", p, f, n, most, fr.bad, whole)
	}
	return nil
}

func TestFaultsWaitForOneAnother(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	c.Inject(Truncate, 1)
	c.Inject(Empty, 2)
	c.Inject(Garbage, 5)
	c.Inject(Error, 1)
	c.Inject(Garbage, 0)
	for i, want := range []Fault{Truncate, Empty, Empty, Error, NoFault} {
		if got := c.begin().Fault; got != want {
			t.Errorf("frame %d: %q: want %q", i, got, want)
		}
	}
}

func TestOtherSizeOfAnOnlyOne(t *testing.T) {
	for _, tc := range []struct{ w, h, otherW, otherH int }{{640, 480, 320, 240}, {70, 34, 64, 32}, {202, 102, 100, 50}} {
		s := setting{size: Size{Width: tc.w, Height: tc.h}}
		s.format.Sizes = []Size{s.size}
		if got := s.otherSize(); got != image.Pt(tc.otherW, tc.otherH) {
			t.Errorf("%dx%d: %v: want %dx%d", tc.w, tc.h, got, tc.otherW, tc.otherH)
		}
	}
}

func TestSentForgetsTheOldest(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	for range sentMax + 1 {
		c.begin()
	}
	got := c.Sent()
	if n := len(got); n != sentMax*3/4+1 || got[n-1].Seq != sentMax+1 || got[0].Seq != sentMax/4+1 {
		t.Errorf("%d frames from %d to %d", n, got[0].Seq, got[n-1].Seq)
	}
	if s, ok := c.LastSent(c.picture(sentMax + 1)); !ok || s.Seq != sentMax+1 {
		t.Errorf("the newest: %+v, %v", s, ok)
	}
	if _, ok := c.LastSent(7); ok {
		t.Error("picture 7 of 0..6 was sent")
	}
}

// pipe connects without sockets, so that a bubble of synctest sees who waits.
func pipe(*testing.T) (camera, host io.ReadWriteCloser) { return net.Pipe() }

// slow is a camera of 25 frames a second.
func slow() Config {
	c := small(YUYV)
	c.Formats[0].Sizes = []Size{{Width: 64, Height: 32, Rates: []float64{25}}}
	return c
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCamera(t, slow())
		v := view(plugInto(t, c, pipe), slow(), 1, 1)
		start := time.Now()
		for i := range 50 {
			if _, ok := v.next(); !ok {
				t.Fatal("the link ended")
			}
			if got, want := time.Since(start), time.Duration(i+1)*40*time.Millisecond; got != want {
				t.Fatalf("frame %d after %v: want %v", i, got, want)
			}
		}
		if !c.Streaming() || c.Missed() != 0 {
			t.Errorf("streaming %v, %d missed", c.Streaming(), c.Missed())
		}
		v.stop()
		if c.Streaming() {
			t.Error("still streaming")
		}
	})
}

func TestFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCamera(t, slow())
		h := plugInto(t, c, pipe)
		v := view(h, slow(), 1, 1)
		v.next()
		c.Freeze()
		time.Sleep(10 * time.Second)
		if n := len(c.Sent()); n != 1 {
			t.Errorf("%d frames while frozen", n-1)
		}
		h.get(0, getDescriptor, typeDevice<<8, 0, 18)
		c.Thaw()
		start := time.Now()
		if _, ok := v.next(); !ok || time.Since(start) > 40*time.Millisecond {
			t.Errorf("a frame %v, %v after the thaw", ok, time.Since(start))
		}
		if n := c.Missed(); n != 0 {
			t.Errorf("%d frames missed: nobody missed them", n)
		}
		v.stop()
	})
}

// A host that takes frames late gets the present ones afterwards, not those that were due.
func TestLateHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCamera(t, slow())
		v := view(plugInto(t, c, pipe), slow(), 1, 1)
		for range 2 {
			v.next()
		}
		time.Sleep(time.Second) // three transfers are under way and get one frame each
		synctest.Wait()
		start := time.Now()
		for range 3 + 1 + 3 { // those, the one that is due, and three at the pace
			v.next()
		}
		if d := time.Since(start); d <= 2*40*time.Millisecond || d > 3*40*time.Millisecond {
			t.Errorf("7 frames within %v", d)
		}
		if n := c.Missed(); n < 20 || n > 22 {
			t.Errorf("%d frames missed of 25, of which 3 or 4 came", n)
		}
		v.stop()
	})
}

// A frame under way isn't waited for longer than is reasonable.
func TestAbandonedFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := slow()
		config.Formats[0].Sizes[0] = Size{Width: 640, Height: 480, Rates: []float64{25}} // many transfers
		c := newCamera(t, config)
		v := view(plugInto(t, c, pipe), config, 1, 1)
		time.Sleep(time.Second)
		synctest.Wait()
		if len(c.Sent()) != 1 || c.Missed() == 0 {
			t.Errorf("%d sent, %d missed: want one, begun and given up", len(c.Sent()), c.Missed())
		}
		first, _ := v.next()
		second, ok := v.next()
		if !ok || len(first.data) >= 640*480*2 || len(second.data) != 640*480*2 {
			t.Errorf("frames of %d and %d bytes: want a part, then a whole one", len(first.data), len(second.data))
		}
		v.stop()
	})
}
