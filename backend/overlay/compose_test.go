package overlay

import (
	"encoding/json"
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"freshframe/backend/analyze"
)

var everything = Options{Boxes: true, Labels: true, Landmarks: true, Trails: true, Zones: true, ProcessingTime: true, ObjectCount: true, FPS: true}

var scene = []analyze.Detection{
	{Box: [4]float64{0.41, 0.32, 0.18, 0.55}, Label: "person", Score: 0.87, Track: 7, Action: "standing", Landmarks: [][3]float64{{0.5, 0.4, 0.9}, {0.46, 0.5, 0.9}, {0.54, 0.5, 0.9}}},
	{Box: [4]float64{0.7, 0.6, 0.25, 0.3}, Label: "motion", Score: 0.91},
	{Box: [4]float64{-0.05, 0.5, 0.25, 0.3}, Label: "person", Score: 0.5, Track: 8, Predicted: true},
	{Box: [4]float64{0.85, -0.02, 0.12, 0.3}, Label: "hand", Score: 0.934, Track: 9, Gesture: "thumb_up"},
}

var few = Scene{Numbers: numbers, Detections: scene}

var numbers = Numbers{ProcessingTime: 99700 * time.Microsecond, ObjectCount: 4, FPS: 9.87}

// texts are the strings in the list, in order.
func texts(l *List) (s []string) {
	for _, sh := range l.shapes {
		if sh.kind == text {
			s = append(s, string(l.chars[sh.from:sh.to]))
		}
	}
	return s
}

func TestComposeWords(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		n    Numbers
		ds   []analyze.Detection
		want []string
	}{
		{"everything", everything, numbers, scene, []string{
			"person #7 87% standing", "~person #8 50%", "hand #9 93% thumb up", "motion 91%",
			"Processing Time: 100ms", "Object Count: 4", "FPS: 9.87"}},
		{"nothing", Options{}, numbers, scene, nil},
		{"labels only", Options{Labels: true}, numbers, scene[1:2], []string{"motion 91%"}},
		{"boxes only", Options{Boxes: true}, numbers, scene, nil},
		{"time only", Options{ProcessingTime: true}, Numbers{ProcessingTime: 1499 * time.Microsecond}, scene, []string{"Processing Time: 1ms"}},
		{"count only", Options{ObjectCount: true}, numbers, scene, []string{"Object Count: 4"}},
		{"fps only", Options{FPS: true}, Numbers{FPS: 29.996}, scene, []string{"FPS: 30.00"}},
		{"fps not known", Options{FPS: true}, Numbers{FPS: math.NaN()}, nil, []string{"FPS: -"}},
		{"fps infinite", Options{FPS: true}, Numbers{FPS: math.Inf(1)}, nil, []string{"FPS: -"}},
		{"no label, no score", Options{Labels: true}, numbers, []analyze.Detection{
			{Box: [4]float64{0, 0, 1, 1}, Score: math.NaN()},
			{Box: [4]float64{0, 0, 1, 1}, Score: 0.25},
			{Box: [4]float64{0, 0, 1, 1}, Score: 2, Track: 3},
		}, []string{"#3", "25%"}},
		{"no box", Options{Boxes: true, Labels: true}, numbers, []analyze.Detection{
			{Label: "flat", Box: [4]float64{0.5, 0.5, 0.1, 0}},
			{Label: "negative", Box: [4]float64{0.5, 0.5, -0.1, 0.1}},
			{Label: "not a number", Box: [4]float64{math.NaN(), 0.5, 0.1, 0.1}},
			{Label: "outside", Box: [4]float64{1.5, 0.5, 0.1, 0.1}},
		}, nil},
	} {
		var l List
		l.Reset(image.Rect(0, 0, 640, 480), image.Rectangle{})
		Compose(&l, tc.o, Scene{Numbers: tc.n, Detections: tc.ds})
		if got := texts(&l); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestComposeNumbersTopLeftInTheirColours(t *testing.T) {
	var l List
	clip := image.Rect(40, 30, 640, 480)
	l.Reset(image.Rect(0, 0, 640, 480), clip)
	Compose(&l, everything, Scene{Numbers: numbers})
	want := []Colour{green, red, blue}
	above := clip.Min.Y
	for i, s := range l.shapes {
		if s.colour != want[i] || !s.rimmed {
			t.Errorf("line %d: colour %v, rim %v", i, s.colour, s.rimmed)
		}
		if !s.rect.In(clip) || s.rect.Min.X > clip.Min.X+20 || s.rect.Min.Y < above {
			t.Errorf("line %d is at %v", i, s.rect)
		}
		above = s.rect.Min.Y
	}
}

func TestComposeKeepsLabelsInside(t *testing.T) {
	for _, tc := range []struct{ pic, clip image.Rectangle }{
		{image.Rect(0, 0, 640, 480), image.Rectangle{}},
		{image.Rect(0, 0, 641, 363), image.Rect(30, 40, 600, 300)},
		{image.Rect(-100, 50, 540, 530), image.Rectangle{}},
	} {
		allowed := tc.pic
		if !tc.clip.Empty() {
			allowed = tc.clip
		}
		for _, box := range [][4]float64{
			{0, 0, 0.2, 0.2}, {0.9, 0, 0.2, 0.2}, {-0.1, 0.9, 0.2, 0.2}, {0.95, 0.95, 0.2, 0.2}, {-1, -1, 3, 3}, {0.5, 0.5, 0.001, 0.001},
		} {
			var l List
			l.Reset(tc.pic, tc.clip)
			Compose(&l, Options{Labels: true}, Scene{Detections: []analyze.Detection{{Box: box, Label: "person", Score: 1, Track: 1234}}})
			if len(l.shapes) == 0 {
				// A box that only the clip hides has no label.
				if a, b, _ := l.corners(&analyze.Detection{Box: box}); image.Rect(round(a.X), round(a.Y), round(b.X), round(b.Y)).Overlaps(allowed) {
					t.Errorf("box %v in %v: no label", box, allowed)
				}
				continue
			}
			if plate := l.shapes[0].rect; !plate.In(allowed) || !l.shapes[1].rect.In(plate) {
				t.Errorf("box %v in %v: plate %v, text %v", box, allowed, plate, l.shapes[1].rect)
			}
		}
	}
}

func TestComposeMarksPredictedBoxes(t *testing.T) {
	var l List
	l.Reset(image.Rect(0, 0, 640, 480), image.Rectangle{})
	Compose(&l, Options{Boxes: true}, Scene{Detections: scene[1:3]})
	if l.shapes[0].cut || !l.shapes[1].cut {
		t.Error("a predicted box must look different from a seen one")
	}
}

func TestColourFollowsTrackThenLabel(t *testing.T) {
	d := func(label string, track uint64) Colour {
		return colourOf(&analyze.Detection{Label: label, Track: track})
	}
	if d("person", 7) != d("car", 7) || d("person", 7) == d("person", 8) {
		t.Error("a track must keep its colour whatever its label, and neighbours differ")
	}
	if d("person", 0) == d("motion", 0) {
		t.Error("an untracked detection takes the colour of its label")
	}
}

func TestOptionsOnTheWire(t *testing.T) {
	got, err := json.Marshal(everything)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"boxes":true,"labels":true,"landmarks":true,"trails":true,"zones":true,"processing_time":true,"object_count":true,"fps":true}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStyleForSize(t *testing.T) {
	for _, tc := range []struct {
		size image.Point
		want Style
	}{
		{image.Pt(64, 48), Style{Text: 12, Stroke: 2, Outline: 1, Dot: 4}},
		{image.Pt(640, 480), Style{Text: 17, Stroke: 2, Outline: 1, Dot: 5}},
		{image.Pt(1280, 720), Style{Text: 26, Stroke: 3, Outline: 1, Dot: 8}},
		{image.Pt(720, 1280), Style{Text: 19, Stroke: 2, Outline: 1, Dot: 6}},
		{image.Pt(1920, 1080), Style{Text: 39, Stroke: 5, Outline: 2, Dot: 11}},
		{image.Pt(7680, 4320), Style{Text: 48, Stroke: 8, Outline: 3, Dot: 18}},
	} {
		if got := StyleFor(tc.size); got != tc.want {
			t.Errorf("%v: got %+v, want %+v", tc.size, got, tc.want)
		}
	}
}

func TestNoticeFitsAnySize(t *testing.T) {
	for _, size := range []image.Point{{64, 48}, {48, 64}, {160, 120}, {321, 241}, {640, 480}, {720, 1280}, {1920, 1080}, {7680, 4320}} {
		var l List
		pic := image.Rectangle{Max: size}
		l.Reset(pic, image.Rectangle{})
		Notice(&l, "CAMERA LOST", "no signal for 12 s", "/dev/video0")
		if l.shapes[0].kind != fill || l.shapes[0].rect != pic {
			t.Errorf("%v: the background is %v", size, l.shapes[0].rect)
		}
		if got, want := texts(&l), []string{"CAMERA LOST", "no signal for 12 s", "/dev/video0"}; !slices.Equal(got, want) {
			t.Errorf("%v: says %q", size, got)
		}
		above := 0
		for _, s := range l.shapes[1:] {
			if !s.rect.In(pic) || s.rect.Min.Y < above {
				t.Errorf("%v: text at %v is cut or overlaps what is above %d", size, s.rect, above)
			}
			if off := absInt(s.rect.Min.X + s.rect.Max.X - size.X); off > 4+s.px/2 {
				t.Errorf("%v: text at %v is not centred", size, s.rect)
			}
			above = s.rect.Max.Y
		}
		if big, small := l.shapes[1].px, l.shapes[2].px; big < small || big < min(size.X, size.Y)/20 {
			t.Errorf("%v: heading of %d px, lines of %d px", size, big, small)
		}
		if rs := l.Touched(nil); rs[0] != pic {
			t.Errorf("%v: touches %v", size, rs[0])
		}
	}
}

func TestNoticeWithAwkwardText(t *testing.T) {
	for _, lines := range [][]string{nil, {""}, {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}, {string(make([]byte, 5000))}} {
		im := newPicture(image.Rect(3, 5, 67, 53), image.YCbCrSubsampleRatio420, light)
		var l List
		l.Reset(im.Rect, image.Rectangle{})
		Notice(&l, "", lines...)
		l.Draw(im)
		for _, p := range []image.Point{{3, 5}, {66, 5}, {3, 52}, {66, 52}} {
			if got := im.YCbCrAt(p.X, p.Y); (Colour{got.Y, got.Cb, got.Cr}) != calm {
				t.Errorf("%d lines: the corner %v is %v", len(lines), p, got)
			}
		}
	}
}
