package httpapi

import (
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// pagePolicy lets the page load nothing but its own files.
const pagePolicy = "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// handleRoot is GET /: the dashboard, or what an mjpg-streamer client asks of this address.
func (s *Server) handleRoot(c *fiber.Ctx) error {
	switch c.Query("action") {
	case "stream":
		return s.handleAnnotated(c)
	case "snapshot":
		return s.snapshotJPEG(c)
	}
	return s.sendFile(c, "index.html")
}

// handlePage is any other GET: a file of the dashboard.
func (s *Server) handlePage(c *fiber.Ctx) error {
	name := strings.TrimPrefix(c.Path(), "/")
	if !fs.ValidPath(name) || strings.HasPrefix(name, ".") {
		return fiber.ErrNotFound
	}
	return s.sendFile(c, name)
}

func (s *Server) sendFile(c *fiber.Ctx, name string) error {
	if s.cfg.Page == nil {
		if name != "index.html" {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		return c.SendString(noPage)
	}
	data, err := fs.ReadFile(s.cfg.Page, name)
	if err != nil {
		return fiber.ErrNotFound
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	c.Set(fiber.HeaderContentType, kind)
	if strings.HasPrefix(name, "assets/") { // named by their content
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	} else {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	if name == "index.html" {
		c.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
	}
	return c.Send(data)
}

// noPage is shown by a binary that was built without the dashboard.
const noPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>freshframe</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:50rem;padding:0 1rem;color-scheme:light dark}img{max-width:100%}code{background:#8883;padding:.1em .3em}</style>
<h1>freshframe is running</h1>
<p>This binary was built without the dashboard. To have it, run <code>npm ci &amp;&amp; npm run build</code> in the project's folder and then <code>go build ./backend/cmd/freshframe</code> again; <code>npm start</code> does all of it.</p>
<p>Everything else works: <a href="/ai-video-stream">/ai-video-stream</a>, <a href="/api/v1/state">/api/v1/state</a>, <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
<img src="/ai-video-stream?advance=1" alt="annotated live video"></html>`
