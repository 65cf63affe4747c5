package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

// put replaces the zones.
func (r *rig) put(body string) (int, []byte) {
	r.t.Helper()
	resp, data := r.do("PUT", "/api/v1/zones", body, "Content-Type", "application/json")
	return resp.StatusCode, data
}

func TestPutZones(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ name, body, want string }{
		{"a zone and a line", `{"zones":[{"name":"desk","kind":"zone","points":[[0.1,0.6],[0.9,0.6],[0.5,1]],"classes":["person","cell phone"],"anchor":"foot","dwell_s":1.5},{"name":"door","kind":"line","points":[[0,0],[1,1]]}]}`,
			`{"text":"desk: zone 0.1,0.6 0.9,0.6 0.5,1 classes=person,cell_phone anchor=foot dwell=1.5s; door: line 0,0 1,1","zones":[` +
				`{"name":"desk","kind":"zone","points":[[0.1,0.6],[0.9,0.6],[0.5,1]],"classes":["person","cell phone"],"anchor":"foot","dwell_s":1.5,"counts":{}},` +
				`{"name":"door","kind":"line","points":[[0,0],[1,1]],"classes":[],"anchor":"middle","dwell_s":0,"counts":{}}]}`},
		{"another instead", `{"zones":[{"name":"a","kind":"line","points":[[0.25,0],[0.25,1]],"classes":[],"anchor":"middle","dwell_s":0}]}`,
			`{"text":"a: line 0.25,0 0.25,1 anchor=middle","zones":[{"name":"a","kind":"line","points":[[0.25,0],[0.25,1]],"classes":[],"anchor":"middle","dwell_s":0,"counts":{}}]}`},
		{"null is absent", `{"zones":[{"name":"a","kind":"line","points":[[0,0],[0,1]],"classes":null,"anchor":null,"dwell_s":null}]}`,
			`{"text":"a: line 0,0 0,1","zones":[{"name":"a","kind":"line","points":[[0,0],[0,1]],"classes":[],"anchor":"middle","dwell_s":0,"counts":{}}]}`},
		{"none", `{"zones":[]}`, `{"text":"","zones":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := r.put(c.body)
			if status != 200 || string(body) != c.want {
				t.Errorf("%d\ngot  %s\nwant %s", status, body, c.want)
			}
			conforms(t, "Zones", body)
			if _, now := r.get("/api/v1/zones"); string(now) != c.want {
				t.Errorf("in force is %s", now)
			}
			var got wireZones
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if again, err := zone.Parse(got.Text); err != nil || len(again) != len(got.Zones) {
				t.Errorf("the text %q reads as %v, %v", got.Text, again, err)
			}
		})
	}
}

// What a client reads it can send back, without the counts.
func TestZonesGoBack(t *testing.T) {
	r := newRig(t)
	before := goldenTallies()
	r.pipe.set(func(p *fakePipeline) { p.zones = before })
	var body struct{ Zones []map[string]any }
	_, data := r.get("/api/v1/zones")
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	for _, z := range body.Zones {
		delete(z, "counts")
	}
	r.pipe.set(func(p *fakePipeline) { p.zones = nil })
	if status, answer := r.put(string(must(json.Marshal(map[string]any{"zones": body.Zones})))); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	set, _ := r.pipe.Settings()
	if got, want := fmt.Sprint(set.Areas), fmt.Sprint([]zone.Area{before[0].Area, func() zone.Area { a := before[1].Area; a.Anchor = zone.Middle; return a }()}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPutZonesRefuses(t *testing.T) {
	r := newRig(t)
	if status, body := r.put(`{"zones":[{"name":"stays","kind":"line","points":[[0,0],[1,1]]}]}`); status != 200 {
		t.Fatalf("%s", body)
	}
	_, before := r.get("/api/v1/zones")
	zones := func(one string) string {
		return `{"zones":[{"name":"a","kind":"line","points":[[0,0],[1,1]]},` + one + `]}`
	}
	for _, c := range []struct{ body, code, text string }{
		{``, "bad_body", "the body is not JSON"},
		{`[]`, "bad_body", "want a JSON object, got an array"},
		{`{}`, "bad_body", "zones: want a list; an empty one removes all"},
		{`{"zones":null}`, "bad_body", "zones: want a list"},
		{`{"zones":{}}`, "bad_body", "zones: want a list, got an object"},
		{`{"zone":[]}`, "bad_body", `did you mean "zones"?`},
		{`{"zones":[7]}`, "bad_body", "zones[0]: want a JSON object, got a number"},
		{zones(`null`), "bad_body", "zones[1]: want a JSON object, got null"},
		{zones(`{"name":"b","kind":"line","point":[]}`), "bad_body", `unknown member "zones[1].point"; did you mean "points"?`},
		{zones(`{"name":"b","name":"c"}`), "bad_body", `"zones[1].name" stands there twice`},
		{zones(`{"name":7}`), "bad_body", "zones[1].name: want a string, got a number"},
		{zones(`{"name":"b","kind":"line","points":7}`), "bad_body", "zones[1].points: want a list, got a number"},
		{zones(`{"name":"b","kind":"line","points":[[0,0],[1]]}`), "bad_body", "zones[1].points[1]: want [x,y]"},
		{zones(`{"name":"b","kind":"line","points":[[0,0,0],[1,1]]}`), "bad_body", "zones[1].points[0]: want [x,y]"},
		{zones(`{"name":"b","kind":"line","points":[[0,null],[1,1]]}`), "bad_body", "zones[1].points[0]: want [x,y]"},
		{zones(`{"name":"b","kind":"line","points":[["0",0],[1,1]]}`), "bad_body", "zones[1].points: want a number, got a string"},
		{zones(`{"name":"b","kind":"line","points":[[1e400,0],[1,1]]}`), "bad_body", "zones[1].points"},
		{zones(`{"name":"a","kind":"line","points":[[0,0],[1,1]]}`), "bad_zone", "two areas have this name"},
		{zones(`{"kind":"line","points":[[0,0],[1,1]]}`), "bad_zone", "want a name"},
		{zones(`{"name":"b","points":[[0,0],[1,1]]}`), "bad_zone", "want zone or line"},
		{zones(`{"name":"b","kind":"zone","points":[[0,0],[1,1]]}`), "bad_zone", "3 to 64 corners"},
		{zones(`{"name":"b","kind":"zone","points":[[0,0],[1,1],[1,0],[0,1]]}`), "bad_zone", "give the corners in turn"},
		{zones(`{"name":"b","kind":"line","points":[[0,0],[1.5,1]]}`), "bad_zone", "fractions of the picture"},
		{zones(`{"name":"b","kind":"line","points":[[0,0],[1,1]],"anchor":"head"}`), "bad_zone", "anchor=head"},
		{zones(`{"name":"b","kind":"zone","points":[[0,0],[1,1],[1,0]],"dwell_s":-1}`), "bad_zone", "dwell_s -1: want 0 to 86400 seconds"},
		{zones(`{"name":"b","kind":"zone","points":[[0,0],[1,1],[1,0]],"dwell_s":1e300}`), "bad_zone", "dwell_s 1e+300"},
		{zones(`{"name":"b","kind":"zone","points":[[0,0],[1,1],[1,0]],"classes":["a,b"]}`), "bad_zone", `class "a,b"`},
		{zones(`{"name":"b c","kind":"line"},{"name":"d","kind":"round"}`), "bad_zone", `; zone "d"`}, // all of them
		{`{"zones":[` + strings.Repeat(`{"name":"b","kind":"line","points":[[0,0],[1,1]]},`, 65) + `{}]}`, "bad_zone", "66 zones and lines: want at most 64"},
	} {
		resp, body := r.do("PUT", "/api/v1/zones", c.body, "Content-Type", "application/json")
		if message, _ := wantError(t, resp, body, 400, c.code); !strings.Contains(message, c.text) || strings.Contains(message, "\n") {
			t.Errorf("%s: %q, want %q in it", c.body, message, c.text)
		}
	}
	for _, kind := range []string{"", "text/plain"} {
		resp, body := r.do("PUT", "/api/v1/zones", `{"zones":[]}`, "Content-Type", kind)
		wantError(t, resp, body, 415, "bad_body")
	}
	resp, body := r.do("PUT", "/api/v1/zones", `{"zones":[]}`, "Content-Type", "application/json", "Origin", "http://evil.example")
	wantError(t, resp, body, 403, "cross_site")
	resp, body = r.do("PUT", "/api/v1/zones?zones=", `{"zones":[]}`, "Content-Type", "application/json")
	wantError(t, resp, body, 400, "bad_parameter")
	if _, after := r.get("/api/v1/zones"); string(after) != string(before) {
		t.Errorf("refused changes changed something: %s", after)
	}
}

// An end of the pipeline is told like that of any other change.
func TestPutZonesAfterTheEnd(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Pipeline = endedPipeline{c.Pipeline} })
	resp, body := r.do("PUT", "/api/v1/zones", `{"zones":[]}`, "Content-Type", "application/json")
	wantError(t, resp, body, 400, "bad_parameter")
}

type endedPipeline struct{ Pipeline }

func (endedPipeline) Apply(pipeline.Change) (pipeline.Settings, error) {
	return pipeline.Settings{}, errors.New("it has ended")
}

// Whatever the body, the answer is areas that count or an error of the API.
func FuzzParseAreas(f *testing.F) {
	for _, s := range []string{
		`{"zones":[]}`, `{"zones":[{"name":"a","kind":"zone","points":[[0,0],[1,0],[1,1]],"classes":["x y"],"anchor":"foot","dwell_s":0.1}]}`,
		`{"zones":[{"name":"a","kind":"line","points":[[0,null],[1e308,1]]}]}`, `{"zones":[null,{}]}`, `{"zones":[{"dwell_s":1e300}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		areas, err := parseAreas(data)
		if err != nil {
			if e, ok := errors.AsType[*apiError](err); !ok || e.Status != 400 || e.Message == "" || e.Hint == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if _, err := zone.NewCounter(areas); err != nil {
			t.Fatalf("taken, yet: %v", err)
		}
		for _, a := range areas {
			if a.Dwell < 0 || a.Dwell > 24*time.Hour || slices.Contains(a.Classes, "") {
				t.Fatalf("%+v", a)
			}
		}
	})
}
