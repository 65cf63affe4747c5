package httpapi

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// A camera is someone's home. Three doors are kept shut here:
//   - without a key only this machine gets in, and only under a name of this machine: a page
//     that points its own host name at 127.0.0.1 (DNS rebinding) is refused;
//   - with a key every request must carry it;
//   - a page of another site cannot change anything: its Origin gives it away.
//
// Forwarding headers are never believed.

const cookieName = "freshframe_key"

// guard lets a request through or refuses it.
func (s *Server) guard(c *fiber.Ctx) error {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	// Not "no-referrer": with it browsers send the login form with the Origin null.
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	// Not c.Hostname, which believes X-Forwarded-Host.
	host, addressed := string(c.Request().Header.Host()), string(c.Request().URI().Host())
	if s.loopback && !(s.knownHost(host) && s.knownHost(addressed)) {
		return fail(fiber.StatusForbidden, "unknown_host", "this server does not answer to the host name "+quoteShort(cmp.Or(addressed, host)), "use localhost or 127.0.0.1, or start the server with --allowed-host")
	}
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead {
		if o := c.Get(fiber.HeaderOrigin); o != "" && !sameHost(o, host) {
			return fail(fiber.StatusForbidden, "cross_site", "a page of another site ("+quoteShort(o)+") may not control the camera", "open the dashboard of this server itself")
		}
	}
	if s.cfg.Key == "" || c.Path() == "/healthz" || c.Path() == "/login" || s.hasKey(c) {
		return c.Next()
	}
	if c.Path() == "/" && strings.Contains(c.Get(fiber.HeaderAccept), "text/html") {
		return s.sendLogin(c, fiber.StatusUnauthorized, "")
	}
	c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	return fail(fiber.StatusUnauthorized, "key_required", "this server asks for its key", "send the header Authorization: Bearer KEY, or add ?key=KEY to a stream's address")
}

// knownHost says whether a Host header names this machine. Simple HTTP/1.0 clients send
// none; browsers, which rebinding needs, always do.
func (s *Server) knownHost(host string) bool {
	if host == "" {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if ip := net.ParseIP(name); ip != nil && ip.IsLoopback() {
		return true
	}
	for _, h := range s.cfg.Hosts {
		if strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

func quoteShort(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return `"` + s + `"`
}

// hasKey looks where clients can put it: programs in a header, players in the address,
// browsers in the cookie that the login sets.
func (s *Server) hasKey(c *fiber.Ctx) bool {
	scheme, bearer, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	return strings.EqualFold(scheme, "Bearer") && same(bearer, s.cfg.Key) || same(c.Query("key"), s.cfg.Key) || same(c.Cookies(cookieName), s.cookieValue())
}

// same compares in a time that does not depend on where the two differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return a != "" && subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// cookieValue stands for the key, without being it.
func (s *Server) cookieValue() string {
	sum := sha256.Sum256([]byte("freshframe cookie " + s.cfg.Key))
	return hex.EncodeToString(sum[:])
}

// handleLogin takes the key from the form and gives the cookie.
func (s *Server) handleLogin(c *fiber.Ctx) error {
	if s.cfg.Key == "" {
		return c.Redirect("/", fiber.StatusSeeOther)
	}
	if !same(c.FormValue("key"), s.cfg.Key) {
		return s.sendLogin(c, fiber.StatusUnauthorized, "That is not the key.")
	}
	c.Cookie(&fiber.Cookie{Name: cookieName, Value: s.cookieValue(), HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode, Path: "/", Secure: c.Context().IsTLS(), SessionOnly: true})
	return c.Redirect("/", fiber.StatusSeeOther)
}

func (s *Server) sendLogin(c *fiber.Ctx, status int, message string) error {
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).SendString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>freshframe</title>
<style>body{font:16px system-ui;margin:4rem auto;max-width:22rem;padding:0 1rem;color-scheme:light dark}input,button{font:inherit;padding:.6rem;width:100%;box-sizing:border-box;margin:.3rem 0}</style>
<h1>freshframe</h1><form method="post" action="/login"><label>Key <input name="key" type="password" autocomplete="current-password" required autofocus></label><button>Open</button></form><p role="alert">` + message + `</p></html>`)
}
