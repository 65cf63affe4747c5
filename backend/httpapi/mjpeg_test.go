package httpapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/hub"
)

// pipeConn is a stream's connection without a network, for tests in fake time.
func pipeConn(t *testing.T) (*conn, net.Conn) {
	server, client := net.Pipe()
	cn := &conn{
		s:  newStreams(Limits{Streams: 1, StreamsPerIP: 1, Write: 10 * time.Second}, slog.New(slog.DiscardHandler)),
		nc: server, kind: "test", gone: make(chan struct{}), done: func() {},
	}
	t.Cleanup(func() { server.Close(); client.Close() })
	return cn, client
}

// inFakeTime runs an MJPEG writer against a client that reads everything; the client's
// reader is given to watch, and the writer ends with it.
func inFakeTime(t *testing.T, m mjpegWriter, watch func(pics *hub.Pictures, r *bufio.Reader)) {
	synctest.Test(t, func(t *testing.T) {
		cn, client := pipeConn(t)
		m := m
		m.conn = cn
		pics := hub.NewPictures()
		ended := make(chan struct{})
		go func() { defer close(ended); m.run(pics) }()
		synctest.Wait()
		watch(pics, bufio.NewReader(client))
		close(cn.s.done)
		client.Close()
		<-ended
		if n := pics.Subscribers(); n != 0 {
			t.Errorf("%d subscribers stayed behind", n)
		}
	})
}

func wantBytes(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if string(got[:n]) != want {
		t.Fatalf("got  %q\nwant %q (%v)", got[:n], want, err)
	}
}

func TestMJPEGPartsByteForByte(t *testing.T) {
	jpeg := []byte("\xff\xd8pixels\xff\xd9")
	inFakeTime(t, mjpegWriter{}, func(pics *hub.Pictures, r *bufio.Reader) {
		captured := time.Now()                // 2000-01-01 in fake time
		time.Sleep(116870 * time.Microsecond) // its way through the pipeline
		pics.Publish(&hub.Picture{Seq: 1234, JPEG: jpeg, Captured: captured})
		wantBytes(t, r, "Content-Type: image/jpeg\r\nContent-Length: 10\r\nX-Timestamp: 946684800.000000\r\nX-Frame-Seq: 1234\r\nX-Frame-Age-Us: 116870\r\n\r\n"+string(jpeg)+"\r\n--frame\r\n")

		// One with the moved on result of an earlier frame says which.
		pics.Publish(&hub.Picture{Seq: 7, JPEG: jpeg[:2], Captured: time.Now(), Result: 5})
		wantBytes(t, r, "Content-Type: image/jpeg\r\nContent-Length: 2\r\nX-Timestamp: 946684800.116870\r\nX-Frame-Seq: 7\r\nX-Result-Seq: 5\r\nX-Frame-Age-Us: 0\r\n\r\n\xff\xd8\r\n--frame\r\n")

		// A notice is no frame: it has a state and no seq.
		pics.Publish(&hub.Picture{JPEG: jpeg[:2], Captured: time.Now(), Notice: "lost"})
		wantBytes(t, r, "Content-Type: image/jpeg\r\nContent-Length: 2\r\nX-Timestamp: 946684800.116870\r\nX-Camera-State: lost\r\nX-Frame-Age-Us: 0\r\n\r\n\xff\xd8\r\n--frame\r\n")
	})
}

// With advance=1 the next part's header stands ready, so that an <img> paints what it has.
func TestMJPEGAdvance(t *testing.T) {
	inFakeTime(t, mjpegWriter{ahead: true}, func(pics *hub.Pictures, r *bufio.Reader) {
		for _, body := range []string{"one", "two"} {
			pics.Publish(&hub.Picture{Seq: 1, JPEG: []byte(body), Captured: time.Now()})
			wantBytes(t, r, body+"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n")
		}
	})
}

func TestTimestampKeepsItsZeros(t *testing.T) {
	for us, want := range map[int64]string{
		1763870000123456: "1763870000.123456",
		1763870000000042: "1763870000.000042",
		1763870000000000: "1763870000.000000",
		1763870000999999: "1763870000.999999",
	} {
		if got := string(appendTimestamp(nil, time.UnixMicro(us))); got != want {
			t.Errorf("%d µs: got %s, want %s", us, got, want)
		}
	}
}

// Without news the last frame comes again each second, and its age grows.
func TestMJPEGRepeatsAfterASecond(t *testing.T) {
	inFakeTime(t, mjpegWriter{}, func(pics *hub.Pictures, r *bufio.Reader) {
		s := &stream{t: t, r: r}
		begin := time.Now()
		pics.Publish(picture(7, 0))
		for i := range 4 {
			p := s.readPart()
			if at, want := time.Since(begin), time.Duration(i)*time.Second; at != want {
				t.Errorf("sending %d came after %v, want %v", i, at, want)
			}
			if got, want := p.header["X-Frame-Age-Us"], strconv.Itoa(i*1e6); p.header["X-Frame-Seq"] != "7" || got != want {
				t.Errorf("sending %d: seq %s age %s, want 7 and %s", i, p.header["X-Frame-Seq"], got, want)
			}
		}
	})
}

// Before the first picture nothing can be repeated.
func TestMJPEGWaitsForTheFirstPicture(t *testing.T) {
	inFakeTime(t, mjpegWriter{}, func(pics *hub.Pictures, r *bufio.Reader) {
		time.Sleep(5 * time.Second)
		pics.Publish(picture(1, 0))
		if p := (&stream{t: t, r: r}).readPart(); p.header["X-Frame-Age-Us"] != "0" {
			t.Errorf("the first part is %v", p.header)
		}
	})
}

// fps is a ceiling that is reached: the pictures in between are skipped, and what is sent
// is the newest at that moment.
func TestMJPEGRateCap(t *testing.T) {
	for _, c := range []struct {
		camera, limit, lo, hi int // pictures a second, pictures in 10 s
	}{
		{30, 10, 100, 101},
		{30, 7, 70, 71},
		{30, 60, 299, 300}, // a cap above the camera's rate costs nothing
		{30, 30, 299, 300},
		{30, 29, 290, 291}, // waiting for a picture takes nothing from the next one's turn
		{100, 25, 250, 251},
	} {
		t.Run(fmt.Sprintf("camera %d cap %d", c.camera, c.limit), func(t *testing.T) {
			m := mjpegWriter{gap: time.Second / time.Duration(c.limit)}
			inFakeTime(t, m, func(pics *hub.Pictures, r *bufio.Reader) {
				got := make(chan int)
				begin := time.Now()
				go func() {
					s := &stream{t: t, r: r}
					n := 0
					for {
						p, err := s.tryPart()
						if err != nil || time.Since(begin) >= 10*time.Second {
							got <- n
							return
						}
						n++
						// One picture's interval is as old as the newest can be.
						if us, _ := strconv.Atoi(p.header["X-Frame-Age-Us"]); us > 1e6/c.camera+1 {
							t.Errorf("picture %s was sent %d µs old", p.header["X-Frame-Seq"], us)
						}
					}
				}()
				for i := range 10*c.camera + 1 {
					time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(c.camera))))
					pics.Publish(picture(uint64(i+1), 0))
				}
				time.Sleep(time.Second) // the reader ends with the first part after the 10 s
				if n := <-got; n < c.lo || n > c.hi {
					t.Errorf("%d pictures in 10 s, want %d to %d", n, c.lo, c.hi)
				}
			})
		})
	}
}

// A client that takes nothing is given up when its write has taken too long.
func TestMJPEGGivesUpAfterTheWriteLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cn, client := pipeConn(t)
		defer client.Close()
		pics := hub.NewPictures()
		keeper := pics.Subscribe()
		defer keeper.Close()
		pics.Publish(picture(1, 0))
		begin := time.Now()
		m := mjpegWriter{conn: cn}
		m.run(pics)
		if d := time.Since(begin); d != 10*time.Second || cn.s.evicted.Load() != 1 {
			t.Errorf("given up after %v, evicted %d; want 10s and 1", d, cn.s.evicted.Load())
		}
	})
}

func TestMJPEGOverTheNetwork(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		path string
		hub  *hub.Pictures
		kind string
	}{
		{"/ai-video-stream", r.cfg.Annotated, "annotated"},
		{"/ai-video-stream?overlay=on&cache=123", r.cfg.Annotated, "annotated"},
		{"/ai-video-stream?overlay=off", r.cfg.Clean, "clean"},
		{"/raw-video-stream?_=1&overlay=off", r.cfg.Raw, "raw"},
		{"/stream", r.cfg.Annotated, "annotated"},
		{"/?action=stream", r.cfg.Annotated, "annotated"},
	} {
		t.Run(c.path, func(t *testing.T) {
			s := r.open(c.path, 0)
			defer r.streamsGone()
			defer s.nc.Close()
			h := s.head.Header
			for name, want := range map[string]string{
				"Content-Type": "multipart/x-mixed-replace;boundary=frame", "Cache-Control": "no-store, no-transform",
				"X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff", "Connection": "close",
				"Content-Length": "", "Transfer-Encoding": "",
			} {
				if got := h.Get(name); got != want && name != "Connection" || name == "Connection" && !s.head.Close {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			s.readOpening()
			<-c.hub.Demand()
			want := picture(42, 100)
			c.hub.Publish(want)
			p := s.readPart()
			if !bytes.Equal(p.jpeg, want.JPEG) || p.header["X-Frame-Seq"] != "42" || len(p.header) != 5 {
				t.Errorf("got %v with %d bytes", p.header, len(p.jpeg))
			}
			got := r.streams.clients()
			if len(got) != 1 || got[0].kind != c.kind || got[0].ip != "127.0.0.1" {
				t.Errorf("clients: %+v, want one of %s", got, c.kind)
			}
		})
	}
}

// The standard library's parser, as strict as any, reads the stream.
func TestMJPEGForMultipartReaders(t *testing.T) {
	r := newRig(t)
	resp, err := r.client.Get("http://" + r.addr + "/ai-video-stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(resp.Body, params["boundary"])
	<-r.cfg.Annotated.Demand()
	for seq := uint64(1); seq <= 3; seq++ {
		want := picture(seq, 5000)
		r.cfg.Annotated.Publish(want)
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(p)
		if err != nil || !bytes.Equal(got, want.JPEG) || p.Header.Get("X-Frame-Seq") != strconv.FormatUint(seq, 10) {
			t.Errorf("part %d: %d bytes, header %v, %v", seq, len(got), p.Header, err)
		}
	}
}

func TestMJPEGHead(t *testing.T) {
	r := newRig(t)
	for path, kind := range map[string]string{"/ai-video-stream": mjpegType, "/raw-video-stream": mjpegType, "/stream": mjpegType, "/api/v1/events": "text/event-stream"} {
		s := r.dial(0)
		fmt.Fprintf(s.nc, "HEAD %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, r.addr)
		head, err := http.ReadResponse(s.r, &http.Request{Method: "HEAD"})
		if err != nil {
			t.Fatal(err)
		}
		if head.StatusCode != 200 || head.Header.Get("Content-Type") != kind || head.Header.Get("Content-Length") != "" {
			t.Errorf("HEAD %s: %d %v", path, head.StatusCode, head.Header)
		}
		if rest, err := io.ReadAll(s.r); len(rest) > 0 || err != nil {
			t.Errorf("HEAD %s: %q, %v after the header", path, rest, err)
		}
	}
}

// The simplest clients say HTTP/1.0 and not even which host they mean.
func TestMJPEGForHTTP10(t *testing.T) {
	r := newRig(t)
	s := r.dial(0)
	io.WriteString(s.nc, "GET /stream HTTP/1.0\r\n\r\n")
	s.readHead()
	if s.head.StatusCode != 200 || s.head.TransferEncoding != nil || !s.head.Close {
		t.Fatalf("got %+v", s.head)
	}
	s.readOpening()
	<-r.cfg.Annotated.Demand()
	r.cfg.Annotated.Publish(picture(1, 0))
	if p := s.readPart(); p.header["X-Frame-Seq"] != "1" {
		t.Errorf("got %v", p.header)
	}
}

func TestMJPEGRefusesWrongValues(t *testing.T) {
	r := newRig(t)
	for query, name := range map[string]string{
		"overlay=maybe": "overlay", "overlay=OFF": "overlay",
		"fps=0": "fps", "fps=-1": "fps", "fps=fast": "fps", "fps=NaN": "fps", "fps=%2BInf": "fps", "fps=1001": "fps",
		"advance=2": "advance", "advance=yes": "advance",
		"width=15": "width", "width=4097": "width", "width=-640": "width", "width=wide": "width", "width=640.5": "width",
		"quality=0": "quality", "quality=101": "quality", "quality=low": "quality", "width=640&quality=-1": "quality",
	} {
		for _, path := range []string{"/ai-video-stream?", "/?action=stream&"} {
			resp, body := r.get(path + query)
			if message, _ := wantError(t, resp, body, 400, "bad_parameter"); !strings.Contains(message, name+"=") {
				t.Errorf("%s: %q does not name the parameter", query, message)
			}
		}
	}
	if n, m := len(r.streams.clients()), r.renditions.Len(); n != 0 || m != 0 {
		t.Errorf("%d streams and %d renditions were counted for refused requests", n, m)
	}
}
