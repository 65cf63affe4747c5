//go:build cameralab

package tests

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// control is a control as the API tells it.
type control struct {
	Name     string
	Title    string
	Type     string
	Min      int64
	Max      int64
	Step     int64
	Default  int64
	Value    int64
	Menu     []menuItem
	ReadOnly bool `json:"read_only"`
	Inactive bool
}

type menuItem struct {
	Value int64
	Name  string
}

// settings are new values by the controls' names; nil is a default.
type settings map[string]any

const controlsPath = "/api/v1/camera/controls"

// controls lists the controls.
func (s *server) controls() []control {
	s.t.Helper()
	var list struct{ Controls []control }
	if err := s.JSON(s.t.Context(), controlsPath, &list); err != nil {
		s.t.Fatalf("controls: %v", err)
	}
	return list.Controls
}

// change sets controls and returns the list that is the reply.
func (s *server) change(values settings) ([]control, error) {
	var list struct{ Controls []control }
	err := s.Call(s.t.Context(), "PATCH", controlsPath, map[string]any{"controls": values}, &list)
	return list.Controls, err
}

// refusal is what an error of Call says.
func refusal(t *testing.T, err error) (status int, why client.Error) {
	t.Helper()
	e, ok := errors.AsType[*client.StatusError](err)
	if !ok {
		t.Fatalf("not a refusal: %v", err)
	}
	var body struct{ Error client.Error }
	if err := json.Unmarshal([]byte(e.Body), &body); err != nil {
		t.Fatalf("%v in %s", err, e.Body)
	}
	return e.Status, body.Error
}

func find(t *testing.T, list []control, name string) control {
	t.Helper()
	i := slices.IndexFunc(list, func(c control) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	return list[i]
}

// has checks values in the camera itself, in its own numbers.
func (c *camera) has(values map[string]int) {
	c.t.Helper()
	for name, want := range values {
		if got, ok := c.ControlValue(name); !ok || got != want {
			c.t.Errorf("in the camera %s is %d, want %d", name, got, want)
		}
	}
}

// values are those in the camera itself.
func (c *camera) values() map[string]int {
	all := map[string]int{}
	for _, k := range uvcsim.UsualControls() {
		all[k.Name], _ = c.ControlValue(k.Name)
	}
	return all
}

// plain is a camera with the usual controls that costs little.
func plain() uvcsim.Config { return small(0, 320, 240, "Lab Camera", "A") }

// The camera's firmware and the kernel number the modes of exposure differently.
const (
	firmwareManual, kernelManual     = 1, 1
	firmwareAperture, kernelAperture = 8, 3
)

// The list is what the camera has, with all that the library does not tell: types, defaults,
// menus, what is inactive.
func TestControlsListed(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	usual := func(name, title string, least, most, step, value int64) control {
		return control{Name: name, Title: title, Type: "int", Min: least, Max: most, Step: step, Default: value, Value: value, Menu: []menuItem{}}
	}
	inactive := func(c control) control { c.Inactive = true; return c }
	menu := func(name, title string, value int64, items ...menuItem) control {
		return control{Name: name, Title: title, Type: "menu", Default: value, Value: value, Menu: items}
	}
	want := []control{
		usual("brightness", "Brightness", -64, 64, 1, 0),
		usual("contrast", "Contrast", 0, 95, 1, 32),
		usual("saturation", "Saturation", 0, 128, 1, 64),
		{Name: "white_balance_automatic", Title: "White Balance, Automatic", Type: "bool", Max: 1, Step: 1, Default: 1, Value: 1, Menu: []menuItem{}},
		menu("power_line_frequency", "Power Line Frequency", 1, menuItem{0, "Disabled"}, menuItem{1, "50 Hz"}, menuItem{2, "60 Hz"}),
		inactive(usual("white_balance_temperature", "White Balance Temperature", 2800, 6500, 10, 4600)),
		usual("sharpness", "Sharpness", 0, 7, 1, 2),
		menu("auto_exposure", "Auto Exposure", kernelAperture, menuItem{1, "Manual Mode"}, menuItem{3, "Aperture Priority Mode"}),
		inactive(usual("exposure_time_absolute", "Exposure Time, Absolute", 3, 2047, 1, 250)),
		usual("zoom_absolute", "Zoom, Absolute", 100, 500, 10, 100),
	}
	got := s.controls()
	for i, c := range got {
		if c.Type == "menu" { // kernels differ in its bounds, which the menu says better
			got[i].Min, got[i].Max, got[i].Step = 0, 0, 0
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the controls are\n%+v\nwant\n%+v", got, want)
	}
}

// Values set arrive in the camera, by number, word or menu name; automatics go before what
// they hold back, whatever the order; null is the default.
func TestControlsSet(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	rev := s.live(patience).Camera.Controls
	for _, c := range []struct {
		set  settings
		want map[string]int
	}{
		{settings{"brightness": 10, "contrast": 95, "zoom_absolute": 250}, map[string]int{"brightness": 10, "contrast": 95, "zoom_absolute": 250}},
		{settings{"brightness": -64}, map[string]int{"brightness": -64}},
		{settings{"brightness": nil, "zoom_absolute": nil}, map[string]int{"brightness": 0, "zoom_absolute": 100}},
		{settings{"power_line_frequency": "60 hz"}, map[string]int{"power_line_frequency": 2}},
		{settings{"power_line_frequency": 0}, map[string]int{"power_line_frequency": 0}},
		{settings{"exposure_time_absolute": 100, "auto_exposure": "Manual Mode"}, map[string]int{"auto_exposure": firmwareManual, "exposure_time_absolute": 100}},
		{settings{"exposure_time_absolute": 200}, map[string]int{"auto_exposure": firmwareManual, "exposure_time_absolute": 200}},
		{settings{"white_balance_temperature": 5000, "white_balance_automatic": false}, map[string]int{"white_balance_automatic": 0, "white_balance_temperature": 5000}},
		{settings{"white_balance_automatic": "on", "auto_exposure": nil}, map[string]int{"white_balance_automatic": 1, "auto_exposure": firmwareAperture}},
	} {
		reply, err := s.change(c.set)
		if err != nil {
			t.Errorf("%v: %v", c.set, err)
			continue
		}
		cam.has(c.want)
		for name, want := range c.want {
			if name == "auto_exposure" {
				want = map[int]int{firmwareManual: kernelManual, firmwareAperture: kernelAperture}[want]
			}
			if got := find(t, reply, name).Value; got != int64(want) {
				t.Errorf("%v: the reply says %s is %d, want %d", c.set, name, got, want)
			}
		}
		if got := s.controls(); !reflect.DeepEqual(got, reply) {
			t.Errorf("%v: the controls are\n%+v\nthe reply was\n%+v", c.set, got, reply)
		}
		if now := s.state().Camera.Controls; now <= rev {
			t.Errorf("%v: the revision of the controls is %d as before", c.set, now)
		} else {
			rev = now
		}
	}
}

// What cannot be set is refused with what could be, and nothing is changed.
func TestControlsRefused(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	if _, err := s.change(settings{"brightness": 7, "sharpness": 5}); err != nil {
		t.Fatal(err)
	}
	before := cam.values()
	for name, c := range map[string]struct {
		set    settings
		status int
		code   string
		words  []string // in message and hint
	}{
		"above":              {settings{"brightness": 65}, 400, "bad_control", []string{"brightness=65", "a whole number from -64 to 64"}},
		"below":              {settings{"brightness": -65}, 400, "bad_control", []string{"brightness=-65", "from -64 to 64"}},
		"huge":               {settings{"brightness": 1 << 40}, 400, "bad_control", []string{"from -64 to 64"}},
		"no whole number":    {settings{"brightness": 1.5}, 400, "bad_control", []string{"brightness=1.5", "a whole number"}},
		"between steps":      {settings{"zoom_absolute": 105}, 400, "bad_control", []string{"from 100 to 500 in steps of 10"}},
		"a word":             {settings{"brightness": "bright"}, 400, "bad_control", []string{"brightness=bright", "from -64 to 64"}},
		"not in the menu":    {settings{"power_line_frequency": "70 Hz"}, 400, "bad_control", []string{"70 Hz", "0 (Disabled), 1 (50 Hz), 2 (60 Hz)"}},
		"a gap in a menu":    {settings{"auto_exposure": 2}, 400, "bad_control", []string{"1 (Manual Mode), 3 (Aperture Priority Mode)"}},
		"neither on nor off": {settings{"white_balance_automatic": 2}, 400, "bad_control", []string{"on or off"}},
		"misspelt":           {settings{"brigthness": 1}, 400, "bad_control", []string{`"brigthness"`, "brightness"}},
		"one of two":         {settings{"brightness": 20, "contrast": 96}, 400, "bad_control", []string{"contrast=96", "from 0 to 95"}},
		"both of two":        {settings{"brightness": 99, "contrast": 96}, 400, "bad_control", []string{"brightness=99", "contrast=96"}},
		"inactive":           {settings{"exposure_time_absolute": 100}, 502, "control_failed", []string{"no effect while auto_exposure is Aperture Priority Mode", "auto_exposure=1", "Manual Mode"}},
		"inactive, of two":   {settings{"brightness": 20, "white_balance_temperature": 5000}, 502, "control_failed", []string{"no effect while white_balance_automatic is on", "white_balance_automatic=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.change(c.set)
			status, why := refusal(t, err)
			if status != c.status || why.Code != c.code {
				t.Errorf("status %d, code %s, want %d, %s", status, why.Code, c.status, c.code)
			}
			mentions(t, why.Message+" "+why.Hint, c.words...)
			if now := cam.values(); !maps.Equal(now, before) {
				t.Errorf("in the camera is %v, was %v", now, before)
			}
		})
	}
}

// Flags set controls before the first frame.
func TestControlFlags(t *testing.T) {
	for name, c := range map[string]struct {
		flags []string
		want  map[string]int
	}{
		"repeated":  {[]string{"--control", "brightness=-10", "--control", "power_line_frequency=60 Hz"}, map[string]int{"brightness": -10, "power_line_frequency": 2}},
		"in a list": {[]string{"--control", "contrast=50,white_balance_automatic=off,white_balance_temperature=3000"}, map[string]int{"contrast": 50, "white_balance_automatic": 0, "white_balance_temperature": 3000}},
		"any order": {[]string{"--control", "exposure_time_absolute=500,auto_exposure=manual mode"}, map[string]int{"auto_exposure": firmwareManual, "exposure_time_absolute": 500}},
	} {
		t.Run(name, func(t *testing.T) {
			cam := plug(t, plain())
			s := serve(t, "v4l2:"+cam.node, c.flags...)
			s.live(patience)
			cam.has(c.want)
		})
	}
}

// A flag that this camera cannot follow ends the program at once, and leaves the camera free.
func TestWrongControlFlags(t *testing.T) {
	cam := plug(t, plain())
	for flag, words := range map[string][]string{
		"brightness=65":                 {"brightness=65: want a whole number from -64 to 64"},
		"zoom_absolute=101":             {"in steps of 10"},
		"power_line_frequency=70 Hz":    {"0 (Disabled), 1 (50 Hz), 2 (60 Hz)"},
		"brigthness=1":                  {`no control "brigthness"`, "brightness"},
		"brightness=1,contrast=1000000": {"contrast=1000000: want a whole number from 0 to 95"},
	} {
		t.Run(flag, func(t *testing.T) {
			code, _, said := run(t, nil, serveArgs("v4l2:"+cam.node, "--control", flag)...)
			if code != 2 {
				t.Errorf("it ended with status %d", code)
			}
			mentions(t, said, append(words, cam.node)...)
			cam.has(map[string]int{"brightness": 0})
		})
	}
	serve(t, "v4l2:"+cam.node).live(patience)
}

// What was set is set again when the camera returns, which it does with its defaults, and when
// it is started again.
func TestControlsRestored(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node, "--control", "sharpness=6")
	s.live(patience)
	if _, err := s.change(settings{"brightness": 33, "auto_exposure": 1, "exposure_time_absolute": 77, "contrast": 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.change(settings{"contrast": nil}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"sharpness": 6, "brightness": 33, "auto_exposure": firmwareManual, "exposure_time_absolute": 77, "contrast": 32}
	for range 2 {
		rev := s.state().Camera.Controls
		cam.unplug()
		s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
		cam.has(map[string]int{"sharpness": 2, "brightness": 0, "auto_exposure": firmwareAperture, "exposure_time_absolute": 250})
		cam.plug()
		if st := s.live(patience); st.Camera.Controls <= rev {
			t.Errorf("the revision of the controls is %d as before", st.Camera.Controls)
		}
		cam.has(want)
	}
	for _, to := range []string{"stop", "start"} {
		if err := s.Call(t.Context(), "POST", "/api/v1/camera/"+to, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.live(patience)
	cam.has(want)
}

// Where there is no camera to speak to, the reply says which way.
func TestControlsWithoutCamera(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	check := func(s *server, status int, code string) {
		t.Helper()
		for _, method := range []string{"GET", "PATCH"} {
			var body any
			if method == "PATCH" {
				body = map[string]any{"controls": settings{"brightness": 1}}
			}
			got, why := refusal(t, s.Call(t.Context(), method, controlsPath, body, nil))
			if got != status || why.Code != code || why.Hint == "" {
				t.Errorf("%s: status %d, %+v, want %d, %s", method, got, why, status, code)
			}
		}
	}
	cam.unplug()
	s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
	trouble := s.state().Camera.Error.Code
	if trouble != "camera_lost" && trouble != "no_such_device" {
		t.Errorf("the trouble is %s", trouble)
	}
	// It changes from the one to the other with the first try to reopen.
	s.until(2*time.Second, "a reopening that fails", func(st client.State) bool { return st.Camera.Error.Code == "no_such_device" })
	check(s, 503, "no_such_device")
	if err := s.Call(t.Context(), "POST", "/api/v1/camera/stop", nil, nil); err != nil {
		t.Fatal(err)
	}
	check(s, 409, "camera_off")

	bare := small(1, 320, 240, "Bare Camera", "B")
	bare.Controls = []uvcsim.Control{}
	without := serve(t, "v4l2:"+plug(t, bare).node)
	without.live(patience)
	check(without, 404, "no_controls")
}

// A camera that does not answer for its controls says so within seconds, and goes on
// delivering; afterwards its controls are as good as ever.
func TestControlsStalled(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	cam.Stall(true)
	before := s.state()
	for range 3 {
		begin := time.Now()
		_, err := s.change(settings{"brightness": 1})
		// It is refused by the camera, or given up after 3 s.
		if status, why := refusal(t, err); status != 502 && status != 504 || why.Code != "control_failed" || why.Hint == "" {
			t.Errorf("status %d, %+v", status, why)
		}
		if took := time.Since(begin); took > 3500*time.Millisecond {
			t.Errorf("the refusal took %v", took)
		}
	}
	s.until(patience, "further frames", func(st client.State) bool { return st.Ledger.Captured >= before.Ledger.Captured+10 })
	if st := s.state(); st.Camera.State != "live" || st.Camera.Reopens > 0 {
		t.Errorf("the state is %+v", st.Camera)
	}
	cam.Stall(false)
	if _, err := s.change(settings{"brightness": 1}); err != nil {
		t.Error(err)
	}
	cam.has(map[string]int{"brightness": 1})
}

// A camera that returns without its controls is better than none: it is live, and the log
// says what it has to do without.
func TestControlsNotRestored(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node, "--control", "brightness=33")
	s.live(patience)
	cam.unplug()
	s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
	cam.Stall(true)
	cam.plug()
	s.live(patience)
	mentions(t, s.Log(), "not restored")
	cam.Stall(false) // when it comes again, it is as it was
	cam.unplug()
	s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
	cam.plug()
	s.live(patience)
	cam.has(map[string]int{"brightness": 33})
}

// Controls work while the stream runs, and no frame is lost over them.
func TestControlsLoseNoFrames(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	st := s.live(patience)
	before := st.Ledger
	for n := range 30 {
		if _, err := s.change(settings{"brightness": n, "zoom_absolute": 100 + 10*n, "white_balance_automatic": n%2 == 0}); err != nil {
			t.Fatal(err)
		}
		cam.has(map[string]int{"brightness": n, "zoom_absolute": 100 + 10*n, "white_balance_automatic": 1 - n%2})
		captured := s.state().Ledger.Captured
		st = s.until(patience, "a frame", func(st client.State) bool { return st.Ledger.Captured > captured })
	}
	// The emulated machine loses one now and then; changes that did would lose thirty.
	if lost := st.Ledger.LostUpstream - before.LostUpstream; lost > 3 {
		t.Errorf("%d frames were lost, %d came", lost, st.Ledger.Captured-before.Captured)
	}
	if st.Camera.Reopens > 0 || st.Ledger.Corrupt > 0 {
		t.Errorf("%d reopenings, %d corrupt frames", st.Camera.Reopens, st.Ledger.Corrupt)
	}
}
