package overlay

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshframe/backend/analyze"
)

// composed is the list for a picture of 1280 x 720.
func composed(o Options, s Scene) *List {
	var l List
	l.Reset(hd, image.Rectangle{})
	Compose(&l, o, s)
	return &l
}

func kinds(l *List) (ks []kind) {
	for _, s := range l.shapes {
		ks = append(ks, s.kind)
	}
	return ks
}

func TestSkeletonsHangTogether(t *testing.T) {
	for _, tc := range []struct {
		points int
		bones  int
		parts  [][2]int // a point, and how many hang on it, itself included
	}{
		{21, 21, [][2]int{{0, 21}}},
		{17, 16, [][2]int{{0, 5}, {5, 12}}}, // the head and the rest: COCO has no neck
		{6, 0, nil},
		{1, 0, nil},
	} {
		k := skeletonOf(tc.points)
		if len(k.bones) != tc.bones {
			t.Errorf("%d points have %d bones, want %d", tc.points, len(k.bones), tc.bones)
		}
		for _, part := range tc.parts {
			reached := map[uint8]bool{uint8(part[0]): true}
			for range k.bones {
				for _, b := range k.bones {
					if reached[b[0]] || reached[b[1]] {
						reached[b[0]], reached[b[1]] = true, true
					}
				}
			}
			if len(reached) != part[1] {
				t.Errorf("of %d points %d hang on %d, want %d", tc.points, len(reached), part[0], part[1])
			}
		}
	}
}

func TestUnsureLandmarksAreLeftOut(t *testing.T) {
	d := someone(1, 0.5, 0.3, 0.5, analyze.Detection{})
	l := composed(Options{Landmarks: true}, Scene{Detections: []analyze.Detection{d}})
	if got := kinds(l); !slices.Equal(got, []kind{pairs, dots}) {
		t.Fatalf("shapes %v", got)
	}
	// The ankles' score is low: two points and two bones fewer.
	if bones, joints := l.shapes[0].span, l.shapes[1].span; bones.to-bones.from != 2*14 || joints.to-joints.from != 15 {
		t.Errorf("%d ends of bones, %d joints; want 28 and 15", bones.to-bones.from, joints.to-joints.from)
	}
	d.Landmarks[5][0], d.Landmarks[6][1] = math.NaN(), math.Inf(1) // no place; a place far away
	l = composed(Options{Landmarks: true}, Scene{Detections: []analyze.Detection{d}})
	if bones := l.shapes[0].span; bones.to-bones.from != 2*(14-3) {
		t.Errorf("without a shoulder there are %d ends of bones, want 22", bones.to-bones.from)
	}
}

func TestLandmarksSuitTheThingsSize(t *testing.T) {
	style := StyleFor(hd.Size())
	for _, tc := range []struct {
		name      string
		d         analyze.Detection
		want      []kind
		half, dot float64
	}{
		{"large hand", someHand(1, 0.5, 0.5, 0.9, analyze.Detection{}), []kind{pairs, dots}, float64(style.Stroke) / 2, float64(style.Dot) / 2},
		{"far hand", someHand(1, 0.5, 0.5, 0.05, analyze.Detection{}), []kind{pairs}, 0.5, 0},
		{"predicted hand", someHand(1, 0.5, 0.5, 0.9, analyze.Detection{Predicted: true}), []kind{pairs}, float64(style.Stroke) / 4, 0},
		{"far body", someone(1, 0.5, 0.5, 0.1, analyze.Detection{}), []kind{pairs}, 0.5, 0},
		{"no box", analyze.Detection{Landmarks: someHand(1, 0.5, 0.5, 0.9, analyze.Detection{}).Landmarks}, []kind{pairs}, 0.5, 0},
	} {
		l := composed(Options{Landmarks: true}, Scene{Detections: []analyze.Detection{tc.d}})
		if got := kinds(l); !slices.Equal(got, tc.want) {
			t.Errorf("%s: shapes %v, want %v", tc.name, got, tc.want)
			continue
		}
		if got := l.shapes[0].half; got != tc.half {
			t.Errorf("%s: half a bone is %v wide, want %v", tc.name, got, tc.half)
		}
		if len(tc.want) > 1 && l.shapes[1].half != tc.dot {
			t.Errorf("%s: joints have radius %v, want %v", tc.name, l.shapes[1].half, tc.dot)
		}
	}
}

func TestTrails(t *testing.T) {
	for _, tc := range []struct {
		name  string
		trail [][2]float64
		want  int // places
	}{
		{"none", nil, 0},
		{"one place", [][2]float64{{0.5, 0.5}}, 0},
		{"sits still", [][2]float64{{0.5, 0.5}, {0.5001, 0.5}, {0.5, 0.5002}}, 0},
		{"walks", [][2]float64{{0.1, 0.5}, {0.2, 0.5}, {0.3, 0.6}}, 3},
		{"stops on the way", [][2]float64{{0.1, 0.5}, {0.2, 0.5}, {0.2, 0.5}, {0.3, 0.6}}, 3},
		{"nonsense on the way", [][2]float64{{0.1, 0.5}, {math.NaN(), 0.5}, {0.3, 0.6}}, 2},
	} {
		l := composed(Options{Trails: true}, Scene{Detections: []analyze.Detection{{Track: 3, Trail: tc.trail}}})
		n := 0
		for _, s := range l.shapes {
			n += s.to - s.from
			if s.colour != ColourFor(3) {
				t.Errorf("%s: colour %v is not the track's", tc.name, s.colour)
			}
			before := 0.0
			for _, half := range l.segments(&s) {
				if half <= before {
					t.Errorf("%s: half the stroke is %v after %v, want it to grow toward the present", tc.name, half, before)
				}
				before = half
			}
			if before != s.half {
				t.Errorf("%s: half the stroke ends at %v, want %v", tc.name, before, s.half)
			}
		}
		if n != tc.want {
			t.Errorf("%s: %d places, want %d", tc.name, n, tc.want)
		}
	}
}

func TestAreaWords(t *testing.T) {
	across := func(x0, y0, x1, y1 float64) Area {
		return Area{Name: "door", Line: true, Points: [][2]float64{{x0, y0}, {x1, y1}}, ToRight: 3, ToLeft: 1}
	}
	nan := math.NaN()
	for _, tc := range []struct {
		a    Area
		want []string
	}{
		{Area{Name: "desk", Points: [][2]float64{{0.1, 0.1}, {0.4, 0.1}, {0.4, 0.4}}, Inside: 2}, []string{"desk inside 2"}},
		{across(0.5, 0.9, 0.5, 0.1), []string{"door → 3 ← 1"}}, // upwards: its right is the picture's
		{across(0.5, 0.1, 0.5, 0.9), []string{"door ← 3 → 1"}},
		{across(0.1, 0.5, 0.9, 0.5), []string{"door ↓ 3 ↑ 1"}},
		{across(0.9, 0.5, 0.1, 0.5), []string{"door ↑ 3 ↓ 1"}},
		{across(0.4, 0.9, 0.6, 0.1), []string{"door → 3 ← 1"}},
		{across(0.1, 0.1, 0.5, 0.6), []string{"door ↓ 3 ↑ 1"}}, // flat in a wide picture's pixels
		{across(0.5, nan, 0.5, 0.9), nil},
		{Area{Name: "nowhere"}, nil},
	} {
		l := composed(Options{Zones: true}, Scene{Areas: []Area{tc.a}})
		if got := texts(l); !slices.Equal(got, tc.want) {
			t.Errorf("%+v: says %q, want %q", tc.a, got, tc.want)
		}
		if tc.want != nil && l.shapes[0].closed == tc.a.Line {
			t.Errorf("%+v: closed is %v", tc.a, l.shapes[0].closed)
		}
	}
}

// plates are where labels lie, in the order of texts.
func plates(l *List) (rs []image.Rectangle) {
	for i, s := range l.shapes {
		if s.kind == fill && i+1 < len(l.shapes) && l.shapes[i+1].kind == text {
			rs = append(rs, s.rect)
		}
	}
	return rs
}

func TestLabelsMakeRoom(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		// As many as there is room for whatever their places: a crowd in the middle.
		var s Scene
		s.Numbers = numbers
		for i := range 6 {
			s.Detections = append(s.Detections, analyze.Detection{
				Track: uint64(i + 1), Label: "person", Score: 0.5, Action: "standing",
				Box: [4]float64{0.4 + 0.1*rng.Float64(), 0.45 + 0.1*rng.Float64(), 0.1 + 0.1*rng.Float64(), 0.2 + 0.1*rng.Float64()},
			})
		}
		l := composed(Options{Labels: true, ProcessingTime: true, ObjectCount: true, FPS: true}, s)
		for i, r := range l.taken {
			if !r.In(hd) {
				t.Fatalf("text at %v is cut\n%+v", r, s.Detections)
			}
			for _, other := range l.taken[:i] {
				if r.Overlaps(other) {
					t.Fatalf("text at %v lies over that at %v\n%+v", r, other, s.Detections)
				}
			}
		}
		// One more, the youngest though the first in the list, moves nobody.
		before := plates(l)
		newcomer := s.Detections[0]
		newcomer.Track = 7
		s.Detections = slices.Insert(s.Detections, 0, newcomer)
		after := plates(composed(Options{Labels: true, ProcessingTime: true, ObjectCount: true, FPS: true}, s))
		if !slices.Equal(after[:len(before)], before) {
			t.Fatalf("a newcomer's label moved others from %v to %v", before, after)
		}
	}
}

func TestLabelsOfCrowdsStayInside(t *testing.T) {
	var s Scene
	for i := range 200 {
		s.Detections = append(s.Detections, analyze.Detection{Track: uint64(i + 1), Label: "person", Box: [4]float64{0.5, 0.5, 0.1, 0.1}})
	}
	got := plates(composed(Options{Labels: true}, s))
	if len(got) != 200 {
		t.Fatalf("%d labels, want 200", len(got))
	}
	for _, r := range got {
		if !r.In(hd) {
			t.Errorf("a label at %v is cut", r)
		}
	}
}

func TestComposeIsTheSameEveryTime(t *testing.T) {
	l := composed(everything, busy)
	want := slices.Clone(l.shapes)
	for range 3 {
		l.Reset(hd, image.Rectangle{})
		Compose(l, everything, busy)
		if !slices.Equal(l.shapes, want) {
			t.Fatal("the same scene gave other shapes the second time")
		}
	}
}
