package frontend

import (
	"io/fs"
	"os"
	"testing"
)

// The answer must agree with what lay in the folder when the test was compiled.
func TestFilesSaysWhetherThePageWasBuilt(t *testing.T) {
	_, err := os.Stat("dist/index.html")
	onDisk := err == nil

	files, built := Files()
	if built != onDisk {
		t.Fatalf("built = %t, but dist/index.html on disk: %t", built, onDisk)
	}
	page, err := fs.ReadFile(files, "index.html")
	if built != (err == nil) || built != (len(page) > 0) {
		t.Fatalf("built = %t, but reading index.html gave %d bytes and %v", built, len(page), err)
	}
}

// The placeholder must be inside, or the next fresh clone does not compile.
func TestFilesCarriesThePlaceholder(t *testing.T) {
	files, _ := Files()
	if _, err := fs.Stat(files, ".gitkeep"); err != nil {
		t.Fatal(err)
	}
}
