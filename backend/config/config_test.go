package config

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/slot"
	"freshframe/backend/zone"
)

// defaults is what serve gets when nothing is given, written out by hand.
func defaults() Config {
	return Config{
		Listen:          Listen{Host: "127.0.0.1", Port: 8080},
		MaxStreams:      256,
		MaxStreamsPerIP: 64,
		Source:          "auto",
		Analyzer:        "auto",
		Analyze:         Always,
		Mode:            Serial,
		Freshness:       slot.Throughput,
		AnalysisTimeout: 10 * time.Second,
		Quality:         80,
		Overlay:         Overlay{Boxes: true, Labels: true, Landmarks: true, Trails: true, Zones: true, ProcessingTime: true, ObjectCount: true, FPS: true},
		LogLevel:        slog.LevelInfo,
		LogFormat:       Text,
		PicturePath:     Fast,
	}
}

func TestValidateFindsEverything(t *testing.T) {
	if err := defaults().Validate(); err != nil {
		t.Fatalf("defaults: %v", err)
	}
	tests := []struct {
		name   string
		change func(*Config)
		want   string // lines; each must occur, and no others
	}{
		{"several at once", func(c *Config) {
			c.Quality, c.MaxStreams, c.Freshness = 101, 0, "newest"
		}, "--max-streams=0: \n--freshness=newest: \n--quality=101: "},
		{"no source, no analyzer", func(c *Config) { c.Source, c.Analyzer = "", "" },
			"--source: is empty\n--analyzer: is empty"},
		{"pool", func(c *Config) {
			c.Mode, c.Workers, c.MaxAge, c.MaxReorderWait = Pool, 16, time.Minute, time.Nanosecond
		}, ""},
		{"auto", func(c *Config) { c.Mode, c.TargetFPS = Auto, 29.97 }, ""},
		{"pool out of range", func(c *Config) { c.Mode, c.Workers, c.MaxAge, c.MaxReorderWait = "both", 17, -1, 2*time.Minute },
			"--mode=both: want one of serial, pool, auto\n--workers=17: out of range\n--max-age=-1ns: out of range\n--max-reorder-wait=2m0s: out of range"},
		{"absurd goal", func(c *Config) { c.TargetFPS = math.Inf(1) }, "--target-fps=+Inf: "},
		{"open without key", func(c *Config) { c.Listen.Host = "0.0.0.0" }, "--listen=0.0.0.0:8080: other machines"},
		{"open with key", func(c *Config) { c.Listen.Host, c.APIKey = "", "0123456789abcdef" }, ""},
		{"open with bad key", func(c *Config) { c.Listen.Host, c.APIKey = "", "short" }, "--api-key: an API key has"},
		{"bad host", func(c *Config) { c.Listen.Host = "a b" }, `--listen=a b:8080: "a b" is neither`},
		{"bad port", func(c *Config) { c.Listen.Port = -1 }, "--listen=127.0.0.1:-1: want a port"},
		{"bad allowed host", func(c *Config) { c.AllowedHosts = []string{"ok", "http://x"} }, `--allowed-host=ok,http://x: "http://x"`},
		{"controls", func(c *Config) { c.Controls = []capture.Setting{{Name: "gain", Value: "1"}, {Name: "hue"}} }, ""},
		{"a control twice", func(c *Config) {
			c.Controls = []capture.Setting{{Name: "gain", Value: "1"}, {Name: "gain", Value: "2"}}
		},
			"--control=gain=1,gain=2: gain is given more than once"},
		{"short timeout", func(c *Config) { c.AnalysisTimeout = time.Millisecond }, "--analysis-timeout=1ms: out of range"},
		{"odd level", func(c *Config) { c.LogLevel = slog.LevelInfo + 1 }, "--log-level=info+1: want one of"},
		{"zones", func(c *Config) {
			c.Zones = Zones{{Name: "a", Kind: zone.Line, Points: [][2]float64{{0, 0}, {1, 1}}}}
		}, ""},
		{"a zone without corners", func(c *Config) { c.Zones = Zones{{Name: "a", Kind: zone.Zone}} }, `--zones=a: zone: zone "a": 0 points; want 3 to 64 corners`},
		{"nothing drawn", func(c *Config) { c.Overlay = Overlay{} }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := defaults()
			tt.change(&c)
			err := c.Validate()
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			wantLines(t, err.Error(), tt.want)
		})
	}
}

// wantLines compares line by line: each line of got must begin with that of want.
func wantLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(strings.TrimSpace(got), "\n"), strings.Split(want, "\n")
	ok := len(g) == len(w)
	for i := range min(len(g), len(w)) {
		ok = ok && strings.HasPrefix(g[i], w[i])
	}
	if !ok {
		t.Errorf("got\n%s\nwant lines beginning\n%s", got, want)
	}
}
