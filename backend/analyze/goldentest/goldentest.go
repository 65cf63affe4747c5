// Package goldentest is for tests that compare an analyzer with its model's reference. In: the
// files of testdata/golden. Out: what the reference found, the picture as a frame, and what the
// network gives when its tensor is filled the reference's way. It must never be in the program.
package goldentest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"freshframe/backend/frame"
)

// testdata is the project's, from an analyzer's folder.
const testdata = "../../../testdata/"

// Picture is one that the reference saw.
type Picture struct {
	Name   string `json:"picture"` // from testdata
	SHA256 string
}

// Small says whether the picture is at the scale of the network's input. Then a way to make
// it smaller cannot differ from the reference's, and the analyzer as a whole is compared.
func (p Picture) Small() bool { return strings.Contains(p.Name, "-at-") }

// Read gives the cases of a golden file.
func Read[Case any](tb testing.TB, file string) (cases []Case) {
	tb.Helper()
	text, err := os.ReadFile(testdata + "golden/" + file)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		tb.Fatalf("%s: %d cases, %v", file, len(cases), err)
	}
	return cases
}

// Frame is the picture as a camera would give it.
func (p Picture) Frame(tb testing.TB) *frame.Frame {
	tb.Helper()
	data, err := os.ReadFile(testdata + p.Name)
	if err != nil {
		tb.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(data)); sum != p.SHA256 {
		tb.Fatalf("%s is another picture than the reference saw: run testdata/golden/reference.py", p.Name)
	}
	f := new(frame.Pool).Get()
	f.Seq, f.Format, f.Data, f.Captured = 1, frame.JPEG, data, time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	if err := f.Check(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.Release)
	return f
}
