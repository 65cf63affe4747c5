package option

import (
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func bound(x float64) *float64 { return &x }

// declared has one option of every type, ranges of every form and an unset one.
var declared = []Option{
	Option{Name: "count", Type: Int, Default: "3"}.Between(0, 50),
	Option{Name: "share", Type: Float, Default: "0.5"}.Between(0, 1),
	{Name: "mirror", Type: Bool, Default: "off"},
	Option{Name: "pause", Type: Duration, Default: "100ms"}.Between(0, 10),
	Option{Name: "video_size", Type: Size, Default: "640x480"}.Between(16, 1_000_000),
	{Name: "cost", Type: Enum, Default: "wall", Choices: []string{"wall", "cpu"}},
	{Name: "title", Type: String, Default: "cam"},
	{Name: "atleast", Type: Int, Min: bound(2)},
	{Name: "atmost", Type: Float, Max: bound(9.5)},
	{Name: "free", Type: Int},
	{Name: "unset_size", Type: Size},
}

func parse(t testing.TB, query string) (Values, error) {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(declared, q)
}

func TestDefaults(t *testing.T) {
	v, err := parse(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if v.Int("count") != 3 || v.Float("share") != 0.5 || v.Bool("mirror") ||
		v.Duration("pause") != 100*time.Millisecond || v.Size("video_size") != (Dimensions{640, 480}) ||
		v.Enum("cost") != "wall" || v.String("title") != "cam" {
		t.Errorf("defaults read as %v", v.m)
	}
	if v.Int("atleast") != 0 || v.Float("atmost") != 0 || v.Size("unset_size") != (Dimensions{}) {
		t.Error("unset options are not zero")
	}
	for _, o := range declared {
		if v.Given(o.Name) {
			t.Errorf("%s counts as given", o.Name)
		}
	}
}

func TestAccepted(t *testing.T) {
	for query, want := range map[string]any{
		"count=0": 0, "count=50": 50, "count=%2B7": 7, "free=-12": -12, "atleast=2": 2,
		"share=0": 0.0, "share=1": 1.0, "share=1e-3": 0.001, "atmost=-4": -4.0,
		"mirror=1": true, "mirror=TRUE": true, "mirror=on": true, "mirror=Yes": true,
		"mirror=0": false, "mirror=false": false, "mirror=OFF": false, "mirror=no": false,
		"pause=0": time.Duration(0), "pause=1.5s": 1500 * time.Millisecond, "pause=10s": 10 * time.Second,
		"video_size=16x16": Dimensions{16, 16}, "video_size=1280x720": Dimensions{1280, 720},
		"cost=cpu": "cpu", "title=": "", "title=a+b": "a b",
	} {
		t.Run(query, func(t *testing.T) {
			v, err := parse(t, query)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(query, "=")
			if got := v.m[name]; got != want {
				t.Errorf("read %v, want %v", got, want)
			}
			if !v.Given(name) {
				t.Error("does not count as given")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	const size = "want WIDTHxHEIGHT, such as 1280x720"
	for query, want := range map[string]string{
		"count=51":                   "option count=51: out of range; want a whole number from 0 to 50",
		"count=-1":                   "option count=-1: out of range; want a whole number from 0 to 50",
		"count=2.5":                  "option count=2.5: want a whole number from 0 to 50",
		"count=99999999999999999999": "option count=99999999999999999999: want a whole number from 0 to 50",
		"count=":                     "option count: want a whole number from 0 to 50",
		"free=x":                     "option free=x: want a whole number",
		"atleast=1":                  "option atleast=1: out of range; want a whole number of at least 2",
		"atmost=9.6":                 "option atmost=9.6: out of range; want a number of at most 9.5",
		"share=NaN":                  "option share=NaN: want a number from 0 to 1",
		"share=Inf":                  "option share=Inf: want a number from 0 to 1",
		"share=1e999":                "option share=1e999: want a number from 0 to 1",
		"share=1.01":                 "option share=1.01: out of range; want a number from 0 to 1",
		"mirror=2":                   "option mirror=2: want on or off",
		"pause=100":                  "option pause=100: want a duration with its unit, such as 100ms or 2s from 0s to 10s",
		"pause=11s":                  "option pause=11s: out of range; want a duration from 0s to 10s",
		"pause=-1ms":                 "option pause=-1ms: out of range; want a duration from 0s to 10s",
		"video_size=640":             "option video_size=640: " + size,
		"video_size=x":               "option video_size=x: " + size,
		"video_size=640x480x2":       "option video_size=640x480x2: " + size,
		"video_size=8x4":             "option video_size=8x4: out of range; want WIDTHxHEIGHT with sides from 16 pixels to 1000000 pixels",
		"cost=CPU":                   "option cost=CPU: want one of wall, cpu",
		"count=1&count=2":            "option count=1,2: given more than once",
		"cuont=1":                    `option cuont: unknown option; did you mean "count"?`,
		"zzzzzzzzz=1":                "option zzzzzzzzz: unknown option; known: count, share, mirror, pause, video_size, cost, title, atleast, atmost, free, unset_size",
		"share=2&cost=x&count=y": "option cost=x: want one of wall, cpu\n" +
			"option count=y: want a whole number from 0 to 50\n" +
			"option share=2: out of range; want a number from 0 to 1",
	} {
		t.Run(query, func(t *testing.T) {
			_, err := parse(t, query)
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if err.Error() != want {
				t.Errorf("error\n%s\nwant\n%s", err, want)
			}
		})
	}
}

func TestParseRefusesAWrongDefault(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a default outside its own range was taken")
		}
	}()
	_, _ = Parse([]Option{Option{Name: "n", Type: Int, Default: "5"}.Between(6, 7)}, nil)
}

func TestGettersPanicOnProgramMistakes(t *testing.T) {
	v, err := parse(t, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, get := range map[string]func(){
		"unknown name": func() { v.Int("nope") },
		"wrong type":   func() { v.Float("count") },
		"no values":    func() { Values{}.Int("count") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			get()
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"processing_time", "cost", "seed"}
	for given, want := range map[string]string{
		"cost": "cost", "COST": "cost", "cots": "cost", "sede": "seed", "procesing_tme": "processing_time",
		"processing": "processing_time", "framerate": "", "": "",
	} {
		if got := Nearest(given, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", given, got, want)
		}
	}
	if got := Suggest("x", nil); got != "" {
		t.Errorf("Suggest without known names = %q", got)
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got, back := edits(c.a, c.b), edits(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("edits(%q, %q) = %d and %d the other way, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestOptionJSON(t *testing.T) {
	got, err := json.Marshal([]Option{
		Option{Name: "n", Type: Int, Default: "0", Doc: "N."}.Between(0, 9),
		{Name: "e", Type: Enum, Default: "a", Choices: []string{"a", "b"}, Doc: "E."},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"name":"n","type":"int","default":"0","min":0,"max":9,"doc":"N."},` +
		`{"name":"e","type":"enum","default":"a","choices":["a","b"],"doc":"E."}]`
	if string(got) != want {
		t.Errorf("JSON\n%s\nwant\n%s", got, want)
	}
}

// FuzzParse checks that no input panics, that what is accepted keeps its declared range,
// and that every refusal is an *Error.
func FuzzParse(f *testing.F) {
	for _, o := range declared {
		for _, value := range []string{"", "0", "1.5", "-3", "on", "5s", "640x480", "cpu", "NaN", "1e400", "9223372036854775808", "9999999h"} {
			f.Add(o.Name, value)
		}
	}
	f.Add("cots", "wall")
	f.Fuzz(func(t *testing.T, name, value string) {
		v, err := Parse(declared, url.Values{name: {value}})
		var wrong *Error
		if err != nil {
			if !errors.As(err, &wrong) || wrong.Option != name || wrong.Reason == "" {
				t.Fatalf("%s=%s: error %v", name, value, err)
			}
			return
		}
		i := slices.IndexFunc(declared, func(o Option) bool { return o.Name == name })
		if i < 0 || !v.Given(name) {
			t.Fatalf("%s=%s: an unknown option was accepted or not noted", name, value)
		}
		inside := func(numbers ...float64) {
			for _, x := range numbers {
				if o := declared[i]; math.IsNaN(x) || (o.Min != nil && x < *o.Min) || (o.Max != nil && x > *o.Max) {
					t.Errorf("%s=%s: %v accepted", name, value, x)
				}
			}
		}
		switch declared[i].Type {
		case Int:
			inside(float64(v.Int(name)))
			if n, err := strconv.Atoi(value); err != nil || n != v.Int(name) {
				t.Errorf("%s=%s read as %d", name, value, v.Int(name))
			}
		case Float:
			inside(v.Float(name))
		case Duration:
			inside(v.Duration(name).Seconds())
		case Size:
			d := v.Size(name)
			inside(float64(d.Width), float64(d.Height))
			if again, err := Parse(declared, url.Values{name: {d.String()}}); err != nil || again.Size(name) != d {
				t.Errorf("%s=%s does not read back from %s (%v)", name, value, d, err)
			}
		case Enum:
			if !slices.Contains(declared[i].Choices, v.Enum(name)) {
				t.Errorf("%s=%s accepted", name, value)
			}
		case String:
			if v.String(name) != value {
				t.Errorf("%s=%q read as %q", name, value, v.String(name))
			}
		}
	})
}
