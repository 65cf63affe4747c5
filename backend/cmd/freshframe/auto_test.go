package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/motion"
	"freshframe/backend/analyze/simulate"
	"freshframe/backend/httpapi"
)

var errNoRuntime = errors.New(`ONNX Runtime is not available. Install it with "npm ci". Tried nothing`)

// withKinds replaces the analyzers of this build: all that best names, of which the networks
// lack the runtime or not.
func withKinds(t *testing.T, missing error) {
	before := kinds
	t.Cleanup(func() { kinds = before })
	kinds = analyze.Kinds{motion.Kind(), simulate.Kind()}
	for part := range strings.SplitSeq(best, "+") {
		k := simulate.Kind()
		k.Name, _, _ = strings.Cut(part, "@")
		k.Missing = func() error { return missing }
		kinds = append(kinds, k)
	}
}

// The best combination and the plain one are of this build.
func TestAutomaticIsKnown(t *testing.T) {
	for _, text := range []string{best, plain} {
		if _, err := kinds.Parse(text); err != nil {
			t.Error(err)
		}
	}
}

func TestChooseAnalyzer(t *testing.T) {
	reason, hint := "ONNX Runtime is not available", `Install it with "npm ci"`
	network, _, _ := strings.Cut(best, "+")
	for _, c := range []struct {
		name, asked string
		missing     error
		want        string
		fallback    *httpapi.Fallback
		err         string
	}{
		{"the best", "auto", nil, best, nil, ""},
		{"the plain one", "auto", errNoRuntime, plain, &httpapi.Fallback{Wanted: best, Reason: reason, Hint: hint}, ""},
		{"an error without advice", "auto", errors.New("no luck"), plain, &httpapi.Fallback{Wanted: best, Reason: "no luck", Hint: "freshframe serve --analyzer NAME says more"}, ""},
		{"asked for", network, nil, network, nil, ""},
		{"asked for in vain", network, errNoRuntime, "", nil, "--analyzer " + network + ": " + errNoRuntime.Error()},
		{"joined in vain", "motion+" + network, errNoRuntime, "", nil, "ONNX Runtime"},
		{"needs nothing", "motion", errNoRuntime, "motion", nil, ""},
		{"auto is not to be joined", "auto+motion", nil, "", nil, `unknown analyzer`},
	} {
		t.Run(c.name, func(t *testing.T) {
			withKinds(t, c.missing)
			spec, fallback, err := chooseAnalyzer(c.asked)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || spec.Text != c.want || fmt.Sprint(fallback) != fmt.Sprint(c.fallback) {
				t.Errorf("%s, %v, %v; want %s, %v", spec.Text, fallback, err, c.want, c.fallback)
			}
		})
	}
}

// Without the runtime the program runs all the same, and says so to who asks; with it, auto
// over HTTP is the best.
func TestAutomaticFallsBack(t *testing.T) {
	withKinds(t, errNoRuntime)
	p := launch(t, "--source", "synthetic:?video_size=160x120", "--analyzer", "auto")
	defer p.end()
	pipeline := func(body string) (analyzer string, fallback *httpapi.Fallback) {
		t.Helper()
		var s struct {
			Analyzer string
			Fallback *httpapi.Fallback
		}
		code, answer := p.patch("api/v1/pipeline", body)
		if err := json.Unmarshal([]byte(answer), &s); err != nil || code != http.StatusOK {
			t.Fatalf("%d %s", code, answer)
		}
		return s.Analyzer, s.Fallback
	}
	if name, fallback := pipeline(`{}`); name != plain || fallback == nil || fallback.Wanted != best || fallback.Hint == "" {
		t.Errorf("at first %s, %+v", name, fallback)
	}
	if name, fallback := pipeline(`{"analyzer":"simulate"}`); name != "simulate" || fallback != nil {
		t.Errorf("another one: %s, %+v", name, fallback)
	}
	if name, fallback := pipeline(`{"analyzer":"auto"}`); name != plain || fallback == nil {
		t.Errorf("auto again: %s, %+v", name, fallback)
	}
}

// A network that was asked for by name is an error at start without the runtime.
func TestMissingRuntimeIsToldAtStart(t *testing.T) {
	withKinds(t, errNoRuntime)
	var errOut bytes.Buffer
	code := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--source", "synthetic:", "--analyzer", best}, nil, nil, &errOut, &errOut)
	if code != 1 || !strings.Contains(errOut.String(), "--analyzer "+best+": ONNX Runtime is not available. Install it") {
		t.Errorf("exit code %d: %s", code, &errOut)
	}
}
