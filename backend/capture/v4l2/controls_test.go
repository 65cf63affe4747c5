//go:build linux

package v4l2

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
)

// panelOf is the controls of a fake camera with that driver, as its source has them.
func panelOf(t *testing.T, d *fakeControls) *controls {
	t.Helper()
	cam := webcamFake()
	cam.controls = d
	h := fakeHost(t, cam)
	found, err := h.identify(h.node(0))
	if err != nil {
		t.Fatal(err)
	}
	return h.controls(found)
}

func listOf(t *testing.T, d *fakeControls) []capture.Control {
	t.Helper()
	list, err := panelOf(t, d).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestListControls(t *testing.T) {
	none := []capture.MenuItem{}
	driver := func() *fakeControls {
		return &fakeControls{list: []*fakeControl{
			{id: 1, kind: 6, name: "User Controls"},
			{id: 2, kind: controlInt, name: "Pan, Absolute", min: -36000, max: 36000, step: 3600, def: 0, value: -7200},
			{id: 3, kind: controlInt, name: "No Step", min: 0, max: 9, def: 1, value: 2},
			{id: 4, kind: controlBool, name: "Mute", max: 1, step: 1, value: 1},
			{id: 5, kind: controlMenu, name: "Mode", min: 1, max: 4, step: 1, def: 1, value: 4, menu: map[uint32]string{1: "One (1)", 4: "Four"}},
			{id: 6, kind: controlIntMenu, name: "Frequency", max: 2, step: 1, value: 1, numbers: map[uint32]int64{0: -40, 1: 0, 2: 1 << 40}},
			{id: 7, kind: controlButton, name: "Reset", flags: controlWriteOnly},
			{id: 8, kind: controlBitmask, name: "Bits", max: 0x80002000, def: 0x80000000, value: 0x80000000 - 1<<32},
			{id: 9, kind: 7, name: "Text", max: 4, step: 1, flags: controlPayload},
			{id: 10, kind: controlInt, name: "Matrix", max: 4, step: 1, flags: controlPayload},
			{id: 11, kind: 0x100, name: "Array", max: 4, step: 1},
			{id: 12, kind: controlInt, name: "Disabled", max: 4, step: 1, flags: controlDisabled},
			{id: 13, kind: controlInt, name: "Level", max: 9, step: 1, value: 4, flags: controlReadOnly},
			{id: 14, kind: controlInt, name: "Relative", min: -1, max: 1, step: 1, flags: controlWriteOnly},
			{id: 15, kind: controlInt, name: "Broken", max: 9, step: 1, readErr: unix.EIO},
			{id: 16, kind: controlMenu, name: "Broken Menu", max: 9, step: 1, menuErr: unix.EIO},
			{id: 17, kind: controlInt, name: "level", max: 9, step: 1},
			{id: 18, kind: controlInt, name: "LEVEL!", max: 9, step: 1},
			{id: 0x9a0921, kind: controlInt, name: "曝光", max: 9, step: 1},
			{id: 0x9a0922, kind: controlInt, name: "Held", max: 9, step: 1, by: 4},
			{id: 0x9a0923, kind: controlInt, name: strings.Repeat("x", 40), max: 9, step: 1},
		}}
	}
	want := []capture.Control{
		{Name: "pan_absolute", Title: "Pan, Absolute", Type: "int", Min: -36000, Max: 36000, Step: 3600, Value: -7200, Menu: none},
		{Name: "no_step", Title: "No Step", Type: "int", Max: 9, Step: 1, Default: 1, Value: 2, Menu: none},
		{Name: "mute", Title: "Mute", Type: "bool", Max: 1, Step: 1, Value: 1, Menu: none},
		{Name: "mode", Title: "Mode", Type: "menu", Min: 1, Max: 4, Step: 1, Default: 1, Value: 4, Menu: []capture.MenuItem{{Value: 1, Name: "One (1)"}, {Value: 4, Name: "Four"}}},
		{Name: "frequency", Title: "Frequency", Type: "menu", Max: 2, Step: 1, Value: 1, Menu: []capture.MenuItem{{Value: 0, Name: "-40"}, {Value: 1, Name: "0"}, {Value: 2, Name: "1099511627776"}}},
		{Name: "reset", Title: "Reset", Type: "button", Step: 1, Menu: none},
		{Name: "bits", Title: "Bits", Type: "int", Max: 0x80002000, Step: 1, Default: 0x80000000, Value: 0x80000000, Menu: none},
		{Name: "level", Title: "Level", Type: "int", Max: 9, Step: 1, Value: 4, Menu: none, ReadOnly: true},
		{Name: "relative", Title: "Relative", Type: "int", Min: -1, Max: 1, Step: 1, Menu: none},
		{Name: "level_2", Title: "level", Type: "int", Max: 9, Step: 1, Menu: none},
		{Name: "level_3", Title: "LEVEL!", Type: "int", Max: 9, Step: 1, Menu: none},
		{Name: "control_9a0921", Title: "曝光", Type: "int", Max: 9, Step: 1, Menu: none},
		{Name: "held", Title: "Held", Type: "int", Max: 9, Step: 1, Menu: none, Inactive: true},
		{Name: strings.Repeat("x", 32), Title: strings.Repeat("x", 32), Type: "int", Max: 9, Step: 1, Menu: none},
	}
	check := func(name string, got []capture.Control) {
		t.Helper()
		for i := range max(len(got), len(want)) {
			var g, w capture.Control
			if i < len(got) {
				g = got[i]
			}
			if i < len(want) {
				w = want[i]
			}
			if !reflect.DeepEqual(g, w) {
				t.Errorf("%s, control %d:\n got %+v\nwant %+v", name, i, g, w)
			}
		}
	}
	check("a driver of today", listOf(t, driver()))
	old := driver()
	old.old = true
	check("an old driver", listOf(t, old))
}

// Numbers of 64 bits and odd ranges.
func TestExtremes(t *testing.T) {
	d := &fakeControls{list: []*fakeControl{
		{id: 1, kind: controlInt64, name: "Wide", min: -1 << 63, max: 1<<63 - 1, step: 1 << 63, value: -5},
		{id: 2, kind: controlMenu, name: "Endless", max: 1 << 40, step: 1, menu: map[uint32]string{0: "a", 255: "b", 256: "never asked for"}},
		{id: 3, kind: controlMenu, name: "Negative", min: -3, max: 1, menu: map[uint32]string{0: "a"}},
		{id: 4, kind: controlInt, name: "Upside Down", min: 9, max: 0, step: 1},
	}}
	got := listOf(t, d)
	want := []capture.Control{
		{Name: "wide", Title: "Wide", Type: "int", Min: -1 << 63, Max: 1<<63 - 1, Step: 1<<63 - 1, Value: -5, Menu: []capture.MenuItem{}},
		{Name: "endless", Title: "Endless", Type: "menu", Max: 1 << 40, Step: 1, Menu: []capture.MenuItem{{Value: 0, Name: "a"}, {Value: 255, Name: "b"}}},
		{Name: "negative", Title: "Negative", Type: "menu", Min: -3, Max: 1, Step: 1, Menu: []capture.MenuItem{}},
		{Name: "upside_down", Title: "Upside Down", Type: "int", Min: 9, Step: 1, Menu: []capture.MenuItem{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	// Nobody reads a 64-bit number with the old call.
	d.old = true
	if got := listOf(t, d); len(got) != 3 || got[0].Name != "endless" {
		t.Errorf("an old driver: %+v", got)
	}
}

// What fails for one control must not hide the others; what fails for all is an error.
func TestListFailures(t *testing.T) {
	broken := func(askErr error) *fakeControls {
		return &fakeControls{list: []*fakeControl{
			{id: 100, kind: controlInt, name: "A", max: 9, step: 1},
			{id: 105, kind: controlInt, name: "B", max: 9, step: 1, askErr: askErr},
			{id: 110, kind: controlInt, name: "C", max: 9, step: 1},
		}}
	}
	names := func(list []capture.Control) (s string) {
		for _, c := range list {
			s += c.Name
		}
		return s
	}
	if got := names(listOf(t, broken(unix.EIO))); got != "ac" {
		t.Errorf("around one that cannot be asked about: %q", got)
	}
	if got := names(listOf(t, nil)); got != "" {
		t.Errorf("a driver without controls: %q", got)
	}
	stuck := broken(nil)
	stuck.stuck = true
	if got := names(listOf(t, stuck)); got != "a" {
		t.Errorf("a driver that does not come to an end: %q", got)
	}
	_, err := panelOf(t, broken(unix.ENODEV)).List(t.Context())
	wantError(t, err, capture.CameraLost, "unplugged")
	gone := broken(nil)
	gone.list[0].readErr = unix.ENODEV
	_, err = panelOf(t, gone).List(t.Context())
	wantError(t, err, capture.CameraLost, "unplugged")

	all := broken(unix.EIO)
	all.list = all.list[1:2]
	_, err = panelOf(t, all).List(t.Context())
	wantError(t, err, capture.ControlFailed, "does not tell its controls", "input/output error")
}

func TestSetControls(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values map[string]int64
		change func(d *fakeControls)
		want   string // what the camera was told
	}{
		{"one", map[string]int64{"brightness": -64}, nil, "brightness=-64"},
		{"none", nil, nil, ""},
		{"automatics first", map[string]int64{"exposure_time_absolute": 100, "brightness": 3, "auto_exposure": 1, "white_balance_temperature": 5000, "white_balance_automatic": 0}, nil,
			"white_balance_automatic=0 auto_exposure=1 brightness=3 white_balance_temperature=5000 exposure_time_absolute=100"},
		{"an old driver", map[string]int64{"white_balance_temperature": 5000, "white_balance_automatic": 0}, func(d *fakeControls) { d.old = true },
			"white_balance_automatic=0 white_balance_temperature=5000"},
		{"64 bits", map[string]int64{"wide": -1 << 62}, func(d *fakeControls) {
			d.list = append(d.list, &fakeControl{id: 0x9a0a00, kind: controlInt64, name: "Wide", min: -1 << 63, max: 1<<63 - 1})
		}, "wide=-4611686018427387904"},
		{"a button", map[string]int64{"reset": 1}, func(d *fakeControls) {
			d.list = append(d.list, &fakeControl{id: 0x9a0a00, kind: controlButton, name: "Reset"})
		}, "reset=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := webcamControls()
			if tt.change != nil {
				tt.change(d)
			}
			if err := panelOf(t, d).Set(t.Context(), tt.values); err != nil {
				t.Fatal(err)
			}
			if got := d.writes(); got != tt.want {
				t.Errorf("the camera was told %q, want %q", got, tt.want)
			}
		})
	}
}

// A value that the camera refuses: why, what to do, and everything else as it was.
func TestRefusals(t *testing.T) {
	failing := func(name string, err error) func(*fakeControls) {
		return func(d *fakeControls) {
			for _, c := range d.list {
				if controlName(c.name) == name {
					c.writeErr = err
				}
			}
		}
	}
	for _, tt := range []struct {
		name   string
		values map[string]int64
		change func(d *fakeControls)
		code   capture.Code
		words  []string
		want   string // what the camera was told
	}{
		{"held by a switch", map[string]int64{"white_balance_temperature": 5000}, nil, capture.ControlFailed,
			[]string{"white_balance_temperature=5000: it has no effect while white_balance_automatic is on: permission denied", "set white_balance_automatic=0 together with it (off)"}, ""},
		{"held by a menu", map[string]int64{"exposure_time_absolute": 100}, nil, capture.ControlFailed,
			[]string{"it has no effect while auto_exposure is Aperture Priority Mode", "set auto_exposure=1 together with it (Manual Mode)"}, ""},
		{"held by what was set with it", map[string]int64{"brightness": 5, "white_balance_automatic": 1, "white_balance_temperature": 5000},
			func(d *fakeControls) { d.list[2].value = 0 }, capture.ControlFailed,
			[]string{"it has no effect while white_balance_automatic is on"},
			"white_balance_automatic=1 brightness=5 brightness=0 white_balance_automatic=0"},
		{"held by something unknown", map[string]int64{"brightness": 5}, func(d *fakeControls) { d.list[1].by = 0x98090c }, capture.ControlFailed,
			[]string{"brightness=5: it has no effect while another control is as it is", "look for an automatic"}, ""},
		{"the last of several", map[string]int64{"brightness": 5, "white_balance_automatic": 0, "white_balance_temperature": 5000, "auto_exposure": 1, "exposure_time_absolute": 7},
			failing("exposure_time_absolute", unix.ERANGE), capture.ControlFailed,
			[]string{"exposure_time_absolute=7: the camera refuses it: numerical result out of range", "try another value"},
			"white_balance_automatic=0 auto_exposure=1 brightness=5 white_balance_temperature=5000 " +
				"white_balance_temperature=4600 brightness=0 auto_exposure=3 white_balance_automatic=1"},
		{"fixed while it streams", map[string]int64{"brightness": 5}, failing("brightness", unix.EBUSY), capture.ControlFailed, []string{"brightness=5: it cannot be changed now: device or resource busy"}, ""},
		{"a request that fails", map[string]int64{"brightness": 5}, failing("brightness", unix.EIO), capture.ControlFailed, []string{"the camera fails at it: input/output error", "unplug"}, ""},
		{"unplugged", map[string]int64{"brightness": 5}, failing("brightness", unix.ENODEV), capture.CameraLost, []string{"unplugged"}, ""},
		{"gone since the list", map[string]int64{"brightness": 5, "gamma": 1}, nil, capture.ControlFailed, []string{"not those that they were"}, ""},
		{"a button is not put back", map[string]int64{"reset": 1, "speed": 1, "zoom": 1}, func(d *fakeControls) {
			d.list = append(d.list, &fakeControl{id: 0x9a0a00, kind: controlButton, name: "Reset"},
				&fakeControl{id: 0x9a0a01, kind: controlInt, name: "Speed", max: 1, flags: controlWriteOnly},
				&fakeControl{id: 0x9a0a02, kind: controlInt, name: "Zoom", max: 1, writeErr: unix.EINVAL})
		}, capture.ControlFailed, []string{"zoom=1"}, "reset=1 speed=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := webcamControls()
			if tt.change != nil {
				tt.change(d)
			}
			c := panelOf(t, d)
			wantError(t, c.Set(t.Context(), tt.values), tt.code, append(tt.words, c.path)...)
			if got := d.writes(); got != tt.want {
				t.Errorf("the camera was told\n     %q\nwant %q", got, tt.want)
			}
		})
	}
}

// Given up between two values, all is as it was.
func TestSetGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := webcamControls()
		ctx, cancel := context.WithCancel(t.Context())
		d.after = cancel
		if err := panelOf(t, d).Set(ctx, map[string]int64{"white_balance_automatic": 0, "brightness": 5}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
		synctest.Wait()
		if got := d.writes(); got != "white_balance_automatic=0 white_balance_automatic=1" {
			t.Errorf("the camera was told %q", got)
		}
	})
}

// A camera that hangs in the kernel holds up no caller, and no more than one call hangs.
func TestControlsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := panelOf(t, webcamControls())
		hang := make(chan struct{})
		var opened atomic.Int64
		open := c.host.open
		c.host.open = func(path string) (kernel, error) {
			if opened.Add(1) == 1 {
				<-hang
			}
			return open(path)
		}
		for i := range 3 {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := c.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("call %d: %v", i, err)
			}
			cancel()
			if d := time.Since(begin); d != time.Second {
				t.Errorf("call %d took %v", i, d)
			}
		}
		if n := opened.Load(); n != 1 {
			t.Errorf("the node was opened %d times while a call hung", n)
		}
		close(hang)
		if list, err := c.List(t.Context()); err != nil || len(list) != 5 {
			t.Errorf("afterwards: %v, %v", list, err)
		}
	})
}

func TestAnotherCameraAtTheNode(t *testing.T) {
	cam := webcamFake()
	cam.controls = webcamControls()
	h := fakeHost(t, cam)
	found, err := h.identify(h.node(0))
	if err != nil {
		t.Fatal(err)
	}
	c := h.controls(found)
	for name, change := range map[string]func(*fakeCamera){
		"another model": func(f *fakeCamera) { f.card = "Other Webcam" },
		"another port":  func(f *fakeCamera) { f.bus = "usb-0000:00:14.0-2" },
	} {
		t.Run(name, func(t *testing.T) {
			was := *cam
			defer func() { *cam = was }()
			change(cam)
			wantError(t, c.Set(t.Context(), map[string]int64{"brightness": 5}), capture.CameraLost, "another camera")
			if got := cam.controls.writes(); got != "" {
				t.Errorf("it was told %q", got)
			}
		})
	}
	for _, tt := range []struct {
		err  error
		code capture.Code
	}{{unix.ENODEV, capture.NoSuchDevice}, {unix.EACCES, capture.PermissionDenied}, {unix.EBUSY, capture.DeviceBusy}} {
		cam.openErr = tt.err
		_, err := c.List(t.Context())
		wantError(t, err, tt.code)
	}
}

// An open source gives its controls, while it is read and after it was closed.
func TestControlsOfASource(t *testing.T) {
	cam := webcamFake()
	cam.controls = webcamControls()
	h := fakeHost(t, cam)
	h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
	src, err := h.opener(target{path: h.node(0)}, hdRequest)(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	c := src.(capture.Controllable).Controls()
	for range 2 {
		if list, err := c.List(t.Context()); err != nil || len(list) != 5 || list[0].Name != "brightness" {
			t.Errorf("%+v, %v", list, err)
		}
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestControlName(t *testing.T) {
	for in, want := range map[string]string{
		"Brightness":                "brightness",
		"Exposure Time, Absolute":   "exposure_time_absolute",
		"  White Balance -- Auto. ": "white_balance_auto",
		"RGB (16-235)":              "rgb_16_235",
		"inject_vidioc Error":       "inject_vidioc_error",
		"___":                       "",
		"":                          "",
		"Größe":                     "gr_e",
	} {
		if got := controlName(in); got != want {
			t.Errorf("controlName(%q) is %q, want %q", in, got, want)
		}
	}
}

func FuzzControlName(f *testing.F) {
	for _, s := range []string{"Brightness", "Exposure Time, Absolute", "_a__B_", "", "曝光", "İ\xff K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		name := controlName(title)
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || strings.Contains(name, "__") || strings.HasPrefix(name, "_") || strings.HasSuffix(name, "_") {
			t.Errorf("%q is called %q", title, name)
		}
		if again := controlName(name); again != name {
			t.Errorf("%q is called %q, and that %q", title, name, again)
		}
	})
}

// FuzzDescribeControl tries what drivers may say of a control: a name, a step of at least 1,
// and a short menu come out of everything.
func FuzzDescribeControl(f *testing.F) {
	for _, c := range webcamControls().list {
		f.Add(c.id, c.kind, c.flags, c.name, c.min, c.max, c.step, c.value)
	}
	f.Add(uint32(5), uint32(controlMenu), uint32(0), "", int64(-1<<63), int64(1<<63-1), uint64(1<<63), int64(-1))
	f.Add(uint32(1<<31), uint32(controlIntMenu), uint32(0), "x", int64(1<<63-2), int64(1<<63-1), uint64(0), int64(1))
	f.Fuzz(func(t *testing.T, id, kind, flags uint32, name string, lo, hi int64, step uint64, value int64) {
		d := &fakeControls{list: []*fakeControl{{id: id &^ controlNext, kind: kind, flags: flags, name: name, min: lo, max: hi, step: step, value: value, menu: map[uint32]string{0: "zero"}}}}
		list, err := readKnobs(t.Context(), fakeKernel{&fakeCamera{controls: d}, nil})
		if err != nil || len(list) > 1 {
			t.Fatalf("%v, %v", list, err)
		}
		for _, c := range list {
			if c.Name == "" || c.Step < 1 || len(c.Menu) > maxMenu {
				t.Errorf("%+v", c)
			}
			c.valueText(c.Value)
		}
	})
}
