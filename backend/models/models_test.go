package models_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"freshframe/backend/models"
)

// budget is what all models together may add to the program, in bytes.
const budget = 20_000_000

// The files are those that the README describes, and no others.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^([0-9a-f]{64})  (\w+)\.onnx$`).FindAllStringSubmatch(string(readme), -1) {
		want[line[2]] = line[1]
	}
	var found []string
	files, err := filepath.Glob("*.onnx")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		found = append(found, f[:len(f)-len(".onnx")])
	}
	slices.Sort(found)
	if names := slices.Sorted(slices.Values(models.Names())); !slices.Equal(found, names) || len(want) != len(names) {
		t.Errorf("files %v, names %v, in the README %d", found, names, len(want))
	}
	total := 0
	for _, name := range models.Names() {
		data, err := models.Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != want[name] {
			t.Errorf("%s has sha256 %s, the README says %s", name, got, want[name])
		}
		total += len(data)
	}
	if total > budget {
		t.Errorf("the models are %d bytes, more than %d", total, budget)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, models.Palm+".onnx"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := models.Load(dir, models.Palm); string(data) != "mine" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	for _, c := range []struct{ folder, name, want string }{
		{dir, models.Hand, "leave the folder out for the program's own"},
		{"", "yolo", `there is no model "yolo": there are face_short_128`},
		{dir, "../" + models.Palm, "there is no model"},
	} {
		_, err := models.Load(c.folder, c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Load(%q, %q): got %v, want %q", c.folder, c.name, err, c.want)
		}
	}
}
