package capture

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// camera knobs of every type.
var knobs = []Control{
	{Name: "brightness", Type: IntControl, Min: -64, Max: 64, Step: 1, Default: 3},
	{Name: "focus", Type: IntControl, Min: 5, Max: 250, Step: 5, Default: 7},
	{Name: "wide", Type: IntControl, Min: math.MinInt64, Max: math.MaxInt64, Step: 2},
	{Name: "broken", Type: IntControl, Min: 10, Max: 0, Step: 0, Default: 4},
	{Name: "auto", Type: BoolControl, Max: 1, Step: 1, Default: 1},
	{Name: "frequency", Type: MenuControl, Max: 4, Step: 1, Default: 2, Menu: []MenuItem{{0, "Disabled"}, {1, "50 Hz"}, {2, "60 Hz"}, {4, "Auto"}}},
	{Name: "bias", Type: MenuControl, Max: 2, Step: 1, Menu: []MenuItem{{0, "-4000"}, {1, "0"}, {2, "4000"}}},
	{Name: "reset", Type: ButtonControl, Step: 1},
	{Name: "level", Type: IntControl, Max: 9, Step: 1, ReadOnly: true},
	{Name: "exposure", Type: IntControl, Min: 1, Max: 5000, Step: 1, Inactive: true},
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		want        int64
		wrong       string
	}{
		{name: "brightness", value: "10", want: 10},
		{name: "brightness", value: "+10", want: 10},
		{name: "brightness", value: "-64", want: -64},
		{name: "brightness", value: "", want: 3},
		{name: "brightness", value: "65", wrong: "brightness=65: want a whole number from -64 to 64"},
		{name: "brightness", value: "-65", wrong: "brightness=-65: want a whole number from -64 to 64"},
		{name: "brightness", value: "1.5", wrong: "brightness=1.5: want a whole number from -64 to 64"},
		{name: "brightness", value: "ten", wrong: "brightness=ten: want a whole number from -64 to 64"},
		{name: "brightness", value: "9223372036854775808", wrong: "brightness=9223372036854775808: want a whole number from -64 to 64"},
		{name: "brightnes", value: "1", wrong: `the camera has no control "brightnes"; did you mean "brightness"?`},
		{name: "", value: "1", wrong: `the camera has no control ""`},
		{name: "focus", value: "250", want: 250},
		{name: "focus", value: "5", want: 5},
		{name: "focus", value: "", want: 7}, // what the driver calls its default is right
		{name: "focus", value: "33", wrong: "focus=33: want a whole number from 5 to 250 in steps of 5"},
		{name: "wide", value: "9223372036854775806", want: math.MaxInt64 - 1},
		{name: "wide", value: "-9223372036854775808", want: math.MinInt64},
		{name: "wide", value: "9223372036854775807", wrong: "wide=9223372036854775807: want a whole number from -9223372036854775808 to 9223372036854775807 in steps of 2"},
		{name: "broken", value: "5", wrong: "broken=5: want a whole number from 10 to 0"},
		{name: "broken", value: "", want: 4},
		{name: "auto", value: "on", want: 1},
		{name: "auto", value: "TRUE", want: 1},
		{name: "auto", value: "1", want: 1},
		{name: "auto", value: "off", want: 0},
		{name: "auto", value: "false", want: 0},
		{name: "auto", value: "0", want: 0},
		{name: "auto", value: "", want: 1},
		{name: "auto", value: "2", wrong: "auto=2: want on or off"},
		{name: "frequency", value: "50 hz", want: 1},
		{name: "frequency", value: "4", want: 4},
		{name: "frequency", value: "", want: 2},
		{name: "frequency", value: "3", wrong: "frequency=3: want one of 0 (Disabled), 1 (50 Hz), 2 (60 Hz), 4 (Auto)"},
		{name: "frequency", value: "70 Hz", wrong: "frequency=70 Hz: want one of 0 (Disabled), 1 (50 Hz), 2 (60 Hz), 4 (Auto)"},
		{name: "bias", value: "0", want: 0}, // the value, not the entry of that name
		{name: "bias", value: "4000", want: 2},
		{name: "bias", value: "-4000", want: 0},
		{name: "reset", value: "", want: 1},
		{name: "reset", value: "1", want: 1},
		{name: "reset", value: "off", wrong: "reset=off: it is a button; want 1, or nothing, to press it"},
		{name: "reset", value: "7", wrong: "reset=7: it is a button; want 1, or nothing, to press it"},
		{name: "level", value: "3", wrong: "level=3: it can only be read"},
		{name: "exposure", value: "100", want: 100}, // the camera has the last word on what is inactive
	} {
		values, err := resolve("/dev/video0", knobs, []Setting{{tt.name, tt.value}})
		if tt.wrong == "" {
			if err != nil || !maps.Equal(values, map[string]int64{tt.name: tt.want}) {
				t.Errorf("%s=%s: %v, %v, want %d", tt.name, tt.value, values, err, tt.want)
			}
			continue
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Code != BadControl || e.Device != "/dev/video0" || e.Hint == "" || !strings.HasPrefix(e.Err.Error(), tt.wrong) {
			t.Errorf("%s=%s:\n got %v\nwant %s", tt.name, tt.value, err, tt.wrong)
		}
	}
}

func TestResolveTellsOfEverythingWrong(t *testing.T) {
	_, err := resolve("cam", knobs, []Setting{{"brightness", "99"}, {"auto", "on"}, {"color", "1"}, {"auto", "off"}})
	for _, want := range []string{"brightness=99", `no control "color"`, "auto is given more than once"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not say %q", err, want)
		}
	}
	if values, err := resolve("cam", nil, nil); err != nil || len(values) != 0 {
		t.Errorf("nothing to set: %v, %v", values, err)
	}
}

// What comes out is in range, and is understood again as the number that it is.
func FuzzResolve(f *testing.F) {
	for _, k := range knobs {
		for _, text := range []string{"", "1", "-4000", "50 HZ", "on", "9223372036854775807", "0x10", "1e3", "１"} {
			f.Add(k.Name, text)
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		values, err := resolve("cam", knobs, []Setting{{name, text}})
		if err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Code != BadControl {
				t.Fatalf("%q=%q: %v, want a BadControl", name, text, err)
			}
			return
		}
		i := slices.IndexFunc(knobs, func(k Control) bool { return k.Name == name })
		if i < 0 || len(values) != 1 {
			t.Fatalf("%q=%q gives %v", name, text, values)
		}
		k, v := knobs[i], values[name]
		switch {
		case text == "" || k.Type == ButtonControl:
			return
		case k.Type == MenuControl:
			if !slices.ContainsFunc(k.Menu, func(m MenuItem) bool { return m.Value == v }) {
				t.Errorf("%s=%s is %d, which the menu does not have", name, text, v)
			}
		case v < k.Min || v > k.Max:
			t.Errorf("%s=%s is %d, out of range", name, text, v)
		}
		again, err := resolve("cam", knobs, []Setting{{name, strconv.FormatInt(v, 10)}})
		if err != nil || again[name] != v {
			t.Errorf("%s=%s is %d, and that %v, %v", name, text, v, again, err)
		}
	})
}
