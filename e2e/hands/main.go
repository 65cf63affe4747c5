// Hands measures how many gestures are named right. In: pictures of hands whose names tell the
// gesture. Out: the confusion matrix of the real networks and rules over all views of them, as
// Markdown. It must never look at what a picture shows otherwise than the program does.
//
//	go run ./e2e/hands
//	go run ./e2e/hands -wrong
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/hands"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/onnx"
)

func main() {
	folder := flag.String("pictures", "testdata/hands", "folder of pictures with names like fist-1.jpg")
	wrong := flag.Bool("wrong", false, "name each view that is named wrongly")
	flag.Parse()
	if err := run(*folder, *wrong); err != nil {
		fmt.Fprintln(os.Stderr, "hands:", err)
		os.Exit(1)
	}
}

func run(folder string, wrong bool) error {
	// Run by "go run", the program is not where it looks for the npm package's runtime.
	if library := onnx.Packaged("."); os.Getenv(onnx.Environment) == "" {
		if _, err := os.Stat(library); err == nil {
			if _, err := onnx.Load(library); err != nil {
				return err
			}
		}
	}
	fixtures, err := load(folder)
	if err != nil {
		return err
	}
	m := matrix{}
	err = measure(context.Background(), fixtures, views(), func(f fixture, v view, said string) {
		m.add(f.gesture, said)
		if wrong && said != f.gesture {
			fmt.Printf("%s, turned %g°, mirrored %v, scale %g: %s\n", f.name, v.turn, v.mirrored, v.scale, said)
		}
	})
	if err != nil {
		return err
	}
	fmt.Print(m)
	return nil
}

// views are all that a gesture is to be known in.
func views() (all []view) {
	for _, scale := range []float64{1, 0.6, 0.4} {
		for _, turn := range []float64{-30, -15, 0, 15, 30} {
			for _, mirrored := range []bool{false, true} {
				all = append(all, view{turn, mirrored, scale})
			}
		}
	}
	return all
}

// frames is how many of each view are shown: a gesture is named when it has settled.
const frames = 10

// measure shows each view of each fixture for frames at 30 a second, and
// tells what is said of the last frame. Between two views is a gap after which nothing is
// remembered.
func measure(ctx context.Context, fixtures []fixture, views []view, tell func(f fixture, v view, said string)) error {
	spec, err := analyze.Kinds{hands.Kind(new(network.Store))}.Parse("hands?max=1")
	if err != nil {
		return err
	}
	a, err := spec.New()
	if err != nil {
		return err
	}
	defer a.Close()
	var pool frame.Pool
	var seq uint64
	at := time.Unix(0, 0)
	for _, f := range fixtures {
		for _, v := range views {
			at = at.Add(time.Minute)
			picture := seen(&pool, f.picture, v)
			var last analyze.Result
			for range frames {
				seq++
				at = at.Add(time.Second / 30)
				picture.Seq, picture.Captured = seq, at
				if last, err = a.Analyze(ctx, picture); err != nil {
					picture.Release()
					return fmt.Errorf("%s: %w", f.name, err)
				}
			}
			picture.Release()
			tell(f, v, name(last))
		}
	}
	return nil
}

// name is what is said of the hand in the result.
func name(r analyze.Result) string {
	switch {
	case len(r.Detections) == 0:
		return noHand
	case r.Detections[0].Gesture == "":
		return none
	}
	return r.Detections[0].Gesture
}
