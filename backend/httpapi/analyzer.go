package httpapi

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/analyze"
	"freshframe/backend/option"
	"freshframe/backend/pipeline"
)

// Auto is the analyzer that stands for the best one that runs here.
const Auto = "auto"

// Fallback says why an analyzer runs that is not the best one.
type Fallback struct {
	Wanted string `json:"wanted"`
	Reason string `json:"reason"`
	Hint   string `json:"hint"`
}

// wirePart is one of the joined analyzers.
type wirePart struct {
	Name string  `json:"name"`
	Rate float64 `json:"rate"` // most frames a second; 0: every frame
}

// partsWire are the analyzers that a spec joins.
func partsWire(spec analyze.Spec) []wirePart {
	parts := []wirePart{}
	for _, c := range spec.Parts() {
		parts = append(parts, wirePart(c))
	}
	return parts
}

// folders are those in an absolute path.
var folders = regexp.MustCompile(`(^|[\s("'=])/(?:[^\s/"':;,()]+/)+`)

// withoutFolders leaves of absolute paths their last element: clients need not know this machine's
// folders.
func withoutFolders(text string) string { return folders.ReplaceAllString(text, "$1") }

// Advice splits what an analyzer lacks into what is wrong and what to do. Where the program has
// looked for it is left out: clients need not know this machine's folders.
func Advice(missing error) (reason, hint string) {
	reason, hint, _ = strings.Cut(missing.Error(), ". ")
	hint, _, _ = strings.Cut(hint, ". Tried ")
	return withoutFolders(reason), cmp.Or(withoutFolders(hint), "freshframe serve --analyzer NAME says more")
}

type wireKind struct {
	analyze.Kind
	Missing *string `json:"missing"` // null where nothing is
}

func (s *Server) handleAnalyzers(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	kinds := []wireKind{}
	for _, k := range s.cfg.Kinds {
		w := wireKind{Kind: k}
		if k.Missing != nil {
			if err := k.Missing(); err != nil {
				reason, hint := Advice(err)
				w.Missing = textOrNull(reason + ". " + hint + ".")
			}
		}
		kinds = append(kinds, w)
	}
	return c.JSON(fiber.Map{"analyzers": kinds})
}

// chooseAnalyzer settles which analyzer a change asks for, and whether it may: auto becomes a
// name, with what to tell about it. present is what is in force.
func (s *Server) chooseAnalyzer(change *pipeline.Change, present analyze.Spec) (fallback *Fallback, err error) {
	if change.Analyzer == nil && change.Params == nil {
		return s.fallback.Load(), nil
	}
	next := present
	if change.Analyzer == nil {
		fallback = s.fallback.Load() // other parameters make no other choice
	} else {
		if *change.Analyzer == Auto && s.cfg.Automatic != nil {
			var text string
			text, fallback = s.cfg.Automatic()
			change.Analyzer = &text
		}
		if next, err = s.cfg.Kinds.Parse(*change.Analyzer); err != nil {
			return nil, changeError(err)
		}
	}
	if next, err = s.cfg.Kinds.With(next, change.Params); err != nil {
		return nil, changeError(err)
	}
	if err := s.checkFiles(next); err != nil {
		return nil, err
	}
	if change.Analyzer != nil && next.Kind.Missing != nil {
		if err := next.Kind.Missing(); err != nil {
			reason, hint := Advice(err)
			return nil, fail(fiber.StatusConflict, "analyzer_missing", next.Text+": "+reason, hint)
		}
	}
	return fallback, nil
}

// file is a parameter that names a file.
type file struct{ analyzer, parameter, value string }

// filesOf are the files that a spec names.
func filesOf(spec analyze.Spec) map[file]bool {
	files := map[file]bool{}
	spec.Given(func(analyzer string, o option.Option, value string) {
		if o.Type == option.File && value != "" {
			files[file{analyzer, o.Name, value}] = true
		}
	})
	return files
}

// checkFiles refuses files that a client may not name: it could try what there is on this
// machine, and have any of it opened. Those that lie in the folder of models are free to use, and
// those that the command line named.
func (s *Server) checkFiles(spec analyze.Spec) error {
	for f := range filesOf(spec) {
		refuse := func(why, hint string) error {
			return fail(fiber.StatusForbidden, "local_only", fmt.Sprintf("%s.%s=%s: %s", f.analyzer, f.parameter, f.value, why), hint)
		}
		switch {
		case s.files[f]:
		case s.cfg.Models == "":
			return refuse("files cannot be named over HTTP", "start the server with --models DIR, which makes the files in that folder available by name, or give this one with --analyzer")
		case strings.ContainsAny(f.value, "/\\\x00"):
			return refuse("over HTTP only the name of a file in the folder of --models", "copy the file there and give its name, without a path")
		case !isFile(filepath.Join(s.cfg.Models, f.value)): // an analyzer would look elsewhere too
			return refuse("there is no such file in the folder of --models", "copy it there")
		}
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
