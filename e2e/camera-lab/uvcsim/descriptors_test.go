package uvcsim

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// walk checks that descriptors fill b without a gap, and returns them.
func walk(t *testing.T, b []byte) (all [][]byte) {
	t.Helper()
	for len(b) > 0 {
		n := int(b[0])
		if n < 3 || n > len(b) {
			t.Fatalf("a descriptor of %d bytes with %d left", n, len(b))
		}
		all = append(all, b[:n])
		b = b[n:]
	}
	return all
}

// described is what a host makes of a streaming interface.
type described struct {
	Format string
	Sizes  []string
}

func TestDescriptors(t *testing.T) {
	stepwise := Config{Formats: []Format{{Pixels: MJPEG, Sizes: []Size{{Width: 640, Height: 480, Rates: []float64{15, 30, 5}, Step: time.Millisecond}}}}}
	none := small(YUYV)
	none.Controls = []Control{}
	bulk := small(MJPEG)
	bulk.Bulk = true
	for name, tc := range map[string]struct {
		config    Config
		endpoints []string // alternate setting: attributes, packet
		formats   []described
		terminal  uint32 // bmControls
		unit      uint16
	}{
		"all formats": {
			config:    small(NV12, MJPEG, YUYV),
			endpoints: []string{"1: 5 1x1024", "2: 5 2x1024", "3: 5 3x1024"},
			formats: []described{
				{"NV12 12 bits", []string{"320x240 115200 bytes, default 20000 of [20000 40000]", "160x120 28800 bytes, default 10000 of [10000]"}},
				{"MJPEG", []string{"320x240 153600 bytes, default 20000 of [20000 40000]", "160x120 38400 bytes, default 10000 of [10000]"}},
				{"YUY2 16 bits", []string{"320x240 153600 bytes, default 20000 of [20000 40000]", "160x120 38400 bytes, default 10000 of [10000]"}},
			},
			terminal: 1<<1 | 1<<3 | 1<<9,
			unit:     1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<6 | 1<<10 | 1<<12,
		},
		"bulk": {
			config:    bulk,
			endpoints: []string{"0: 2 1x512"},
			formats:   []described{{"MJPEG", []string{"320x240 153600 bytes, default 20000 of [20000 40000]", "160x120 38400 bytes, default 10000 of [10000]"}}},
			terminal:  1<<1 | 1<<3 | 1<<9,
			unit:      1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<6 | 1<<10 | 1<<12,
		},
		"stepwise, brightness alone": {
			config: func() Config {
				c := stepwise
				c.Controls = []Control{{"brightness", 0, 10, 1, 5}}
				return c
			}(),
			endpoints: []string{"1: 5 1x1024", "2: 5 2x1024", "3: 5 3x1024"},
			formats:   []described{{"MJPEG", []string{"640x480 614400 bytes, default 666667 of 333333 to 2000000 by 10000"}}},
			unit:      1,
		},
		"no controls": {
			config:    none,
			endpoints: []string{"1: 5 1x1024", "2: 5 2x1024", "3: 5 3x1024"},
			formats:   []described{{"YUY2 16 bits", []string{"320x240 153600 bytes, default 20000 of [20000 40000]", "160x120 38400 bytes, default 10000 of [10000]"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := plugInto(t, newCamera(t, tc.config), sockets)
			if d := h.get(0, getDescriptor, typeDevice<<8, 0, 64); len(d) != 18 || d[0] != 18 || d[17] != 1 {
				t.Errorf("device descriptor % x", d)
			}
			head := h.get(0, getDescriptor, typeConfig<<8, 0, 9)
			total := int(le.Uint16(head[2:]))
			all := walk(t, h.get(0, getDescriptor, typeConfig<<8, 0, 65535))
			if n := len(slices.Concat(all...)); n != total || len(head) != 9 {
				t.Errorf("the configuration says %d bytes and has %d; 9 of them gave %d", total, n, len(head))
			}
			formats, endpoints := read(t, all, tc.terminal, tc.unit)
			if !slices.Equal(endpoints, tc.endpoints) {
				t.Errorf("endpoints %q: want %q", endpoints, tc.endpoints)
			}
			if !reflect.DeepEqual(formats, tc.formats) {
				t.Errorf("formats\n%q: want\n%q", formats, tc.formats)
			}
		})
	}
}

// read makes out what the descriptors describe, checking counts, totals and controls.
func read(t *testing.T, all [][]byte, terminal uint32, unit uint16) (formats []described, endpoints []string) {
	t.Helper()
	class, alternate, within := -1, byte(0), map[int]int{}
	promised := map[int]int{}
	for _, d := range all {
		switch d[1] {
		case typeInterface:
			class, alternate = int(d[6]), d[3]
		case typeEndpoint:
			packet := le.Uint16(d[4:])
			endpoints = append(endpoints, fmt.Sprintf("%d: %d %dx%d", alternate, d[3], packet>>11+1, packet&0x7ff))
		case typeClass:
			within[class] += len(d)
			switch {
			case class == controlClass && d[2] == 1:
				promised[class] = int(le.Uint16(d[5:]))
			case class == controlClass && d[2] == 2:
				if got := le.Uint32(append(slices.Clone(d[15:18]), 0)); got != terminal {
					t.Errorf("terminal controls %#x: want %#x", got, terminal)
				}
			case class == controlClass && d[2] == 5:
				if got := le.Uint16(d[8:]); got != unit {
					t.Errorf("unit controls %#x: want %#x", got, unit)
				}
			case class == streamingClass && d[2] == inputHeader:
				promised[class] = int(le.Uint16(d[4:]))
			case d[2] == formatMJPEG:
				formats = append(formats, described{Format: "MJPEG"})
			case d[2] == formatUncompressed:
				formats = append(formats, described{Format: fmt.Sprintf("%s %d bits", d[5:9], d[21])})
			case d[2] == frameMJPEG || d[2] == frameUncompressed:
				f := &formats[len(formats)-1]
				f.Sizes = append(f.Sizes, sizeOf(d))
				if int(d[3]) != len(f.Sizes) {
					t.Errorf("size %d has number %d", len(f.Sizes), d[3])
				}
			}
		}
	}
	for class, n := range promised {
		if within[class] != n {
			t.Errorf("class %d: the header says %d bytes, there are %d", class, n, within[class])
		}
	}
	return formats, endpoints
}

func sizeOf(d []byte) string {
	list := "of "
	if n := int(d[25]); n > 0 {
		v := make([]uint32, n)
		for i := range v {
			v[i] = le.Uint32(d[26+4*i:])
		}
		list += fmt.Sprint(v)
	} else {
		list += fmt.Sprintf("%d to %d by %d", le.Uint32(d[26:]), le.Uint32(d[30:]), le.Uint32(d[34:]))
	}
	return fmt.Sprintf("%dx%d %d bytes, default %d %s", le.Uint16(d[5:]), le.Uint16(d[7:]), le.Uint32(d[17:]), le.Uint32(d[21:]), list)
}

func TestStrings(t *testing.T) {
	c := small(MJPEG)
	c.Name, c.Serial = "Câmera 𝄞", "0042"
	h := plugInto(t, newCamera(t, c), sockets)
	for i, want := range []string{"\x04\x03\x09\x04", "\x16\x03F\x00r\x00e\x00s\x00h\x00f\x00r\x00a\x00m\x00e\x00", "\x14\x03C\x00\xe2\x00m\x00e\x00r\x00a\x00 \x00\x34\xd8\x1e\xdd", "\x0a\x030\x000\x004\x002\x00"} {
		if got := string(h.get(0, getDescriptor, typeString<<8|i, 0x0409, 255)); got != want {
			t.Errorf("string %d: %q: want %q", i, got, want)
		}
	}
	for _, value := range []int{typeString<<8 | 4, 6 << 8, 0x0f << 8} {
		if _, status := h.control(endpointIn, getDescriptor, value, 0, 255, nil); status != stalled {
			t.Errorf("descriptor %#x: status %d: want a stall", value, status)
		}
	}
}

func TestNoSerial(t *testing.T) {
	for _, without := range []bool{false, true} {
		c := small(MJPEG)
		c.NoSerial = without
		d := plugInto(t, newCamera(t, c), sockets).get(0, getDescriptor, typeDevice<<8, 0, 64)
		if names := d[16] != 0; names == without {
			t.Errorf("NoSerial %v: string %d is the serial number", without, d[16])
		}
	}
}

func TestStandardRequests(t *testing.T) {
	h := plugInto(t, newCamera(t, small(MJPEG)), sockets)
	h.put(0, 9, 1, 0, nil) // SET_CONFIGURATION
	if got := h.get(0, getConfiguration, 0, 0, 1); got[0] != 1 {
		t.Errorf("configuration %v", got)
	}
	if got := h.get(0, getStatus, 0, 0, 2); !slices.Equal(got, []byte{0, 0}) {
		t.Errorf("status %v", got)
	}
	for _, want := range []byte{2, 0} {
		h.put(standardInterface, setInterface, int(want), streamingInterface, nil)
		if got := h.get(toInterface, getInterface, 0, streamingInterface, 1); got[0] != want {
			t.Errorf("alternate setting %v: want %d", got, want)
		}
	}
	if _, status := h.control(endpointIn|0x40, 1, 0, 0, 1, nil); status != stalled {
		t.Errorf("vendor request: status %d: want a stall", status)
	}
}
