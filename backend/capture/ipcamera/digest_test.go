package ipcamera

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestAuthorize(t *testing.T) {
	const (
		rfc7616 = `realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
		cnonce  = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	)
	tests := []struct {
		name       string
		challenges []string
		user       *url.Userinfo
		cnonce     string
		want       []string // what the answer starts with and what else is in it
		fresh      bool
	}{
		{"RFC 7616 3.9.1, SHA-256 preferred", []string{"Digest " + rfc7616 + ", algorithm=MD5", "Digest " + rfc7616 + ", algorithm=SHA-256"},
			url.UserPassword("Mufasa", "Circle of Life"), cnonce,
			[]string{`Digest username="Mufasa", realm="http-auth@example.org", `, `response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`, "algorithm=SHA-256", "qop=auth, nc=00000001, cnonce=" + `"` + cnonce + `"`, `opaque="FQhe/`}, false},
		{"RFC 7616 3.9.1, MD5", []string{"Digest " + rfc7616 + ", algorithm=MD5"},
			url.UserPassword("Mufasa", "Circle of Life"), cnonce, []string{"Digest ", `response="8ca523f5e9506fed4657c9700eebdbec"`}, false},
		{"RFC 2617 3.5, no algorithm, after Basic in one header", []string{`Basic realm="x", Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41", stale=TRUE`},
			url.UserPassword("Mufasa", "Circle Of Life"), "0a4f113b", []string{"Digest ", `response="6629fae49393a05397450978507c4ef1"`}, true},
		{"RFC 2069, no qop", []string{`Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`},
			url.UserPassword("Mufasa", "CircleOfLife"), "", []string{"Digest ", `response="1949323746fe6a43ef61f9606e7febea"`}, false},
		{"RFC 7617", []string{`Basic realm="WallyWorld"`}, url.UserPassword("Aladdin", "open sesame"), "", []string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, false},
		{"no challenge at all", nil, url.UserPassword("Aladdin", "open sesame"), "", []string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, false},
		{"Basic where Digest is beyond us", []string{`Digest realm="r", nonce="n", algorithm=SHA-512-256, Basic realm="r"`}, url.User("Aladdin"), "", []string{"Basic QWxhZGRpbjo="}, false},
		{"quotes in the user's name", []string{`Digest realm="a\"b", nonce="n"`}, url.User(`x"\y`), "", []string{`Digest username="x\"\\y", realm="a\"b"`}, false},
		{"session", []string{`Digest realm="r", nonce="n", qop=auth, algorithm=MD5-sess`}, url.UserPassword("u", "p"), "c", []string{"Digest ", "algorithm=MD5-sess", `cnonce="c"`, `response="0abe11747db4fe75b9d027c31a167c62"`}, false},
		{"auth-int only", []string{`Digest realm="r", nonce="n", qop="auth-int"`}, url.User("u"), "", []string{""}, false},
		{"no nonce", []string{`Digest realm="r"`}, url.User("u"), "", []string{""}, false},
		{"unknown scheme", []string{"Negotiate abc=="}, url.User("u"), "", []string{""}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, fresh := authorize(tt.challenges, tt.user, "GET", "/dir/index.html", tt.cnonce)
			if !strings.HasPrefix(got, tt.want[0]) || tt.want[0] == "" && got != "" || fresh != tt.fresh {
				t.Errorf("answer %q, fresh %v", got, fresh)
			}
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("answer %q lacks %q", got, w)
				}
			}
		})
	}
}

func TestParseChallenges(t *testing.T) {
	got := parseChallenges([]string{
		`Digest realm="a, \"b\"=c" ,nonce = x/y+z ,, QOP="auth"`,
		`Negotiate`, ` Newauth realm=apps , Basic realm="r"`, `stray="1", =,"`,
	})
	want := []challenge{
		{"Digest", map[string]string{"realm": `a, "b"=c`, "nonce": "x/y+z", "qop": "auth"}},
		{"Negotiate", map[string]string{}},
		{"Newauth", map[string]string{"realm": "apps"}},
		{"Basic", map[string]string{"realm": "r"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Basic realm="x", Digest realm="a\"", nonce=1, qop="auth"`)
	f.Add(`Negotiate abc==, Digest nonce="`)
	f.Add(`Digest nonce="\`)
	f.Fuzz(func(t *testing.T, header string) {
		for _, c := range parseChallenges([]string{header}) {
			if c.scheme == "" || strings.ContainsAny(c.scheme, " \t,=\"") {
				t.Errorf("scheme %q", c.scheme)
			}
		}
		answer, _ := authorize([]string{header}, url.UserPassword("u", "secret"), "GET", "/", "c")
		if strings.Contains(answer, "secret") && !strings.Contains(header, "secret") {
			t.Errorf("the password is in %q", answer)
		}
	})
}
