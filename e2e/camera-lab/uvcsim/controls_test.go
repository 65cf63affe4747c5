package uvcsim

import (
	"slices"
	"testing"
)

// unitRequest asks a control of a unit; the reason of a refusal is asked for as well.
func (h *host) unitRequest(name string, request byte, data []byte) (reply []byte, why refusal) {
	h.t.Helper()
	p, ok := lookup(name)
	if !ok {
		h.t.Fatalf("no control %s", name)
	}
	return h.rawRequest(p.unit, p.selector, request, data)
}

func (h *host) rawRequest(unit, selector, request byte, data []byte) (reply []byte, why refusal) {
	h.t.Helper()
	kind := byte(classInterface)
	if request != setCur {
		kind |= endpointIn
	}
	reply, status := h.control(kind, request, int(selector)<<8, int(unit)<<8|controlInterface, 64, data)
	code := refusal(h.get(classInterface, getCur, errorSelector<<8, controlInterface, 1)[0])
	if (status == stalled) != (code != accepted) {
		h.t.Errorf("unit %d, control %d, request %#x: status %d, but reason %d", unit, selector, request, status, code)
	}
	return reply, code
}

func TestControlRanges(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG)), sockets)
	for _, k := range UsualControls() {
		p, _ := lookup(k.Name)
		for request, want := range map[byte]int{getCur: k.Default, getMin: k.Min, getMax: k.Max, getRes: k.Step, getDef: k.Default} {
			got, why := h.unitRequest(k.Name, request, nil)
			if why != accepted || len(got) != p.size || p.decode(got) != want {
				t.Errorf("%s, request %#x: % x, reason %d: want %d", k.Name, request, got, why, want)
			}
		}
		if got, _ := h.unitRequest(k.Name, getLen, nil); !slices.Equal(got, []byte{byte(p.size), 0}) {
			t.Errorf("%s: length % x: want %d", k.Name, got, p.size)
		}
		if got, _ := h.unitRequest(k.Name, getInfo, nil); !slices.Equal(got, []byte{settable}) {
			t.Errorf("%s: info % x", k.Name, got)
		}
	}
}

func TestControlSet(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	h := plugInto(t, c, sockets)
	for _, tc := range []struct { // in this order
		name string
		data []byte
		why  refusal
		want int // afterwards
	}{
		{"brightness", []byte{0xc0, 0xff}, accepted, -64},
		{"brightness", []byte{64, 0}, accepted, 64},
		{"brightness", []byte{65, 0}, outOfRange, 64},
		{"brightness", []byte{0xbf, 0xff}, outOfRange, 64},
		{"brightness", []byte{1}, invalidRequest, 64},
		{"contrast", []byte{0xff, 0xff}, outOfRange, 32}, // not -1
		{"contrast", []byte{95, 0}, accepted, 95},
		{"power_line_frequency", []byte{3}, outOfRange, 1},
		{"power_line_frequency", []byte{2}, accepted, 2},
		{"exposure_time_absolute", []byte{100, 0, 0, 0}, wrongState, 250},
		{"auto_exposure", []byte{2}, outOfRange, 8}, // a mode it hasn't
		{"auto_exposure", []byte{9}, outOfRange, 8}, // two at once
		{"auto_exposure", []byte{0}, outOfRange, 8},
		{"auto_exposure", []byte{1}, accepted, 1},
		{"exposure_time_absolute", []byte{0xff, 7, 0, 0}, accepted, 2047},
		{"exposure_time_absolute", []byte{0, 8, 0, 0}, outOfRange, 2047},
		{"exposure_time_absolute", []byte{2, 0, 0, 0}, outOfRange, 2047},
		{"white_balance_temperature", []byte{0x88, 0x13}, wrongState, 4600},
		{"white_balance_automatic", []byte{0}, accepted, 0},
		{"white_balance_temperature", []byte{0x88, 0x13}, accepted, 5000},
		{"zoom_absolute", []byte{200, 0}, accepted, 200},
	} {
		if _, why := h.unitRequest(tc.name, setCur, tc.data); why != tc.why {
			t.Errorf("%s = % x: reason %d: want %d", tc.name, tc.data, why, tc.why)
		}
		if got, ok := c.ControlValue(tc.name); !ok || got != tc.want {
			t.Errorf("%s = % x: now it is %d, %v: want %d", tc.name, tc.data, got, ok, tc.want)
		}
	}
	if _, ok := c.ControlValue("tilt"); ok {
		t.Error("a control tilt")
	}
	for _, tc := range []struct {
		unit, selector, request byte
		why                     refusal
	}{
		{7, 2, getCur, invalidUnit},
		{processingUnit, 0x63, getCur, invalidControl},
		{processingUnit, 0x02, 0x99, invalidRequest},
	} {
		if _, why := h.rawRequest(tc.unit, tc.selector, tc.request, nil); why != tc.why {
			t.Errorf("unit %d, control %#x, request %#x: reason %d: want %d", tc.unit, tc.selector, tc.request, why, tc.why)
		}
	}
}

func TestControlsForgottenAtUnplug(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	h := plugInto(t, c, sockets)
	h.unitRequest("zoom_absolute", setCur, []byte{200, 0})
	if err := c.Unplug(); err != nil {
		t.Fatal(err)
	}
	h = plugInto(t, c, sockets)
	if got, _ := h.unitRequest("zoom_absolute", getCur, nil); !slices.Equal(got, []byte{100, 0}) {
		t.Errorf("zoom after replugging % x: want the default, 100", got)
	}
}

func TestStall(t *testing.T) {
	c := newCamera(t, small(MJPEG))
	h := plugInto(t, c, sockets)
	c.Stall(true)
	p, _ := lookup("contrast")
	for index, value := range map[int]int{int(p.unit) << 8: int(p.selector) << 8, 0: errorSelector << 8} {
		if _, status := h.control(endpointIn|classInterface, getCur, value, index, 2, nil); status != stalled {
			t.Errorf("index %#x: status %d: want a stall", index, status)
		}
	}
	h.get(0, getDescriptor, typeDevice<<8, 0, 18) // the device itself still answers
	c.Stall(false)
	if got, _ := h.unitRequest("contrast", getCur, nil); !slices.Equal(got, []byte{32, 0}) {
		t.Errorf("contrast % x", got)
	}
}
