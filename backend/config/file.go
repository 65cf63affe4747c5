package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"freshframe/backend/option"
)

// readYAML picks the settings out of a file's text: one mapping from names, with dashes or
// underscores, to plain values or lists of them. path serves for messages only. It works
// on the node tree rather than on a struct, to know each line and to find all mistakes.
func readYAML(path string, data []byte, names []string) (map[string]given, []Problem) {
	r := yamlReader{path: path, values: map[string]given{}, lines: map[string]int{}}
	for _, n := range names {
		if n != "config" {
			r.known = append(r.known, n)
		}
	}
	r.read(data)
	return r.values, r.problems
}

type yamlReader struct {
	// in
	path  string
	known []string

	// out
	values   map[string]given
	problems []Problem

	lines map[string]int // where each setting was first seen
}

func (r *yamlReader) fail(line int, key, format string, args ...any) {
	place := r.path
	if line > 0 {
		place = fmt.Sprintf("%s:%d", r.path, line)
	}
	r.problems = append(r.problems, newProblem(key, place, "", fmt.Sprintf(format, args...)))
}

// failSyntax says only "near line", as the library counts from 0 in some messages and from
// 1 in others.
func (r *yamlReader) failSyntax(err error) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(msg, "line ") {
		msg = "near " + msg
	}
	r.fail(0, "", "not valid YAML: %s (values that start with [, {, * or & or end with a colon need quotes)", msg)
}

func (r *yamlReader) read(data []byte) {
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		r.fail(0, "", "not a YAML file: it is not UTF-8 text")
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return // empty, or comments only
	} else if err != nil {
		r.failSyntax(err)
		return
	}
	if err := dec.Decode(&second); err == nil {
		r.fail(second.Line, "", "a second document starts here; only one is allowed")
		return
	} else if !errors.Is(err, io.EOF) {
		r.failSyntax(err)
		return
	}
	root := doc.Content[0]
	switch {
	case isNull(root):
	case root.Kind != yaml.MappingNode:
		r.fail(root.Line, "", "want settings, one a line, such as quality: 80; this is %s", kindOf(root))
	default:
		for i := 0; i+1 < len(root.Content); i += 2 {
			r.setting(root.Content[i], root.Content[i+1])
		}
	}
}

func (r *yamlReader) setting(key, value *yaml.Node) {
	name := strings.ReplaceAll(key.Value, "_", "-")
	switch {
	case key.Kind != yaml.ScalarNode:
		r.fail(key.Line, "", "a setting's name must be plain text; this is %s", kindOf(key))
		return
	case name == "config":
		r.fail(key.Line, "", "%s: a file cannot name another; give --config or %s", key.Value, envName("config"))
		return
	case !slices.Contains(r.known, name):
		known := r.known
		if strings.Contains(key.Value, "_") { // answer in the writer's own spelling
			known = make([]string, len(r.known))
			for i, k := range r.known {
				known[i] = strings.ReplaceAll(k, "-", "_")
			}
		}
		r.fail(key.Line, "", "%s: unknown setting%s", shorten(key.Value), option.Suggest(key.Value, known))
		return
	case r.lines[name] > 0:
		r.fail(key.Line, name, "%s: already set in line %d", key.Value, r.lines[name])
		return
	}
	r.lines[name] = key.Line
	separator := ","
	if name == "zones" {
		separator = ";" // commas stand within one
	}
	text, err := plain(value, separator)
	if err != nil {
		r.fail(key.Line, name, "%s: %v", key.Value, err)
		return
	}
	r.values[name] = given{layer: fromFile, place: fmt.Sprintf("%s:%d: %s", r.path, key.Line, key.Value), text: text}
}

// plain is a value as the text of a flag; a list's items are joined with the separator. Without
// one there may be no list.
func plain(n *yaml.Node, separator string) (string, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case isNull(n):
		return "", errors.New("has no value; give one or remove the line")
	case n.Kind == yaml.SequenceNode && separator != "":
		items := make([]string, len(n.Content))
		for i, c := range n.Content {
			var err error
			if items[i], err = plain(c, ""); err != nil {
				return "", err
			}
		}
		return strings.Join(items, separator), nil
	case n.Kind != yaml.ScalarNode:
		return "", fmt.Errorf("want a plain value; this is %s", kindOf(n))
	}
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!int", "!!float", "!!bool":
		return n.Value, nil
	default:
		return "", fmt.Errorf("want text, a number, true or false; this is %s", tag)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return "plain text"
}
