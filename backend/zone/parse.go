package zone

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"freshframe/backend/option"
)

// Parse reads areas as people write them, separated by semicolons or line ends:
//
//	door: line 0.2,0.5 0.8,0.5
//	desk: zone 0.1,0.6 0.9,0.6 0.9,1 0.1,1 classes=person,cell_phone anchor=foot dwell=10s
//
// A space in a class is written as _. The error names every wrong area, the word that is
// wrong in it and what is right. An empty text is no areas.
func Parse(text string) ([]Area, error) {
	var areas []Area
	var errs []error
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(areas) == mostAreas {
			return nil, fmt.Errorf("more than %d zones and lines", mostAreas)
		}
		a, err := parseArea(line)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		areas = append(areas, a)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := Validate(areas); err != nil {
		return nil, err
	}
	return areas, nil
}

func parseArea(text string) (a Area, err error) {
	name, rest, ok := strings.Cut(text, ":")
	a.Name = strings.TrimSpace(name)
	words := strings.Fields(rest)
	if !ok || len(words) == 0 {
		return a, fmt.Errorf("%q: want NAME: zone x,y x,y x,y… or NAME: line x,y x,y", clip(strings.TrimSpace(text)))
	}
	wrong := func(word, format string, args ...any) error {
		return fmt.Errorf("area %q: %q: %w", clip(a.Name), clip(word), fmt.Errorf(format, args...))
	}
	a.Kind = Kind(words[0])
	if a.Kind != Zone && a.Kind != Line {
		return a, wrong(words[0], "want zone or line")
	}
	given := map[string]bool{}
	for _, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			if len(given) > 0 {
				return a, wrong(w, "points come before classes=, anchor= and dwell=")
			}
			p, err := parsePoint(w)
			if err != nil {
				return a, wrong(w, "%w", err)
			}
			if len(a.Points) == mostPoints {
				return a, wrong(w, "more than %d points", mostPoints)
			}
			a.Points = append(a.Points, p)
			continue
		}
		if given[key] {
			return a, wrong(w, "%s is given twice", key)
		}
		given[key] = true
		switch key {
		case "classes":
			a.Classes = strings.Split(strings.ReplaceAll(value, "_", " "), ",")
		case "anchor":
			a.Anchor = Anchor(value)
			if value == "" {
				return a, wrong(w, "want anchor=%s or anchor=%s", Middle, Foot)
			}
		case "dwell":
			if a.Dwell, err = time.ParseDuration(value); err != nil {
				return a, wrong(w, "want a duration with its unit, such as dwell=10s")
			}
		default:
			return a, wrong(w, "unknown setting%s", option.Suggest(key, []string{"classes", "anchor", "dwell"}))
		}
	}
	return a, nil
}

func parsePoint(w string) (p [2]float64, err error) {
	xs, ys, ok := strings.Cut(w, ",")
	x, err1 := strconv.ParseFloat(xs, 64)
	y, err2 := strconv.ParseFloat(ys, 64)
	if !ok || err1 != nil || err2 != nil {
		return p, errors.New("want a point x,y with fractions of the picture from 0 to 1, such as 0.25,0.5")
	}
	return [2]float64{x, y}, nil
}

// clip shortens what is quoted in errors.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// String is the area as Parse reads it.
func (a Area) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", a.Name, a.Kind)
	for _, p := range a.Points {
		b.WriteString(" " + strconv.FormatFloat(p[0], 'g', -1, 64) + "," + strconv.FormatFloat(p[1], 'g', -1, 64))
	}
	if len(a.Classes) > 0 {
		b.WriteString(" classes=" + strings.ReplaceAll(strings.Join(a.Classes, ","), " ", "_"))
	}
	if a.Anchor != "" {
		b.WriteString(" anchor=" + string(a.Anchor))
	}
	if a.Dwell != 0 {
		b.WriteString(" dwell=" + a.Dwell.String())
	}
	return b.String()
}
