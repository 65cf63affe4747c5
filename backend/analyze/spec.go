package analyze

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
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
	// Missing, optional, says what this machine lacks for it and how to get that; nil: nothing.
	Missing func() error `json:"-"`
}

// Kinds are the analyzers of this build, in the order in which to offer them.
type Kinds []Kind

// Spec is a chosen analyzer: a kind with checked parameters, or several joined. It can make
// the analyzer as often as wanted (a replaced one starts with a fresh memory).
type Spec struct {
	// Kind is that of the analyzer, or of joined ones what they are together: then its name is
	// theirs with + between, and a parameter is called analyzer.name.
	Kind  Kind
	Text  string // as given, normalised: name@5fps?a=1&b=2+name
	parts []choice
}

// choice is one kind with its parameters.
type choice struct {
	kind   Kind
	rate   float64 // most frames a second; 0: all
	values option.Values
	query  url.Values
}

// The range of rates. Below the lower one viewers would be told that nothing comes.
const minRate, maxRate = 1, 1000

// Parse reads name@RATEfps?param=value&…, several joined with +; the rate and the parameters
// are optional. In values a plus is written %2B and a space %20. The error names the wrong part
// and what is right.
func (ks Kinds) Parse(text string) (Spec, error) {
	var parts []choice
	for one := range strings.SplitSeq(text, "+") {
		c, err := ks.parseOne(one)
		if err != nil {
			return Spec{}, err
		}
		if slices.ContainsFunc(parts, func(o choice) bool { return o.kind.Name == c.kind.Name }) {
			return Spec{}, fmt.Errorf("analyzer %q: %s is there twice; join different ones", text, c.kind.Name)
		}
		parts = append(parts, c)
	}
	return join(parts), nil
}

func (ks Kinds) parseOne(text string) (choice, error) {
	head, query, _ := strings.Cut(text, "?")
	name, rate, rated := strings.Cut(head, "@")
	i := slices.IndexFunc(ks, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return choice{}, fmt.Errorf("analyzer %q: unknown analyzer%s", name, option.Suggest(name, ks.names()))
	}
	c := choice{kind: ks[i]}
	if rated {
		var err error
		number, unit := strings.CutSuffix(rate, "fps")
		if c.rate, err = strconv.ParseFloat(number, 64); err != nil || !unit || !(c.rate >= minRate && c.rate <= maxRate) {
			return choice{}, fmt.Errorf("analyzer %q: rate @%s: want %d to %d frames a second, such as @5fps", name, rate, minRate, maxRate)
		}
	}
	var err error
	if c.query, err = url.ParseQuery(query); err != nil {
		return choice{}, fmt.Errorf("analyzer %q: parameters must read name=value&name=value: %w", text, err)
	}
	if c.values, err = option.Parse(c.kind.Params, c.query); err != nil {
		return choice{}, fmt.Errorf("analyzer %q: %w", name, err)
	}
	return c, nil
}

func (c choice) String() string {
	text := c.kind.Name
	if c.rate > 0 {
		text += "@" + strconv.FormatFloat(c.rate, 'f', -1, 64) + "fps"
	}
	if len(c.query) > 0 {
		text += "?" + strings.ReplaceAll(c.query.Encode(), "+", "%20")
	}
	return text
}

// join makes one spec of the choices, at least one.
func join(parts []choice) Spec {
	texts := make([]string, len(parts))
	for i, c := range parts {
		texts[i] = c.String()
	}
	s := Spec{Kind: parts[0].kind, Text: strings.Join(texts, "+"), parts: parts}
	if len(parts) == 1 && parts[0].rate == 0 {
		return s
	}
	s.Kind = Kind{
		Name: s.prefixed(0, ""), Doc: parts[0].kind.Doc, Params: []option.Option{},
		New:     func(option.Values) (Analyzer, error) { return newJoint(parts) },
		Follow:  func(option.Values) (Follower, error) { return newJointFollower(parts) },
		Missing: func() error { return missing(parts) },
	}
	names := make([]string, len(parts))
	for i, c := range parts {
		names[i] = c.kind.Name
		s.Kind.Simulated = s.Kind.Simulated || c.kind.Simulated
		// Workers side by side would each keep to the rate.
		s.Kind.Stateful = s.Kind.Stateful || c.kind.Stateful || c.rate > 0
		for _, o := range c.kind.Params {
			o.Name = s.prefixed(i, o.Name)
			s.Kind.Params = append(s.Kind.Params, o)
		}
	}
	s.Kind.Name = strings.Join(names, "+")
	return s
}

// prefixed is what the parameter of a part is called in the whole.
func (s Spec) prefixed(part int, name string) string {
	if len(s.parts) == 1 {
		return name
	}
	return s.parts[part].kind.Name + "." + name
}

func missing(parts []choice) error {
	for _, c := range parts {
		if c.kind.Missing != nil {
			if err := c.kind.Missing(); err != nil {
				return err
			}
		}
	}
	return nil
}

// With is the spec with some parameters changed; an empty value returns one to its
// default. s stays as it is. The errors are those of Parse.
func (ks Kinds) With(s Spec, params map[string]string) (Spec, error) {
	parts := slices.Clone(s.parts)
	for i := range parts {
		parts[i].query = maps.Clone(parts[i].query) // never nil: Parse made it
	}
	for name, v := range params {
		part, own := 0, name
		if len(parts) > 1 {
			of, rest, _ := strings.Cut(name, ".")
			part = slices.IndexFunc(parts, func(c choice) bool { return c.kind.Name == of })
			if own = rest; part < 0 {
				_, err := option.Parse(s.Kind.Params, url.Values{name: {v}})
				return Spec{}, fmt.Errorf("analyzer %q: %w", s.Kind.Name, err)
			}
		}
		c := parts[part]
		// An empty value of an unknown name is left in, for Parse to refuse.
		if v == "" && slices.ContainsFunc(c.kind.Params, func(o option.Option) bool { return o.Name == own }) {
			c.query.Del(own)
			continue
		}
		c.query.Set(own, v)
	}
	return ks.Parse(join(parts).Text)
}

// Chosen is one analyzer of a spec.
type Chosen struct {
	Name string
	Rate float64 // most frames a second; 0: all
}

// Parts are the analyzers joined, in their order; one of one alone.
func (s Spec) Parts() []Chosen {
	all := make([]Chosen, len(s.parts))
	for i, c := range s.parts {
		all[i] = Chosen{c.kind.Name, c.rate}
	}
	return all
}

// New makes the analyzer.
func (s Spec) New() (Analyzer, error) {
	a, err := s.Kind.New(s.values())
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
	f, err := s.Kind.Follow(s.values())
	if err != nil {
		return nil, fmt.Errorf("analyzer %q: %w", s.Text, err)
	}
	return f, nil
}

// values are those of the analyzer; joined ones have their own each.
func (s Spec) values() option.Values {
	if len(s.parts) == 0 { // the zero Spec
		return option.Values{}
	}
	return s.parts[0].values
}

// Params are the parameters in force, defaults included, as a person would type them.
func (s Spec) Params() map[string]string {
	m := map[string]string{}
	for i, c := range s.parts {
		for _, o := range c.kind.Params {
			m[s.prefixed(i, o.Name)] = o.Default
			if v, ok := c.query[o.Name]; ok {
				m[s.prefixed(i, o.Name)] = v[0]
			}
		}
	}
	return m
}

// Given calls do for each parameter that was given a value, in no order.
func (s Spec) Given(do func(analyzer string, o option.Option, value string)) {
	for _, c := range s.parts {
		for _, o := range c.kind.Params {
			if v, ok := c.query[o.Name]; ok {
				do(c.kind.Name, o, v[0])
			}
		}
	}
}

func (ks Kinds) names() []string {
	n := make([]string, len(ks))
	for i, k := range ks {
		n[i] = k.Name
	}
	return n
}
