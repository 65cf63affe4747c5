// Package option reads the name=value options of sources and analyzers against a
// declared list, so that each has one description for parsing, for --help and for the
// API. In: declarations and url.Values. Out: typed values, or an error that names the
// value, what is allowed and, for a misspelt name, the nearest right one. It must never
// know any particular option.
package option

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Type is the kind of value an option takes.
type Type string

// The types, by their names on the wire.
const (
	Int      Type = "int"
	Float    Type = "float"
	Bool     Type = "bool"
	Duration Type = "duration" // Go's notation: 100ms, 1.5s; ranges are in seconds
	Size     Type = "size"     // WIDTHxHEIGHT in pixels; ranges hold for each side
	Enum     Type = "enum"
	String   Type = "string"
	File     Type = "file" // a path, or the name of a file in a known folder
)

// Option declares one option.
type Option struct {
	Name    string   `json:"name"`
	Type    Type     `json:"type"`
	Default string   `json:"default"`           // as a person would type it; "" means unset
	Min     *float64 `json:"min,omitempty"`     // smallest allowed; durations in seconds
	Max     *float64 `json:"max,omitempty"`     // largest allowed
	Choices []string `json:"choices,omitempty"` // of an Enum
	Doc     string   `json:"doc"`               // one sentence, with the unit
}

// Between declares the allowed range: option.Between(1, 60).
func (o Option) Between(lo, hi float64) Option {
	o.Min, o.Max = &lo, &hi
	return o
}

// Dimensions is a picture size in pixels.
type Dimensions struct{ Width, Height int }

// String gives WIDTHxHEIGHT.
func (d Dimensions) String() string { return fmt.Sprintf("%dx%d", d.Width, d.Height) }

// Values are checked values, one for each declared option that was given or has a
// default. Getters return the zero value of an unset option and panic on an undeclared
// name or a wrong type: both are mistakes in the program.
type Values struct {
	m     map[string]any
	types map[string]Type
	given map[string]bool
}

// Error says which option is wrong, what was given and what is right.
type Error struct {
	Option string // the name as given
	Value  string // the value as given, "" for an unknown name
	Reason string
}

func (e *Error) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("option %s: %s", e.Option, e.Reason)
	}
	return fmt.Sprintf("option %s=%s: %s", e.Option, e.Value, e.Reason)
}

// Parse checks q against the declared options. Every problem found is in the error
// (errors.Join of *Error), in the order of the names.
func Parse(declared []Option, q url.Values) (Values, error) {
	v := Values{m: map[string]any{}, types: map[string]Type{}, given: map[string]bool{}}
	names := make([]string, len(declared))
	for i, o := range declared {
		names[i], v.types[o.Name] = o.Name, o.Type
		if o.Default != "" {
			x, err := o.parse(o.Default)
			if err != nil {
				panic(fmt.Sprintf("option: default of %s: %v", o.Name, err))
			}
			v.m[o.Name] = x
		}
	}
	keys := make([]string, 0, len(q))
	for k := range q {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var errs []error
	for _, k := range keys {
		i := slices.Index(names, k)
		if i < 0 {
			errs = append(errs, &Error{Option: k, Reason: "unknown option" + Suggest(k, names)})
			continue
		}
		if len(q[k]) != 1 {
			errs = append(errs, &Error{Option: k, Value: strings.Join(q[k], ","), Reason: "given more than once"})
			continue
		}
		x, err := declared[i].parse(q[k][0])
		if err != nil {
			errs = append(errs, &Error{Option: k, Value: q[k][0], Reason: err.Error()})
			continue
		}
		v.m[k], v.given[k] = x, true
	}
	return v, errors.Join(errs...)
}

// Suggest is `; did you mean "x"?` for the nearest of the known names, the whole list
// where none is near, and "" where there is none at all.
func Suggest(given string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	if best := Nearest(given, known); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; known: " + strings.Join(known, ", ")
}

// Nearest is the known name with the fewest edits to the given one, or "" when it would
// take more than a third of its letters (at least two).
func Nearest(given string, known []string) string {
	best, least := "", math.MaxInt
	for _, k := range known {
		if d := edits(strings.ToLower(given), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if least > max(2, len(best)/3) {
		return ""
	}
	return best
}

// edits is the Levenshtein distance, with two rows of the table.
func edits(a, b string) int {
	prev, cur := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			c := prev[j]
			if a[i] != b[j] {
				c++
			}
			cur[j+1] = min(c, prev[j+1]+1, cur[j]+1)
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}

func (o Option) parse(s string) (any, error) {
	switch o.Type {
	case Int:
		const want = "a whole number"
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, errors.New("want " + want + o.rangeText(""))
		}
		return n, o.check(want, "", float64(n))
	case Float:
		const want = "a number"
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errors.New("want " + want + o.rangeText(""))
		}
		return f, o.check(want, "", f)
	case Bool:
		switch strings.ToLower(s) {
		case "1", "true", "on", "yes":
			return true, nil
		case "0", "false", "off", "no":
			return false, nil
		}
		return nil, errors.New("want on or off")
	case Duration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, errors.New("want a duration with its unit, such as 100ms or 2s" + o.rangeText("s"))
		}
		return d, o.check("a duration", "s", d.Seconds())
	case Size:
		w, h, ok := strings.Cut(s, "x")
		dw, err1 := strconv.Atoi(w)
		dh, err2 := strconv.Atoi(h)
		if !ok || err1 != nil || err2 != nil {
			return nil, errors.New("want WIDTHxHEIGHT, such as 1280x720")
		}
		return Dimensions{dw, dh}, o.check("WIDTHxHEIGHT with sides", " pixels", float64(dw), float64(dh))
	case Enum:
		if slices.Contains(o.Choices, s) {
			return s, nil
		}
		return nil, errors.New("want one of " + strings.Join(o.Choices, ", "))
	case String, File:
		return s, nil
	}
	panic("option: " + o.Name + " has an unknown type " + string(o.Type))
}

// rangeText says what is allowed, to be put after "want a number"; "" means anything.
func (o Option) rangeText(unit string) string {
	plain := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) + unit }
	switch {
	case o.Min != nil && o.Max != nil:
		return " from " + plain(*o.Min) + " to " + plain(*o.Max)
	case o.Min != nil:
		return " of at least " + plain(*o.Min)
	case o.Max != nil:
		return " of at most " + plain(*o.Max)
	}
	return ""
}

// check refuses numbers outside the declared range; want names the kind of number.
func (o Option) check(want, unit string, numbers ...float64) error {
	for _, x := range numbers {
		if (o.Min != nil && x < *o.Min) || (o.Max != nil && x > *o.Max) {
			return errors.New("out of range; want " + want + o.rangeText(unit))
		}
	}
	return nil
}

func (v Values) get(name string, t Type) any {
	if v.types[name] != t {
		panic(fmt.Sprintf("option: %s is not a declared %s", name, t))
	}
	return v.m[name]
}

// Given reports whether the option was given rather than defaulted.
func (v Values) Given(name string) bool { return v.given[name] }

// Int is the value of a declared Int.
func (v Values) Int(name string) int { x, _ := v.get(name, Int).(int); return x }

// Float is the value of a declared Float.
func (v Values) Float(name string) float64 { x, _ := v.get(name, Float).(float64); return x }

// Bool is the value of a declared Bool.
func (v Values) Bool(name string) bool { x, _ := v.get(name, Bool).(bool); return x }

// Duration is the value of a declared Duration.
func (v Values) Duration(name string) time.Duration {
	x, _ := v.get(name, Duration).(time.Duration)
	return x
}

// Size is the value of a declared Size.
func (v Values) Size(name string) Dimensions { x, _ := v.get(name, Size).(Dimensions); return x }

// Enum is the value of a declared Enum.
func (v Values) Enum(name string) string { x, _ := v.get(name, Enum).(string); return x }

// File is the value of a declared File.
func (v Values) File(name string) string { x, _ := v.get(name, File).(string); return x }

// String is the value of a declared String.
func (v Values) String(name string) string { x, _ := v.get(name, String).(string); return x }
