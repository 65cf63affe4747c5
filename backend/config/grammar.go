package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// grammar is the command line as kong sees it. No field has an env tag: kong would read
// the real environment for it.
type grammar struct {
	Help        helpFlag    `short:"h" help:"Show help."`
	VersionFlag versionFlag `name:"version" help:"Show the version."`
	Serve       serve       `cmd:"" default:"withargs"`
	Cameras     Cameras     `cmd:""`
	Track       Track       `cmd:""`
	Version     Version     `cmd:""`
}

type serve struct {
	Settings settings `embed:""`
	Stray    stray    `arg:"" optional:"" hidden:""`
}

// settings is Config without its method: kong would call Validate in the midst of parsing.
type settings Config

var (
	errHelp    = errors.New("help wanted")
	errVersion = errors.New("version wanted")
)

// helpFlag and versionFlag end parsing before any value is looked at, so that help is to
// be had whatever else is wrong.
type (
	helpFlag    bool
	versionFlag bool
)

func (helpFlag) IgnoreDefault()        {} // kong: select no default command
func (helpFlag) BeforeReset() error    { return errHelp }
func (versionFlag) IgnoreDefault()     {}
func (versionFlag) BeforeReset() error { return errVersion }

// stray catches words that are neither command nor flag. They end up here because serve
// is the default, and it is nearly always a command that was misspelt.
type stray struct{}

func (*stray) Decode(ctx *kong.DecodeContext) error {
	return strayError{ctx.Scan.Pop().String()}
}

type strayError struct{ word string }

func (e strayError) Error() string {
	return fmt.Sprintf("unexpected argument %q%s", e.word, option.Suggest(e.word, []string{"serve", "cameras", "track", "version"}))
}

// BeforeResolve reads environment and file once the command line is known to be serve's.
func (serve) BeforeResolve(ctx *kong.Context, l *layers) error {
	l.load(ctx)
	return nil
}

func newKong(g *grammar, l *layers) *kong.Kong {
	return kong.Must(g, kong.NoDefaultHelp(), kong.Bind(l), kong.Resolvers(l),
		kong.PostBuild(func(k *kong.Kong) error {
			for _, f := range slices.Concat(serveFlags(k), flagsOfCommand(k, "track")) {
				f.Mapper = l
			}
			return nil
		}))
}

func serveFlags(k *kong.Kong) []*kong.Flag { return k.Model.DefaultCmd.Flags }

func flagsOfCommand(k *kong.Kong, name string) []*kong.Flag {
	i := slices.IndexFunc(k.Model.Children, func(n *kong.Node) bool { return n.Name == name })
	return k.Model.Children[i].Flags
}

// flagsOf describes the settings of serve; each flag's Target holds c's value.
func flagsOf(c *Config) []*kong.Flag {
	return serveFlags(newKong(&grammar{Serve: serve{Settings: settings(*c)}}, &layers{}))
}

// optionOf is the flag as an option, so that flags, source options and analyzer
// parameters are checked and described by the same code.
func optionOf(f *kong.Flag) option.Option {
	o := option.Option{Name: f.Name, Type: option.String, Default: f.Default, Doc: f.Help}
	switch f.Target.Interface().(type) {
	case int:
		o.Type = option.Int
	case float64:
		o.Type = option.Float
	case bool:
		o.Type = option.Bool
	case time.Duration:
		o.Type = option.Duration
	}
	if choices := f.Tag.Get("choices"); choices != "" {
		o.Type, o.Choices = option.Enum, strings.Split(choices, ",")
	}
	if text := f.Tag.Get("range"); text != "" {
		var lo, hi float64
		if _, err := fmt.Sscan(text, &lo, &hi); err != nil {
			panic(fmt.Sprintf("config: range of --%s: %v", f.Name, err))
		}
		o = o.Between(lo, hi)
	}
	return o
}

// assign reads text into the field target. Lists grow; everything else is replaced.
func assign(o option.Option, target reflect.Value, text string) error {
	v, err := option.Parse([]option.Option{o}, url.Values{o.Name: {text}})
	if e, ok := errors.AsType[*option.Error](err); ok {
		return errors.New(e.Reason)
	}
	switch p := target.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return p.UnmarshalText([]byte(text))
	case *int:
		*p = v.Int(o.Name)
	case *float64:
		*p = v.Float(o.Name)
	case *bool:
		*p = v.Bool(o.Name)
	case *time.Duration:
		*p = v.Duration(o.Name)
	case *[]string:
		hosts, err := parseHosts(text)
		*p = append(*p, hosts...)
		return err
	case *[]capture.Setting:
		var err error
		*p, err = addSettings(*p, text)
		return err
	default:
		target.SetString(text)
	}
	return nil
}
