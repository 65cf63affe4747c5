package httpapi

import (
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"freshframe/backend/capture"
)

func TestHostNames(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Hosts = []string{"cam.example", "Proxy.Internal"} })
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST:8080": true, "dev.localhost:1": true,
		"127.0.0.1": true, "127.0.0.1:8080": true, "127.1.2.3": true, "[::1]": true, "[::1]:8080": true,
		"cam.example": true, "CAM.example:443": true, "proxy.internal": true,
		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false,
		"notlocalhost": false, "192.168.1.5": false, "0.0.0.0:8080": false, "[fe80::1]": false, "cam.example.evil": false,
		"sub.cam.example": false, "127.0.0.1:8080:8080": false,
	} {
		resp, body := r.get("/api/v1/state", "Host", host)
		switch {
		case ok && resp.StatusCode != 200:
			t.Errorf("%s is refused: %s", host, body)
		case !ok:
			if message, hint := wantError(t, resp, body, 403, "unknown_host"); !strings.Contains(message, host) || !strings.Contains(hint, "--allowed-host") {
				t.Errorf("%s: %q, %q", host, message, hint)
			}
		}
	}
	for _, path := range []string{"/", "/stream", "/ai-video-stream", "/api/v1/events", "/api/v1/snapshot.jpg", "/healthz", "/metrics", "/nothing"} {
		resp, body := r.get(path, "Host", "evil.example", "X-Forwarded-Host", "localhost")
		wantError(t, resp, body, 403, "unknown_host")
	}
	long := strings.Repeat("a", 3000)
	resp, body := r.get("/", "Host", long)
	if message, _ := wantError(t, resp, body, 403, "unknown_host"); len(message) > 200 {
		t.Errorf("the answer repeats %d bytes of what was sent", len(message))
	}
}

func FuzzKnownHost(f *testing.F) {
	for _, h := range []string{"", "localhost", "[::1]:80", "127.0.0.1", "evil", "[", "]", ":", "[::1%25eth0]", "localhost."} {
		f.Add(h)
	}
	s := &Server{}
	f.Fuzz(func(t *testing.T, host string) {
		if !s.knownHost(host) || host == "" {
			return
		}
		// What is let in must name this machine when it is an address at all.
		name := host
		if h, _, err := net.SplitHostPort(host); err == nil {
			name = h
		}
		name = strings.ToLower(strings.Trim(name, "[]"))
		if ip := net.ParseIP(name); ip == nil && name != "localhost" && !strings.HasSuffix(name, ".localhost") || ip != nil && !ip.IsLoopback() {
			t.Errorf("%q is let in", host)
		}
	})
}

// remoteListener pretends that other machines can reach it.
type remoteListener struct{ net.Listener }

func (remoteListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// Where other machines can connect, the key protects and any name will do.
func TestHostNamesBeyondLoopback(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRigOn(t, remoteListener{ln}, func(c *Config) { c.Key = "0123456789abcdef" })
	r.addr = ln.Addr().String()
	if resp, body := r.get("/api/v1/state", "Host", "cam.example", "Authorization", "Bearer 0123456789abcdef"); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	resp, body := r.get("/api/v1/state", "Host", "cam.example")
	wantError(t, resp, body, 401, "key_required")
	resp, body = r.do("POST", "/api/v1/camera/stop", "", "Host", "cam.example", "Authorization", "Bearer 0123456789abcdef", "Origin", "http://evil.example")
	wantError(t, resp, body, 403, "cross_site")
}

func TestOtherSitesControlNothing(t *testing.T) {
	r := newRig(t)
	r.cam.setControls = func(context.Context, []capture.Setting) ([]capture.Control, error) {
		t.Error("a refused change reached the camera")
		return nil, nil
	}
	for _, origin := range []string{"http://evil.example", "https://evil.example:8080", "null", "http://localhost:1", "://", "http://127.0.0.1.evil.example", "file://"} {
		for _, c := range []string{"POST /api/v1/camera/stop", "POST /api/v1/camera/start", "PATCH /api/v1/pipeline", "PATCH /api/v1/camera/controls", "POST /login", "DELETE /"} {
			method, path, _ := strings.Cut(c, " ")
			resp, body := r.do(method, path, `{"paused":true}`, "Origin", origin, "Content-Type", "application/json")
			wantError(t, resp, body, 403, "cross_site")
		}
		if resp, _ := r.get("/api/v1/state", "Origin", origin); resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may read the state", origin)
		}
	}
	if set, _ := r.pipe.Settings(); set.Paused {
		t.Error("a refused change took effect")
	}
	for _, own := range []string{"http://" + r.addr, "HTTP://" + strings.ToUpper(r.addr)} {
		if resp, body := r.do("PATCH", "/api/v1/pipeline", `{}`, "Origin", own, "Content-Type", "application/json"); resp.StatusCode != 200 {
			t.Errorf("the own page is refused: %s", body)
		}
	}
	// A program sends no Origin.
	if resp, body := r.do("POST", "/api/v1/camera/start", ""); resp.StatusCode != 200 {
		t.Errorf("%s", body)
	}
}

const testKey = "s3cret&key=with%odd chars"

func TestKey(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Key = testKey })
	query := url.QueryEscape(testKey)
	everything := []string{"/api/v1/state", "/api/v1/events", "/ai-video-stream", "/raw-video-stream", "/stream", "/snapshot", "/api/v1/snapshot.jpg", "/?action=stream", "/metrics", "/readyz", "/api/v1/openapi.json", "/api/v1/camera/controls", "/assets/app.js", "/login", "/LOGIN", "/Healthz"}
	for _, path := range everything {
		for name, headers := range map[string][]string{
			"no key":       nil,
			"wrong bearer": {"Authorization", "Bearer wrong"},
			"empty bearer": {"Authorization", "Bearer "},
			"no scheme":    {"Authorization", testKey},
			"basic":        {"Authorization", "Basic " + testKey},
			"wrong cookie": {"Cookie", cookieName + "=wrong"},
			"key cookie":   {"Cookie", cookieName + "=" + query},
		} {
			if path == "/login" {
				continue // tried below
			}
			resp, body := r.get(path, headers...)
			wantError(t, resp, body, 401, "key_required")
			if t.Failed() {
				t.Fatalf("%s with %s", path, name)
			}
			if got := resp.Header.Get("WWW-Authenticate"); got != "Bearer" {
				t.Errorf("%s: WWW-Authenticate %q", path, got)
			}
		}
	}
	resp, body := r.get("/api/v1/state?key=wrong")
	wantError(t, resp, body, 401, "key_required")
	resp, body = r.get("/login")
	wantError(t, resp, body, 404, "not_found")
	for _, c := range []string{"POST /api/v1/camera/stop", "PATCH /api/v1/camera/controls"} {
		method, path, _ := strings.Cut(c, " ")
		resp, body = r.do(method, path, `{}`, "Content-Type", "application/json")
		wantError(t, resp, body, 401, "key_required")
	}
	if got := r.head("/healthz"); got != 200 {
		t.Errorf("healthz without a key: %d", got)
	}
	for name, headers := range map[string][]string{
		"bearer": {"Authorization", "Bearer " + testKey}, "lower case": {"Authorization", "bearer " + testKey},
	} {
		if resp, body := r.get("/api/v1/state", headers...); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	for _, path := range []string{"/api/v1/state?key=", "/api/v1/analyzers?key="} {
		if resp, body := r.get(path + query); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if s := r.open("/stream?key="+query, 0); s.head.StatusCode != 200 {
		t.Errorf("a stream with the key in its address: %d", s.head.StatusCode)
	}
}

func TestLogin(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Key = testKey })
	resp, body := r.get("/", "Accept", "text/html,*/*")
	if resp.StatusCode != 401 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(body), `action="/login"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if p := resp.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "form-action 'self'") {
		t.Errorf("the policy of the form is %q", p)
	}
	// With "no-referrer" a browser would send the form with Origin: null, and be refused.
	if p := resp.Header.Get("Referrer-Policy"); p != "same-origin" {
		t.Errorf("Referrer-Policy is %q", p)
	}
	resp, body = r.get("/") // a program is told, not shown
	wantError(t, resp, body, 401, "key_required")

	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "http://" + r.addr}
	resp, body = r.do("POST", "/login", "key=wrong", form...)
	if resp.StatusCode != 401 || !strings.Contains(string(body), "not the key") || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("a wrong key: %d %v %s", resp.StatusCode, resp.Header, body)
	}
	for _, nothing := range []string{"", "key=", "other=1"} {
		if resp, _ := r.do("POST", "/login", nothing, form...); resp.StatusCode != 401 {
			t.Errorf("login with %q: %d", nothing, resp.StatusCode)
		}
	}
	resp, _ = r.do("POST", "/login", "key="+url.QueryEscape(testKey), form...)
	cookies := resp.Cookies()
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("the right key: %d %v", resp.StatusCode, resp.Header)
	}
	c := cookies[0]
	if c.Name != cookieName || !c.HttpOnly || c.SameSite != 3 || c.Path != "/" || c.Secure || strings.Contains(c.Value, "s3cret") {
		t.Errorf("the cookie is %+v", c)
	}
	if resp, body := r.get("/api/v1/state", "Cookie", c.Name+"="+c.Value); resp.StatusCode != 200 {
		t.Errorf("with the cookie: %d %s", resp.StatusCode, body)
	}
	if s := r.open("/stream", 0, "Cookie", c.Name+"="+c.Value); s.head.StatusCode != 200 {
		t.Errorf("a stream with the cookie: %d", s.head.StatusCode)
	}
}

func TestLoginWithoutAKey(t *testing.T) {
	r := newRig(t)
	if resp, _ := r.do("POST", "/login", "key=x", "Content-Type", "application/x-www-form-urlencoded"); resp.StatusCode != 303 || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

// Requests in absolute form name the host in the address; that is the one that counts.
func TestAbsoluteForm(t *testing.T) {
	r := newRig(t)
	s := r.dial(0)
	io.WriteString(s.nc, "GET http://evil.example/api/v1/state HTTP/1.1\r\nHost: localhost\r\n\r\n")
	s.readHead()
	body, _ := io.ReadAll(io.LimitReader(s.head.Body, s.head.ContentLength))
	wantError(t, s.head, body, 403, "unknown_host")
}
