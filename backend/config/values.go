package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"freshframe/backend/capture"
	"freshframe/backend/zone"
)

// Listen is the address to serve on.
type Listen struct {
	Host string // an IP address, a host name, or "" for all interfaces
	Port int    // 0..65535; 0 picks a free one
}

// UnmarshalText reads HOST:PORT; IPv6 addresses stand in brackets.
func (l *Listen) UnmarshalText(text []byte) error {
	s := string(text)
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.Contains(s, "/") {
		if strings.Count(s, ":") > 1 && !strings.ContainsAny(s, "[/") {
			return errors.New("want HOST:PORT; IPv6 goes in brackets, as in [::1]:8080")
		}
		return errors.New("want HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return errors.New("want a port from 0 to 65535 after the last colon; 0 picks a free one")
	}
	if host != "" {
		if host, err = parseHost(host); err != nil {
			return err
		}
	}
	*l = Listen{Host: host, Port: int(n)}
	return nil
}

// String is HOST:PORT, as net.Listen takes it.
func (l Listen) String() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// Loopback reports whether only this machine can reach the address: 127.0.0.0/8, ::1 or
// localhost. Other names count as reachable; they are not looked up.
func (l Listen) Loopback() bool {
	if l.Host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(l.Host)
	return err == nil && a.Unmap().IsLoopback()
}

var (
	hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$`)
	noName   = regexp.MustCompile(`^[0-9.]*$`) // would be an address, yet is none
)

// parseHost gives an IP address in its shortest form or a host name in lower case.
func parseHost(s string) (string, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String(), nil
	}
	name := strings.ToLower(s)
	if len(name) > 253 || !hostName.MatchString(name) || noName.MatchString(name) {
		return "", fmt.Errorf("%q is neither an IP address nor a host name", s)
	}
	return name, nil
}

// parseHosts reads names for the Host header, separated by commas.
func parseHosts(s string) ([]string, error) {
	var hosts []string
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if inner, ok := strings.CutPrefix(part, "["); ok && strings.HasSuffix(inner, "]") {
			part = strings.TrimSuffix(inner, "]")
		}
		h, err := parseHost(part)
		if err != nil {
			return nil, fmt.Errorf("%w; write it without scheme, port or path", err)
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// addSettings reads NAME=VALUE, several with commas between. Whether there is such a
// control only the camera knows.
func addSettings(to []capture.Setting, text string) ([]capture.Setting, error) {
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || name == "":
			return to, fmt.Errorf("%q: want NAME=VALUE, such as brightness=10", part)
		case slices.ContainsFunc(to, func(s capture.Setting) bool { return s.Name == name }):
			return to, fmt.Errorf("%s is given more than once", name)
		}
		to = append(to, capture.Setting{Name: name, Value: value})
	}
	return to, nil
}

// settingsText is the text that addSettings reads.
func settingsText(settings []capture.Setting) string {
	parts := make([]string, len(settings))
	for i, s := range settings {
		parts[i] = s.Name + "=" + s.Value
	}
	return strings.Join(parts, ",")
}

// Overlay says what is drawn on annotated frames. The zero value draws nothing.
type Overlay struct{ Boxes, Labels, Landmarks, Trails, Zones, ProcessingTime, ObjectCount, FPS bool }

// parts names the fields, in the order in which String lists them.
func (o *Overlay) parts() []struct {
	name string
	on   *bool
} {
	return []struct {
		name string
		on   *bool
	}{
		{"boxes", &o.Boxes}, {"labels", &o.Labels}, {"landmarks", &o.Landmarks}, {"trails", &o.Trails}, {"zones", &o.Zones},
		{"processing_time", &o.ProcessingTime}, {"object_count", &o.ObjectCount}, {"fps", &o.FPS},
	}
}

// UnmarshalText reads names separated by commas, or all, or none.
func (o *Overlay) UnmarshalText(text []byte) error {
	var got Overlay
	parts := got.parts()
	switch string(text) {
	case "all":
		for _, p := range parts {
			*p.on = true
		}
	case "none":
	default:
	next:
		for word := range strings.SplitSeq(string(text), ",") {
			for _, p := range parts {
				if p.name == strings.TrimSpace(word) {
					*p.on = true
					continue next
				}
			}
			names := make([]string, len(parts))
			for i, p := range parts {
				names[i] = p.name
			}
			return fmt.Errorf("%q cannot be drawn; want some of %s, or all or none alone", word, strings.Join(names, ","))
		}
	}
	*o = got
	return nil
}

// String lists what is drawn, as UnmarshalText reads it.
func (o Overlay) String() string {
	var names []string
	parts := o.parts()
	for _, p := range parts {
		if *p.on {
			names = append(names, p.name)
		}
	}
	switch len(names) {
	case 0:
		return "none"
	case len(parts):
		return "all"
	}
	return strings.Join(names, ",")
}

// Zones are places in the picture in which to count.
type Zones []zone.Area

// UnmarshalText reads the text form of package zone. The error is one line, whatever is wrong.
func (z *Zones) UnmarshalText(text []byte) error {
	areas, err := zone.Parse(string(text))
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	*z = areas
	return nil
}

// String is the text that UnmarshalText reads.
func (z Zones) String() string {
	texts := make([]string, len(z))
	for i, a := range z {
		texts[i] = a.String()
	}
	return strings.Join(texts, "; ")
}

// Secret is a text that must not reach a log: however it is printed, it hides itself.
// string(s) is the text.
type Secret string

const hidden = "***"

// String hides the text.
func (s Secret) String() string { return hidden }

// GoString hides the text from %#v.
func (s Secret) GoString() string { return hidden }

// MarshalText hides the text from log/slog and encoding/json.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText takes 16 to 1024 printable ASCII characters without spaces: what fits into
// an HTTP header and takes long to guess.
func (s *Secret) UnmarshalText(text []byte) error {
	for _, b := range text {
		if b <= ' ' || b > '~' {
			return errors.New("an API key consists of printable ASCII characters without spaces")
		}
	}
	if len(text) < 16 || len(text) > 1024 {
		return fmt.Errorf("an API key has 16 to 1024 characters, this one %d; openssl rand -hex 16 makes a good one", len(text))
	}
	*s = Secret(text)
	return nil
}
