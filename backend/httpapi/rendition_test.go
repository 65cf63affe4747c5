package httpapi

import (
	"bytes"
	"fmt"
	stdjpeg "image/jpeg"
	"strings"
	"testing"

	"freshframe/backend/hub"
	"freshframe/backend/rendition"
)

// Every stream is to be had smaller; all who ask for the same get the same, and it keeps what
// is said about the picture.
func TestSmallerStreams(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		path, kind string
		hub        *hub.Pictures
		w, h       int
	}{
		{"/ai-video-stream?quality=40&width=32", "annotated?width=32&quality=40", r.cfg.Annotated, 32, 24},
		{"/ai-video-stream?overlay=off&width=32", "clean?width=32", r.cfg.Clean, 32, 24},
		{"/live-video-stream?width=16", "live?width=16", r.cfg.Live, 16, 12},
		{"/raw-video-stream?quality=1", "raw?quality=1", r.cfg.Raw, 64, 48},
		{"/stream?width=50&quality=", "annotated?width=50", r.cfg.Annotated, 50, 38},
		{"/?action=stream&width=33&quality=100", "annotated?width=33&quality=100", r.cfg.Annotated, 33, 25},
		{"/raw-video-stream?width=4096", "raw?width=4096", r.cfg.Raw, 64, 48},
	} {
		t.Run(c.path, func(t *testing.T) {
			defer r.until("no rendition is left", func() bool { return r.renditions.Len() == 0 && !c.hub.Watched() })
			defer r.streamsGone()
			var all []*stream
			for range 3 {
				s := r.open(c.path, 0).readOpening()
				defer s.nc.Close()
				all = append(all, s)
			}
			<-c.hub.Demand()
			frame := realPicture(t, 42, 64, 48)
			frame.Result = 40
			notice := realPicture(t, 0, 64, 48)
			notice.Notice = "lost"
			for _, want := range []*hub.Picture{frame, notice} {
				c.hub.Publish(want)
				var first []byte
				for i, s := range all {
					p := s.readPart()
					for p.header["X-Camera-State"] != want.Notice { // the one before came again
						p = s.readPart()
					}
					if want == frame && (p.header["X-Frame-Seq"] != "42" || p.header["X-Result-Seq"] != "40") ||
						p.header["X-Timestamp"] != string(appendTimestamp(nil, want.Captured)) {
						t.Errorf("client %d: %v", i, p.header)
					}
					im, err := stdjpeg.Decode(bytes.NewReader(p.jpeg))
					if err != nil || im.Bounds().Dx() != c.w || im.Bounds().Dy() != c.h {
						t.Fatalf("client %d: %v %v, want %dx%d", i, im.Bounds(), err, c.w, c.h)
					}
					if first == nil {
						first = p.jpeg
					}
					if !bytes.Equal(p.jpeg, first) {
						t.Errorf("client %d got other bytes than the first", i)
					}
				}
			}
			w := r.stateWire().Subscribers
			if n := w.Annotated + w.Clean + w.Live + w.Raw; n != 3 || c.hub.Subscribers() != 1 {
				t.Errorf("3 clients are %d subscribers, %d of them the hub's", n, c.hub.Subscribers())
			}
			for _, client := range w.Clients {
				if client.Stream != c.kind {
					t.Errorf("a client of %s, want %s", client.Stream, c.kind)
				}
			}
			var metrics bytes.Buffer
			r.writeMetrics(&metrics)
			if !strings.Contains(metrics.String(), "\nfreshframe_renditions 1\n") {
				t.Error("the metrics do not tell of the rendition")
			}
		})
	}
}

// Beside a smaller stream the whole one has the picture's own bytes.
func TestWholeStreamStaysUntouched(t *testing.T) {
	r := newRig(t)
	small := r.open("/ai-video-stream?quality=10", 0).readOpening()
	whole := r.open("/ai-video-stream?quality=&width=", 0).readOpening()
	r.until("both watch", func() bool { return r.cfg.Annotated.Subscribers() == 2 })
	want := realPicture(t, 1, 64, 48)
	r.cfg.Annotated.Publish(want)
	if p := whole.readPart(); !bytes.Equal(p.jpeg, want.JPEG) {
		t.Errorf("%d bytes instead of %d", len(p.jpeg), len(want.JPEG))
	}
	if p := small.readPart(); len(p.jpeg) >= len(want.JPEG) {
		t.Errorf("at quality 10 it has %d bytes, at its own %d", len(p.jpeg), len(want.JPEG))
	}
}

// Without a wish for it the server's own quality is taken.
func TestQualityOfTheServer(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Quality = 30 })
	var got [2][]byte
	for i, path := range []string{"/ai-video-stream?width=32", "/ai-video-stream?width=32&quality=30"} {
		s := r.open(path, 0).readOpening()
		r.until("it watches", r.cfg.Annotated.Watched)
		r.cfg.Annotated.Publish(realPicture(t, 1, 64, 48))
		got[i] = s.readPart().jpeg
		s.nc.Close()
		r.until("it is gone", func() bool { return !r.cfg.Annotated.Watched() })
	}
	if !bytes.Equal(got[0], got[1]) {
		t.Errorf("%d bytes, at quality 30 %d", len(got[0]), len(got[1]))
	}
}

func TestTooManyRenditions(t *testing.T) {
	r := newRig(t)
	var all []*stream
	for i := range rendition.Most {
		all = append(all, r.open(fmt.Sprintf("/ai-video-stream?width=%d", 100+i), 0).readOpening())
	}
	resp, body := r.get("/raw-video-stream?width=100")
	message, hint := wantError(t, resp, body, 503, "too_many_renditions")
	if !strings.Contains(message, "all 16") || !strings.Contains(hint, "subscribers.clients") || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%q, %q, %v", message, hint, resp.Header)
	}
	if resp, _ := r.do("HEAD", "/raw-video-stream?width=100", ""); resp.StatusCode != 200 {
		t.Errorf("HEAD: %d, though it needs none", resp.StatusCode)
	}
	for _, path := range []string{"/ai-video-stream?width=100", "/raw-video-stream"} {
		if s := r.open(path, 0); s.head.StatusCode != 200 {
			t.Errorf("%s: %d", path, s.head.StatusCode)
		}
	}
	all[7].nc.Close()
	r.until("a place is free", func() bool { return r.renditions.Len() < rendition.Most })
	if s := r.open("/raw-video-stream?width=100", 0); s.head.StatusCode != 200 {
		t.Errorf("with a free place: %d", s.head.StatusCode)
	}
}

// Streams that never begin leave no rendition behind.
func TestRenditionsOfStreamsThatNeverBegin(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Streams = 1 })
	gone := func() {
		t.Helper()
		r.until("no rendition is left", func() bool { return r.renditions.Len() == 0 })
	}
	r.do("HEAD", "/ai-video-stream?width=100", "")
	gone()
	only := r.open("/raw-video-stream", 0).readOpening()
	resp, body := r.get("/ai-video-stream?width=100")
	wantError(t, resp, body, 503, "too_many_streams")
	gone()
	only.nc.Close()
}

// The end of the server is the end of the renditions that are watched.
func TestShutdownEndsRenditions(t *testing.T) {
	r := newRig(t)
	for i := range 10 {
		r.open(fmt.Sprintf("/ai-video-stream?quality=%d", 50+i/2), 0).readOpening()
	}
	r.until("all watch", func() bool { return r.renditions.Subscribers(r.cfg.Annotated) == 10 })
	r.cfg.Annotated.Publish(realPicture(t, 1, 64, 48))
	r.stop()
	if n, m := r.renditions.Len(), r.cfg.Annotated.Subscribers(); n != 0 || m != 0 {
		t.Errorf("%d renditions and %d subscribers are left", n, m)
	}
}
