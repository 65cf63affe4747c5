package config

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
)

// HelpData is what this build contains, so that its help can list it.
type HelpData struct {
	Sources   capture.Schemes
	Analyzers analyze.Kinds
}

const usageTop = `
freshframe shows a live camera in the browser, analyzed, and never an old frame.

Usage: freshframe [COMMAND] [flags]

Commands:
  serve     Serve the camera over HTTP. This is what happens without a command.
  cameras   List the cameras of this machine: devices, formats, sizes and rates.
  track     Give detections ids: from standard input to standard output, in MOT format.
  version   Print the version.

Flags:
  -h, --help      Show help; after a command, that command's.
      --version   Print the version.

To begin with:
  freshframe                      serve the first camera on http://127.0.0.1:8080/
  freshframe --source synthetic:  the same without a camera
  freshframe serve --help         all flags, sources and analyzers, with examples
`

const usageCameras = `
Usage: freshframe cameras [--json]

Lists the cameras of this machine: devices, formats, sizes and rates.

Flags:
  --json       Print JSON, for programs.
  -h, --help   Show this help.
` + exitCodes

const trackIntro = `
Usage: freshframe track [flags] <detections.txt >tracks.txt

Reads detections of the MOT challenge's format, one a line, in any order:
  frame,id,left,top,width,height,confidence,…
and writes what was seen of each track in the same format, by frame and id. Frames count
from 1, boxes are in pixels; the ids given are not looked at. Confidences go from 0 to 1.

Flags:
`

const trackExamples = `
Examples:
  freshframe track <det.txt >out.txt
  freshframe track --framerate 25 --max-lost 2s <det.txt >out.txt
`

const usageVersion = `
Usage: freshframe version

Prints the version.
` + exitCodes

const exitCodes = `
Exit codes:
  0  ended as asked, by SIGINT or SIGTERM too
  1  failed; the last lines on standard error say why
  2  wrong flags, variables or configuration file; nothing was started
`

const serveIntro = `
Usage: freshframe [serve] [flags]

Opens a camera, analyzes its newest frame again and again, and serves both live over HTTP.
The first line on standard output is "freshframe: listening on http://HOST:PORT/"; the log
goes to standard error.
`

const serveSources = `
Sources (--source):
  SCHEME:TARGET?option=value&option=value; for http and https the options follow # instead
  of ?, and what follows ? is the camera's.

  auto
      The first V4L2 camera that works, else the synthetic camera.
`

const serveAnalyzers = `
Analyzers (--analyzer):
  NAME@RATEfps?parameter=value&parameter=value, several joined with +. The rate, the most
  frames a second that it takes, and the parameters may be left out. In values a + is
  written %2B.

  auto
      The best combination that this machine keeps up with, else motion.
`

const serveZones = `
Zones and lines (--zones):
  NAME: zone X,Y X,Y X,Y… [classes=LABEL,LABEL] [anchor=middle|foot] [dwell=TIME]
  NAME: line X,Y X,Y [classes=LABEL,LABEL] [anchor=middle|foot]

`

const zonesDoc = "X and Y are fractions of the picture from 0 to 1, from its top left corner. A zone counts by class what enters, leaves and stays; a line counts what crosses it, to its right and to its left as seen from the first point. anchor is the point of a box that counts; dwell makes staying for so long an event. A space in a label is written _. Only what has a track counts."

const serveEnvironment = `
Environment:
  Every flag has a variable: FRESHFRAME_ and the flag's name in capitals with underscores.
  --max-streams 10 is FRESHFRAME_MAX_STREAMS=10, --stopped is FRESHFRAME_STOPPED=on. Lists
  are separated by commas. An empty variable counts as not given; an unknown FRESHFRAME_
  variable is an error.

  A flag wins over a variable, a variable over the file, the file over the default.

Configuration file (--config FILE):
  A YAML file with the flags' names, with dashes or underscores. Unknown names are errors.

`

const exampleFile = `listen: 127.0.0.1:8080
source: "v4l2:/dev/video0?video_size=1280x720&framerate=30"
control: [brightness=10, power_line_frequency=50 Hz]
analyzer: objects@5fps+hands
zones: |
  door: line 0.2,0.5 0.8,0.5
  desk: zone 0.1,0.6 0.9,0.6 0.9,1 0.1,1 classes=person,cell_phone dwell=10s
freshness: balanced
analysis_timeout: 5s
overlay: [boxes, labels, fps]
allowed_host: [camera.example, camera.lan]
log_level: warn
`

const serveExamples = `
Examples (quote values that hold ? or &, which the shell takes for its own):
  freshframe
  freshframe --source synthetic: --analyzer 'simulate?processing_time=100ms'
  freshframe --analyzer 'simulate?spread=0.3' --mode pool --workers 4 --max-age 200ms
  freshframe --source 'v4l2:/dev/video0?video_size=640x480&framerate=30' --quality 60
  freshframe --zones 'door: line 0.5,0 0.5,1; desk: zone 0,0.6 1,0.6 1,1 0,1 dwell=10s'
  freshframe --source 'http://camera.lan/stream?user=1#timeout=3s' --listen '[::1]:0'
  freshframe --config /etc/freshframe.yaml --log-format json
  openssl rand -hex 16 >key && freshframe --listen 0.0.0.0:8080 --api-key-file key
`

// writeHelp prints the help of a command, of the program for "".
func writeHelp(w io.Writer, command string, data HelpData) error {
	text := usageTop
	switch command {
	case "serve":
		text = serveHelp(data)
	case "cameras":
		text = usageCameras
	case "track":
		text = trackHelp()
	case "version":
		text = usageVersion
	}
	if _, err := io.WriteString(w, strings.TrimPrefix(text, "\n")); err != nil {
		return fmt.Errorf("printing help: %w", err)
	}
	return nil
}

func serveHelp(data HelpData) string {
	var p page
	p.text(serveIntro)
	group := ""
	for _, f := range flagsOf(&Config{}) {
		if f.Group.Title != group {
			group = f.Group.Title
			p.text("\n" + group + ":\n")
		}
		p.row(2, 28, flagForm(f), flagDoc(f))
	}

	p.row(2, 28, "-h, --help", "Show this help.")

	p.text(serveSources)
	for _, s := range data.Sources {
		p.text("\n")
		p.entry(s.Form, s.Doc, s.Options)
	}

	p.text(serveAnalyzers)
	for _, k := range data.Analyzers {
		p.text("\n")
		doc := k.Doc
		if k.Stateful {
			doc = join(doc, "Needs the frames in order, one at a time: not for mode pool.")
		}
		p.entry(k.Name, doc, k.Params)
	}

	p.text(serveZones)
	p.row(0, 2, "", zonesDoc)
	p.text(serveEnvironment)
	p.indented(4, exampleFile)
	p.text(serveExamples)
	p.text(exitCodes)
	return p.String()
}

func trackHelp() string {
	var p page
	p.text(trackIntro)
	for _, f := range flagsOfCommand(newKong(&grammar{}, &layers{}), "track") {
		p.row(2, 24, flagForm(f), flagDoc(f))
	}
	p.row(2, 24, "-h, --help", "Show this help.")
	p.text(trackExamples)
	p.text(exitCodes)
	return p.String()
}

func flagDoc(f *kong.Flag) string {
	if f.IsBool() {
		return f.Help // a switch: naming it says all
	}
	return join(f.Help, rules(optionOf(f)))
}

func flagForm(f *kong.Flag) string {
	if f.IsBool() {
		return "--" + f.Name
	}
	return "--" + f.Name + " " + f.PlaceHolder
}
