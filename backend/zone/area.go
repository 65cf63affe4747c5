// Package zone counts what goes in and out of places in the picture. In: polygons and
// tripwires as people write or draw them, then tracked detections in time. Out: events and
// counts by class. It must never look at pixels, read a clock, or make up tracks.
package zone

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Kind says what an area is.
type Kind string

// The kinds.
const (
	Zone Kind = "zone" // a polygon to be inside of
	Line Kind = "line" // a tripwire to cross
)

// Anchor is the point of a box that counts as where the thing is.
type Anchor string

// The anchors. The foot is right where the camera looks down on a floor, and wrong where
// the picture's edge cuts people off.
const (
	Middle Anchor = "middle" // of the box; the default
	Foot   Anchor = "foot"   // middle of the box's lower side
)

// Area is one place.
type Area struct {
	Name string
	Kind Kind
	// Points are fractions of the picture's width and height, 0..1: three or more corners of
	// a zone, in turn; the two ends of a line.
	Points  [][2]float64
	Classes []string      // labels that count; none means all
	Anchor  Anchor        // "" means Middle
	Dwell   time.Duration // staying for so long in a zone is an event; 0: no event
}

// What areas may be.
const (
	mostAreas   = 64
	mostPoints  = 64
	mostName    = 32
	mostClasses = 80
	leastSize   = 1e-4 // of a zone, as a share of the picture
	leastLength = 0.01 // of a line
	longDwell   = 24 * time.Hour
)

// Validate checks the areas together. The error names each wrong area and what is right.
func Validate(areas []Area) error {
	if len(areas) > mostAreas {
		return fmt.Errorf("%d zones and lines: want at most %d", len(areas), mostAreas)
	}
	var errs []error
	for i, a := range areas {
		if err := a.Validate(); err != nil {
			errs = append(errs, err)
		}
		if slices.ContainsFunc(areas[:i], func(b Area) bool { return b.Name == a.Name }) {
			errs = append(errs, fmt.Errorf("%s: two areas have this name; want one each", a.Name))
		}
	}
	return errors.Join(errs...)
}

// Validate checks one area.
func (a Area) Validate() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%s %q: %w", a.kind(), clip(a.Name), fmt.Errorf(format, args...))
	}
	if !validName(a.Name) {
		return wrong("want a name of 1 to %d letters, digits, - or _", mostName)
	}
	switch a.Kind {
	case Zone:
		if len(a.Points) < 3 || len(a.Points) > mostPoints {
			return wrong("%d points; want 3 to %d corners", len(a.Points), mostPoints)
		}
	case Line:
		if len(a.Points) != 2 {
			return wrong("%d points; want its two ends", len(a.Points))
		}
	default:
		return wrong("unknown kind; want zone or line")
	}
	for i, p := range a.Points {
		if !(p[0] >= 0 && p[0] <= 1 && p[1] >= 0 && p[1] <= 1) { // NaN too
			return wrong("point %d is %v,%v; want fractions of the picture from 0 to 1", i+1, p[0], p[1])
		}
	}
	if a.Kind == Line {
		if length(a.Points[0], a.Points[1]) < leastLength {
			return wrong("its ends are %.3g apart; want at least %v of the picture", length(a.Points[0], a.Points[1]), leastLength)
		}
		if a.Dwell != 0 {
			return wrong("dwell is for zones; nothing stays on a line")
		}
	} else if err := simple(a.Points); err != nil {
		return wrong("%w", err)
	}
	if a.Anchor != "" && a.Anchor != Middle && a.Anchor != Foot {
		return wrong("anchor=%s; want %s or %s", a.Anchor, Middle, Foot)
	}
	if a.Dwell < 0 || a.Dwell > longDwell {
		return wrong("dwell=%v; want 0s to %v", a.Dwell, longDwell)
	}
	if len(a.Classes) > mostClasses {
		return wrong("%d classes; want at most %d, or none for all", len(a.Classes), mostClasses)
	}
	for i, c := range a.Classes {
		if !validClass(c) {
			return wrong("class %q; want a label such as person or cell phone", c)
		}
		if slices.Contains(a.Classes[:i], c) {
			return wrong("class %q is given twice", c)
		}
	}
	return nil
}

func (a Area) kind() Kind {
	if a.Kind == Line {
		return Line
	}
	return Zone
}

// counts reports whether things of this class count here.
func (a Area) counts(class string) bool {
	return len(a.Classes) == 0 || slices.Contains(a.Classes, class)
}

func validName(s string) bool {
	return s != "" && len(s) <= mostName && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) < 0
}

// validClass accepts labels that can be written in the text form: words with single spaces.
func validClass(s string) bool {
	return s != "" && len(s) <= 64 && strings.Join(strings.Fields(s), " ") == s &&
		strings.ToValidUTF8(s, "") == s && !strings.ContainsAny(s, ",;:=_")
}

// simple refuses polygons without an inside that everybody would agree on.
func simple(ps [][2]float64) error {
	n := len(ps)
	for i := range n {
		if ps[i] == ps[(i+1)%n] {
			return fmt.Errorf("corners %d and %d are the same point", i+1, (i+1)%n+1)
		}
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue // neighbours
			}
			if meet(ps[i], ps[i+1], ps[j], ps[(j+1)%n]) {
				return fmt.Errorf("its side from corner %d to %d meets that from %d to %d; give the corners in turn", i+1, i+2, j+1, (j+1)%n+1)
			}
		}
	}
	if s := math.Abs(size(ps)); s < leastSize {
		return fmt.Errorf("it covers %.2g of the picture; want at least %v", s, leastSize)
	}
	return nil
}
