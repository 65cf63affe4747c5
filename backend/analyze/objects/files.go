package objects

import (
	"fmt"
	"strings"

	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/option"
)

// maxLabelsFile is the largest labels file to read, in bytes.
const maxLabelsFile = 1 << 20

// readModel reads the model in the file, or the program's own for "".
func readModel(nets *network.Store, file string) (network.File, error) {
	if file == "" {
		return nets.Program(models.Objects)
	}
	f, err := nets.Read(file, network.MaxModel)
	if err != nil {
		return network.File{}, fmt.Errorf("model: %w", err)
	}
	return f, nil
}

// readLabels reads the names of the classes in the file, or gives COCO's for "", and says whose
// they are.
func readLabels(nets *network.Store, file string) (labels []string, whose string, err error) {
	if file == "" {
		return COCO, "COCO's 80 labels", nil
	}
	f, err := nets.Read(file, maxLabelsFile)
	if err != nil {
		return nil, "", fmt.Errorf("labels: %w", err)
	}
	if labels, err = ParseLabels(string(f.Data)); err != nil {
		return nil, "", fmt.Errorf("%s: %w", f.Name, err)
	}
	return labels, "the labels in " + f.Name, nil
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
