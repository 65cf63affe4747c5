package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	tests := []struct {
		in       string
		want     string // "" for an error
		loopback bool
		err      string
	}{
		{"127.0.0.1:8080", "127.0.0.1:8080", true, ""},
		{"127.255.255.254:1", "127.255.255.254:1", true, ""},
		{"128.0.0.1:1", "128.0.0.1:1", false, ""},
		{"126.255.255.255:1", "126.255.255.255:1", false, ""},
		{"[::1]:0", "[::1]:0", true, ""},
		{"[0:0:0:0:0:0:0:1]:0", "[::1]:0", true, ""},
		{"[::ffff:127.0.0.1]:5", "[::ffff:127.0.0.1]:5", true, ""},
		{"[::ffff:10.0.0.1]:5", "[::ffff:10.0.0.1]:5", false, ""},
		{"[::2]:0", "[::2]:0", false, ""},
		{"[::]:80", "[::]:80", false, ""},
		{"[fe80::1%eth0]:80", "[fe80::1%eth0]:80", false, ""},
		{"localhost:80", "localhost:80", true, ""},
		{"LOCALHOST:80", "localhost:80", true, ""},
		{"localhost.evil.example:80", "localhost.evil.example:80", false, ""},
		{"notlocalhost:80", "notlocalhost:80", false, ""},
		{":80", ":80", false, ""},
		{"0.0.0.0:65535", "0.0.0.0:65535", false, ""},

		{"", "", false, "such as 127.0.0.1:8080"},
		{"8080", "", false, "such as 127.0.0.1:8080"},
		{"127.0.0.1", "", false, "such as 127.0.0.1:8080"},
		{"::1", "", false, "IPv6 goes in brackets"},
		{"::1:8080", "", false, "IPv6 goes in brackets"},
		{"fe80::1%eth0:8080", "", false, "IPv6 goes in brackets"},
		{"http://127.0.0.1:8080", "", false, "such as 127.0.0.1:8080"},
		{"127.0.0.1:8080/", "", false, "such as 127.0.0.1:8080"},
		{"127.0.0.1:", "", false, "want a port from 0 to 65535"},
		{"127.0.0.1:65536", "", false, "want a port from 0 to 65535"},
		{"127.0.0.1:-1", "", false, "want a port from 0 to 65535"},
		{"127.0.0.1:http", "", false, "want a port from 0 to 65535"},
		{"127.0.0:80", "", false, `"127.0.0" is neither`},
		{"256.0.0.1:80", "", false, `"256.0.0.1" is neither`},
		{"a b:80", "", false, `"a b" is neither`},
		{"*:80", "", false, `"*" is neither`},
		{strings.Repeat("a", 254) + ":80", "", false, "is neither"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			var l Listen
			err := l.UnmarshalText([]byte(tt.in))
			if tt.want == "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, %v, want an error with %q", l, err, tt.err)
				}
				return
			}
			if err != nil || l.String() != tt.want || l.Loopback() != tt.loopback {
				t.Errorf("got %v, loopback %v, %v; want %s, %v", l, l.Loopback(), err, tt.want, tt.loopback)
			}
		})
	}
}

func TestParseHostsRefuses(t *testing.T) {
	for _, in := range []string{"", "a,,b", "a:80", "http://a", "a/b", "*.example", "-a", "a-", ".a", "1.2.3", "[a", "ä.example"} {
		if got, err := parseHosts(in); err == nil {
			t.Errorf("%q was taken as %q", in, got)
		}
	}
}

func TestOverlayRefuses(t *testing.T) {
	for _, in := range []string{"", "boxes,", "none,boxes", "Boxes", "all,boxes", "boxes labels"} {
		o := Overlay{FPS: true}
		if err := o.UnmarshalText([]byte(in)); err == nil || o != (Overlay{FPS: true}) {
			t.Errorf("%q: got %v, %v, want an error and no change", in, o, err)
		}
	}
}

func TestSecretHides(t *testing.T) {
	const text = goodKey
	c := Config{APIKey: text}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "config", c, "key", c.APIKey)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "config", c, "key", c.APIKey)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&log, "%v %+v %#v %s %q %s", c, c, c, c.APIKey, c.APIKey, asJSON)
	if strings.Contains(log.String(), text) {
		t.Errorf("the key shows in\n%s", &log)
	}
	if string(c.APIKey) != text {
		t.Errorf("the text itself is %q", string(c.APIKey))
	}
}

func TestSecretLength(t *testing.T) {
	for n, ok := range map[int]bool{0: false, 15: false, 16: true, 1024: true, 1025: false} {
		var s Secret
		if err := s.UnmarshalText([]byte(strings.Repeat("x", n))); (err == nil) != ok || (len(s) == n) != (ok || n == 0) {
			t.Errorf("%d characters: %v, kept %d", n, err, len(s))
		}
	}
	for _, bad := range []string{"0123456789 abcdef", "0123456789abcdef\n", "0123456789abcdefé", "0123456789abcdef\x00"} {
		var s Secret
		if s.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// FuzzValues checks that what is accepted survives being printed and read again.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"127.0.0.1:8080", "[::1]:0", ":1", "localhost:80", "[fe80::1%a]:1", "a,b", "[::1],x.y", "boxes,fps", "all", "none", ",", "[]:1", "[a]b]:1", "a=1,b=50 Hz", "a= , b=x=y",
		"a: line 0,0 1,1; b: zone 0,0 1,0 1,1 classes=cell_phone dwell=1.5s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var l, l2 Listen
		if l.UnmarshalText([]byte(s)) == nil {
			if err := l2.UnmarshalText([]byte(l.String())); err != nil || l2 != l {
				t.Errorf("listen %q is %v, then %v, %v", s, l, l2, err)
			}
		}
		var o, o2 Overlay
		if o.UnmarshalText([]byte(s)) == nil {
			if err := o2.UnmarshalText([]byte(o.String())); err != nil || o2 != o {
				t.Errorf("overlay %q is %v, then %v, %v", s, o, o2, err)
			}
		}
		if settings, err := addSettings(nil, s); err == nil {
			again, err := addSettings(nil, settingsText(settings))
			if err != nil || !slices.Equal(again, settings) {
				t.Errorf("controls %q are %q, then %q, %v", s, settings, again, err)
			}
		}
		var z, z2 Zones
		if z.UnmarshalText([]byte(s)) == nil {
			if err := z2.UnmarshalText([]byte(z.String())); err != nil || z2.String() != z.String() {
				t.Errorf("zones %q are %v, then %v, %v", s, z, z2, err)
			}
		}
		if hosts, err := parseHosts(s); err == nil {
			again, err := parseHosts(strings.Join(hosts, ","))
			if err != nil || strings.Join(again, ",") != strings.Join(hosts, ",") {
				t.Errorf("hosts %q are %q, then %q, %v", s, hosts, again, err)
			}
		}
	})
}
