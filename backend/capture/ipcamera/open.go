package ipcamera

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"freshframe/backend/capture"
)

const (
	maxRedirects = 5
	// maxAnswers bounds the tries to log in at one address: one, and one more for a
	// camera whose challenge went stale meanwhile.
	maxAnswers = 2
)

// camera is one chosen network camera.
type camera struct {
	address *url.URL // without user
	user    *url.Userinfo
	timeout time.Duration
	verify  bool // the TLS certificate
}

var errTimeout = errors.New("timeout")

// open connects and logs in. It returns once the header of the stream is there; ctx and
// the timeout bound that, but not what follows.
func (c *camera) open(ctx context.Context) (*source, error) {
	life, end := context.WithCancelCause(context.Background())
	stop := context.AfterFunc(ctx, func() { end(ctx.Err()) })
	timer := time.AfterFunc(c.timeout, func() { end(errTimeout) })
	transport := c.transport()
	resp, err := c.request(life, transport)
	timer.Stop()
	stop()
	if err == nil && life.Err() != nil { // too late for either
		resp.Body.Close()
		err = life.Err()
	}
	var boundary string
	if err == nil {
		if boundary, err = c.accept(resp); err != nil {
			resp.Body.Close()
		}
	}
	if err != nil {
		cause := context.Cause(life)
		end(nil)
		return nil, c.openError(ctx, cause, err)
	}
	return newSource(label(c.address), resp.Body, boundary, func() { end(nil) }), nil
}

func (c *camera) transport() *http.Transport {
	return &http.Transport{
		// No proxy: cameras live on the local network, and a proxy would buffer.
		DialContext:            (&net.Dialer{}).DialContext,
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: !c.verify},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		ReadBufferSize:         64 << 10,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// request asks for the stream, follows redirects and answers challenges.
func (c *camera) request(ctx context.Context, rt http.RoundTripper) (*http.Response, error) {
	target, login := c.address, ""
	for redirects, answers := 0, 0; ; {
		req := (&http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: http.Header{
			"User-Agent": {"freshframe"},
			"Accept":     {"*/*"},
		}}).WithContext(ctx)
		if login != "" {
			req.Header.Set("Authorization", login)
		}
		resp, err := rt.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			resp.Body.Close()
			if redirects++; redirects > maxRedirects {
				return nil, fmt.Errorf("it redirects more than %d times", maxRedirects)
			}
			if target, err = redirect(target, resp); err != nil {
				return nil, err
			}
			login, answers = "", 0
			continue
		case http.StatusUnauthorized:
			if c.user == nil || answers == maxAnswers || !c.trusts(target) {
				return resp, nil
			}
			answer, fresh := authorize(resp.Header.Values("WWW-Authenticate"), c.user, req.Method, target.RequestURI(), rand.Text())
			if answer == "" || answers > 0 && !fresh {
				return resp, nil
			}
			resp.Body.Close()
			login = answer
			answers++
			continue
		}
		return resp, nil
	}
}

// redirect is where a response sends us. The address it names may hold secrets and does
// not get into errors.
func redirect(from *url.URL, resp *http.Response) (*url.URL, error) {
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || *to == (url.URL{}) {
		return nil, errors.New("it redirects to no valid address")
	}
	to = from.ResolveReference(to)
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	if to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return nil, fmt.Errorf("it redirects to %q, which is neither http nor https", to.Scheme)
	}
	return to, nil
}

// trusts reports whether the password may go to that address: to the camera's own host
// only, and not in clear where https was asked for.
func (c *camera) trusts(u *url.URL) bool {
	return strings.EqualFold(u.Hostname(), c.address.Hostname()) && (u.Scheme == "https" || c.address.Scheme == "http")
}

const (
	hintStream  = "give the address of the camera's MJPEG stream, not of its page or of single pictures; its manual names it"
	hintNetwork = "check the address and that the camera is on; it is tried again by itself"
)

// accept checks the answer and gives the boundary it announces, "" for none.
func (c *camera) accept(resp *http.Response) (boundary string, err error) {
	fail := func(code capture.Code, hint, format string, args ...any) error {
		return &capture.Error{Code: code, Device: label(c.address), Hint: hint, Err: fmt.Errorf(format, args...)}
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusUnauthorized && c.user == nil:
		return "", fail(capture.PermissionDenied, "write http://USER:PASSWORD@HOST/PATH, with special characters of the password as %XX", "it asks for a user name and password (status 401)")
	case code == http.StatusUnauthorized:
		return "", fail(capture.PermissionDenied, "check user name and password; special characters of the password are written as %XX", "it refuses the user name or password (status 401)")
	case code == http.StatusForbidden:
		return "", fail(capture.PermissionDenied, "let this user see the stream in the camera's settings", "it forbids access (status 403)")
	case code == http.StatusNotFound:
		return "", fail(capture.NoSuchDevice, hintStream, "it has nothing at this address (status 404)")
	default:
		return "", fail(capture.Unreachable, "many cameras answer so when they have too many viewers; it is tried again by itself", "it answers with status %d", code)
	}
	header := resp.Header.Get("Content-Type")
	kind, _, _ := strings.Cut(header, ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case strings.HasPrefix(kind, "multipart/"):
		return boundaryOf(header), nil
	case kind == "", kind == "application/octet-stream", strings.HasPrefix(kind, "video/") && strings.HasSuffix(kind, "jpeg"):
		return "", nil // bare JPEGs one after the other; the parser copes
	case kind == "image/jpeg", kind == "image/jpg":
		return "", fail(capture.NotACamera, hintStream, "it sends a single picture, no stream")
	}
	return "", fail(capture.NotACamera, hintStream, "it sends %q, no MJPEG", kind)
}

// boundaryOf finds the boundary parameter. Cameras write it in ways that a strict parser
// refuses.
func boundaryOf(contentType string) string {
	const name = "boundary="
	i := strings.Index(strings.ToLower(contentType), name)
	if i < 0 {
		return ""
	}
	v := strings.TrimSpace(contentType[i+len(name):])
	if quoted, ok := strings.CutPrefix(v, `"`); ok {
		v, _, _ = strings.Cut(quoted, `"`)
	} else {
		v, _, _ = strings.Cut(v, ";")
	}
	return strings.TrimSpace(v)
}

// openError gives err its code and remedy. The end of ctx is passed through.
func (c *camera) openError(ctx context.Context, cause, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known *capture.Error
	if errors.As(err, &known) {
		return err
	}
	e := &capture.Error{Code: capture.Unreachable, Device: label(c.address), Hint: hintNetwork, Err: err}
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(cause, errTimeout):
		e.Err = fmt.Errorf("no answer within %v", c.timeout)
	case errors.As(err, &cert):
		e.Hint = "add #tls_verify=off to accept the certificate of a camera that signed its own"
	}
	return e
}
