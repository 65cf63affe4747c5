// Package ipcamera receives MJPEG from network cameras. In: an http or https address.
// Out: the newest complete picture, whatever the camera sent meanwhile. It must never
// show the past, wait on a camera without end, or let a password out.
package ipcamera

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// Schemes are the sources http://… and https://….
func Schemes() capture.Schemes {
	return capture.Schemes{scheme("http"), scheme("https")}
}

func scheme(name string) capture.Scheme {
	options := []option.Option{
		option.Option{Name: "timeout", Type: option.Duration, Default: "5s", Doc: "How long the camera may take to answer, from looking up its name to the first byte of the stream's header."}.Between(0.1, 10),
	}
	if name == "https" {
		options = append(options, option.Option{Name: "tls_verify", Type: option.Bool, Default: "on", Doc: "Check the camera's certificate; off accepts any, as self-signed ones need."})
	}
	return capture.Scheme{
		Name:     name,
		Form:     name + "://USER:PASSWORD@HOST/video.mjpg#timeout=5s",
		Doc:      "A network camera's MJPEG stream; options stand after #, so that the camera's own query stays untouched.",
		Options:  options,
		Retry:    5 * time.Second,
		Patient:  true,
		Remember: remember,
	}
}

func remember(a capture.Address) (capture.Opener, error) {
	u, err := parseAddress(a.Target)
	if err != nil {
		return nil, &capture.Error{Code: capture.BadSource, Device: withoutSecrets(a.Target), Hint: "write http://HOST/PATH or http://USER:PASSWORD@HOST/PATH, with special characters of the password as %XX", Err: err}
	}
	c := &camera{address: u, user: u.User, timeout: a.Options.Duration("timeout"), verify: true}
	u.User = nil
	if u.Scheme == "https" {
		c.verify = a.Options.Bool("tls_verify")
	}
	return func(ctx context.Context, firstSeq uint64) (capture.Source, error) {
		s, err := c.open(ctx)
		if err != nil {
			return nil, err
		}
		s.seq = firstSeq
		return s, nil
	}, nil
}

// parseAddress reads the address. Its errors never quote what may be a password.
func parseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) && !strings.Contains(text, "@") {
			return nil, ue.Err
		}
		return nil, errors.New("not a valid address")
	}
	if u.Hostname() == "" {
		return nil, errors.New("the address has no host")
	}
	if u.User == nil && (strings.Contains(u.EscapedPath(), "@") || u.Path == "" && strings.Contains(u.RawQuery, "@")) {
		// The start of a password would pass for host and port, and be shown.
		return nil, errors.New("it has an @ behind the host; a / or ? in the password is written %2F or %3F, an @ in the path %40")
	}
	return u, nil
}

// label is how a camera is called in errors and in Info. It leaves out user, password
// and query: many cameras take the password in the query.
func label(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// withoutSecrets is label for an address that cannot be parsed.
func withoutSecrets(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return strings.SplitN(text, ":", 2)[0] + ":…"
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	rest, _, _ = strings.Cut(rest, "?")
	return scheme + "://" + rest
}
