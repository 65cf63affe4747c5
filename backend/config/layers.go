package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"

	"github.com/alecthomas/kong"
)

// layer is where a value comes from; a higher one wins.
type layer int

const (
	fromFile layer = iota + 1
	fromEnv
	fromFlag
)

// given is a value's text and where it was found.
type given struct {
	layer layer
	place string // as in Problem.Place
	text  string
}

// layers stacks the environment and the file under the flags. It is kong's resolver, and
// its mapper for serve's flags: instead of stopping at the first wrong value it notes the
// problem and goes on.
type layers struct {
	// in
	env []string

	// out
	problems []Problem
	bad      map[string]bool  // settings that have a problem
	places   map[string]given // where each setting that was given comes from

	fromEnv, fromFile map[string]given
}

func (l *layers) add(ps ...Problem) {
	for _, p := range ps {
		l.problems = append(l.problems, p)
		l.bad[p.Key] = true
	}
}

// load reads the environment and then the file that --config or it names.
func (l *layers) load(ctx *kong.Context) {
	var names []string
	path, place := "", ""
	for _, f := range serveFlags(ctx.Kong) {
		names = append(names, f.Name)
		if f.Name == "config" {
			path, place = ctx.FlagValue(f).(string), "--config"
		}
	}
	var ps []Problem
	l.fromEnv, ps = readEnv(l.env, names)
	l.add(ps...)
	if path == "" {
		path, place = l.fromEnv["config"].text, l.fromEnv["config"].place
	}
	if path == "" {
		return
	}
	data, err := readLimited(path, 1<<20)
	if err != nil {
		l.add(newProblem("config", place, path, err.Error()))
		return
	}
	l.fromFile, ps = readYAML(path, data, names)
	l.add(ps...)
}

// Validate implements kong.Resolver. Config.Validate comes later, with all layers in place.
func (l *layers) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver for the flags of serve that were not given.
func (l *layers) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	for _, m := range []map[string]given{l.fromEnv, l.fromFile} {
		if g, ok := m[f.Name]; ok {
			l.places[f.Name] = g
			return g, nil
		}
	}
	return nil, nil
}

// Decode implements kong.Mapper. The value is a string from the command line or from a
// default, or a given from Resolve.
func (l *layers) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	f := ctx.Value.Flag
	place := "--" + f.Name
	text := "on"
	if next := ctx.Scan.Peek(); !f.IsBool() || next.Type == kong.FlagValueToken {
		if next.IsEOL() {
			return fmt.Errorf("needs a value: --%s %s", f.Name, f.PlaceHolder)
		}
		if !next.IsValue() {
			return fmt.Errorf("needs a value; one that starts with a dash is written --%s=%v", f.Name, next)
		}
		switch v := ctx.Scan.Pop().Value.(type) {
		case string:
			text = v
		case given:
			text, place = v.text, v.place
		}
	}
	if err := assign(optionOf(f), target, text); err != nil {
		l.add(newProblem(f.Name, place, text, err.Error()))
	}
	return nil
}

// noteFlags completes places with the command line, which kong does not ask Resolve about.
func (l *layers) noteFlags(ctx *kong.Context) {
	for _, p := range ctx.Path {
		if p.Flag != nil && !p.Resolved {
			l.places[p.Flag.Name] = given{layer: fromFlag, place: "--" + p.Flag.Name}
		}
	}
}

// readAPIKey settles api-key against api-key-file, two ways to give one setting: the
// higher layer wins, within one layer there is no telling which is meant.
func (l *layers) readAPIKey(c *Config) {
	key, file := l.places["api-key"], l.places["api-key-file"]
	switch {
	case file.layer == 0 || l.bad["api-key"] || c.APIKeyFile == "":
		return
	case key.layer > file.layer:
		c.APIKeyFile = ""
		return
	case key.layer == file.layer:
		l.add(newProblem("api-key-file", file.place, c.APIKeyFile, "give either this or "+key.place+", not both"))
		return
	}
	data, err := readLimited(c.APIKeyFile, 4<<10)
	if err == nil {
		err = c.APIKey.UnmarshalText(bytes.TrimSpace(data))
	}
	if err != nil {
		l.add(newProblem("api-key-file", file.place, c.APIKeyFile, err.Error()))
	}
}

// readLimited reads a whole file of at most limit bytes; a device that never ends is no
// trap. The error leaves out the path, which the caller shows.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var data []byte
		data, err = io.ReadAll(io.LimitReader(f, limit+1))
		if err == nil && int64(len(data)) > limit {
			return nil, fmt.Errorf("larger than %d KiB; is it the right file?", limit>>10)
		}
		if err == nil {
			return data, nil
		}
	}
	pathErr, ok := errors.AsType[*fs.PathError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case errors.Is(err, fs.ErrPermission):
		return nil, errors.New("may not be read by this user")
	case ok:
		return nil, fmt.Errorf("cannot be read: %w", pathErr.Err)
	}
	return nil, fmt.Errorf("cannot be read: %w", err)
}
