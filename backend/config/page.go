package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"freshframe/backend/option"
)

// pageWidth is the longest line of help, in characters: readable on any terminal.
const pageWidth = 90

// page lays out help: text as it is, and rows of a name with wrapped prose beside it.
type page struct{ strings.Builder }

func (p *page) text(s string) { p.WriteString(s) }

func (p *page) indented(indent int, s string) {
	for line := range strings.Lines(s) {
		p.WriteString(strings.Repeat(" ", indent) + line)
	}
}

// row writes a name at indent and prose wrapped from column on; a name that reaches into
// the prose gets a line of its own.
func (p *page) row(indent, column int, name, prose string) {
	head := strings.Repeat(" ", indent) + name
	margin := strings.Repeat(" ", column)
	for i, line := range wrap(prose, pageWidth-column) {
		n := utf8.RuneCountInString(head)
		switch {
		case i == 0 && n <= column-2:
			p.text(head + margin[n:])
		case i == 0:
			p.text(head + "\n" + margin)
		default:
			p.text(margin)
		}
		p.text(line + "\n")
	}
}

// entry describes a source or an analyzer with its options.
func (p *page) entry(form, doc string, options []option.Option) {
	p.row(2, 6, form, doc)
	widest := 0
	for _, o := range options {
		widest = max(widest, len(o.Name))
	}
	for _, o := range options {
		p.row(8, 8+widest+2, o.Name, join(o.Doc, rules(o)))
	}
}

// wrap breaks prose into lines of at most width characters; longer words stay whole.
func wrap(prose string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(prose) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// join puts sentences side by side.
func join(sentences ...string) string {
	return strings.TrimSpace(strings.Join(sentences, " "))
}

// rules tells type, range and default of an option in a short sentence, such as
// "A whole number from 1 to 100, by default 80."
func rules(o option.Option) string {
	var s string
	switch o.Type {
	case option.Int:
		s = "A whole number"
	case option.Float:
		s = "A number"
	case option.Bool:
		s = "On or off"
	case option.Duration:
		s = "A time"
	case option.Size:
		s = "WIDTHxHEIGHT"
	case option.Enum:
		s = "One of " + strings.Join(o.Choices, ", ")
	}
	if o.Min != nil && o.Max != nil {
		s += fmt.Sprintf(" from %s to %s", bound(o, *o.Min), bound(o, *o.Max))
		if o.Type == option.Size {
			s += " pixels a side"
		}
	}
	def := o.Default
	if o.Type == option.Bool {
		def = "off"
		if slices.Contains([]string{"1", "true", "on", "yes"}, o.Default) {
			def = "on"
		}
	}
	switch {
	case def != "" && s != "":
		s += ", by default " + def
	case def != "":
		s = "By default " + def
	}
	if s == "" {
		return ""
	}
	return s + "."
}

// bound writes a limit as a person would type it.
func bound(o option.Option, x float64) string {
	if o.Type != option.Duration {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	s := time.Duration(x * float64(time.Second)).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return s
}
