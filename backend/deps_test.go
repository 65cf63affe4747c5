// Package backend_test holds the direction of imports: the packages depend on one another
// along the way the data takes, and on the outside in one place each.
package backend_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module = "freshframe/"
	root   = module + "backend/"
)

// row is what the packages of one place may import from this module, all named from the
// backend folder. "x/..." is everything below x, without x.
type row struct {
	pkg string
	may []string
}

// table is in the order of the data's way, from the camera's bytes to the browser: each row
// names only rows above it. The first row that names a package holds for it. Cameras and
// analyzers are in nobody's list: only the program, which puts everything together, knows
// which there are.
var table = []row{
	// What knows nothing of frames.
	{"jpeg", nil},
	{"option", nil},
	{"hub", nil},
	{"wait", nil},
	{"capture/blockcode", nil},
	{"capture/clip/mjpeg", nil},
	{"models", nil},
	{"onnx", nil},
	{"onnx/...", []string{"onnx"}},
	{"network", []string{"models", "onnx", "option"}},
	{"vision", nil},
	{"gesture/swing", nil},
	{"gesture", []string{"gesture/swing"}},
	{"action", []string{"gesture/swing"}},
	{"track/assign", nil},
	{"track", []string{"track/assign"}},
	{"track/mot", []string{"track"}},
	{"track/motscore", []string{"track/assign", "track/mot"}},

	// Cameras make frames, which are counted; the newest waits for the analyzer.
	{"frame", []string{"jpeg"}},
	{"metrics", []string{"frame"}},
	{"capture", []string{"frame", "option"}},
	{"capture/...", []string{"capture", "capture/blockcode", "capture/clip/mjpeg", "frame", "jpeg", "option", "wait"}},
	{"slot", []string{"frame"}},
	{"pool", nil}, // which frame is started when: it sees tickets and times alone

	// Analyzers make results of them, which are drawn and published.
	{"analyze", []string{"frame", "option"}},
	{"analyze/follow", []string{"analyze", "option", "track", "vision"}},
	{"analyze/view", []string{"frame", "vision"}},
	{"analyze/...", []string{"action", "analyze", "analyze/follow", "analyze/view", "frame", "gesture", "models", "network", "onnx", "option", "track", "vision", "wait"}},
	{"network/...", []string{"analyze", "frame", "models", "network", "onnx", "onnx/onnxtest"}}, // for their tests
	{"zone", []string{"analyze", "option"}},
	{"overlay", []string{"analyze"}},
	{"pipeline", []string{"analyze", "capture", "frame", "hub", "jpeg", "metrics", "overlay", "pool", "slot", "zone"}},

	// Who has a slow network gets less of each picture.
	{"rendition", []string{"hub", "jpeg"}},

	// People say what they want and see what they get.
	{"config", []string{"analyze", "capture", "option", "slot", "zone"}},
	{"httpapi", []string{"analyze", "capture", "hub", "jpeg", "metrics", "option", "overlay", "pipeline", "rendition", "zone"}},
	{"cmd/...", []string{anything}},
}

const anything = "anything"

// reserved are libraries with one place in the program, so that they can be replaced there.
var reserved = []struct{ library, only string }{
	{"github.com/gofiber", "httpapi"},
	{"github.com/valyala", "httpapi"},
	{"github.com/blackjack/webcam", "capture/v4l2"},
	{"github.com/yalue/onnxruntime_go", "onnx"},
}

// covers says whether a name from the table stands for the package.
func covers(name, pkg string) bool {
	if above, ok := strings.CutSuffix(name, "/..."); ok {
		return strings.HasPrefix(pkg, above+"/")
	}
	return name == pkg
}

// place is the index of the row that holds for the package, -1 without one.
func place(pkg string) int {
	return slices.IndexFunc(table, func(r row) bool { return covers(r.pkg, pkg) })
}

// check says which rule the import breaks, both ends given as import paths.
func check(from, to string) error {
	pkg := strings.TrimPrefix(from, root)
	for _, r := range reserved {
		if (to == r.library || strings.HasPrefix(to, r.library+"/")) && pkg != r.only {
			return fmt.Errorf("%s imports %s: only %s may", from, to, root+r.only)
		}
	}
	if !strings.HasPrefix(to, module) {
		return nil
	}
	i := place(pkg)
	switch {
	case i < 0:
		return fmt.Errorf("%s imports %s, but it is not in the table: say where on the data's way it stands", from, to)
	case slices.Contains(table[i].may, anything), slices.Contains(table[i].may, strings.TrimPrefix(to, root)):
		return nil
	case len(table[i].may) == 0:
		return fmt.Errorf("%s imports %s: %s may import nothing of this module", from, to, table[i].pkg)
	}
	return fmt.Errorf("%s imports %s: %s may import only %s", from, to, table[i].pkg, strings.Join(table[i].may, ", "))
}

// listed is what `go list -json` says about a package.
type listed struct {
	ImportPath string
	GoFiles    []string
	Imports    []string // without those of tests, which may use what they like
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,GoFiles,Imports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 { // else tests alone
			all = append(all, p)
		}
	}
}

func TestImportsFollowTheData(t *testing.T) {
	used := make([]bool, len(table))
	for _, p := range packages(t) {
		i := place(strings.TrimPrefix(p.ImportPath, root))
		if i < 0 {
			t.Errorf("%s is not in the table: say where on the data's way it stands", p.ImportPath)
			continue
		}
		used[i] = true
		for _, to := range p.Imports {
			if err := check(p.ImportPath, to); err != nil {
				t.Error(err)
			}
		}
	}
	for i, r := range table {
		if !used[i] {
			t.Errorf("the table has %s, but there is no such package", r.pkg)
		}
	}
}

// The table itself leads one way: what a row names stands above it.
func TestTableLeadsOneWay(t *testing.T) {
	for i, r := range table {
		for _, name := range r.may {
			if at := place(name); name != anything && (at < 0 || at >= i) {
				t.Errorf("%s may import %s, which does not stand above it", r.pkg, name)
			}
		}
	}
}

// The check finds what it is there to find.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string // part of the complaint, "" for none
	}{
		{"frame", root + "jpeg", ""},
		{"frame", "image", ""},
		{"capture/v4l2", root + "capture", ""},
		{"capture/v4l2", "github.com/blackjack/webcam/ioctl", ""},
		{"capture/newcamera", root + "capture/blockcode", ""},
		{"analyze/newanalyzer", root + "analyze", ""},
		{"httpapi", "github.com/gofiber/fiber/v2", ""},
		{"httpapi", "github.com/valyala/fasthttp", ""},
		{"cmd/freshframe", root + "analyze/motion", ""},
		{"cmd/freshframe", module + "frontend", ""},
		{"config", "github.com/blackjack/webcams", ""}, // another library

		{"jpeg", root + "frame", "freshframe/backend/jpeg imports freshframe/backend/frame: jpeg may import nothing of this module"},
		{"slot", root + "hub", "freshframe/backend/slot imports freshframe/backend/hub: slot may import only frame"},
		{"frame", root + "metrics", "frame may import only jpeg"},
		{"overlay", root + "pipeline", "overlay may import only analyze"},
		{"pipeline", root + "httpapi", "pipeline may import only analyze, capture"},
		{"pipeline", root + "analyze/motion", "pipeline may import only"},
		{"httpapi", root + "capture/v4l2", "httpapi may import only"},
		{"httpapi", module + "frontend", "httpapi may import only"},
		{"config", root + "analyze/simulate", "config may import only"},
		{"capture", root + "capture/clip", "capture may import only frame, option"},
		{"capture/ipcamera", root + "capture/clip", "capture/... may import only"},
		{"capture/blockcode", root + "capture", "capture/blockcode may import nothing"},
		{"analyze/motion", root + "analyze/simulate", "analyze/... may import only"},
		{"analyze/motion", root + "overlay", "analyze/... may import only"},
		{"pipeline", "github.com/gofiber/fiber/v2", "only freshframe/backend/httpapi may"},
		{"rendition", root + "httpapi", "rendition may import only hub, jpeg"},
		{"hub", "github.com/valyala/fasthttp", "only freshframe/backend/httpapi may"},
		{"cmd/freshframe", "github.com/gofiber/fiber/v2", "only freshframe/backend/httpapi may"},
		{"capture/clip", "github.com/blackjack/webcam", "only freshframe/backend/capture/v4l2 may"},
		{"analyze/objects", "github.com/yalue/onnxruntime_go", "only freshframe/backend/onnx may"},
		{"unheardof", root + "frame", "not in the table"},
		{"pipeline/part", root + "frame", "not in the table"},
	} {
		err := check(root+c.from, c.to)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("refused: %v", err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s to %s: got %v, want %q", c.from, c.to, err, c.want)
		}
	}
}
