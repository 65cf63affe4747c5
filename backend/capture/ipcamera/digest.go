package ipcamera

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"strings"
)

// authorize answers the challenges of a 401 response with the Authorization header for
// one request: Digest (RFC 7616) with SHA-256 or else MD5, or else Basic (RFC 7617), also
// for cameras that name no scheme at all. It is "" where no scheme is known. fresh is
// true where the server says that only its nonce had expired.
func authorize(headers []string, user *url.Userinfo, method, uri, cnonce string) (answer string, fresh bool) {
	name := user.Username()
	password, _ := user.Password()
	challenges := parseChallenges(headers)
	basic := len(challenges) == 0
	best := 0
	for _, c := range challenges {
		switch strings.ToLower(c.scheme) {
		case "basic":
			basic = true
		case "digest":
			d, ok := digestOf(c, cnonce)
			if ok && d.strength > best {
				best, answer = d.strength, d.header(name, password, method, uri)
				fresh = strings.EqualFold(c.params["stale"], "true")
			}
		}
	}
	if answer == "" && basic {
		answer = "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
	}
	return answer, fresh
}

// digest is a Digest challenge that can be answered.
type digest struct {
	realm, nonce, opaque, algorithm string

	opaqueGiven bool
	cnonce      string
	hash        func() hash.Hash
	strength    int
	session     bool // the -sess variant of the algorithm
	legacy      bool // no qop: RFC 2069
}

func digestOf(c challenge, cnonce string) (digest, bool) {
	d := digest{realm: c.params["realm"], nonce: c.params["nonce"], algorithm: c.params["algorithm"], cnonce: cnonce}
	d.opaque, d.opaqueGiven = c.params["opaque"]
	name := strings.ToUpper(d.algorithm)
	name, d.session = strings.CutSuffix(name, "-SESS")
	switch name {
	case "SHA-256":
		d.hash, d.strength = sha256.New, 2
	case "MD5", "":
		d.hash, d.strength = md5.New, 1
	default:
		return d, false
	}
	qop, given := c.params["qop"]
	d.legacy = !given || qop == ""
	auth := false
	for q := range strings.SplitSeq(qop, ",") {
		auth = auth || strings.EqualFold(strings.TrimSpace(q), "auth")
	}
	return d, d.nonce != "" && (d.legacy || auth)
}

// header is the answer for the first request with this nonce.
func (d digest) header(user, password, method, uri string) string {
	const count = "00000001"
	secret := d.sum(user, d.realm, password)
	if d.session {
		secret = d.sum(secret, d.nonce, d.cnonce)
	}
	var response string
	if request := d.sum(method, uri); d.legacy {
		response = d.sum(secret, d.nonce, request)
	} else {
		response = d.sum(secret, d.nonce, count, d.cnonce, "auth", request)
	}
	h := fmt.Sprintf(`Digest username=%s, realm=%s, nonce=%s, uri=%s, response="%s"`, quote(user), quote(d.realm), quote(d.nonce), quote(uri), response)
	if d.algorithm != "" {
		h += ", algorithm=" + d.algorithm
	}
	if d.opaqueGiven {
		h += ", opaque=" + quote(d.opaque)
	}
	if !d.legacy {
		h += fmt.Sprintf(`, qop=auth, nc=%s`, count)
	}
	if !d.legacy || d.session {
		h += ", cnonce=" + quote(d.cnonce)
	}
	return h
}

func (d digest) sum(parts ...string) string {
	h := d.hash()
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

// challenge is one way to log in that a server offers.
type challenge struct {
	scheme string
	params map[string]string // names in lower case
}

// parseChallenges reads WWW-Authenticate headers, each of which may hold several
// challenges. What it cannot make sense of it passes over.
func parseChallenges(headers []string) []challenge {
	var cs []challenge
	for _, s := range headers {
		first := len(cs)
		for {
			s = strings.TrimLeft(s, " \t,=\"")
			if s == "" {
				break
			}
			word, rest := cutWord(s)
			value, after, ok := cutValue(rest)
			switch {
			case !ok:
				cs = append(cs, challenge{word, map[string]string{}})
			case len(cs) > first:
				cs[len(cs)-1].params[strings.ToLower(word)] = value
			}
			s = after
		}
	}
	return cs
}

func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, " \t,=\""); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// cutValue reads ="value" or =value at the start of s. Where there is none it returns s.
func cutValue(s string) (value, rest string, ok bool) {
	t, ok := strings.CutPrefix(strings.TrimLeft(s, " \t"), "=")
	if !ok {
		return "", s, false
	}
	t = strings.TrimLeft(t, " \t")
	if !strings.HasPrefix(t, `"`) {
		value, rest = cutWord(t)
		return value, rest, true
	}
	var b strings.Builder
	for i := 1; i < len(t); i++ {
		switch {
		case t[i] == '"':
			return b.String(), t[i+1:], true
		case t[i] == '\\' && i+1 < len(t):
			i++
		}
		b.WriteByte(t[i])
	}
	return b.String(), "", true
}
