//go:build turbo

// Command splices writes pictures as cameras send them and what backend/jpeg makes of them
// when something is drawn on them, for a browser to look at:
//
//	go run -tags turbo ./e2e/turbo/splices DIR
//
// DIR/splices.json lists them: what differs between NAME-before.jpg and NAME-spliced.jpg.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "splices:", err)
		os.Exit(1)
	}
}

// listed is a pair in the list. Rectangles are x, y, width and height in pixels.
type listed struct {
	Name    string   `json:"name"`
	Size    [2]int   `json:"size"`
	MCU     [2]int   `json:"mcu"`     // pixels
	Touched [][4]int `json:"touched"` // what was drawn on, as a whole
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("want one folder to write to")
	}
	all, err := makePairs()
	if err != nil {
		return err
	}
	list := []listed{}
	for _, p := range all {
		for what, data := range map[string][]byte{"before": p.whole, "spliced": p.spliced} {
			if err := os.WriteFile(filepath.Join(args[0], p.name+"-"+what+".jpg"), data, 0o644); err != nil {
				return err
			}
		}
		l := listed{Name: p.name, Size: [2]int{p.w, p.h}, MCU: [2]int{p.mcu().X, p.mcu().Y}, Touched: [][4]int{}}
		for _, r := range p.touched {
			l.Touched = append(l.Touched, flat(r))
		}
		list = append(list, l)
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[0], "splices.json"), text, 0o644)
}

func flat(r image.Rectangle) [4]int { return [4]int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} }
