package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	stdjpeg "image/jpeg"
	"strconv"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/hub"
)

func TestSnapshotJPEG(t *testing.T) {
	r := newRig(t)
	ai, raw := realPicture(t, 12, 64, 48), realPicture(t, 15, 64, 48)
	ai.Captured = time.UnixMicro(time.Now().Add(-1500 * time.Millisecond).UnixMicro())
	r.pipe.set(func(p *fakePipeline) { p.annotated, p.raw = ai, raw })
	for _, c := range []struct {
		path string
		want *hub.Picture
	}{
		{"/api/v1/snapshot.jpg", ai},
		{"/api/v1/snapshot.jpg?source=ai", ai},
		{"/api/v1/snapshot.jpg?source=raw", raw},
		{"/snapshot", ai},
		{"/snapshot?cachebuster=1", ai},
		{"/?action=snapshot", ai},
		{"/?action=snapshot&n=77", ai},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := r.do(method, c.path, "")
			h := resp.Header
			if resp.StatusCode != 200 || h.Get("Content-Type") != "image/jpeg" || h.Get("Cache-Control") != "no-store" ||
				h.Get("X-Timestamp") != string(appendTimestamp(nil, c.want.Captured)) || h.Get("X-Frame-Seq") == "" || resp.ContentLength != int64(len(c.want.JPEG)) {
				t.Errorf("%s %s: %d %v", method, c.path, resp.StatusCode, h)
			}
			if method == "GET" && !bytes.Equal(body, c.want.JPEG) {
				t.Errorf("%s: other bytes than the picture's", c.path)
			}
			if c.want == ai && (len(h.Get("X-Frame-Age-Us")) != 7 || h.Get("X-Frame-Age-Us") < "1500000") {
				t.Errorf("%s: age %s, want a little more than 1500000", c.path, h.Get("X-Frame-Age-Us"))
			}
		}
	}
}

func TestSnapshotSizes(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.annotated = realPicture(t, 1, 160, 120) })
	for _, c := range []struct {
		query string
		w, h  int
	}{
		{"width=80", 80, 60},
		{"width=160", 160, 120},
		{"width=320", 320, 240},
		{"width=16", 16, 12},
		{"quality=30", 160, 120},
		{"width=80&quality=90", 80, 60},
		{"width=&quality=", 160, 120},
	} {
		_, body := r.get("/api/v1/snapshot.jpg?" + c.query)
		im, err := stdjpeg.Decode(bytes.NewReader(body))
		if err != nil || im.Bounds().Dx() != c.w || im.Bounds().Dy() != c.h {
			t.Errorf("%s: %v, want %dx%d", c.query, err, c.w, c.h)
		}
	}
	_, low := r.get("/api/v1/snapshot.jpg?quality=5")
	_, high := r.get("/api/v1/snapshot.jpg?quality=95")
	if len(low)*2 > len(high) {
		t.Errorf("quality 5 gives %d bytes, 95 gives %d", len(low), len(high))
	}
}

// Many webcams leave the Huffman tables out of their JPEGs.
func TestSnapshotOfACameraWithoutTables(t *testing.T) {
	r := newRig(t)
	pic := realPicture(t, 1, 160, 120)
	pic.JPEG = withoutTables(t, pic.JPEG)
	if _, err := stdjpeg.Decode(bytes.NewReader(pic.JPEG)); err == nil {
		t.Fatal("the tables are still there")
	}
	r.pipe.set(func(p *fakePipeline) { p.raw = pic })
	resp, body := r.get("/api/v1/snapshot.jpg?source=raw&width=80")
	if im, err := stdjpeg.Decode(bytes.NewReader(body)); err != nil || im.Bounds().Dx() != 80 {
		t.Errorf("%d: %v", resp.StatusCode, err)
	}
}

// withoutTables takes the DHT segments out of a JPEG that uses the standard ones.
func withoutTables(t *testing.T, data []byte) []byte {
	t.Helper()
	out := append([]byte(nil), data[:2]...)
	for rest := data[2:]; ; {
		n := 2 + int(rest[2])<<8 + int(rest[3])
		switch rest[1] {
		case 0xda:
			return append(out, rest...)
		case 0xc4:
		default:
			out = append(out, rest[:n]...)
		}
		rest = rest[n:]
	}
}

func TestSnapshotRefusesWrongValues(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.annotated = realPicture(t, 1, 64, 48) })
	for query, text := range map[string]string{
		"source=both":            "ai or raw",
		"width=15":               "from 16 to 4096",
		"width=4097":             "from 16 to 4096",
		"width=wide":             "from 16 to 4096",
		"quality=0":              "from 1 to 100",
		"quality=101":            "from 1 to 100",
		"quality=8.5":            "from 1 to 100",
		"max_age_ms=0":           "from 1 to",
		"max_age_ms=-1":          "from 1 to",
		"max_age_ms=99999999999": "from 1 to",
		"after_seq=-1":           "sequence number",
		"after_seq=x":            "sequence number",
		"widht=80":               `did you mean "width"?`,
		"cache=1":                "unknown query parameter",
	} {
		resp, body := r.get("/api/v1/snapshot.jpg?" + query)
		if message, _ := wantError(t, resp, body, 400, "bad_parameter"); !strings.Contains(message, text) {
			t.Errorf("%s: %q, want %q in it", query, message, text)
		}
	}
}

func TestSnapshotTooOld(t *testing.T) {
	r := newRig(t)
	pic := realPicture(t, 99, 64, 48)
	pic.Captured = time.Now().Add(-time.Minute)
	r.pipe.set(func(p *fakePipeline) { p.annotated, p.silence = pic, "lost" })
	r.cam.become(capture.Lost, &capture.Error{Code: capture.CameraLost, Device: "/dev/video0", Err: errors.New("unplugged"), Hint: "plug it in"})
	resp, body := r.get("/api/v1/snapshot.jpg?max_age_ms=500")
	message, hint := wantError(t, resp, body, 503, "too_old")
	if !strings.Contains(message, "seq 99, is 600") || !strings.Contains(message, "at most 500") || !strings.Contains(hint, "lost: /dev/video0: unplugged") {
		t.Errorf("%q, %q", message, hint)
	}
	// Without that wish the old picture is what there is.
	if resp, body := r.get("/api/v1/snapshot.jpg"); resp.StatusCode != 200 || !bytes.Equal(body, pic.JPEG) {
		t.Errorf("got %d", resp.StatusCode)
	}
	if resp, _ := r.get("/api/v1/snapshot.jpg?max_age_ms=120000"); resp.StatusCode != 200 {
		t.Errorf("within the age: %d", resp.StatusCode)
	}
}

// Where nothing was analyzed because nobody watched, asking is watching: the answer is of
// the present.
func TestSnapshotWakesTheAnalysis(t *testing.T) {
	t.Parallel() // it waits for real
	r := newRig(t)
	old := realPicture(t, 1, 64, 48)
	old.Captured = time.Now().Add(-time.Hour)
	r.pipe.set(func(p *fakePipeline) { p.annotated = old })
	fresh := realPicture(t, 2, 64, 48)
	go func() {
		<-r.cfg.Annotated.Demand()
		r.cfg.Annotated.Publish(fresh)
	}()
	if resp, body := r.get("/api/v1/snapshot.jpg?max_age_ms=5000"); resp.StatusCode != 200 || !bytes.Equal(body, fresh.JPEG) {
		t.Errorf("got %d, seq %s", resp.StatusCode, resp.Header.Get("X-Frame-Seq"))
	}
	// When none comes, the old one is better than nothing.
	if resp, body := r.get("/api/v1/snapshot.jpg"); resp.StatusCode != 200 || !bytes.Equal(body, old.JPEG) {
		t.Errorf("got %d, seq %s", resp.StatusCode, resp.Header.Get("X-Frame-Seq"))
	}
}

// Notices are no frames: a snapshot waits until a frame comes.
func TestSnapshotWaitsForTheFirstFrame(t *testing.T) {
	r := newRig(t)
	for path, pics := range map[string]*hub.Pictures{"/api/v1/snapshot.jpg": r.cfg.Annotated, "/api/v1/snapshot.jpg?source=raw": r.cfg.Raw} {
		first := realPicture(t, 1, 64, 48)
		go func() {
			<-pics.Demand()
			pics.Publish(&hub.Picture{JPEG: []byte("notice"), Notice: "opening"})
			r.letOthersRun()
			pics.Publish(first)
		}()
		if resp, body := r.get(path); resp.StatusCode != 200 || !bytes.Equal(body, first.JPEG) {
			t.Errorf("%s: %d %q", path, resp.StatusCode, body)
		}
	}
}

func TestSnapshotWithoutAnyFrame(t *testing.T) {
	t.Parallel() // it waits for real
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.silence = "off" })
	resp, body := r.get("/api/v1/snapshot.jpg")
	if _, hint := wantError(t, resp, body, 503, "no_frame"); !strings.Contains(hint, "POST /api/v1/camera/start") {
		t.Errorf("the hint is %q", hint)
	}
	resp, body = r.get("/api/v1/snapshot")
	wantError(t, resp, body, 503, "no_frame")
}

// Whoever gets no frame is told why, and what to do.
func TestWhySilent(t *testing.T) {
	r := newRig(t)
	for silence, want := range map[string]string{
		"":         "frames are coming; ask again",
		"off":      "the camera is off: POST /api/v1/camera/start",
		"paused":   `analysis is paused: PATCH /api/v1/pipeline {"paused":false}`,
		"analysis": "the analyzer gives no results: see pipeline.error in GET /api/v1/state",
		"opening":  "the camera is opening",
	} {
		r.pipe.set(func(p *fakePipeline) { p.silence = silence })
		if got := r.whySilent(); got != want {
			t.Errorf("%s: %q, want %q", silence, got, want)
		}
	}
	r.cam.become(capture.Stalled, &capture.Error{Code: capture.CameraFrozen, Device: "/dev/video0", Err: errors.New("silent for 4 s"), Hint: "wait"})
	r.pipe.set(func(p *fakePipeline) { p.silence = "stalled" })
	if got, want := r.whySilent(), "the camera is stalled: /dev/video0: silent for 4 s (wait)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSnapshotAfter(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) {
		p.annotated, p.raw = realPicture(t, 12, 64, 48), realPicture(t, 15, 64, 48)
		p.annotated.Captured = time.Now().Add(-time.Hour) // how old it is does not matter here
	})
	for query, want := range map[string]string{"after_seq=11": "12", "after_seq=0": "12", "after_seq=14&source=raw": "15"} {
		if resp, body := r.get("/api/v1/snapshot.jpg?" + query); resp.Header.Get("X-Frame-Seq") != want {
			t.Errorf("%s: %d %.200s", query, resp.StatusCode, body)
		}
	}
	// Those at hand are not newer: the next ones are.
	for query, c := range map[string]struct {
		pics      *hub.Pictures
		old, next uint64
	}{
		"after_seq=12":            {r.cfg.Annotated, 12, 14},
		"after_seq=15&source=raw": {r.cfg.Raw, 15, 16},
	} {
		go func() {
			<-c.pics.Demand()
			c.pics.Publish(realPicture(t, c.old, 64, 48))
			r.letOthersRun()
			c.pics.Publish(realPicture(t, c.next, 64, 48))
		}()
		resp, body := r.get("/api/v1/snapshot.jpg?" + query)
		if got := resp.Header.Get("X-Frame-Seq"); got != strconv.FormatUint(c.next, 10) {
			t.Errorf("%s: %d, seq %s, want %d; %.200s", query, resp.StatusCode, got, c.next, body)
		}
	}
}

func TestSnapshotAfterGivesUp(t *testing.T) {
	t.Parallel() // it waits for real
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.annotated = realPicture(t, 12, 64, 48) })
	resp, body := r.get("/api/v1/snapshot.jpg?after_seq=12")
	if message, _ := wantError(t, resp, body, 504, "no_newer_frame"); !strings.Contains(message, "after seq 12") {
		t.Errorf("%q", message)
	}
}

func TestSnapshotOfCorruptPictures(t *testing.T) {
	r := newRig(t)
	r.pipe.set(func(p *fakePipeline) { p.annotated, p.rawErr = picture(5, 100), errors.New("corrupt frame: no SOI") })
	resp, body := r.get("/api/v1/snapshot.jpg?width=80")
	if message, _ := wantError(t, resp, body, 503, "corrupt"); !strings.Contains(message, "frame 5 does not decode") {
		t.Errorf("%q", message)
	}
	resp, body = r.get("/api/v1/snapshot.jpg?source=raw")
	if message, _ := wantError(t, resp, body, 503, "corrupt"); !strings.Contains(message, "no SOI") {
		t.Errorf("%q", message)
	}
}

func TestSnapshotJSON(t *testing.T) {
	r := newRig(t)
	rep := report(41)
	rep.Captured = time.Now().Add(-2 * time.Second)
	r.Report(rep)
	resp, body := r.get("/api/v1/snapshot")
	var got struct {
		Frame wireFrame `json:"frame"`
		AgeUs int64     `json:"age_us"`
		URL   string    `json:"url"`
	}
	if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if got.Frame.Seq != 41 || got.AgeUs < 2e6 || got.AgeUs > 12e6 || got.URL != "/api/v1/snapshot.jpg?after_seq=40" {
		t.Errorf("got %s", body)
	}
	// The address leads to that picture.
	r.pipe.set(func(p *fakePipeline) { p.annotated = realPicture(t, 41, 64, 48) })
	if resp, _ := r.get(got.URL); resp.Header.Get("X-Frame-Seq") != "41" {
		t.Errorf("%s: %d", got.URL, resp.StatusCode)
	}
	resp, body = r.get("/api/v1/snapshot?width=3")
	wantError(t, resp, body, 400, "bad_parameter")
}
