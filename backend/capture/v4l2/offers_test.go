//go:build linux

package v4l2

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"freshframe/backend/option"
)

func offersOf(c *fakeCamera, wanted option.Dimensions) []offer {
	return readOffers(fakeKernel{c, func() {}}, wanted)
}

func TestDescribe(t *testing.T) {
	stepwise := intervalEnum{Type: 3, Union: [3]fraction{{1, 30}, {1, 5}, {1, 1000}}}
	for _, tt := range []struct {
		name    string
		formats []fakeFormat
		want    string
	}{
		{"nothing", nil, `[]`},
		{"discrete, unreadable formats left out", webcamFake().formats, `[` +
			`{"input_format":"mjpeg","description":"Motion-JPEG","sizes":[{"video_size":"1280x720","framerates":[30,15]},{"video_size":"640x480","framerates":[30,15]}]},` +
			`{"input_format":"yuyv422","description":"YUYV 4:2:2","sizes":[{"video_size":"1280x720","framerates":[10]},{"video_size":"640x480","framerates":[10]}]}]`},
		{"stepwise rates, on which the library panics",
			[]fakeFormat{{"MJPG", "Motion-JPEG", []sizeEnum{discreteSize(640, 480)}, []intervalEnum{stepwise, stepwise}}},
			`[{"input_format":"mjpeg","description":"Motion-JPEG","sizes":[{"video_size":"640x480","framerates":[30,25,24,20,15,10,5]}]}]`},
		{"continuous rates with ends of their own, in the wrong order",
			[]fakeFormat{{"NV12", "", []sizeEnum{discreteSize(640, 480)}, []intervalEnum{{Type: 2, Union: [3]fraction{{1, 12}, {1, 33}, {1, 1}}}}}},
			`[{"input_format":"nv12","description":"","sizes":[{"video_size":"640x480","framerates":[33,30,25,24,20,15,12]}]}]`},
		{"stepwise sizes",
			[]fakeFormat{{"YU12", "Planar", []sizeEnum{{Type: 3, Union: [6]uint32{320, 1000, 16, 240, 480, 8}}}, []intervalEnum{interval(1, 25)}}},
			`[{"input_format":"yuv420p","description":"Planar","sizes":[{"video_size":"640x480","framerates":[25]},{"video_size":"640x360","framerates":[25]},{"video_size":"320x240","framerates":[25]}]}]`},
		{"continuous sizes with their largest, no rates",
			[]fakeFormat{{"YUYV", "", []sizeEnum{{Type: 2, Union: [6]uint32{1, 500, 1, 1, 300, 1}}}, nil}},
			`[{"input_format":"yuyv422","description":"","sizes":[{"video_size":"500x300","framerates":[]},{"video_size":"320x240","framerates":[]}]}]`},
		{"both codes of JPEG", []fakeFormat{{"MJPG", "a", []sizeEnum{discreteSize(2, 2)}, nil}, {"JPEG", "b", []sizeEnum{discreteSize(4, 4)}, nil}},
			`[{"input_format":"mjpeg","description":"a","sizes":[{"video_size":"2x2","framerates":[]}]}]`},
		{"useless rates", []fakeFormat{{"MJPG", "", []sizeEnum{discreteSize(2, 2)}, []intervalEnum{interval(0, 30), interval(1, 0), interval(1, 7)}}},
			`[{"input_format":"mjpeg","description":"","sizes":[{"video_size":"2x2","framerates":[7]}]}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(describe(offersOf(&fakeCamera{formats: tt.formats}, option.Dimensions{})))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	hd, vga, full := option.Dimensions{Width: 1280, Height: 720}, option.Dimensions{Width: 640, Height: 480}, option.Dimensions{Width: 1920, Height: 1080}
	odd := option.Dimensions{Width: 644, Height: 480}
	stepwise := &fakeCamera{formats: []fakeFormat{{"YUYV", "", []sizeEnum{{Type: 3, Union: [6]uint32{32, 2000, 4, 32, 2000, 2}}}, []intervalEnum{{Type: 3, Union: [3]fraction{{1, 60}, {1, 5}, {1, 1000}}}}}}}
	tie := &fakeCamera{formats: []fakeFormat{
		{"YUYV", "", []sizeEnum{discreteSize(640, 480)}, []intervalEnum{interval(1, 30)}},
		{"MJPG", "", []sizeEnum{discreteSize(640, 480), discreteSize(1920, 1080)}, []intervalEnum{interval(1, 60), interval(1, 30)}},
	}}
	mute := &fakeCamera{formats: []fakeFormat{{code: "NV12"}}}
	at := func(code string, rates ...uint32) fakeFormat {
		f := fakeFormat{code: code, sizes: []sizeEnum{discreteSize(1280, 720)}}
		for _, r := range rates {
			f.intervals = append(f.intervals, interval(1, r))
		}
		return f
	}
	pair := func(yuyv, mjpeg fakeFormat) *fakeCamera { return &fakeCamera{formats: []fakeFormat{yuyv, mjpeg}} }
	continuous := func(code string, fastest uint32) fakeFormat {
		return fakeFormat{code, "", []sizeEnum{discreteSize(1280, 720)}, []intervalEnum{{Type: 2, Union: [3]fraction{{1, fastest}, {1, 1}, {1, 1}}}}}
	}
	for _, tt := range []struct {
		name   string
		camera *fakeCamera
		want   request
		code   string // "" for an error
		size   option.Dimensions
		rate   float64
	}{
		{"MJPEG where it is faster", webcamFake(), request{size: hd, rate: 30}, "MJPG", hd, 30},
		{"YUYV where it is nearer", webcamFake(), request{size: hd, rate: 9}, "YUYV", hd, 10},
		{"the camera's first where both do", tie, request{size: vga, rate: 30}, "YUYV", vga, 30},
		{"MJPEG for a higher rate", tie, request{size: vga, rate: 60}, "MJPG", vga, 60},
		{"only one has the size", tie, request{size: full, exact: true, rate: 30}, "MJPG", full, 30},
		{"YUYV at 10, MJPEG at 30", pair(at("YUYV", 10), at("MJPG", 30)), request{size: hd, rate: 30}, "MJPG", hd, 30},
		{"both at 30", pair(at("YUYV", 30), at("MJPG", 30)), request{size: hd, rate: 30}, "YUYV", hd, 30},
		{"both at 30, MJPEG first", pair(at("MJPG", 30), at("YUYV", 30)), request{size: hd, rate: 30}, "MJPG", hd, 30},
		{"60 asked, which only MJPEG has", pair(at("YUYV", 30), at("MJPG", 60, 30)), request{size: hd, rate: 60}, "MJPG", hd, 60},
		{"60 asked, which none has", pair(at("YUYV", 30), at("MJPG", 50)), request{size: hd, rate: 60}, "MJPG", hd, 50},
		{"20 asked, which is between: the higher", pair(at("YUYV", 10), at("MJPG", 30)), request{size: hd, rate: 20}, "MJPG", hd, 30},
		{"between two rates of one format: the higher", pair(at("YUYV", 10, 30), at("H264", 20)), request{size: hd, rate: 20}, "YUYV", hd, 30},
		{"MJPEG in a faster range", pair(continuous("YUYV", 15), continuous("MJPG", 60)), request{size: hd, rate: 30}, "MJPG", hd, 30},
		{"a range beside single rates", pair(continuous("YUYV", 60), at("MJPG", 30)), request{size: hd, rate: 12.5}, "YUYV", hd, 12.5},
		{"the default size, which only MJPEG has",
			&fakeCamera{formats: []fakeFormat{{"YUYV", "", []sizeEnum{discreteSize(640, 480)}, []intervalEnum{interval(1, 30)}}, at("MJPG", 15)}}, request{size: hd, rate: 30}, "MJPG", hd, 15},
		{"the size asked for, which the format asked for has not",
			&fakeCamera{formats: []fakeFormat{{"YUYV", "", []sizeEnum{discreteSize(640, 480)}, []intervalEnum{interval(1, 30)}}, at("MJPG", 15)}}, request{size: hd, exact: true, rate: 30, format: "yuyv422"}, "", hd, 0},
		{"the format asked for", webcamFake(), request{size: hd, rate: 30, format: "yuyv422"}, "YUYV", hd, 10},
		{"a format it has not", webcamFake(), request{size: hd, rate: 30, format: "nv12"}, "", hd, 0},
		{"a size it has not", webcamFake(), request{size: full, exact: true, rate: 30}, "", full, 0},
		{"a size that was but a wish: the next below", webcamFake(), request{size: full, rate: 30}, "MJPG", hd, 30},
		{"the smallest where all are larger", webcamFake(), request{size: option.Dimensions{Width: 320, Height: 240}, rate: 30}, "MJPG", vga, 30},
		{"any size in a range", stepwise, request{size: odd, exact: true, rate: 29.97}, "YUYV", odd, 29.97},
		{"a size between the steps", stepwise, request{size: option.Dimensions{Width: 641, Height: 480}, exact: true, rate: 30}, "", odd, 0},
		{"a rate beyond the range", stepwise, request{size: vga, rate: 120}, "YUYV", vga, 60},
		{"a driver that says nothing", mute, request{size: hd, exact: true, rate: 25}, "NV12", hd, 25},
		{"no format at all", &fakeCamera{}, request{size: hd, rate: 30}, "", hd, 0},
		{"none that we read", &fakeCamera{formats: []fakeFormat{{"H264", "", []sizeEnum{discreteSize(1280, 720)}, nil}}}, request{size: hd, rate: 30}, "", hd, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := choose(offersOf(tt.camera, tt.want.size), tt.want)
			if tt.code == "" {
				if err == nil {
					t.Fatalf("chose %v, want an error", m)
				}
				return
			}
			if want := (mode{code(tt.code), tt.size, tt.want.exact, tt.rate}); err != nil || m != want {
				t.Errorf("chose %v (%v), want %v", m, err, want)
			}
		})
	}
}

func TestRefusalListsWhatIsOffered(t *testing.T) {
	_, err := choose(offersOf(webcamFake(), option.Dimensions{}), request{format: "nv12"})
	const want = "has no nv12; it offers mjpeg 640x480 1280x720; yuyv422 640x480 1280x720; H264 (which freshframe does not read) 640x480 1280x720"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = choose(offersOf(webcamFake(), option.Dimensions{}), request{size: option.Dimensions{Width: 1, Height: 1}, exact: true})
	if err == nil || strings.Contains(err.Error(), "H264") {
		t.Errorf("%v: another format than ours is no help with a size", err)
	}
}

// scribbler is a kernel that answers with arbitrary bytes and never says that a list ends.
type scribbler struct{ bytes []byte }

func (scribbler) Close() error { return nil }

func (s scribbler) ioctl(request uintptr, arg unsafe.Pointer) error {
	size := request >> 16 & (1<<14 - 1)
	if len(s.bytes) == 0 {
		return unix.EINVAL
	}
	for i := range size {
		*(*byte)(unsafe.Add(arg, i)) = s.bytes[int(i)%len(s.bytes)]
	}
	return nil
}

func FuzzReadOffers(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0})
	f.Add([]byte{1, 0, 0, 0})
	f.Add([]byte{3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte("MJPG"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		o := offer{}
		o.readSizes(scribbler{answer}, option.Dimensions{Width: 1280, Height: 720})
		offers := []offer{o, {code: code("MJPG"), sizes: o.sizes, ranges: o.ranges}}
		for _, d := range describe(offers) {
			for _, s := range d.Sizes {
				if !slices.IsSortedFunc(s.Framerates, func(a, b float64) int { return int(b*1000) - int(a*1000) }) {
					t.Errorf("framerates %v are not sorted", s.Framerates)
				}
			}
		}
		if m, err := choose(offers, request{size: option.Dimensions{Width: 1280, Height: 720}, rate: 30}); err == nil && m.rate < 0 {
			t.Errorf("chose %v", m)
		}
		_ = summary(offers)
	})
}
