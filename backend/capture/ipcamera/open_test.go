package ipcamera

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial opens an address as the program does.
func dial(ctx context.Context, address string) (capture.Source, error) {
	s, a, err := Schemes().Parse(address)
	if err != nil {
		return nil, err
	}
	opener, err := s.Remember(a)
	if err != nil {
		return nil, err
	}
	return opener(ctx, 1)
}

// serve answers at an address of its own until the test ends.
func serve(tb testing.TB, h http.HandlerFunc) string {
	srv := httptest.NewServer(h)
	tb.Cleanup(srv.Close)
	return srv.URL
}

// streaming answers with that Content-Type, unless it is "", and that body, and stays connected.
func streaming(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.Write(body)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

// withUser puts user and password into an address.
func withUser(address string) string {
	return strings.Replace(address, "://", "://root:s%2Fcret@", 1)
}

func TestStreams(t *testing.T) {
	a := picture(t, 1)
	multi := func(delimiter string) []byte {
		return stream(delimiter, "\r\nContent-Type: image/jpeg\r\n\r\n", a)
	}
	tests := []struct {
		name, contentType string
		body              []byte
	}{
		{"by the book", "multipart/x-mixed-replace;boundary=frame", multi("--frame")},
		{"quoted, with blanks and capitals", `Multipart/X-Mixed-Replace; charset=x; Boundary="a b;c" ; q=1`, multi("--a b;c")},
		{"quote not closed", `multipart/x-mixed-replace; boundary="frame`, multi("--frame")},
		{"dashes in the parameter", "multipart/x-mixed-replace; boundary=--frame", multi("--frame")},
		{"empty parameter", "multipart/x-mixed-replace; boundary=", multi("--frame")},
		{"no parameter", "multipart/x-mixed-replace", multi("--frame")},
		{"mixed", "multipart/mixed; boundary=frame", multi("--frame")},
		{"bare pictures", "video/x-motion-jpeg", a},
		{"bytes", "application/octet-stream", a},
		{"no type", "", multi("--frame")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := dial(t.Context(), serve(t, streaming(tt.contentType, tt.body)))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var f frame.Frame
			if err := s.Read(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.Data, a) || f.Seq != 1 {
				t.Errorf("%d bytes, seq %d", len(f.Data), f.Seq)
			}
		})
	}
}

// Nothing that may be a password gets out.
func TestInfoIsRedacted(t *testing.T) {
	address := serve(t, streaming("multipart/x-mixed-replace", nil))
	s, err := dial(t.Context(), withUser(address)+"/video.cgi?user=root&pwd=s/cret#timeout=3s")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Info(); got != (capture.Info{Device: address + "/video.cgi", Format: frame.JPEG}) {
		t.Errorf("info %+v", got)
	}
}

func TestRefused(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	answer := func(status int, contentType string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
		})
	}
	location := func(to string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains about what is tested here
	secure.StartTLS()
	t.Cleanup(secure.Close)
	garbage := rawServer(t, "SSH-2.0-nonsense\r\n\r\n")
	tests := []struct {
		name, address string
		code          capture.Code
		says          string
	}{
		{"nobody there", closed.URL, capture.Unreachable, "connection refused"},
		{"no HTTP", garbage, capture.Unreachable, "malformed HTTP"},
		{"no TLS", strings.Replace(garbage, "http:", "https:", 1), capture.Unreachable, ""},
		{"certificate not trusted", secure.URL, capture.Unreachable, "certificate"},
		{"401", answer(401, ""), capture.PermissionDenied, "asks for a user name"},
		{"403", answer(403, ""), capture.PermissionDenied, "forbids"},
		{"404", answer(404, ""), capture.NoSuchDevice, "nothing at this address"},
		{"503", answer(503, ""), capture.Unreachable, "status 503"},
		{"204", answer(204, ""), capture.Unreachable, "status 204"},
		{"single picture", answer(200, "image/jpeg"), capture.NotACamera, "single picture"},
		{"web page", answer(200, "text/html; charset=utf-8"), capture.NotACamera, `"text/html"`},
		{"redirects in a circle", location("/?user=s%2Fcret"), capture.Unreachable, "more than 5 times"},
		{"redirects to a file", location("file:///etc/passwd"), capture.Unreachable, `"file"`},
		{"redirects to nowhere", location("http://"), capture.Unreachable, "neither"},
		{"redirects to nothing", location(""), capture.Unreachable, "no valid address"},
		{"redirects to rubbish", location("http://root:s%2Fcret@h:x y"), capture.Unreachable, "no valid address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := dial(t.Context(), tt.address+"/video?pwd=s/cret")
			var e *capture.Error
			if s != nil || !errors.As(err, &e) {
				t.Fatalf("source %v, error %v", s, err)
			}
			if e.Code != tt.code || !strings.Contains(e.Err.Error(), tt.says) || e.Hint == "" || e.Device != tt.address+"/video" {
				t.Errorf("code %q, device %q, error %q", e.Code, e.Device, err)
			}
			if text := err.Error(); strings.Contains(text, "s/cret") || strings.Contains(text, "s%2Fcret") {
				t.Errorf("the error gives the password away: %s", text)
			}
		})
	}
}

// rawServer answers every request with that text and hangs up.
func rawServer(t *testing.T, text string) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				c.Write([]byte(text))
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

func TestBadAddress(t *testing.T) {
	const secret = "pa55"
	for _, address := range []string{
		"http:", "http://", "http:///path", "http:host", "http://u:" + secret + "@", "http://u:" + secret + "@host:port/x",
		"http://u:" + secret + " w@host/", "http://u:" + secret + "/w@host/", "http://u:5" + secret + "?w@host/", "http:u:" + secret + "@host",
		"http://u:55/" + secret + "@host/", "http://u:55?" + secret + "@host/",
	} {
		a := capture.Address{Text: address, Target: address}
		_, err := Schemes()[0].Remember(a)
		var e *capture.Error
		if !errors.As(err, &e) || e.Code != capture.BadSource || e.Hint == "" {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "u:55") {
			t.Errorf("%s: the error gives the password away: %v", address, err)
		}
	}
}

func TestTLS(t *testing.T) {
	srv := httptest.NewTLSServer(streaming("multipart/x-mixed-replace", jpegPart(picture(t, 1))))
	t.Cleanup(srv.Close)
	s, err := dial(t.Context(), srv.URL+"#tls_verify=off")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	if err := s.Read(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	const nonce = `nonce="abc", realm="cam"`
	tests := []struct {
		name       string
		challenges []string // one for each try; the last stands for all further
		accept     func(authorization string) bool
		ok         bool
		tries      int
	}{
		{"not asked", nil, func(a string) bool { return a == "" }, true, 1},
		{"basic", []string{`Basic realm="cam"`}, func(a string) bool { return a == "Basic cm9vdDpzL2NyZXQ=" }, true, 2},
		{"digest", []string{`Digest qop="auth", algorithm=SHA-256, ` + nonce}, func(a string) bool { return checkDigest(a, "/video?x=1") }, true, 2},
		{"digest of old", []string{"Digest " + nonce}, func(a string) bool { return checkDigest(a, "/video?x=1") }, true, 2},
		{"digest whose nonce expired", []string{`Digest nonce="old", realm="cam"`, "Digest stale=true, " + nonce}, func(a string) bool { return checkDigest(a, "/video?x=1") }, true, 3},
		{"wrong", []string{"Digest " + nonce}, func(string) bool { return false }, false, 2},
		{"always stale", []string{"Digest stale=true, " + nonce}, func(string) bool { return false }, false, 3},
		{"unknown scheme", []string{"Negotiate"}, func(string) bool { return false }, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tries := 0
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				tries++
				if tt.accept(r.Header.Get("Authorization")) {
					streaming("multipart/x-mixed-replace", nil)(w, r)
					return
				}
				w.Header().Set("WWW-Authenticate", tt.challenges[min(tries, len(tt.challenges))-1])
				w.WriteHeader(http.StatusUnauthorized)
			})
			s, err := dial(t.Context(), withUser(address)+"/video?x=1")
			if s != nil {
				s.Close()
			}
			var e *capture.Error
			if tt.ok != (err == nil) || !tt.ok && (!errors.As(err, &e) || e.Code != capture.PermissionDenied || !strings.Contains(err.Error(), "refuses")) {
				t.Errorf("error %v", err)
			}
			if tries != tt.tries {
				t.Errorf("%d tries, want %d", tries, tt.tries)
			}
		})
	}
}

// checkDigest does what a camera does with an answer whose nonce is "abc".
func checkDigest(authorization, uri string) bool {
	cs := parseChallenges([]string{authorization})
	if len(cs) != 1 || cs[0].scheme != "Digest" || cs[0].params["nonce"] != "abc" || cs[0].params["uri"] != uri {
		return false
	}
	d, ok := digestOf(cs[0], cs[0].params["cnonce"])
	want := parseChallenges([]string{d.header("root", "s/cret", "GET", uri)})
	return ok && cs[0].params["response"] == want[0].params["response"]
}

// The password follows redirects on the camera's host, and goes nowhere else.
func TestPasswordStaysHome(t *testing.T) {
	sent := make(chan string, 10)
	asking := func(w http.ResponseWriter, r *http.Request) {
		sent <- r.Header.Get("Authorization")
		if r.Header.Get("Authorization") != "" {
			streaming("multipart/x-mixed-replace", nil)(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", "Basic realm=x")
		w.WriteHeader(http.StatusUnauthorized)
	}
	other := serve(t, asking)
	tests := []struct {
		name, to string
		ok       bool
	}{
		{"same host, other port", other, true},
		{"other host", strings.Replace(other, "127.0.0.1", "localhost", 1), false},
		{"user in the new address", strings.Replace(strings.Replace(other, "127.0.0.1", "localhost", 1), "://", "://a:b@", 1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, tt.to, http.StatusMovedPermanently)
			})
			s, err := dial(t.Context(), withUser(address))
			if s != nil {
				s.Close()
			}
			if tt.ok != (err == nil) {
				t.Errorf("error %v", err)
			}
			var got []string
			for len(sent) > 0 {
				got = append(got, <-sent)
			}
			if got[0] != "" || len(got) > 1 != tt.ok {
				t.Errorf("sent %q", got)
			}
		})
	}
	c := &camera{address: &url.URL{Scheme: "https", Host: "cam"}}
	if c.trusts(&url.URL{Scheme: "http", Host: "cam"}) || !c.trusts(&url.URL{Scheme: "https", Host: "CAM:444"}) {
		t.Error("the password must not go out in clear when https was asked for")
	}
}

func TestTimeout(t *testing.T) {
	silent := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	began := time.Now()
	_, err := dial(t.Context(), silent+"#timeout=100ms")
	var e *capture.Error
	if !errors.As(err, &e) || e.Code != capture.Unreachable || !strings.Contains(err.Error(), "no answer within 100ms") {
		t.Errorf("error %v", err)
	}
	if d := time.Since(began); d < 100*time.Millisecond || d > 3*time.Second {
		t.Errorf("gave up after %v", d)
	}
}

func TestOpenGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel() // once the request is there
		<-r.Context().Done()
	})
	if s, err := dial(ctx, silent+"#timeout=10s"); s != nil || err != context.Canceled {
		t.Errorf("source %v, error %v", s, err)
	}
}

// What bounds the opening must not end the stream.
func TestStreamOutlivesOpening(t *testing.T) {
	more := make(chan struct{})
	a := picture(t, 1)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace;boundary=b")
		w.(http.Flusher).Flush()
		<-more
		w.Write(jpegPart(a))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	s, err := dial(ctx, address+"#timeout=100ms")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancel()
	var f frame.Frame
	wait, stop := context.WithTimeout(t.Context(), 200*time.Millisecond) // longer than the timeout
	defer stop()
	if err := s.Read(wait, &f); err != context.DeadlineExceeded {
		t.Fatalf("while the camera is silent: %v", err)
	}
	close(more)
	if err := s.Read(t.Context(), &f); err != nil || !bytes.Equal(f.Data, a) {
		t.Errorf("%d bytes, error %v", len(f.Data), err)
	}
}

func TestCloseIsPrompt(t *testing.T) {
	s, err := dial(t.Context(), serve(t, streaming("multipart/x-mixed-replace", []byte("--b\r\n"))))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.Close()
	if d := time.Since(began); d > 500*time.Millisecond {
		t.Errorf("closing took %v", d)
	}
}

// The camera drops the connection in the middle of a picture.
func TestCameraGoesAway(t *testing.T) {
	a := picture(t, 1)
	text := "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n" + string(jpegPart(a)) + "--b\r\n\r\n" + string(a[:50])
	s, err := dial(t.Context(), rawServer(t, text))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	if err := s.Read(t.Context(), &f); err != nil || !bytes.Equal(f.Data, a) {
		t.Fatalf("%d bytes, error %v", len(f.Data), err)
	}
	var e *capture.Error
	if err := s.Read(t.Context(), &f); !errors.As(err, &e) || e.Code != capture.CameraLost {
		t.Errorf("error %v", err)
	}
}

func TestSchemes(t *testing.T) {
	for i, name := range []string{"http", "https"} {
		if s := Schemes()[i]; s.Name != name || !s.Patient || s.Retry > 5*time.Second {
			t.Errorf("%s: %+v", name, s)
		}
	}
	_, _, err := Schemes().Parse("http://host/#tls_verify=off")
	if err == nil {
		t.Error("http has no certificate to check")
	}
}
