//go:build cameralab

package tests

import (
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"freshframe/e2e/client"
)

// Inputs of the kernel's test driver.
const (
	vividWebcam = "input_types=0" // sizes and intervals one by one
	vividHDMI   = "input_types=3" // any size in steps, and a single rate
	// Scaling alone: what is composed into a larger picture would stay as small as it was for
	// a smaller one.
	vividScaler = "ccs_cap_mode=4"
)

// vivid loads the kernel's test driver with one camera of a single input until the test ends,
// and returns its node.
func vivid(t *testing.T, options ...string) (node string) {
	t.Helper()
	args := append([]string{"vivid", "n_devs=1", "num_inputs=1"}, options...)
	if out, err := exec.Command("modprobe", args...).CombinedOutput(); err != nil {
		t.Fatalf("modprobe %v: %v\n%s", args, err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("modprobe", "-r", "vivid").CombinedOutput(); err != nil {
			t.Errorf("modprobe -r vivid: %v\n%s", err, out)
		}
	})
	return vividNodes(t)["vid-cap"]
}

// vividNodes are its nodes by what they are for.
func vividNodes(t *testing.T) map[string]string {
	t.Helper()
	nodes := map[string]string{}
	found, _ := filepath.Glob("/sys/class/video4linux/*")
	for _, dir := range found {
		name, _ := os.ReadFile(filepath.Join(dir, "name"))
		if use, ok := strings.CutPrefix(strings.TrimSpace(string(name)), "vivid-000-"); ok {
			node := filepath.Join("/dev", filepath.Base(dir))
			eventually(t, patience, node, func() error { _, err := os.Stat(node); return err })
			nodes[use] = node
		}
	}
	return nodes
}

// The colors of its test picture from left to right, as Y, Cb and Cr.
var (
	bars601 = [8][3]int{ // of webcams
		{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58},
		{84, 184, 198}, {65, 100, 212}, {35, 212, 114}, {16, 128, 128},
	}
	bars709 = [8][3]int{ // of HDMI
		{180, 128, 128}, {168, 44, 136}, {145, 147, 44}, {133, 63, 52},
		{63, 193, 204}, {51, 109, 212}, {28, 212, 120}, {16, 128, 128},
	}
)

// checkBars checks the test picture, apart from the text in its upper part.
func checkBars(t *testing.T, im *image.YCbCr, bars [8][3]int) {
	t.Helper()
	w, h := im.Rect.Dx(), im.Rect.Dy()
	for i, want := range bars {
		if got := meanColor(im, image.Pt(w*(2*i+1)/16, h*7/8), 4); apart(got, want) > 12 {
			t.Errorf("bar %d of %dx%d is %v, want %v", i, w, h, got, want)
		}
	}
}

// The single-planar formats of another driver than a USB camera's come through with their
// colors, at the rate asked for.
func TestVividFormats(t *testing.T) {
	node := vivid(t, vividWebcam, "multiplanar=1")
	for _, c := range []struct {
		format, size  string
		width, height int
		rate          float64
	}{
		{"yuyv422", "640x360", 640, 360, 30},
		{"nv12", "640x360", 640, 360, 30},
		{"yuv420p", "640x360", 640, 360, 30},
		{"nv12", "1280x720", 1280, 720, 10},
		{"nv12", "320x180", 320, 180, 50},
		{"yuyv422", "640x480", 640, 480, 12.5},
	} {
		t.Run(c.format+" "+c.size, func(t *testing.T) {
			s := serve(t, fmt.Sprintf("v4l2:%s?input_format=%s&video_size=%s&framerate=%g", node, c.format, c.size, c.rate), "--overlay", "none")
			checkMode(t, s.live(patience), c.format, c.width, c.height, c.rate)
			for _, path := range []string{"/raw-video-stream", "/ai-video-stream"} {
				s.see(path, 3, func(_ client.Part, im *image.YCbCr) {
					if im.Rect.Dx() != c.width || im.Rect.Dy() != c.height {
						t.Errorf("%s: a picture of %v", path, im.Rect.Size())
					}
					checkBars(t, im, bars601)
				})
			}
		})
	}
}

// The rates that are offered one by one are listed, and one that is not offered becomes the
// nearest.
func TestVividRates(t *testing.T) {
	node := vivid(t, vividWebcam, "multiplanar=1")
	list := listed(t)
	if len(list) != 1 || list[0].Stable != "v4l2:platform:vivid-000" {
		t.Fatalf("listed are %+v", list)
	}
	if got, want := list[0].rates(t, "nv12", "640x480"), []float64{25, 15, 12.5, 10, 5, 4, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("rates listed: %v, want %v", got, want)
	}
	for asked, want := range map[float64]float64{13: 12.5, 14: 15, 60: 25, 4: 4} {
		t.Run(fmt.Sprint(asked), func(t *testing.T) {
			st := serve(t, fmt.Sprintf("v4l2:platform:vivid-000?input_format=nv12&video_size=640x480&framerate=%g", asked)).live(patience)
			checkMode(t, st, "nv12", 640, 480, want)
			if st.Camera.Device != node || st.Camera.Asked.Framerate != asked {
				t.Errorf("the state is %+v", st.Camera)
			}
		})
	}
}

// A camera that takes any size in steps gets the one that was asked for; what is between the
// steps or beyond the ends is refused with the range.
func TestVividStepwiseSizes(t *testing.T) {
	node := vivid(t, vividHDMI, vividScaler, "multiplanar=1")
	list := listed(t)
	if len(list) != 1 {
		t.Fatalf("listed are %+v", list)
	}
	for _, size := range []string{"320x240", "640x480", "1280x720", "1920x1080", "16384x8640"} { // usual ones and the largest
		list[0].rates(t, "nv12", size)
	}
	for _, c := range []struct {
		options       string
		width, height int
	}{
		{"?input_format=nv12&video_size=998x562", 998, 562},
		{"?input_format=yuyv422&video_size=322x182", 322, 182},
		{"?input_format=yuv420p&video_size=404x302", 404, 302}, // the driver's odd widths of chroma are wrong
		{"?input_format=nv12", 1280, 720},
	} {
		t.Run(c.options, func(t *testing.T) {
			s := serve(t, "v4l2:"+node+c.options, "--overlay", "none")
			if st := s.live(patience); st.Camera.Width != c.width || st.Camera.Height != c.height {
				t.Errorf("the state says %dx%d", st.Camera.Width, st.Camera.Height)
			}
			s.see("/raw-video-stream", 3, func(_ client.Part, im *image.YCbCr) {
				if im.Rect.Dx() != c.width || im.Rect.Dy() != c.height {
					t.Errorf("a picture of %v", im.Rect.Size())
				}
				checkBars(t, im, bars709)
			})
		})
	}
	for _, size := range []string{"641x479", "16384x16384"} {
		code, _, said := run(t, nil, serveArgs("v4l2:"+node+"?video_size="+size)...)
		if code != 1 {
			t.Errorf("%s: it ended with status %d", size, code)
		}
		mentions(t, said, "has no size "+size, "any size from 16x16 to 16384x8640")
	}
}

// Of the many nodes of a driver only those that deliver pictures are cameras; who asks for
// another one hears what it is.
func TestVividOtherNodes(t *testing.T) {
	vivid(t, "num_inputs=2", "input_types=4", "multiplanar=1") // a webcam, and television with its text
	nodes := vividNodes(t)
	if list := listed(t); len(list) != 1 || list[0].Device != nodes["vid-cap"] {
		t.Errorf("listed are %+v, want %s alone", list, nodes["vid-cap"])
	}
	for use, what := range map[string]string{
		"vid-out":  "is no camera but a video output",
		"meta-cap": "is no camera but the node of a camera's metadata",
		"meta-out": "is no camera but another V4L2 device",
		"vbi-cap":  "is no camera but another V4L2 device",
		"sdr-cap":  "is no camera but another V4L2 device",
		"rad-rx":   "is no camera but another V4L2 device",
	} {
		t.Run(use, func(t *testing.T) {
			if nodes[use] == "" {
				t.Fatalf("there is no such node among %v", nodes)
			}
			code, _, said := run(t, nil, serveArgs("v4l2:"+nodes[use])...)
			if code != 1 {
				t.Errorf("it ended with status %d", code)
			}
			mentions(t, said, nodes[use]+": "+what, "there is "+nodes["vid-cap"])
		})
	}
}

// A camera with multi-planar buffers is one that we cannot read, and is called so.
func TestVividMultiplanar(t *testing.T) {
	node := vivid(t, vividWebcam, "multiplanar=2", "node_types=1")
	const why = "is a camera with multi-planar buffers"
	list := listed(t)
	if len(list) != 1 || list[0].Error == nil || list[0].Error.Code != "unsupported" || !strings.Contains(list[0].Error.Message, why) {
		t.Errorf("listed are %+v", list)
	}
	code, _, said := run(t, nil, serveArgs("v4l2:"+node)...)
	if code != 1 {
		t.Errorf("it ended with status %d", code)
	}
	mentions(t, said, node+": "+why)
}

// Every type of control that a driver can have is listed as it is, or left out where it is not
// one number.
func TestVividControlsListed(t *testing.T) {
	node := vivid(t, vividWebcam, "multiplanar=1", "node_types=1")
	s := serve(t, "v4l2:"+node+"?video_size=320x180")
	s.live(patience)
	list := s.controls()
	for _, want := range []control{
		{Name: "brightness", Title: "Brightness", Type: "int", Max: 255, Step: 1, Default: 128, Value: 128},
		{Name: "hue", Title: "Hue", Type: "int", Min: -128, Max: 128, Step: 1},
		{Name: "mute", Title: "Mute", Type: "bool", Max: 1, Step: 1},
		{Name: "button", Title: "Button", Type: "button", Step: 1},
		{Name: "integer_32_bits", Title: "Integer 32 Bits", Type: "int", Min: -1 << 31, Max: 1<<31 - 1, Step: 1},
		{Name: "integer_64_bits", Title: "Integer 64 Bits", Type: "int", Min: -1 << 63, Max: 1<<63 - 1, Step: 1},
		{Name: "menu", Title: "Menu", Type: "menu", Min: 1, Max: 4, Step: 1, Default: 3, Value: 3, Menu: []menuItem{{1, "Menu Item 1"}, {3, "Menu Item 3"}, {4, "Menu Item 4"}}},
		{Name: "integer_menu", Title: "Integer Menu", Type: "menu", Min: 1, Max: 8, Step: 1, Default: 4, Value: 4, Menu: []menuItem{{2, "2"}, {3, "3"}, {4, "5"}, {5, "8"}, {6, "13"}, {7, "21"}, {8, "42"}}},
		{Name: "bitmask", Title: "Bitmask", Type: "int", Max: 0x80402010, Step: 1, Default: 0x80002000, Value: 0x80002000},
		{Name: "read_only_integer_32_bits", Title: "Read-Only Integer 32 Bits", Type: "int", Max: 255, Step: 1, ReadOnly: true},
	} {
		if want.Menu == nil {
			want.Menu = []menuItem{}
		}
		got := find(t, list, want.Name)
		if want.ReadOnly {
			want.Value = got.Value // the driver changes it
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("listed is\n%+v\nwant\n%+v", got, want)
		}
	}
	if !find(t, list, "gain").Inactive {
		t.Error("gain is active although it is automatic")
	}
	for _, c := range list {
		if slices.Contains([]string{"string", "area", "u16_8x16_matrix", "user_controls"}, c.Name) {
			t.Errorf("%s is listed, which is not one number", c.Name)
		}
	}
}

// Values of every type that are set arrive in the driver; what is not in range is refused.
func TestVividControlsSet(t *testing.T) {
	needs(t, "v4l2-ctl", "v4l-utils")
	node := vivid(t, vividWebcam, "multiplanar=1", "node_types=1")
	s := serve(t, "v4l2:"+node+"?video_size=320x180")
	s.live(patience)
	for _, c := range []struct {
		set  settings
		want map[string]string // as v4l2-ctl tells it, bitmasks with a sign
	}{
		{settings{"brightness": 7, "hue": -128}, map[string]string{"brightness": "7", "hue": "-128"}},
		{settings{"integer_32_bits": -1 << 31}, map[string]string{"integer_32_bits": "-2147483648"}},
		{settings{"integer_64_bits": int64(1<<62 + 1)}, map[string]string{"integer_64_bits": "4611686018427387905"}},
		{settings{"integer_64_bits": int64(-1 << 63)}, map[string]string{"integer_64_bits": "-9223372036854775808"}},
		{settings{"bitmask": 0x80400000}, map[string]string{"bitmask": "-2143289344"}},
		{settings{"menu": "menu item 4", "integer_menu": 8}, map[string]string{"menu": "4 (Menu Item 4)", "integer_menu": "8 (42 0x2a)"}},
		{settings{"integer_menu": "13"}, map[string]string{"integer_menu": "6 (13 0xd)"}},
		{settings{"gain": 99, "gain_automatic": false}, map[string]string{"gain": "99", "gain_automatic": "0"}},
		{settings{"menu": nil, "bitmask": nil, "button": nil}, map[string]string{"menu": "3 (Menu Item 3)", "bitmask": "-2147475456"}},
	} {
		if _, err := s.change(c.set); err != nil {
			t.Errorf("%v: %v", c.set, err)
			continue
		}
		for name, want := range c.want {
			out, err := exec.Command("v4l2-ctl", "-d", node, "-C", name).CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != name+": "+want {
				t.Errorf("%v: v4l2-ctl says %q, %v, want %q", c.set, got, err, want)
			}
		}
	}
	for _, c := range []struct {
		set   settings
		words []string
	}{
		{settings{"read_only_integer_32_bits": 1}, []string{"can only be read"}},
		{settings{"menu": 2}, []string{"1 (Menu Item 1), 3 (Menu Item 3), 4 (Menu Item 4)"}},
		{settings{"button": 2}, []string{"it is a button"}},
		{settings{"bitmask": 0x80402011}, []string{"from 0 to 2151686160"}},
		{settings{"integer_32_bits": 1 << 31}, []string{"from -2147483648 to 2147483647"}},
	} {
		_, err := s.change(c.set)
		status, why := refusal(t, err)
		if status != 400 || why.Code != "bad_control" {
			t.Errorf("%v: status %d, %s", c.set, status, why.Code)
		}
		mentions(t, why.Message, c.words...)
	}
}
