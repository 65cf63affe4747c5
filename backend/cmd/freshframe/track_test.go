package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
)

// runTrack runs `freshframe track` on the detections.
func runTrack(t *testing.T, detections string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"track"}, args...), nil, strings.NewReader(detections), &o, &e)
	return code, o.String(), e.String()
}

// Two things that pass one another keep their ids, whatever order the lines are in; what is
// seen once is no track.
func TestTrack(t *testing.T) {
	var in strings.Builder
	fmt.Fprintln(&in, "5,-1,500,400,30,30,0.9,-1,-1,-1")
	for frame := 20; frame >= 1; frame-- {
		fmt.Fprintf(&in, "%d,-1,%d,100,40,80,0.9,-1,-1,-1\n", frame, 100+5*frame)
		fmt.Fprintf(&in, "%d,-1,%d,190,40,80,0.8\n", frame, 300-5*frame)
	}
	code, out, errOut := runTrack(t, in.String())
	if code != 0 || errOut != "" {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	ids := map[string]map[string]int{} // by row of the picture
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if len(f) != 10 {
			t.Fatalf("line %q", line)
		}
		upper := "lower"
		if strings.HasPrefix(f[3], "9") || strings.HasPrefix(f[3], "10") {
			upper = "upper"
		}
		if ids[upper] == nil {
			ids[upper] = map[string]int{}
		}
		ids[upper][f[1]]++
	}
	if len(ids["upper"]) != 1 || len(ids["lower"]) != 1 {
		t.Errorf("ids and how often: %v; want one for each", ids)
	}
	if !strings.HasPrefix(out, "2,") || strings.Contains(out, "\n5,3,") {
		t.Errorf("tracks begin with the second sight, and there are two:\n%s", out)
	}
}

// The options reach the tracker.
func TestTrackOptions(t *testing.T) {
	const once = "3,-1,10,10,20,20,0.3\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"--min-hits=1"}, ""}, // too weak to begin
		{[]string{"--min-hits=1", "--high-score=0.3"}, "3,1,10,10,20,20,0.3,-1,-1,-1\n"},
	} {
		if code, out, errOut := runTrack(t, once, c.args...); code != 0 || out != c.want {
			t.Errorf("%q: exit code %d, %q, %s; want %q", c.args, code, out, errOut, c.want)
		}
	}
	// Seen again after a second: at 10 frames a second with the patience of 2 s it is the same.
	const twice = "1,-1,10,10,20,20,1\n11,-1,10,10,20,20,1\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--framerate=10", "--max-lost=2s"}, "11,1,"},
		{[]string{"--framerate=10", "--max-lost=300ms"}, "11,2,"},
		{[]string{"--framerate=100", "--max-lost=300ms"}, "11,1,"},
	} {
		_, out, _ := runTrack(t, twice, append(c.args, "--min-hits=1")...)
		if !strings.Contains(out, c.want) {
			t.Errorf("%q: %q, want %q in it", c.args, out, c.want)
		}
	}
}

func TestTrackBadInput(t *testing.T) {
	for _, c := range []struct {
		name, in string
		args     []string
		code     int
		want     string
	}{
		{"a wrong line", "1,-1,5,5,10,10,1\n\n1,-1,5,5,ten,10,1\n", nil, 1, `line 3: width is "ten"; want a number`},
		{"another format", "\xff\xd8\xff", nil, 1, "line 1: 1 columns; want 7 to 10"},
		{"a wrong option", "", []string{"--framerate=0"}, 2, "--framerate=0: out of range"},
		{"scores the wrong way round", "", []string{"--high-score=0.05"}, 2, "--low-score"},
		{"a file's name", "", []string{"det.txt"}, 2, "det.txt"},
	} {
		code, out, errOut := runTrack(t, c.in, c.args...)
		if code != c.code || out != "" || !strings.HasPrefix(errOut, "freshframe: ") || !strings.Contains(errOut, c.want) {
			t.Errorf("%s: exit code %d, %q, %q; want %d and %q", c.name, code, out, errOut, c.code, c.want)
		}
	}
	if code := run(t.Context(), []string{"track", "--min-hits=1"}, nil, strings.NewReader("1,-1,5,5,10,10,1\n"), fullDisk{}, io.Discard); code != 1 {
		t.Errorf("a full disk: exit code %d, want 1", code)
	}
}

// Ctrl-C ends a program that waits for input.
func TestTrackIsInterrupted(t *testing.T) {
	in, never := io.Pipe()
	defer never.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errOut bytes.Buffer
	if code := run(ctx, []string{"track"}, nil, in, io.Discard, &errOut); code != 1 || !strings.Contains(errOut.String(), "interrupted") {
		t.Errorf("exit code %d: %s", code, &errOut)
	}
}
