package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Command is what the user asked for: Serve, Cameras, Track, Version or Help.
type Command interface{ command() }

// Serve asks for the server.
type Serve struct{ Config Config }

// Cameras asks for the list of devices, formats, sizes and rates.
type Cameras struct {
	JSON bool `name:"json" help:"Print JSON, for programs."`
}

// Track asks for the tracks in the detections on standard input, both in MOT format.
type Track struct {
	Framerate float64       `default:"30" range:"0.1 10000" placeholder:"N" help:"Frames a second of the sequence."`
	LowScore  float64       `default:"0.1" range:"0.001 1" placeholder:"SCORE" help:"Least score of a detection that can keep a track alive."`
	HighScore float64       `default:"0.5" range:"0.001 1" placeholder:"SCORE" help:"Least score of a detection that can begin a track or find a lost one again."`
	MinHits   int           `default:"2" range:"1 1000" placeholder:"N" help:"Frames in a row that must show a thing before it becomes a track."`
	MaxLost   time.Duration `default:"1s" range:"0.001 3600" placeholder:"TIME" help:"How long a track waits to be seen again."`
	Agility   float64       `default:"1" range:"0.01 1000" placeholder:"N" help:"How much velocities change within a second, in sizes of the box a second: 1 for people, 10 for hands."`
}

// Version asks for the program's version.
type Version struct{}

// Help asks for nothing more: the help has been printed.
type Help struct{}

func (Serve) command()   {}
func (Cameras) command() {}
func (Track) command()   {}
func (Version) command() {}
func (Help) command()    {}

// Parse reads the arguments (without the program's name) and, for serve, the environment
// (NAME=value, as from os.Environ) and the file named by --config. A flag wins over a
// variable, that over the file, that over the default.
//
// Help goes to out. Any error has been printed to errOut when Parse returns it, so that
// the caller needs only ExitCode. A *UsageError holds every mistake that was found.
func Parse(args, env []string, out, errOut io.Writer, help HelpData) (Command, error) {
	cmd, err := parse(args, env, out, help)
	if err == nil {
		return cmd, nil
	}
	for line := range strings.Lines(err.Error() + "\n") {
		fmt.Fprint(errOut, "freshframe: ", line)
	}
	if usage, ok := errors.AsType[*UsageError](err); ok {
		fmt.Fprintln(errOut, "see "+strings.Join(strings.Fields("freshframe "+usage.Command+" --help"), " "))
	}
	return nil, err
}

// ExitCode is the program's exit status for an error: 0 for none, 2 for wrong usage, 1 for
// any other.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[*UsageError](err); ok {
		return 2
	}
	return 1
}

// UsageError says that the arguments, the environment or the file are wrong.
type UsageError struct {
	Problems []Problem // at least one
	Command  string    // whose help explains it; "" for the program's
}

// Error gives one line for each problem.
func (e *UsageError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Problem is one mistake.
type Problem struct {
	Key    string // the setting's name as a flag, without dashes; "" where none is meant
	Place  string // "--quality", "FRESHFRAME_QUALITY" or "file.yaml:3: quality"
	Value  string // as given; "" for an API key, which is never shown
	Reason string // what is wrong and what is right
}

// String is the problem in one line, control characters escaped.
func (p Problem) String() string {
	s := p.Place
	if p.Value != "" {
		s += "=" + p.Value
	}
	if s != "" {
		s += ": "
	}
	return printable(s + p.Reason)
}

// newProblem shortens the value and hides it where it is secret.
func newProblem(key, place, value, reason string) Problem {
	if key == "api-key" {
		value = ""
	}
	return Problem{Key: key, Place: place, Value: shorten(value), Reason: reason}
}

// shorten keeps enough of a text to recognise it by.
func shorten(s string) string {
	const longest = 100 // bytes
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// printable escapes what could forge lines or move the cursor of a terminal.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

func parse(args, env []string, out io.Writer, help HelpData) (Command, error) {
	var g grammar
	l := &layers{env: env, bad: map[string]bool{}, places: map[string]given{}}
	k := newKong(&g, l)
	ctx, err := k.Parse(args)
	if err != nil {
		parseErr, ok := errors.AsType[*kong.ParseError](err)
		switch {
		case !ok:
			return nil, fmt.Errorf("reading the command line: %w", err)
		case errors.Is(err, errHelp):
			return Help{}, writeHelp(out, commandOf(parseErr.Context), help)
		case errors.Is(err, errVersion):
			return Version{}, nil
		}
		reason, command := err.Error(), cmp.Or(commandOf(parseErr.Context), "serve")
		if stray, ok := errors.AsType[strayError](err); ok {
			reason, command = stray.Error(), ""
		}
		return nil, &UsageError{Problems: append(l.problems, Problem{Reason: reason}), Command: command}
	}
	switch ctx.Selected().Name {
	case "cameras":
		return g.Cameras, nil
	case "track":
		return g.Track, l.usage("track", g.Track.problems(l.bad))
	case "version":
		return Version{}, nil
	}
	c := Config(g.Serve.Settings)
	l.noteFlags(ctx)
	l.readAPIKey(&c)
	return Serve{Config: c}, l.usage("serve", c.problems(l.bad))
}

// usage is the error that tells all problems noted and the further ones, nil for none.
func (l *layers) usage(command string, further []Problem) error {
	for _, p := range further {
		if from, ok := l.places[p.Key]; ok {
			p.Place = from.place
		}
		l.problems = append(l.problems, p)
	}
	if len(l.problems) == 0 {
		return nil
	}
	return &UsageError{Problems: l.problems, Command: command}
}

// problems says how the settings do not fit together.
func (t Track) problems(bad map[string]bool) []Problem {
	if bad["low-score"] || bad["high-score"] || t.LowScore <= t.HighScore {
		return nil
	}
	return []Problem{newProblem("low-score", "--low-score", fmt.Sprint(t.LowScore), fmt.Sprintf("is above --high-score=%v; want it at most as high", t.HighScore))}
}

// commandOf names the command whose help fits: serve as soon as one of its flags is
// given, since it is the default; "" where nothing tells.
func commandOf(ctx *kong.Context) string {
	if n := ctx.Selected(); n != nil {
		return n.Name
	}
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Group != nil {
			return "serve"
		}
	}
	return ""
}
