package config

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/slot"
	"freshframe/backend/zone"
)

const goodKey = "0123456789abcdef"

func defaultTrack() Track {
	return Track{Framerate: 30, LowScore: 0.1, HighScore: 0.5, MinHits: 2, MaxLost: time.Second, Agility: 1}
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestParseCommands(t *testing.T) {
	tests := []struct {
		args string
		want Command
	}{
		{"", Serve{defaults()}},
		{"serve", Serve{defaults()}},
		{"--", Serve{defaults()}},
		{"cameras", Cameras{}},
		{"cameras --json", Cameras{JSON: true}},
		{"track", defaultTrack()},
		{"track --framerate 25 --low-score=0.2 --high-score 0.6 --min-hits 1 --max-lost=500ms --agility 10",
			Track{Framerate: 25, LowScore: 0.2, HighScore: 0.6, MinHits: 1, MaxLost: 500 * time.Millisecond, Agility: 10}},
		{"track --help --framerate=bad", Help{}},
		{"version", Version{}},
		{"--version", Version{}},
		{"serve --version --quality=bad", Version{}},
		{"--help", Help{}},
		{"-h", Help{}},
		{"cameras --help", Help{}},
		{"--quality=bad --help", Help{}}, // help is to be had whatever else is wrong
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var errOut bytes.Buffer
			got, err := Parse(strings.Fields(tt.args), nil, io.Discard, &errOut, HelpData{})
			if err != nil || errOut.Len() > 0 {
				t.Fatalf("error %v, printed %q", err, &errOut)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
			if code := ExitCode(err); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// TestParseServe gives each setting in each of the three ways and looks at the field.
func TestParseServe(t *testing.T) {
	tests := []struct {
		flag, text string
		want       func(*Config)
	}{
		{"listen", "[::1]:0", func(c *Config) { c.Listen = Listen{"::1", 0} }},
		{"listen", "LocalHost:65535", func(c *Config) { c.Listen = Listen{"localhost", 65535} }},
		{"api-key", goodKey, func(c *Config) { c.APIKey = goodKey }},
		{"allowed-host", "Camera.Example,[2001:DB8::1],10.0.0.7", func(c *Config) {
			c.AllowedHosts = []string{"camera.example", "2001:db8::1", "10.0.0.7"}
		}},
		{"max-streams", "1", func(c *Config) { c.MaxStreams = 1 }},
		{"max-streams-per-ip", "65536", func(c *Config) { c.MaxStreamsPerIP = 65536 }},
		{"source", "http://cam/stream?x=1#framerate=15", func(c *Config) { c.Source = "http://cam/stream?x=1#framerate=15" }},
		{"source", "synthetic:", func(c *Config) { c.Source = "synthetic:" }},
		{"stopped", "on", func(c *Config) { c.Stopped = true }},
		{"stopped", "false", func(*Config) {}},
		{"control", "brightness=10", func(c *Config) { c.Controls = []capture.Setting{{Name: "brightness", Value: "10"}} }},
		{"control", " power_line_frequency = 50 Hz , focus_auto=,b=x=y", func(c *Config) {
			c.Controls = []capture.Setting{{Name: "power_line_frequency", Value: "50 Hz"}, {Name: "focus_auto"}, {Name: "b", Value: "x=y"}}
		}},
		{"analyzer", "simulate?processing_time=100ms", func(c *Config) { c.Analyzer = "simulate?processing_time=100ms" }},
		{"analyzer", "faces+objects@5fps", func(c *Config) { c.Analyzer = "faces+objects@5fps" }},
		{"zones", "door: line 0.5,0 0.5,1", func(c *Config) {
			c.Zones = Zones{{Name: "door", Kind: zone.Line, Points: [][2]float64{{0.5, 0}, {0.5, 1}}}}
		}},
		{"zones", "a: zone 0,0 1,0 1,1 dwell=5s classes=person,cell_phone; ;b: line 0,0 1,1 anchor=foot;", func(c *Config) {
			c.Zones = Zones{
				{Name: "a", Kind: zone.Zone, Points: [][2]float64{{0, 0}, {1, 0}, {1, 1}}, Classes: []string{"person", "cell phone"}, Dwell: 5 * time.Second},
				{Name: "b", Kind: zone.Line, Points: [][2]float64{{0, 0}, {1, 1}}, Anchor: zone.Foot},
			}
		}},
		{"analyze", "watched", func(c *Config) { c.Analyze = Watched }},
		{"mode", "pool", func(c *Config) { c.Mode = Pool }},
		{"workers", "4", func(c *Config) { c.Workers = 4 }},
		{"max-age", "200ms", func(c *Config) { c.MaxAge = 200 * time.Millisecond }},
		{"max-reorder-wait", "50ms", func(c *Config) { c.MaxReorderWait = 50 * time.Millisecond }},
		{"target-fps", "29.97", func(c *Config) { c.TargetFPS = 29.97 }},
		{"freshness", "latency", func(c *Config) { c.Freshness = slot.Latency }},
		{"analysis-timeout", "1m30s", func(c *Config) { c.AnalysisTimeout = 90 * time.Second }},
		{"quality", "100", func(c *Config) { c.Quality = 100 }},
		{"overlay", "none", func(c *Config) { c.Overlay = Overlay{} }},
		{"overlay", "all", func(*Config) {}},
		{"overlay", "landmarks,trails,zones", func(c *Config) { c.Overlay = Overlay{Landmarks: true, Trails: true, Zones: true} }},
		{"overlay", "fps, boxes", func(c *Config) { c.Overlay = Overlay{Boxes: true, FPS: true} }},
		{"models", "/srv/models", func(c *Config) { c.Models = "/srv/models" }},
		{"onnxruntime", "/opt/libonnxruntime.so", func(c *Config) { c.ONNXRuntime = "/opt/libonnxruntime.so" }},
		{"log-level", "debug", func(c *Config) { c.LogLevel = slog.LevelDebug }},
		{"log-format", "json", func(c *Config) { c.LogFormat = JSON }},
		{"picture-path", "std", func(c *Config) { c.PicturePath = Standard }},
	}
	covered := map[string]bool{"config": true, "api-key-file": true} // files: tests of their own
	for _, tt := range tests {
		covered[tt.flag] = true
		t.Run(tt.flag+"="+tt.text, func(t *testing.T) {
			file := writeFile(t, "f.yaml", strings.ReplaceAll(tt.flag, "-", "_")+": '"+tt.text+"'\n")
			dashed := writeFile(t, "f.yaml", tt.flag+": '"+tt.text+"'\n")
			for way, in := range map[string]struct{ args, env []string }{
				"flag":     {args: []string{"--" + tt.flag + "=" + tt.text}},
				"variable": {env: []string{envName(tt.flag) + "=" + tt.text}},
				"file":     {args: []string{"--config", file}},
				"dashes":   {env: []string{"FRESHFRAME_CONFIG=" + dashed}},
			} {
				want := defaults()
				tt.want(&want)
				got := mustServe(t, in.args, in.env)
				got.File = ""
				if !reflect.DeepEqual(got, want) {
					t.Errorf("as %s: got %+v\nwant %+v", way, got, want)
				}
			}
		})
	}
	for _, f := range flagsOf(&Config{}) {
		if !covered[f.Name] {
			t.Errorf("--%s is not in the table", f.Name)
		}
	}
}

// Zones may have a line each, on the command line and in the file, which may list them too.
func TestZonesOverSeveralLines(t *testing.T) {
	const door, desk = "door: line 0.2,0.5 0.8,0.5", "desk: zone 0.1,0.6 0.9,0.6 0.5,1"
	for way, args := range map[string][]string{
		"flag":  {"--zones", door + "\n" + desk + "\n"},
		"block": {"--config", writeFile(t, "f.yaml", "zones: |\n  "+door+"\n  "+desk+"\n")},
		"list":  {"--config", writeFile(t, "f.yaml", "zones:\n  - '"+door+"'\n  - '"+desk+"'\n")},
	} {
		if got := mustServe(t, args, nil).Zones.String(); got != door+"; "+desk {
			t.Errorf("as %s: %q", way, got)
		}
	}
}

func mustServe(t *testing.T, args, env []string) Config {
	t.Helper()
	var printed bytes.Buffer
	cmd, err := Parse(args, env, &printed, &printed, HelpData{})
	s, ok := cmd.(Serve)
	if err != nil || !ok || printed.Len() > 0 {
		t.Fatalf("Parse(%q, %q) = %+v, %v; printed %q", args, env, cmd, err, &printed)
	}
	return s.Config
}

func TestPrecedence(t *testing.T) {
	file := writeFile(t, "f.yaml", "quality: 10\nallowed_host: [file.example]\ncontrol: [gain=1, hue=2]\nstopped: true\n")
	other := writeFile(t, "other.yaml", "quality: 11\n")
	tests := []struct {
		name      string
		args, env []string
		want      int
	}{
		{"default", nil, nil, 80},
		{"file", []string{"--config", file}, nil, 10},
		{"variable over file", []string{"--config", file}, []string{"FRESHFRAME_QUALITY=20"}, 20},
		{"flag over both", []string{"--config", file, "--quality=30"}, []string{"FRESHFRAME_QUALITY=20"}, 30},
		{"flag before the command", []string{"--quality", "30", "serve"}, nil, 30},
		{"last flag", []string{"--quality=30", "--quality=31"}, nil, 31},
		{"last variable", nil, []string{"FRESHFRAME_QUALITY=20", "FRESHFRAME_QUALITY=21"}, 21},
		{"empty variable", []string{"--config", file}, []string{"FRESHFRAME_QUALITY="}, 10},
		{"file named by flag over variable", []string{"--config", file}, []string{"FRESHFRAME_CONFIG=" + other}, 10},
		{"overridden values are not looked at", []string{"--quality=30"}, []string{"FRESHFRAME_QUALITY=bad"}, 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustServe(t, tt.args, tt.env).Quality; got != tt.want {
				t.Errorf("quality %d, want %d", got, tt.want)
			}
		})
	}
	c := mustServe(t, []string{"--config", file, "--allowed-host=a", "--allowed-host", "b,c", "--stopped=off"}, nil)
	if want := []string{"a", "b", "c"}; !reflect.DeepEqual(c.AllowedHosts, want) || c.Stopped {
		t.Errorf("a list replaces that of the file: got %v, want %v; stopped %v, want false", c.AllowedHosts, want, c.Stopped)
	}
	for _, tt := range []struct {
		args, env []string
		want      string // in the order in which they are to be set
	}{
		{nil, nil, "gain=1,hue=2"},
		{nil, []string{"FRESHFRAME_CONTROL=gain=3"}, "gain=3"},
		{[]string{"--control", "zoom=9", "--control=gain=4,focus=auto"}, []string{"FRESHFRAME_CONTROL=gain=3"}, "zoom=9,gain=4,focus=auto"},
	} {
		c := mustServe(t, append([]string{"--config", file}, tt.args...), tt.env)
		if got := settingsText(c.Controls); got != tt.want {
			t.Errorf("%q, %q: controls %s, want %s", tt.args, tt.env, got, tt.want)
		}
	}
}

func TestRealEnvironmentIsNotRead(t *testing.T) {
	t.Setenv("FRESHFRAME_QUALITY", "7")
	t.Setenv("QUALITY", "7")
	if c := mustServe(t, nil, nil); c.Quality != 80 {
		t.Errorf("quality %d, want 80", c.Quality)
	}
}

func TestOtherCommandsIgnoreTheEnvironment(t *testing.T) {
	env := []string{"FRESHFRAME_QUALITY=bad", "FRESHFRAME_NONSENSE=1", "FRESHFRAME_JSON=1"}
	cmd, err := Parse([]string{"cameras"}, env, io.Discard, io.Discard, HelpData{})
	if err != nil || cmd != (Cameras{}) {
		t.Errorf("got %+v, %v", cmd, err)
	}
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		name, args string
		env        []string
		want       string // beginnings of the lines without "freshframe: ", the last is the hint
	}{
		{"misspelt flag", "--lisen=x", nil,
			"unknown flag --lisen, did you mean \"--listen\"?\nsee freshframe serve --help"},
		{"unknown flag of another command", "cameras --quality=3", nil,
			"unknown flag --quality\nsee freshframe cameras --help"},
		{"misspelt command", "camera --json", nil,
			"unexpected argument \"camera\"; did you mean \"cameras\"?\nsee freshframe --help"},
		{"stray word", "serve 0.0.0.0:80", nil,
			"unexpected argument \"0.0.0.0:80\"; known: serve, cameras, track, version\nsee freshframe --help"},
		{"no value", "--listen", nil,
			"--listen: needs a value: --listen HOST:PORT\nsee freshframe serve --help"},
		{"dashed value", "--quality -5", nil,
			"--quality: needs a value; one that starts with a dash is written --quality=-5\nsee"},
		{"serve's flag before another command", "--quality=3 cameras", nil,
			"flag --quality applies to the default command \"serve\", not \"cameras\"\nsee freshframe serve --help"},
		{"all wrong values at once, flags before variables", "--quality=0 --mode=turbo --analysis-timeout=5",
			[]string{"FRESHFRAME_OVERLAY=boxes,bells", "FRESHFRAME_LISTN=x", "FRESHFRAME_STOPPED=maybe", "FRESHFRAME_LOG_LEVEL=WARN"},
			"--quality=0: out of range; want a whole number from 1 to 100\n" +
				"--mode=turbo: want one of serial, pool, auto\n" +
				"--analysis-timeout=5: want a duration with its unit\n" +
				"FRESHFRAME_LISTN: unknown variable; did you mean \"FRESHFRAME_LISTEN\"?\n" +
				"FRESHFRAME_STOPPED=maybe: want on or off\n" +
				"FRESHFRAME_OVERLAY=boxes,bells: \"bells\" cannot be drawn; want some of boxes,labels,\n" +
				"FRESHFRAME_LOG_LEVEL=WARN: want one of debug, info, warn, error\nsee freshframe serve --help"},
		{"both kinds of checks at once", "--quality=x", []string{"FRESHFRAME_LISTEN=:80"},
			"--quality=x: want a whole number\nFRESHFRAME_LISTEN=:80: other machines\nsee"},
		{"no complaint that follows from another", "--listen=nowhere --mode=turbo --workers=17", nil,
			"--listen=nowhere: want HOST:PORT\n--mode=turbo: want one of\n--workers=17: out of range\nsee"},
		{"lower-case variable", "", []string{"FRESHFRAME_quality=3"},
			"FRESHFRAME_quality: unknown variable; did you mean \"FRESHFRAME_QUALITY\"?\nsee"},
		{"open address without key", "--listen=:8080", nil,
			"--listen=:8080: other machines can reach this address, so it needs an API key: set FRESHFRAME_API_KEY or --api-key-file FILE (16 characters or more), or listen on 127.0.0.1\nsee"},
		{"short key", "", []string{"FRESHFRAME_API_KEY=geheim"},
			"FRESHFRAME_API_KEY: an API key has 16 to 1024 characters, this one 6\nsee"},
		{"no source", "--source=", nil, "--source: is empty\nsee"},
		{"controls of another form", "--control=brightness --control==5 --control= --control=gain=1,,hue=2", nil,
			"--control=brightness: \"brightness\": want NAME=VALUE, such as brightness=10\n" +
				"--control==5: \"=5\": want NAME=VALUE\n" +
				"--control: \"\": want NAME=VALUE\n" +
				"--control=gain=1,,hue=2: \"\": want NAME=VALUE\nsee"},
		{"a control's value with a comma", "--control=mode=a,b", nil, "--control=mode=a,b: \"b\": want NAME=VALUE\nsee"},
		{"a control twice", "--control=gain=1,hue=2 --control=hue=2", nil, "--control=hue=2: hue is given more than once\nsee"},
		{"a control twice in a variable", "", []string{"FRESHFRAME_CONTROL=gain=1, gain=1"}, "FRESHFRAME_CONTROL=gain=1, gain=1: gain is given more than once\nsee"},
		{"zones that are none", "", []string{"FRESHFRAME_ZONES=door: lne 0,0 1,1\ndesk: zone 0,0 1,1 0,1 dwel=3s"},
			"FRESHFRAME_ZONES=door: lne 0,0 1,1\\ndesk: zone 0,0 1,1 0,1 dwel=3s: area \"door\": \"lne\": want zone or line; area \"desk\": \"dwel=3s\": unknown setting; did you mean \"dwell\"?\nsee"},
		{"a zone that crosses itself", "", []string{"FRESHFRAME_ZONES=a: zone 0,0 1,1 1,0 0,1"},
			"FRESHFRAME_ZONES=a: zone 0,0 1,1 1,0 0,1: zone \"a\": its side from corner\nsee"},
		{"all that is wrong with track", "track --framerate=0 --low-score=2 --min-hits=x --max-lost=3", nil,
			"--framerate=0: out of range; want a number from 0.1 to 10000\n--low-score=2: out of range\n--min-hits=x: want a whole number from 1 to 1000\n--max-lost=3: want a duration\nsee freshframe track --help"},
		{"scores the wrong way round", "track --low-score=0.6", nil, "--low-score=0.6: is above --high-score=0.5; want it at most as high\nsee freshframe track --help"},
		{"forged lines", "--quality=1\x1b[2J\u202eevil", nil, `--quality=1\x1b[2J\u202eevil: want a whole number` + "\nsee"},
		{"endless value", "--quality=" + strings.Repeat("9é", 500), nil, "--quality=" + strings.Repeat("9é", 33) + "9…: want\nsee"},
		{"missing file", "--config=/nonexistent/f.yaml", nil, "--config=/nonexistent/f.yaml: no such file\nsee"},
		{"missing file from a variable", "", []string{"FRESHFRAME_CONFIG=/nonexistent/f.yaml"}, "FRESHFRAME_CONFIG=/nonexistent/f.yaml: no such file\nsee"},
		{"folder as file", "--config=/", nil, "--config=/: cannot be read: is a directory\nsee"},
		{"endless file", "--config=/dev/zero", nil, "--config=/dev/zero: larger than 1024 KiB; is it the right file?\nsee"},
		{"missing key file", "--api-key-file=/nonexistent/key --listen=:80", nil, "--api-key-file=/nonexistent/key: no such file\nsee"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			cmd, err := Parse(strings.Fields(tt.args), tt.env, &out, &errOut, HelpData{})
			usage, ok := errors.AsType[*UsageError](err)
			if !ok || cmd != nil {
				t.Fatalf("got %v, %v, want a *UsageError", cmd, err)
			}
			if code := ExitCode(err); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q to out", &out)
			}
			wantLines(t, strings.ReplaceAll(errOut.String(), "freshframe: ", ""), tt.want)
			if lines := strings.Count(usage.Error(), "\n") + 1; lines != len(usage.Problems) {
				t.Errorf("%d lines for %d problems", lines, len(usage.Problems))
			}
		})
	}
}

func TestAPIKeyFile(t *testing.T) {
	key := writeFile(t, "key", "\n "+goodKey+" \n")
	short := writeFile(t, "short", "secret\n")
	spaced := writeFile(t, "spaced", "correct horse battery")
	inFile := writeFile(t, "f.yaml", "api_key: from-the-yaml-file\n")
	both := writeFile(t, "both.yaml", "api_key: from-the-yaml-file\napi_key_file: "+key+"\n")
	tests := []struct {
		name      string
		args, env []string
		key       Secret
		want      string // error
	}{
		{"from file", []string{"--api-key-file", key, "--listen=:0"}, nil, goodKey, ""},
		{"file named by a variable", nil, []string{"FRESHFRAME_API_KEY_FILE=" + key}, goodKey, ""},
		{"flag over variable", []string{"--api-key-file", key}, []string{"FRESHFRAME_API_KEY=from-the-variable"}, goodKey, ""},
		{"key as flag over file as variable", []string{"--api-key", "from-the-flag-1234"}, []string{"FRESHFRAME_API_KEY_FILE=/nonexistent"}, "from-the-flag-1234", ""},
		{"variable over YAML", []string{"--config", inFile}, []string{"FRESHFRAME_API_KEY_FILE=" + key}, goodKey, ""},
		{"both as flags", []string{"--api-key", goodKey, "--api-key-file", key}, nil, "", "--api-key-file=" + key + ": give either this or --api-key, not both"},
		{"both in YAML", []string{"--config", both}, nil, "", both + ":2: api_key_file=" + key + ": give either this or " + both + ":1: api_key, not both"},
		{"short", []string{"--api-key-file", short}, nil, "", "--api-key-file=" + short + ": an API key has 16 to 1024 characters, this one 6"},
		{"spaces", []string{"--api-key-file", spaced}, nil, "", "--api-key-file=" + spaced + ": an API key consists of printable ASCII"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd, err := Parse(tt.args, tt.env, io.Discard, io.Discard, HelpData{})
			if tt.want != "" {
				if err == nil {
					t.Fatalf("no error, got %+v", cmd)
				}
				wantLines(t, err.Error(), tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := cmd.(Serve).Config.APIKey; got != tt.key {
				t.Errorf("key %q, want %q", string(got), string(tt.key))
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := writeFile(t, "f.yaml", "quality: 3")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err := Parse([]string{"--config", path}, nil, io.Discard, io.Discard, HelpData{})
	if err == nil || !strings.HasSuffix(err.Error(), ": may not be read by this user") {
		t.Error(err)
	}
}

// A key must not show up in any error, wherever it stands and whatever else is wrong.
func TestKeysAreNotShown(t *testing.T) {
	const secret = "topsecret" // too short, hence an error
	file := writeFile(t, "f.yaml", "api_key: "+secret+"\n")
	for _, in := range []struct{ args, env []string }{
		{args: []string{"--api-key", secret}},
		{env: []string{"FRESHFRAME_API_KEY=" + secret}},
		{args: []string{"--config", file}},
	} {
		var errOut bytes.Buffer
		_, err := Parse(in.args, in.env, io.Discard, &errOut, HelpData{})
		if err == nil || strings.Contains(err.Error()+errOut.String(), secret) {
			t.Errorf("%v %v: %v", in.args, in.env, err)
		}
	}
}

func TestServiceLinksAreNoSettings(t *testing.T) {
	mustServe(t, nil, []string{
		"FRESHFRAME_SERVICE_HOST=10.0.0.1", "FRESHFRAME_SERVICE_PORT=80", "FRESHFRAME_SERVICE_PORT_HTTP=80",
		"FRESHFRAME_PORT=tcp://10.0.0.1:80", "FRESHFRAME_PORT_80_TCP=tcp://10.0.0.1:80", "FRESHFRAME_PORT_80_TCP_ADDR=10.0.0.1",
	})
	_, err := Parse(nil, []string{"FRESHFRAME_PORT=80"}, io.Discard, io.Discard, HelpData{})
	if err == nil || !strings.HasPrefix(err.Error(), "FRESHFRAME_PORT: unknown variable") {
		t.Errorf("FRESHFRAME_PORT=80 is somebody's mistake; got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("serve\n--listen\n[::1]:0\n--overlay=none", "FRESHFRAME_QUALITY=3\nFRESHFRAME_X=")
	f.Add("cameras\n--json=no", "")
	f.Add("track\n--low-score=0.7\n--max-lost\n1s", "FRESHFRAME_ZONES=a: line 0,0 1,1; b: zone 0,0 1,0 1,1")
	f.Add("--\n-\n-h\n-é", "FRESHFRAME_=\n=\nFRESHFRAME_MODE")
	f.Add("--control=a=1, b =\n--control=é=ü=", "FRESHFRAME_CONTROL=x")
	f.Add("--allowed-host=a,,b\n--stopped=x\n--=\n---", "FRESHFRAME_PORT=tcp://x")
	f.Fuzz(func(t *testing.T, args, env string) {
		if strings.Contains(strings.ToLower(args+env), "config") || strings.Contains(strings.ToLower(args+env), "file") {
			t.Skip("would open files")
		}
		var errOut bytes.Buffer
		cmd, err := Parse(strings.Split(args, "\n"), strings.Split(env, "\n"), io.Discard, &errOut, HelpData{})
		if (cmd == nil) != (err != nil) || (err != nil) != (errOut.Len() > 0) {
			t.Fatalf("cmd %v, error %v, printed %q", cmd, err, &errOut)
		}
		if s, ok := cmd.(Serve); ok {
			if err := s.Config.Validate(); err != nil {
				t.Fatalf("accepted, yet invalid: %v", err)
			}
		}
	})
}
