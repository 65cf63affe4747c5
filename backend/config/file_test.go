package config

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func settingNames() []string {
	var names []string
	for _, f := range flagsOf(&Config{}) {
		names = append(names, f.Name)
	}
	return names
}

func TestReadYAML(t *testing.T) {
	tests := []struct {
		name, text string
		values     map[string]string
		problems   string // beginnings of lines
	}{
		{"empty", "", nil, ""},
		{"comments", "# nothing\n", nil, ""},
		{"only a mark", "---\n", nil, ""},
		{"null", "~\n", nil, ""},
		{"end mark", "quality: 3\n...\n", map[string]string{"quality": "3"}, ""},
		{"plain kinds", "quality: 3\nstopped: yes\nmax-streams: '4'\nanalysis_timeout: 1.5s\n",
			map[string]string{"quality": "3", "stopped": "yes", "max-streams": "4", "analysis-timeout": "1.5s"}, ""},
		{"windows lines", "quality: 3\r\nlisten: 127.0.0.1:0\r\n", map[string]string{"quality": "3", "listen": "127.0.0.1:0"}, ""},
		{"lists", "overlay: [boxes, fps]\nallowed_host:\n  - a\n  - 10.0.0.1\n", map[string]string{"overlay": "boxes,fps", "allowed-host": "a,10.0.0.1"}, ""},
		{"control list", "control: [brightness=10, power_line_frequency=50 Hz]\n", map[string]string{"control": "brightness=10,power_line_frequency=50 Hz"}, ""},
		{"controls as a mapping", "control: {brightness: 10}\n", nil, "f.yaml:1: control: want a plain value; this is a mapping"},
		{"anchors", "source: &s 'file:a'\nanalyzer: *s\n", map[string]string{"source": "file:a", "analyzer": "file:a"}, ""},

		{"unknown, dashes", "max-steams: 3\n", nil, `f.yaml:1: max-steams: unknown setting; did you mean "max-streams"?`},
		{"unknown, underscores", "\n\nmax_steams: 3\n", nil, `f.yaml:3: max_steams: unknown setting; did you mean "max_streams"?`},
		{"unknown, far", "zzzzzzzzzz: 3\n", nil, `f.yaml:1: zzzzzzzzzz: unknown setting; known: listen, api-key,`},
		{"names are lower case", "Quality: 3\n", nil, `f.yaml:1: Quality: unknown setting; did you mean "quality"?`},
		{"a file in the file", "config: g.yaml\n", nil, "f.yaml:1: config: a file cannot name another; give --config or FRESHFRAME_CONFIG"},
		{"merge", "<<: {quality: 3}\n", nil, "f.yaml:1: <<: unknown setting"},
		{"twice", "quality: 3\nlog_level: warn\nquality: 4\n", map[string]string{"quality": "3", "log-level": "warn"}, "f.yaml:3: quality: already set in line 1"},
		{"twice, spelt otherwise", "log_level: warn\nlog-level: info\n", map[string]string{"log-level": "warn"}, "f.yaml:2: log-level: already set in line 1"},
		{"no value", "quality:\nmode: ~\n", nil, "f.yaml:1: quality: has no value; give one or remove the line\nf.yaml:2: mode: has no value"},
		{"nested", "serve:\n  quality: 3\nquality: {value: 3}\n", nil, "f.yaml:1: serve: unknown setting\nf.yaml:3: quality: want a plain value; this is a mapping"},
		{"list of lists", "overlay: [[boxes]]\n", nil, "f.yaml:1: overlay: want a plain value; this is a list"},
		{"list in itself", "overlay: &o [*o]\n", nil, "f.yaml:1: overlay: want a plain value; this is a list"},
		{"odd tags", "source: !!binary aGk=\nanalyzer: !x y\n", nil, "f.yaml:1: source: want text, a number, true or false; this is !!binary\nf.yaml:2: analyzer: want text, a number, true or false; this is !x"},
		{"odd names", "? [a]\n: 1\n? {b: c}\n: 2\n", nil, "f.yaml:1: a setting's name must be plain text; this is a list\nf.yaml:3: a setting's name must be plain text; this is a mapping"},
		{"alias as name", "mode: &m serial\n*m : x\n", map[string]string{"mode": "serial"}, "f.yaml:2: a setting's name must be plain text; this is an alias"},
		{"list as a whole", "- quality\n", nil, "f.yaml:1: want settings, one a line, such as quality: 80; this is a list"},
		{"text as a whole", "\nquality 80\n", nil, "f.yaml:2: want settings, one a line, such as quality: 80; this is plain text"},
		{"two documents", "quality: 3\n---\nquality: 4\n", nil, "f.yaml:2: a second document starts here; only one is allowed"},
		{"broken second document", "quality: 3\n--- {", nil, "f.yaml: not valid YAML: near line 2: "},
		{"colon at the end", "source: synthetic:\n", nil, "f.yaml: not valid YAML: mapping values are not allowed in this context (values that start with [, {, * or & or end with a colon need quotes)"},
		{"bare IPv6", "quality: 3\nlisten: [::1]:0\n", nil, "f.yaml: not valid YAML: near line 1: did not find"},
		{"tab", "mode: serial\n\tquality: 3", nil, "f.yaml: not valid YAML: near line 2: found a tab character"},
		{"picture", "\x89PNG\r\n\x1a\n\x00\x00", nil, "f.yaml: not a YAML file: it is not UTF-8 text"},
		{"zeros", "\x00\x00\x00\x00", nil, "f.yaml: not a YAML file: it is not UTF-8 text"},
		{"control characters", "quality: \x01\n", nil, "f.yaml: not valid YAML: control characters are not allowed"},
		{"UTF-16", "\xff\xfeq\x00", nil, "f.yaml: not a YAML file: it is not UTF-8 text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values, problems := readYAML("f.yaml", []byte(tt.text), settingNames())
			if got := texts(values); !maps.Equal(got, tt.values) {
				t.Errorf("values %v, want %v", got, tt.values)
			}
			wantLines(t, (&UsageError{Problems: problems}).Error(), tt.problems)
		})
	}
}

func texts(values map[string]given) map[string]string {
	m := map[string]string{}
	for k, g := range values {
		m[k] = g.text
	}
	return m
}

func TestYAMLValuesNameTheirLine(t *testing.T) {
	file := writeFile(t, "f.yaml", "# first line\nquality: [1, 2]\n\nlog_level: loud\nlisten: 0.0.0.0:80\nallowed-host: [a, 'b:1']\nmode: both\n")
	_, err := Parse([]string{"--config", file}, nil, t.Output(), t.Output(), HelpData{})
	if err == nil {
		t.Fatal("no error")
	}
	wantLines(t, strings.ReplaceAll(err.Error(), file, "f.yaml"),
		`f.yaml:6: allowed-host=a,b:1: "b:1" is neither an IP address nor a host name; write it without scheme, port or path
f.yaml:7: mode=both: want one of serial, pool, auto
f.yaml:2: quality=1,2: want a whole number
f.yaml:4: log_level=loud: want one of debug, info, warn, error
f.yaml:5: listen=0.0.0.0:80: other machines can reach this address`)
}

func FuzzReadYAML(f *testing.F) {
	f.Add([]byte(exampleFile))
	for _, s := range []string{
		"", "---\n", "quality: 3\n---\nquality: 4", "source: synthetic:", "a: &a [*a]", "? [x]\n: y", "- z", "~: 1",
		"overlay: &o [boxes, fps]\nanalyzer: *o\n", "quality: !!int '3'", "log-level: warn\nlog_level: info", "\x00", "\xff\xfe",
		"quality: |\n  3\n", "listen: [::1]:0", "{quality: 3, mode: ~}", "%YAML 1.1\n---\nquality: 3", "\ufeffquality: 3",
	} {
		f.Add([]byte(s))
	}
	names := settingNames()
	f.Fuzz(func(t *testing.T, data []byte) {
		values, problems := readYAML("f.yaml", data, names)
		for _, p := range problems {
			if s := p.String(); !strings.HasPrefix(s, "f.yaml:") || p.Reason == "" || strings.ContainsAny(s, "\n\r\x1b") {
				t.Fatalf("problem %q", s)
			}
		}
		plain := map[string]string{}
		for name, g := range values {
			if name == "config" || !slices.Contains(names, name) || g.layer != fromFile || !strings.HasPrefix(g.place, "f.yaml:") {
				t.Fatalf("value %s: %+v", name, g)
			}
			plain[name] = g.text
		}
		again, err := yaml.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 {
			return
		}
		back, problems := readYAML("f.yaml", again, names)
		if len(problems) > 0 || !maps.Equal(texts(back), plain) {
			t.Fatalf("%q came back as %v, %v from\n%s", plain, texts(back), problems, again)
		}
	})
}
