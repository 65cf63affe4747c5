package httpapi

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPage(t *testing.T) {
	files := fstest.MapFS{
		"index.html":               {Data: []byte("<!doctype html>page")},
		"theme.js":                 {Data: []byte("theme")},
		"favicon.svg":              {Data: []byte("<svg/>")},
		"assets/index-4f2a.js":     {Data: []byte("code")},
		"assets/index-4f2a.css":    {Data: []byte("style")},
		"assets/strange.unknown77": {Data: []byte("??")},
		".gitkeep":                 {Data: []byte("hidden")},
	}
	r := newRig(t, func(c *Config) { c.Page = files })
	const forever = "public, max-age=31536000, immutable"
	for _, c := range []struct{ path, body, kind, cache string }{
		{"/", "<!doctype html>page", "text/html; charset=utf-8", "no-cache"},
		{"/?win=5&view=raw", "<!doctype html>page", "text/html; charset=utf-8", "no-cache"},
		{"/?action=other", "<!doctype html>page", "text/html; charset=utf-8", "no-cache"},
		{"/index.html", "<!doctype html>page", "text/html; charset=utf-8", "no-cache"},
		{"/theme.js", "theme", "text/javascript; charset=utf-8", "no-cache"},
		{"/favicon.svg", "<svg/>", "image/svg+xml", "no-cache"},
		{"/assets/index-4f2a.js", "code", "text/javascript; charset=utf-8", forever},
		{"/assets/index-4f2a.css?v=1", "style", "text/css; charset=utf-8", forever},
		{"/assets/strange.unknown77", "??", "application/octet-stream", forever},
	} {
		resp, body := r.get(c.path)
		h := resp.Header
		if resp.StatusCode != 200 || string(body) != c.body || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cache || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %q %v", c.path, resp.StatusCode, body, h)
		}
		if policy := h.Get("Content-Security-Policy"); (policy == pagePolicy) != strings.HasPrefix(c.kind, "text/html") {
			t.Errorf("%s: the policy is %q", c.path, policy)
		}
	}
	for _, path := range []string{"/.gitkeep", "/assets", "/assets/", "/assets/none.js", "/nothing", "/index.html/", "/index"} {
		resp, body := r.get(path)
		wantError(t, resp, body, 404, "not_found")
	}
}

// Whatever the path says, nothing but the page's own files is served.
func TestPathTraversal(t *testing.T) {
	files := fstest.MapFS{"index.html": {Data: []byte("page")}, "assets/a.js": {Data: []byte("code")}}
	r := newRig(t, func(c *Config) { c.Page = files })
	for _, path := range []string{
		"/../etc/passwd", "/../../../../etc/passwd", "/assets/../../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc%2fpasswd", "/%2e%2e%2f%2e%2e%2fetc/passwd",
		"/..\\..\\etc\\passwd", "/..%5cetc%5cpasswd", "//etc/passwd", "/./../go.mod", "/assets/..%00/a.js", "/assets/%00", "/%252e%252e/etc/passwd", "/assets//a.js",
	} {
		s := r.dial(0) // a client library would clean the path
		fmt.Fprintf(s.nc, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path)
		s.readHead()
		body, err := io.ReadAll(s.head.Body)
		if err != nil {
			t.Fatal(err)
		}
		if s.head.StatusCode != 404 && s.head.StatusCode != 400 || strings.Contains(string(body), "root:") || strings.Contains(string(body), "module ") {
			t.Errorf("%s: %d %.100s", path, s.head.StatusCode, body)
		}
	}
}

// A binary without the dashboard says so, and shows the video all the same.
func TestNoPage(t *testing.T) {
	r := newRig(t)
	resp, body := r.get("/")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	for _, want := range []string{"built without the dashboard", "npm run build", `<img src="/ai-video-stream?advance=1"`, "/api/v1/openapi.json"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	resp, body = r.get("/assets/index.js")
	wantError(t, resp, body, 404, "not_found")
}
