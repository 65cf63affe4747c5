package config

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/option"
)

var update = flag.Bool("update", false, "rewrite the files under testdata")

// sampleHelp has an option of every type, with and without range and default.
func sampleHelp() HelpData {
	return HelpData{
		Sources: capture.Schemes{
			{
				Form: "v4l2:/dev/video0?video_size=1280x720&framerate=30",
				Doc:  "A camera of this machine, through Video4Linux2. Options that the camera does not have are refused with what it has instead, unless they are left out.",
				Options: []option.Option{
					option.Option{Name: "video_size", Type: option.Size, Default: "1280x720", Doc: "Picture size."}.Between(16, 8192),
					option.Option{Name: "framerate", Type: option.Float, Default: "30", Doc: "Frames a second."}.Between(1, 240),
					{Name: "input_format", Type: option.Enum, Choices: []string{"mjpeg", "yuyv422"}, Doc: "Pixel format to ask for; the camera's best when left out."},
				},
			},
			{
				Form: "file:PATH?loop=1",
				Doc:  "A clip.",
				Options: []option.Option{
					{Name: "loop", Type: option.Bool, Default: "on", Doc: "Start again at the end."},
					{Name: "strict", Type: option.Bool, Default: "0", Doc: "Stop at a corrupt frame."},
				},
			},
		},
		Analyzers: analyze.Kinds{
			{
				Name: "motion", Doc: "Moving regions against a learned background.", Stateful: true,
				Params: []option.Option{option.Option{Name: "threshold", Type: option.Int, Default: "18", Doc: "How far a pixel's luma must leave the background."}.Between(1, 255)},
			},
			{
				Name: "simulate", Doc: "Simulated analysis of a known duration.",
				Params: []option.Option{
					option.Option{Name: "processing_time", Type: option.Duration, Default: "100ms", Doc: "Time one frame takes."}.Between(0, 10),
					{Name: "note", Type: option.String, Doc: "Any text."},
				},
			},
			{Name: "off", Doc: "Finds nothing, at once."},
		},
	}
}

func TestHelpGolden(t *testing.T) {
	for name, args := range map[string][]string{
		"help.txt":         {"--help"},
		"help-serve.txt":   {"serve", "--help"},
		"help-cameras.txt": {"cameras", "-h"},
		"help-track.txt":   {"track", "--help"},
		"help-version.txt": {"version", "--help"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if cmd, err := Parse(args, nil, &out, t.Output(), sampleHelp()); err != nil || cmd != (Help{}) {
				t.Fatal(cmd, err)
			}
			for i, line := range strings.Split(out.String(), "\n") {
				if utf8.RuneCountInString(line) > pageWidth || line != strings.TrimRight(line, " ") {
					t.Errorf("line %d is too long or ends in a space: %q", i+1, line)
				}
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if out.String() != string(want) {
				t.Errorf("help differs from %s (run with -update to accept):\n%s", path, &out)
			}
		})
	}
}

func TestServeFlagAsksForServeHelp(t *testing.T) {
	var out bytes.Buffer
	if _, err := Parse([]string{"--stopped", "--help"}, nil, &out, t.Output(), HelpData{}); err != nil || !strings.HasPrefix(out.String(), "Usage: freshframe [serve]") {
		t.Errorf("%v, %.60q", err, &out)
	}
}

// What help tells people to type must work.
func TestHelpExamplesWork(t *testing.T) {
	file := writeFile(t, "freshframe.yaml", exampleFile)
	if got := len(mustServe(t, []string{"--config", file}, nil).Zones); got != 2 {
		t.Errorf("%d zones in the file, want 2", got)
	}
	key := writeFile(t, "key", goodKey)
	replace := strings.NewReplacer("--api-key-file key", "--api-key-file "+key, "/etc/freshframe.yaml", file)
	tried := 0
	for line := range strings.Lines(serveExamples) {
		_, args, ok := strings.Cut(replace.Replace(line), "freshframe")
		if !ok || !strings.HasPrefix(line, "  ") {
			continue
		}
		mustServe(t, words(args), nil)
		tried++
	}
	if tried != 8 {
		t.Errorf("%d examples found, want 8", tried)
	}
}

// words splits as a shell does, as far as the examples go.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestHelpThatCannotBePrinted(t *testing.T) {
	_, err := Parse([]string{"--help"}, nil, brokenWriter{}, io.Discard, HelpData{})
	if !errors.Is(err, errBroken) || ExitCode(err) != 1 {
		t.Errorf("got %v with exit code %d, want errBroken with 1", err, ExitCode(err))
	}
}
