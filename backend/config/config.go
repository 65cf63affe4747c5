// Package config reads the command line. In: arguments, environment variables, a YAML
// file. Out: one checked Command with typed fields, or every mistake found, each with its
// place and its remedy. It must never exit, look at the real environment or open a port.
package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/slot"
)

// Config is everything `freshframe serve` can be told. The tags hold each setting's
// default, range and doc; flags, variables, file keys and help are made from them.
type Config struct {
	Listen       Listen   `group:"Serving" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to serve on. Port 0 picks a free one; IPv6 goes in brackets, as in [::1]:8080. An address that other machines can reach needs an API key."`
	APIKey       Secret   `group:"Serving" placeholder:"KEY" help:"Key that clients must present: 16 printable characters or more. Command lines are visible to other users of the machine, so prefer the variable or a file."`
	APIKeyFile   string   `group:"Serving" placeholder:"FILE" help:"File that holds the API key, such as a mounted secret. White space around the key is ignored."`
	AllowedHosts []string `group:"Serving" name:"allowed-host" placeholder:"NAME" help:"One more name that browsers may use in the Host header, without scheme or port. Repeat the flag or separate names with commas."`
	// MaxStreams bounds the open streams of all clients, MaxStreamsPerIP of each address.
	MaxStreams      int `group:"Serving" default:"256" range:"1 65536" placeholder:"N" help:"Most streams open at once, all clients together; the next one gets status 503."`
	MaxStreamsPerIP int `group:"Serving" default:"64" range:"1 65536" placeholder:"N" help:"Most streams open at once to one address; the next one gets status 429."`

	// Source and Analyzer are not parsed here: only main knows what the build contains.
	Source  string `group:"Camera" default:"auto" placeholder:"URL" help:"What to show: auto, or a source from the list below. auto takes the first V4L2 camera that works, else the synthetic one, and says which and why."`
	Stopped bool   `group:"Camera" help:"Start with the camera off. The dashboard or POST /api/v1/camera/start switches it on."`
	// Controls are in the order given. Which names and values there are, only the camera knows.
	Controls []capture.Setting `group:"Camera" name:"control" placeholder:"NAME=VALUE" help:"Set one of the camera's controls, now and whenever it is opened again: a number, on or off, an entry of its menu, or nothing for its default. Repeat the flag or separate settings with commas; a menu entry with a comma in its name goes by its number. GET /api/v1/camera/controls lists what the camera has."`

	Analyzer        string         `group:"Analysis" default:"auto" placeholder:"SPEC" help:"Analyzers from the list below, with their parameters and rates, or auto: the best that this machine keeps up with, else motion with the reason."`
	Zones           Zones          `group:"Analysis" placeholder:"TEXT" help:"Zones and lines in which to count what is tracked, described below. Several are separated by semicolons or line ends."`
	Models          string         `group:"Analysis" placeholder:"DIR" help:"Folder of models: analyzers look there for files that they are given by name alone, and for the program's own models before those built in."`
	ONNXRuntime     string         `group:"Analysis" name:"onnxruntime" placeholder:"FILE" help:"Library of ONNX Runtime 1.24 or later, which runs the neural networks. It is found by itself where npm or the system has installed it."`
	Analyze         Analyze        `group:"Analysis" default:"always" choices:"always,watched" placeholder:"WHEN" help:"When to analyze. watched pauses while nobody looks; frames then count as idle."`
	Mode            Mode           `group:"Analysis" default:"serial" choices:"serial,pool,auto" placeholder:"MODE" help:"How frames reach the analyzer. serial: one at a time, in order. pool: several side by side, delivered in order; not for analyzers that need the frames in order. auto: whichever of both, with as many workers, reaches --target-fps and --max-age."`
	Workers         int            `group:"Analysis" default:"0" range:"0 16" placeholder:"N" help:"Analyzers that run side by side in mode pool, and the most in mode auto. 0 chooses: by the number of CPUs, or as the goal of auto needs."`
	MaxAge          time.Duration  `group:"Analysis" default:"0s" range:"0 60" placeholder:"TIME" help:"Age budget of mode pool: what cannot be shown within it is not started, what was not is late. In mode auto also the goal. 0 is none."`
	MaxReorderWait  time.Duration  `group:"Analysis" default:"0s" range:"0 60" placeholder:"TIME" help:"How long a result of mode pool waits for those before it, which then are late. 0 chooses by the service time observed."`
	TargetFPS       float64        `group:"Analysis" name:"target-fps" default:"0" range:"0 1000" placeholder:"N" help:"Goal of mode auto in analyzed frames a second. 0 is none."`
	Freshness       slot.Freshness `group:"Analysis" default:"throughput" choices:"throughput,balanced,latency" placeholder:"POLICY" help:"Which frame a free analyzer takes in mode serial. throughput: the newest, at once. balanced: the newest if it is younger than half a frame interval, else the next. latency: always the next."`
	AnalysisTimeout time.Duration  `group:"Analysis" default:"10s" range:"0.1 600" placeholder:"TIME" help:"How long one frame may take before the analyzer counts as hung and is given up."`

	// Quality is that of pictures that are encoded; JPEGs of the camera keep their own, drawn on or not.
	Quality     int         `group:"Picture" default:"80" range:"1 100" placeholder:"N" help:"JPEG quality of pictures that the camera does not give as JPEG, and of smaller ones that a viewer asks for."`
	PicturePath PicturePath `group:"Picture" default:"fast" choices:"fast,std" placeholder:"PATH" help:"How pictures are decoded and encoded. fast: overlays are drawn into the camera's JPEG, and only what they touch is decoded. std: analyzed and live pictures with Go's image/jpeg, to compare."`
	Overlay     Overlay     `group:"Picture" default:"all" placeholder:"LIST" help:"What to draw on annotated frames: some of boxes, labels, landmarks, trails, zones, processing_time, object_count and fps, with commas between, or all, or none."`

	File      string     `group:"Settings and log" name:"config" placeholder:"FILE" help:"YAML file with settings, described below."`
	LogLevel  slog.Level `group:"Settings and log" default:"info" choices:"debug,info,warn,error" placeholder:"LEVEL" help:"Least serious messages to log. The log goes to standard error."`
	LogFormat LogFormat  `group:"Settings and log" default:"text" choices:"text,json" placeholder:"FORMAT" help:"Form of the log."`
}

// Analyze says when frames are analyzed.
type Analyze string

// The choices of Config.Analyze.
const (
	Always  Analyze = "always"
	Watched Analyze = "watched" // only while somebody looks
)

// Mode says how frames reach the analyzer.
type Mode string

// The choices of Config.Mode.
const (
	Serial Mode = "serial"
	Pool   Mode = "pool"
	Auto   Mode = "auto"
)

// PicturePath says how pictures are decoded and encoded.
type PicturePath string

// The choices of Config.PicturePath.
const (
	Fast     PicturePath = "fast"
	Standard PicturePath = "std"
)

// LogFormat is the form of the log.
type LogFormat string

// The choices of Config.LogFormat.
const (
	Text LogFormat = "text"
	JSON LogFormat = "json"
)

// Validate checks every field as if its text had been given as a flag, and how the
// fields fit together. The error is a *UsageError with all problems.
func (c Config) Validate() error {
	if ps := c.problems(map[string]bool{}); len(ps) > 0 {
		return &UsageError{Problems: ps, Command: "serve"}
	}
	return nil
}

// problems leaves out the settings named in bad, and whatever depends on them: they have
// been complained about, and their fields hold nothing.
func (c Config) problems(bad map[string]bool) []Problem {
	var ps []Problem
	texts := map[string]string{}
	report := func(key, reason string) {
		bad[key] = true
		ps = append(ps, newProblem(key, "--"+key, texts[key], reason))
	}
	for _, f := range flagsOf(&c) {
		text := textOf(f.Target)
		texts[f.Name] = text
		switch {
		case bad[f.Name] || text == "" && !f.HasDefault:
		case text == "":
			report(f.Name, "is empty")
		default:
			if err := assign(optionOf(f), reflect.New(f.Target.Type()).Elem(), text); err != nil {
				report(f.Name, err.Error())
			}
		}
	}
	if !bad["listen"] && !bad["api-key"] && !bad["api-key-file"] && !c.Listen.Loopback() && c.APIKey == "" {
		report("listen", "other machines can reach this address, so it needs an API key: set FRESHFRAME_API_KEY or --api-key-file FILE (16 characters or more), or listen on 127.0.0.1")
	}
	return ps
}

// textOf writes a field as a person would type it.
func textOf(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case []string:
		return strings.Join(x, ",")
	case []capture.Setting:
		return settingsText(x)
	case slog.Level:
		return strings.ToLower(x.String())
	}
	if v.Kind() == reflect.String { // not through Secret.String, which hides
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}
