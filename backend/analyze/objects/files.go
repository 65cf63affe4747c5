package objects

import (
	"fmt"
	"os"
	"strings"

	"freshframe/backend/models"
	"freshframe/backend/option"
)

// The largest files to read, in bytes.
const (
	maxModel      = 1 << 30
	maxLabelsFile = 1 << 20
)

// readModel reads the model in the file, or the program's own for "".
func readModel(file string) (name string, model []byte, err error) {
	if file == "" {
		model, err = models.Load("", models.Objects)
		return models.Objects, model, err
	}
	if model, err = read(file, maxModel); err != nil {
		return "", nil, fmt.Errorf("model: %w", err)
	}
	return file, model, nil
}

// readLabels reads the names of the classes in the file, or gives COCO's for "".
func readLabels(file string) ([]string, error) {
	if file == "" {
		return COCO, nil
	}
	text, err := read(file, maxLabelsFile)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	labels, err := ParseLabels(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return labels, nil
}

// read reads a file, and nothing that is none: a pipe would never end.
func read(file string, most int64) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", file)
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes: want at most %d", file, info.Size(), most)
	}
	return os.ReadFile(file)
}

// choose marks the classes in a list with commas, nil for an empty one. Case does not matter,
// and an underscore is as good as a space. The error names what is no label, and one that is
// nearest to it.
func choose(list string, labels []string) ([]bool, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	plain := func(s string) string {
		return strings.ToLower(strings.TrimSpace(strings.ReplaceAll(s, "_", " ")))
	}
	wanted := make([]bool, len(labels))
	for name := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("classes: %q has an empty name", list)
		}
		known := false
		for i, l := range labels {
			if plain(l) == plain(name) { // labels may repeat
				wanted[i], known = true, true
			}
		}
		if !known {
			return nil, fmt.Errorf("classes: the model knows no %q%s", strings.TrimSpace(name), option.Suggest(plain(name), labels))
		}
	}
	return wanted, nil
}
