package main

import (
	"image"
	"strings"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/onnx/onnxtest"
)

// Nine of ten are named right, and no gesture fails for the others; all views are the
// command's.
func TestGesturesOfRenderedHands(t *testing.T) {
	onnxtest.Need(t)
	fixtures, err := load("../../testdata/hands")
	if err != nil {
		t.Fatal(err)
	}
	m := matrix{}
	some := []view{{-30, false, 1}, {30, true, 0.6}}
	err = measure(t.Context(), fixtures, some, func(f fixture, v view, said string) {
		m.add(f.gesture, said)
		if said != f.gesture {
			t.Logf("%s, %+v: %s", f.name, v, said)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	right, all := m.right()
	if all < 2*2*len(shapes()) || 10*right < 9*all {
		t.Errorf("%d of %d are right", right, all)
	}
	for _, shown := range append(shapes(), none) {
		if right, all := m.row(shown); all == 0 || 3*right < 2*all {
			t.Errorf("%s is right in %d of %d", shown, right, all)
		}
	}
}

// A view moves what is in the picture to where it says.
func TestView(t *testing.T) {
	p := image.NewYCbCr(image.Rect(0, 0, 100, 60), image.YCbCrSubsampleRatio420)
	for y := 10; y < 20; y++ {
		for x := 70; x < 80; x++ {
			p.Y[y*p.YStride+x] = 200
		}
	}
	var pool frame.Pool
	for _, c := range []struct {
		v    view
		x, y int // the square's middle
	}{
		{view{0, false, 1}, 75, 15},
		{view{0, true, 1}, 25, 15},
		{view{90, false, 1}, 65, 55},
		{view{0, false, 0.4}, 60, 24},
		{view{180, true, 1}, 75, 45},
	} {
		f := seen(&pool, p, c.v)
		n, sx, sy := 0, 0, 0
		for i, luma := range f.Data[:f.Width*f.Height] {
			if luma > 100 {
				n, sx, sy = n+1, sx+i%f.Width, sy+i/f.Width
			}
		}
		if n == 0 || abs(sx/n-c.x) > 1 || abs(sy/n-c.y) > 1 || abs(n-int(100*c.v.scale*c.v.scale)) > 4 {
			t.Errorf("%+v: %d bright pixels at %d,%d of %d, want %d,%d", c.v, n, sx, sy, n, c.x, c.y)
		}
		if _, err := f.Planes(); err != nil {
			t.Error(err)
		}
		f.Release()
	}
}

func abs(n int) int { return max(n, -n) }

func TestMatrix(t *testing.T) {
	m := matrix{}
	m.add("fist", "fist")
	m.add("fist", "OK")
	m.add("none", "no hand")
	want := "| shown, said | fist | OK | no hand | right |\n" +
		"|---|---:|---:|---:|---:|\n" +
		"| fist | 1 | 1 | | 50.0 % |\n" +
		"| none | | | 1 | 0.0 % |\n" +
		"\n1 of 3 right: 33.3 %\n"
	if got := m.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What cannot be measured is an error that names the file or the folder.
func TestLoadRefuses(t *testing.T) {
	if _, err := load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "fist-1.jpg") {
		t.Errorf("an empty folder: %v", err)
	}
	if g := gestureOf("ok"); g != "OK" {
		t.Errorf("ok is %q", g)
	}
}
