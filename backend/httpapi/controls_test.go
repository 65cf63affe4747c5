package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture"
)

// change sends a change of controls.
func (r *rig) change(body string) (int, []byte) {
	r.t.Helper()
	resp, data := r.do("PATCH", "/api/v1/camera/controls", body, "Content-Type", "application/json")
	return resp.StatusCode, data
}

// What clients send, and what the camera is asked for: in their order, as a person would
// type it.
func TestPatchControls(t *testing.T) {
	for _, c := range []struct {
		body string
		want []capture.Setting
	}{
		{`{"controls":{"brightness":10}}`, []capture.Setting{{Name: "brightness", Value: "10"}}},
		{`{"controls":{"brightness":-64}}`, []capture.Setting{{Name: "brightness", Value: "-64"}}},
		{` { "controls" : { "zoom" : 2 , "auto" : true , "bias" : 3 } } `, []capture.Setting{{Name: "zoom", Value: "2"}, {Name: "auto", Value: "true"}, {Name: "bias", Value: "3"}}},
		{`{"controls":{"power_line_frequency":"50 Hz","white_balance_automatic":false}}`, []capture.Setting{{Name: "power_line_frequency", Value: "50 Hz"}, {Name: "white_balance_automatic", Value: "false"}}},
		{`{"controls":{"exposure_time_absolute":null,"gain":""}}`, []capture.Setting{{Name: "exposure_time_absolute"}, {Name: "gain"}}},
		// What these mean the camera says, which knows the control.
		{`{"controls":{"gain":1.5,"hue":1e3,"focus":99999999999999999999,"odd":"1\t\"ü\u0000"}}`, []capture.Setting{{Name: "gain", Value: "1.5"}, {Name: "hue", Value: "1e3"}, {Name: "focus", Value: "99999999999999999999"}, {Name: "odd", Value: "1\t\"ü\x00"}}},
		{`{"controls":{"":1," Gain":2}}`, []capture.Setting{{Value: "1"}, {Name: " Gain", Value: "2"}}},
		{`{"controls":{}}`, nil},
		{`{}`, nil},
	} {
		t.Run(c.body, func(t *testing.T) {
			r := newRig(t)
			var asked [][]capture.Setting
			r.cam.setControls = func(_ context.Context, s []capture.Setting) ([]capture.Control, error) {
				asked = append(asked, s)
				return []capture.Control{{Name: "gain", Value: 7}}, nil
			}
			status, body := r.change(c.body)
			var reply wireControls
			if err := json.Unmarshal(body, &reply); err != nil || status != 200 || len(reply.Controls) != 1 || reply.Controls[0].Value != 7 {
				t.Errorf("%d %s, want the list as it is afterwards", status, body)
			}
			if len(asked) != 1 || !slices.Equal(asked[0], c.want) {
				t.Errorf("the camera was asked for %q, want %q", asked, c.want)
			}
		})
	}
}

func TestPatchControlsRefuses(t *testing.T) {
	r := newRig(t)
	r.cam.setControls = func(_ context.Context, s []capture.Setting) ([]capture.Control, error) {
		t.Errorf("the camera was asked for %q", s)
		return nil, nil
	}
	for _, c := range []struct{ body, text string }{
		{``, "the body is not JSON"},
		{`{"controls":{"gain":1}`, "the body is not JSON"},
		{`{"controls":{"gain":1}} x`, "the body is not JSON"},
		{`{"controls":{"gain":01}}`, "the body is not JSON"},
		{`null`, "the body: want a JSON object, got null"},
		{`[{"gain":1}]`, "the body: want a JSON object, got an array"},
		{`{"gain":1}`, `unknown member "gain"; known: controls`},
		{`{"control":{"gain":1}}`, `unknown member "control"; did you mean "controls"?`},
		{`{"Controls":{"gain":1}}`, `unknown member "Controls"; did you mean "controls"?`},
		{`{"controls":{"gain":1},"controls":{"gain":2}}`, `the member "controls" stands there twice`},
		{`{"controls":null}`, "controls: want a JSON object, got null"},
		{`{"controls":[]}`, "controls: want a JSON object, got an array"},
		{`{"controls":"gain=1"}`, "controls: want a JSON object, got a string"},
		{`{"controls":7}`, "controls: want a JSON object, got a number"},
		{`{"controls":{"gain":1,"hue":2,"gain":1}}`, `the member "controls.gain" stands there twice`},
		{`{"controls":{"gain":1,"g\u0061in":2}}`, `the member "controls.gain" stands there twice`},
		{`{"controls":{"gain":[1]}}`, "controls.gain: want a string, a number, true, false or null"},
		{`{"controls":{"hue":1,"gain":{"value":1}}}`, "controls.gain: want a string"},
	} {
		t.Run(c.body, func(t *testing.T) {
			resp, body := r.do("PATCH", "/api/v1/camera/controls", c.body, "Content-Type", "application/json")
			if message, _ := wantError(t, resp, body, 400, "bad_body"); !strings.Contains(message, c.text) {
				t.Errorf("%q, want %q in it", message, c.text)
			}
		})
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded"} {
		resp, body := r.do("PATCH", "/api/v1/camera/controls", `{"controls":{"gain":1}}`, "Content-Type", kind)
		wantError(t, resp, body, 415, "bad_body")
	}
	for _, method := range []string{"GET", "PATCH"} {
		resp, body := r.do(method, "/api/v1/camera/controls?gain=1", `{}`, "Content-Type", "application/json")
		wantError(t, resp, body, 400, "bad_parameter")
	}
}

// bothWays asks for the controls and changes one, with a camera that answers so.
func bothWays(r *rig, answer func(context.Context) error, check func(what string, status int, body []byte)) {
	r.cam.controls = func(ctx context.Context) ([]capture.Control, error) { return nil, answer(ctx) }
	r.cam.setControls = func(ctx context.Context, _ []capture.Setting) ([]capture.Control, error) { return nil, answer(ctx) }
	resp, body := r.get("/api/v1/camera/controls")
	check("GET", resp.StatusCode, body)
	status, body := r.change(`{"controls":{"gain":1}}`)
	check("PATCH", status, body)
}

func TestControlsOfACameraInTrouble(t *testing.T) {
	for code, status := range map[capture.Code]int{
		capture.CameraOff: 409, capture.NoControls: 404, capture.BadControl: 400, capture.ControlFailed: 502,
		capture.CameraOpening: 503, capture.CameraLost: 503, capture.CameraFrozen: 503, capture.Unreachable: 503,
		// Why it could not be reopened is no fault of who asks for its controls.
		capture.NoSuchDevice: 503, capture.DeviceBusy: 503, capture.PermissionDenied: 503,
	} {
		t.Run(string(code), func(t *testing.T) {
			r := newRig(t)
			bothWays(r, func(context.Context) error {
				return fmt.Errorf("controls: %w", &capture.Error{Code: code, Device: "/dev/video0", Err: errors.New("that is why"), Hint: "do this"})
			}, func(what string, got int, body []byte) {
				want := fmt.Sprintf(`{"error":{"code":"%s","message":"/dev/video0: that is why","hint":"do this"}}`, code)
				if got != status || string(body) != want {
					t.Errorf("%s: %d %s\nwant %d %s", what, got, body, status, want)
				}
			})
		})
	}
	t.Run("of an unknown kind", func(t *testing.T) {
		r := newRig(t)
		bothWays(r, func(context.Context) error { return errors.New("surprise") }, func(what string, got int, body []byte) {
			if got != 500 || strings.Contains(string(body), "surprise") {
				t.Errorf("%s: %d %s", what, got, body)
			}
		})
		r.logs.wait(t, "surprise")
	})
}

// A driver that hangs holds up nobody for ever, whoever notices it.
func TestControlsThatHang(t *testing.T) {
	for code, err := range map[string]error{
		"camera_stuck":   context.DeadlineExceeded,
		"control_failed": &capture.Error{Code: capture.ControlFailed, Device: "/dev/video0", Err: fmt.Errorf("no answer: %w", context.DeadlineExceeded), Hint: "unplug it"},
	} {
		r := newRig(t)
		bothWays(r, func(ctx context.Context) error {
			if d, ok := ctx.Deadline(); !ok || time.Until(d) > controlWait {
				t.Error("the wait is not bounded")
			}
			return fmt.Errorf("waiting for the camera: %w", err)
		}, func(what string, status int, body []byte) {
			if status != 504 || !strings.Contains(string(body), `"code":"`+code+`"`) {
				t.Errorf("%s: %d %s", what, status, body)
			}
		})
	}
}

// A request that waits for the camera ends with the server.
func TestControlsEndWithTheServer(t *testing.T) {
	r := newRig(t)
	waiting := make(chan struct{})
	r.cam.setControls = func(ctx context.Context, _ []capture.Setting) ([]capture.Control, error) {
		close(waiting)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		resp, body := r.do("PATCH", "/api/v1/camera/controls", `{"controls":{"gain":1}}`, "Content-Type", "application/json")
		wantError(t, resp, body, 503, "shutting_down")
	}()
	<-waiting
	begin := time.Now()
	r.cancel()
	<-answered
	<-r.ended
	if took := time.Since(begin); took >= controlWait {
		t.Errorf("it took %v", took)
	}
}

// The list may be the camera's own: it is told, not touched.
func TestControlsAreLeftAlone(t *testing.T) {
	r := newRig(t)
	own := []capture.Control{{Name: "gain"}}
	r.cam.controls = func(context.Context) ([]capture.Control, error) { return own, nil }
	if _, body := r.get("/api/v1/camera/controls"); !strings.Contains(string(body), `"menu":[]`) || own[0].Menu != nil {
		t.Errorf("%s, and the camera has %+v", body, own)
	}
}

// What the camera was asked for stands beside what it delivers.
func TestStateTellsWhatWasAsked(t *testing.T) {
	r := newRig(t)
	if w := r.cameraWire(); w.Asked != nil || w.Stable != "" || w.ControlsRev != 0 {
		t.Errorf("%+v", w)
	}
	for _, c := range []struct {
		asked capture.Asked
		want  string
	}{
		{capture.Asked{Width: 1920, Height: 1080, Framerate: 30000.0 / 1001}, `{"format":"","width":1920,"height":1080,"framerate":29.97}`},
		{capture.Asked{Format: newFakeCamera().status.Info.Format, Width: 64, Height: 48, Framerate: 5}, `{"format":"mjpeg","width":64,"height":48,"framerate":5}`},
	} {
		r.cam.set(func(st *capture.Status) {
			st.Info.Asked, st.Info.Stable, st.ControlsRev = &c.asked, "v4l2:/dev/v4l/by-id/x", 9
		})
		_, body := r.get("/api/v1/state")
		conforms(t, "State", body)
		for _, want := range []string{`"asked":` + c.want, `"stable":"v4l2:/dev/v4l/by-id/x"`, `"controls_rev":9`, `"width":64,"height":48`} {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s is not in %s", want, body)
			}
		}
	}
}

// Whatever the body, the answer is settings with names of their own or an error of the API.
func FuzzParseSettings(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"controls":{}}`, `{"controls":{"a":1,"b":true,"c":null,"d":"x"}}`, `{"controls":{"a":1,"a":2}}`, `{"controls":{"a":[]}}`,
		`{"controls":null}`, `{"controls":{"a":{"b":{}}},"x":1}`, "{\"controls\":{\"\xff\":1,\"\xfe\":2}}", `{"controls":{"\ud800":1}}`, `[`, `"`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := parseSettings(data)
		var e *apiError
		if err != nil {
			if !errors.As(err, &e) || e.Status != 400 || e.Code != "bad_body" || e.Message == "" || e.Hint == "" {
				t.Errorf("%q: the error is %#v", data, err)
			}
			return
		}
		var body struct{ Controls map[string]any }
		if err := json.Unmarshal(data, &body); err != nil || len(body.Controls) != len(settings) {
			t.Fatalf("%q was read as %q", data, settings)
		}
		for _, s := range settings {
			want, ok := body.Controls[s.Name]
			if text, isText := want.(string); !ok || isText && text != s.Value || want == nil && s.Value != "" {
				t.Errorf("%q was read as %q", data, settings)
			}
		}
	})
}
