package analyze

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"freshframe/backend/option"
)

// Kind describes one analyzer a person can choose.
type Kind struct {
	Name     string `json:"name"`
	Doc      string `json:"doc"`
	Stateful bool   `json:"stateful"` // needs frames in order, one at a time
	// Simulated is true where the result is made up rather than seen in the picture.
	Simulated bool            `json:"simulated"`
	Params    []option.Option `json:"params"` // an empty list, not nil, where there are none
	// New makes an analyzer from checked parameters. Of one that is not Stateful several may be
	// made, which then work side by side.
	New func(option.Values) (Analyzer, error) `json:"-"`
	// Follow, optional, makes the part that remembers earlier frames, from the same parameters:
	// so detection can run side by side, and tracking still sees every result in order. It must
	// be quick; what takes its time belongs into New.
	Follow func(option.Values) (Follower, error) `json:"-"`
}

// Kinds are the analyzers of this build, in the order in which to offer them.
type Kinds []Kind

// Spec is a chosen analyzer: a kind with checked parameters. It can make the analyzer
// as often as wanted (a replaced one starts with a fresh memory).
type Spec struct {
	Kind   Kind
	Text   string // as given, normalised: name?a=1&b=2
	values option.Values
	query  url.Values
}

// Parse reads name?param=value&…. The error names the wrong part and what is right.
func (ks Kinds) Parse(text string) (Spec, error) {
	name, query, _ := strings.Cut(text, "?")
	if strings.Contains(name, "+") {
		return Spec{}, fmt.Errorf("analyzer %q: several analyzers joined with + are not supported by this build; name one of %s", text, strings.Join(ks.names(), ", "))
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return Spec{}, fmt.Errorf("analyzer %q: parameters must read name=value&name=value: %w", text, err)
	}
	for _, k := range ks {
		if k.Name != name {
			continue
		}
		v, err := option.Parse(k.Params, q)
		if err != nil {
			// A + in the query reads as a space, so a joined analyzer ends up in a value.
			hint := ""
			if strings.Contains(query, "+") {
				hint = "; several analyzers joined with + are not supported by this build"
			}
			return Spec{}, fmt.Errorf("analyzer %q: %w%s", name, err, hint)
		}
		s := Spec{Kind: k, Text: name, values: v, query: q}
		if len(q) > 0 {
			s.Text += "?" + q.Encode()
		}
		return s, nil
	}
	return Spec{}, fmt.Errorf("analyzer %q: unknown analyzer%s", name, option.Suggest(name, ks.names()))
}

// With is the spec with some parameters changed; an empty value returns one to its
// default. s stays as it is. The errors are those of Parse.
func (ks Kinds) With(s Spec, params map[string]string) (Spec, error) {
	q := maps.Clone(s.query)
	if q == nil {
		q = url.Values{}
	}
	for k, v := range params {
		// An empty value of an unknown name is left in, for Parse to refuse.
		if v == "" && slices.ContainsFunc(s.Kind.Params, func(o option.Option) bool { return o.Name == k }) {
			q.Del(k)
			continue
		}
		q.Set(k, v)
	}
	if len(q) == 0 {
		return ks.Parse(s.Kind.Name)
	}
	return ks.Parse(s.Kind.Name + "?" + q.Encode())
}

// New makes the analyzer.
func (s Spec) New() (Analyzer, error) {
	a, err := s.Kind.New(s.values)
	if err != nil {
		return nil, fmt.Errorf("analyzer %q: %w", s.Text, err)
	}
	return a, nil
}

// Follow makes the analyzer's follower, nil where it has none.
func (s Spec) Follow() (Follower, error) {
	if s.Kind.Follow == nil {
		return nil, nil
	}
	f, err := s.Kind.Follow(s.values)
	if err != nil {
		return nil, fmt.Errorf("analyzer %q: %w", s.Text, err)
	}
	return f, nil
}

// Params are the parameters in force, defaults included, as a person would type them.
func (s Spec) Params() map[string]string {
	m := map[string]string{}
	for _, o := range s.Kind.Params {
		m[o.Name] = o.Default
		if v, ok := s.query[o.Name]; ok {
			m[o.Name] = v[0]
		}
	}
	return m
}

func (ks Kinds) names() []string {
	n := make([]string, len(ks))
	for i, k := range ks {
		n[i] = k.Name
	}
	return n
}
