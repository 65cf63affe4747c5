package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"freshframe/backend/analyze/simulate"
	"freshframe/backend/option"
	"freshframe/backend/pipeline"
	"freshframe/backend/slot"
)

// withNet offers another analyzer, net, which reads files and of which something may be missing.
// spec is what the command line asks for.
func withNet(t *testing.T, spec string, missing func() error) func(*Config) {
	kinds := testKinds()
	net := simulate.Kind()
	net.Name, net.Missing = "net", missing
	net.Params = append(slices.Clone(net.Params), option.Option{Name: "model", Type: option.File}, option.Option{Name: "labels", Type: option.File})
	kinds = append(kinds, net)
	parsed, err := kinds.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := pipeline.New(pipeline.Config{Settings: pipeline.Settings{Spec: parsed, Freshness: slot.Throughput}, Kinds: kinds, Quality: 80})
	if err != nil {
		t.Fatal(err)
	}
	fake := newFakePipeline(t)
	fake.Pipeline = pipe
	return func(c *Config) { c.Kinds, c.Pipeline = kinds, fake }
}

func TestPartsWire(t *testing.T) {
	kinds := testKinds()
	for text, want := range map[string][]wirePart{
		"motion":                               {{"motion", 0}},
		"motion@5fps":                          {{"motion", 5}},
		"motion?threshold=20":                  {{"motion", 0}},
		"simulate@12.5fps+motion?threshold=20": {{"simulate", 12.5}, {"motion", 0}},
		"simulate@1000fps?objects=%2B3":        {{"simulate", 1000}},
	} {
		spec, err := kinds.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := partsWire(spec); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// Joined analyzers are changed like one: their parameters have their name in front.
func TestPatchJoined(t *testing.T) {
	r := newRig(t)
	status, body := r.patch(`{"analyzer":"motion@5fps+simulate","params":{"simulate.objects":2,"motion.threshold":30}}`)
	var p wirePipeline
	if err := json.Unmarshal(body, &p); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if p.Spec != "motion@5fps?threshold=30+simulate?objects=2" || p.Analyzer != "motion+simulate" || p.Params["simulate.objects"] != "2" ||
		fmt.Sprint(p.Parts) != "[{motion 5} {simulate 0}]" {
		t.Errorf("%s", body)
	}
	conforms(t, "Pipeline", body)
}

// auto is settled anew each time; why it is not the best one is told as long as its choice holds.
func TestPatchAuto(t *testing.T) {
	why := &Fallback{"faces", "no runtime", "install it"}
	var now *Fallback
	spec := "simulate"
	r := newRig(t, func(c *Config) {
		c.Fallback, c.Automatic = why, func() (string, *Fallback) { return spec, now }
	})
	state := func() string {
		_, body := r.get("/api/v1/state")
		var s wireState
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatal(err)
		}
		if s.Pipeline.Fallback == nil {
			return s.Pipeline.Spec
		}
		return s.Pipeline.Spec + " for " + s.Pipeline.Fallback.Wanted
	}
	if got := state(); got != "motion?threshold=20 for faces" {
		t.Errorf("at first %s", got)
	}
	for _, c := range []struct {
		body, spec string
		fallback   *Fallback
		want       string
	}{
		{`{"paused":true}`, "", nil, "motion?threshold=20 for faces"},
		{`{"params":{"threshold":30}}`, "", nil, "motion?threshold=30 for faces"},
		{`{"analyzer":"auto"}`, "simulate", nil, "simulate"},
		{`{"analyzer":"auto","params":{"objects":5}}`, "simulate", why, "simulate?objects=5 for faces"},
		{`{"analyzer":"motion"}`, "", nil, "motion"},
		{`{"analyzer":"auto"}`, "motion", why, "motion for faces"},
		{`{"analyzer":"simulate","mode":"none"}`, "", nil, "motion for faces"}, // refused as a whole
		{`{"analyzer":"simulate","params":{"x":1}}`, "", nil, "motion for faces"},
	} {
		spec, now = c.spec, c.fallback
		r.patch(c.body)
		if got := state(); got != c.want {
			t.Errorf("%s: %s, want %s", c.body, got, c.want)
		}
	}
}

// The event that tells of the change tells of the reason too.
func TestAutoIsToldWithItsReason(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Automatic = func() (string, *Fallback) { return "simulate", &Fallback{"faces", "no runtime", "install it"} }
	})
	s := r.open("/api/v1/events?events=state", 0)
	s.readEvent() // retry
	s.readEvent() // the present
	if status, body := r.patch(`{"analyzer":"auto"}`); status != 200 {
		t.Fatalf("%s", body)
	}
	if data := s.readEvent().data; !strings.Contains(data, `"spec":"simulate"`) || !strings.Contains(data, `"fallback":{"wanted":"faces","reason":"no runtime","hint":"install it"}`) {
		t.Errorf("%s", data)
	}
}

// A server that was not told what auto is does not know it.
func TestAutoIsOptional(t *testing.T) {
	r := newRig(t)
	resp, body := r.do("PATCH", "/api/v1/pipeline", `{"analyzer":"auto"}`, "Content-Type", "application/json")
	wantError(t, resp, body, 400, "bad_parameter")
}

func TestMissingIsTold(t *testing.T) {
	lacking := errNoRuntime
	r := newRig(t, withNet(t, "motion", func() error { return lacking }))
	_, body := r.get("/api/v1/analyzers")
	conforms(t, "Analyzers", body)
	var got struct {
		Analyzers []struct {
			Name    string
			Missing *string
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	for _, a := range got.Analyzers {
		if (a.Missing != nil) != (a.Name == "net") || a.Missing != nil && *a.Missing != `ONNX Runtime is not available. Install it with "npm ci" in the project's folder.` {
			t.Errorf("%s lacks %v", a.Name, a.Missing)
		}
	}
	for _, spec := range []string{"net", "motion+net@5fps"} {
		resp, body := r.do("PATCH", "/api/v1/pipeline", `{"analyzer":"`+spec+`"}`, "Content-Type", "application/json")
		message, hint := wantError(t, resp, body, 409, "analyzer_missing")
		if message != spec+": ONNX Runtime is not available" || hint != `Install it with "npm ci" in the project's folder` {
			t.Errorf("%q, %q", message, hint)
		}
	}
	lacking = errors.New("no luck")
	resp, body := r.do("PATCH", "/api/v1/pipeline", `{"analyzer":"net"}`, "Content-Type", "application/json")
	if message, _ := wantError(t, resp, body, 409, "analyzer_missing"); message != "net: no luck" {
		t.Errorf("%q", message)
	}
	lacking = nil // it was installed meanwhile
	if status, body := r.patch(`{"analyzer":"net"}`); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}

// Clients cannot have any file of this machine opened.
func TestFilesAreLocal(t *testing.T) {
	const outside, inside = "/srv/own.onnx", "names.txt"
	folder := t.TempDir()
	for _, name := range []string{"a.onnx", "..a..onnx", inside} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "more"), 0o700); err != nil {
		t.Fatal(err)
	}
	given := "net?model=" + outside + "&labels=%2Fsrv%2Fa%20b.txt"
	for _, c := range []struct {
		name, models, body string
		refused            string // "" for taken
	}{
		{"a name", folder, `{"analyzer":"net?model=a.onnx"}`, ""},
		{"a name with dots", folder, `{"analyzer":"net?model=..a..onnx"}`, ""},
		{"a name as a parameter", folder, `{"params":{"labels":"` + inside + `"}}`, ""},
		{"none", folder, `{"params":{"labels":null,"model":""}}`, ""},
		{"a name without a folder", "", `{"analyzer":"net?model=a.onnx"}`, "--models DIR"},
		{"a name without a folder, joined", "", `{"analyzer":"motion+net?model=a.onnx"}`, "--models DIR"},
		{"a path", folder, `{"analyzer":"net?model=/etc/passwd"}`, "without a path"},
		{"a path as a parameter", folder, `{"params":{"labels":"/etc/passwd"}}`, "without a path"},
		{"a path upwards", folder, `{"params":{"model":"../secret"}}`, "without a path"},
		{"a path of Windows", folder, `{"params":{"model":"..\\secret"}}`, "without a path"},
		{"the folder itself", folder, `{"params":{"model":"."}}`, "copy it there"},
		{"the folder above", folder, `{"params":{"model":".."}}`, "copy it there"},
		{"a file that is elsewhere", folder, `{"params":{"model":"analyzer.go"}}`, "copy it there"},
		{"a folder in the folder", folder, `{"params":{"model":"more"}}`, "copy it there"},
		{"no folder any more", folder + "/gone", `{"params":{"model":"a.onnx"}}`, "copy it there"},
		{"the end of a name", folder, `{"params":{"model":"a.onnx\u0000"}}`, "without a path"},
		{"the command line's", "", `{"params":{"objects":2}}`, ""},
		{"the command line's, again", "", `{"analyzer":"` + given + `"}`, ""},
		{"the command line's, joined", "", `{"analyzer":"net?model=` + outside + `+motion"}`, ""},
		{"the command line's as another", "", `{"params":{"labels":"` + outside + `"}}`, "--models DIR"},
		{"another setting", "", `{"paused":true}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, withNet(t, given, nil), func(cfg *Config) { cfg.Models = c.models })
			resp, body := r.do("PATCH", "/api/v1/pipeline", c.body, "Content-Type", "application/json")
			if c.refused == "" {
				if resp.StatusCode != 200 {
					t.Errorf("%d %s", resp.StatusCode, body)
				}
				return
			}
			message, hint := wantError(t, resp, body, 403, "local_only")
			if !strings.HasPrefix(message, "net.") || !strings.Contains(hint, c.refused) {
				t.Errorf("%q, %q", message, hint)
			}
		})
	}
	// What the command line named may come back after something else.
	r := newRig(t, withNet(t, given, nil))
	for _, spec := range []string{"motion", given} {
		if status, body := r.patch(`{"analyzer":"` + spec + `"}`); status != 200 {
			t.Errorf("%s: %d %s", spec, status, body)
		}
	}
}

func TestWithoutFolders(t *testing.T) {
	for text, want := range map[string]string{
		"open /home/me/models/a.onnx: no such file":          "open a.onnx: no such file",
		"the library /opt/lib/libonnxruntime.so.1 cannot":    "the library libonnxruntime.so.1 cannot",
		"GET /api/v1/analyzers lists them":                   "GET analyzers lists them", // hints are not passed through it
		"30 frames/s, 1/2 of the picture, want name=/a/b.so": "30 frames/s, 1/2 of the picture, want name=b.so",
	} {
		if got := withoutFolders(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
