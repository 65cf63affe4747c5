package uvcsim

import (
	"slices"
	"testing"
	"time"
)

func wish(format, size byte, interval uint32) []byte {
	b := make([]byte, probeSize)
	b[2], b[3] = format, size
	le.PutUint32(b[4:], interval)
	return b
}

// offers has a format with few rates and one with many.
var offers = []Format{
	{Pixels: MJPEG, Sizes: []Size{
		{Width: 1280, Height: 720, Rates: []float64{30, 15, 60}},
		{Width: 640, Height: 480, Rates: []float64{25}},
	}},
	{Pixels: NV12, Sizes: []Size{{Width: 640, Height: 480, Rates: []float64{10, 100}, Step: 10 * time.Millisecond}}},
}

func TestNegotiate(t *testing.T) {
	for name, tc := range map[string]struct {
		wish     []byte
		indexes  [2]byte
		interval uint32
		most     int
	}{
		"nothing":          {nil, [2]byte{1, 1}, 333333, 1280 * 720 * 2},
		"a stump":          {wish(2, 1, 0)[:3], [2]byte{2, 1}, 1000000, 640 * 480 * 3 / 2},
		"UVC 1.0's 26":     {wish(1, 2, 400000)[:26], [2]byte{1, 2}, 400000, 640 * 480 * 2},
		"UVC 1.5's 48":     {append(wish(1, 1, 666667), make([]byte, 14)...), [2]byte{1, 1}, 666667, 1280 * 720 * 2},
		"exact":            {wish(1, 1, 166667), [2]byte{1, 1}, 166667, 1280 * 720 * 2},
		"between":          {wish(1, 1, 500001), [2]byte{1, 1}, 666667, 1280 * 720 * 2},
		"too fast":         {wish(1, 1, 1), [2]byte{1, 1}, 166667, 1280 * 720 * 2},
		"too slow":         {wish(1, 1, 1<<32-1), [2]byte{1, 1}, 666667, 1280 * 720 * 2},
		"no such format":   {wish(3, 2, 0), [2]byte{1, 2}, 400000, 640 * 480 * 2},
		"no such size":     {wish(2, 2, 0), [2]byte{2, 1}, 1000000, 640 * 480 * 3 / 2},
		"stepwise":         {wish(2, 1, 300000), [2]byte{2, 1}, 300000, 640 * 480 * 3 / 2},
		"within a step":    {wish(2, 1, 299999), [2]byte{2, 1}, 200000, 640 * 480 * 3 / 2},
		"below all steps":  {wish(2, 1, 1), [2]byte{2, 1}, 100000, 640 * 480 * 3 / 2},
		"beyond all steps": {wish(2, 1, 1<<32-1), [2]byte{2, 1}, 1000000, 640 * 480 * 3 / 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := negotiate(offers, tc.wish)
			if s.indexes != tc.indexes || s.interval != tc.interval || s.maxBytes() != tc.most {
				t.Errorf("%v at %d, %d bytes: want %v at %d, %d", s.indexes, s.interval, s.maxBytes(), tc.indexes, tc.interval, tc.most)
			}
		})
	}
}

// FuzzNegotiate: whatever a host wishes, it is answered with something that is offered, and
// wishing for the answer gives the same answer.
func FuzzNegotiate(f *testing.F) {
	f.Add([]byte{})
	f.Add(wish(1, 1, 333333))
	f.Add(wish(2, 1, 123456))
	f.Add(wish(255, 255, 1<<32-1))
	f.Fuzz(func(t *testing.T, w []byte) {
		s := negotiate(offers, w)
		answer := s.answer(isoPayload)
		if s.indexes[0] < 1 || int(s.indexes[0]) > len(offers) || s.indexes[1] < 1 || int(s.indexes[1]) > len(offers[s.indexes[0]-1].Sizes) {
			t.Fatalf("agreed on %v", s.indexes)
		}
		offered := s.size.intervals()
		if s.size.Step == 0 && !slices.Contains(offered, s.interval) || s.interval < slices.Min(offered) || s.interval > slices.Max(offered) {
			t.Fatalf("agreed on interval %d out of %v", s.interval, offered)
		}
		if again := negotiate(offers, answer).answer(isoPayload); !slices.Equal(again, answer) {
			t.Fatalf("% x when asked for, then % x", answer, again)
		}
	})
}

func TestProbe(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG, YUYV)), sockets)
	get := func(request byte) []byte {
		return h.get(classInterface, request, probeSelector<<8, streamingInterface, 64)
	}
	if got := get(getLen); !slices.Equal(got, []byte{probeSize, 0}) {
		t.Errorf("length % x", got)
	}
	if got := get(getInfo); !slices.Equal(got, []byte{settable}) {
		t.Errorf("info % x", got)
	}
	h.put(classInterface, setCur, probeSelector<<8, streamingInterface, wish(2, 2, 0))
	for _, request := range []byte{getCur, getMin, getMax} {
		if got := get(request); len(got) != probeSize || got[2] != 2 || got[3] != 2 || le.Uint32(got[4:]) != 10000 {
			t.Errorf("request %#x: % x", request, got)
		}
	}
	if got := get(getDef); got[2] != 1 || got[3] != 1 {
		t.Errorf("default % x", got)
	}
	for _, tc := range []struct{ request, selector int }{{getRes, probeSelector}, {getCur, 3}} {
		if _, status := h.control(endpointIn|classInterface, byte(tc.request), tc.selector<<8, streamingInterface, 64, nil); status != stalled {
			t.Errorf("request %#x to control %d: status %d: want a stall", tc.request, tc.selector, status)
		}
	}
}

func TestRefuse(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	h := plugInto(t, c, sockets)
	c.Refuse(true)
	h.put(classInterface, setCur, probeSelector<<8, streamingInterface, wish(1, 1, 0))
	if _, status := h.control(classInterface, setCur, commitControl<<8, streamingInterface, 0, wish(1, 1, 0)); status != stalled {
		t.Errorf("commit: status %d: want a stall", status)
	}
	c.Refuse(false)
	h.put(classInterface, setCur, commitControl<<8, streamingInterface, wish(1, 1, 0))
}
