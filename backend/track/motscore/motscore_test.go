package motscore

import (
	"math"
	"strings"
	"testing"

	"freshframe/backend/track"
	"freshframe/backend/track/mot"
)

// rows reads a picture of a sequence: one string for each id, one letter for each frame. The
// letter is a place; places do not overlap. ' ' is no box.
func rows(ids ...string) []mot.Row {
	var all []mot.Row
	for i, places := range ids {
		for f, place := range places {
			if place != ' ' {
				x := 100 * float64(place-'a')
				all = append(all, mot.Row{Frame: f + 1, ID: i + 1, Box: track.Box{x, 0, 10, 10}, Score: 1})
			}
		}
	}
	return all
}

// Each case was counted by hand.
func TestOf(t *testing.T) {
	for _, c := range []struct {
		name         string
		truth, found []string
		want         Score
		mota, idf1   float64
	}{
		{"nothing", nil, nil, Score{}, 0, 0},
		{"perfect", []string{"aaaa", "bbbb"}, []string{"bbbb", "aaaa"}, Score{8, 8, 8, 0, 8}, 1, 1},
		{"all missed", []string{"aaaa"}, nil, Score{4, 0, 0, 0, 0}, 0, 0},
		{"no truth", nil, []string{"aa"}, Score{0, 2, 0, 0, 0}, 0, 0},
		{"only false alarms", []string{"aa"}, []string{"bb", "cc"}, Score{2, 4, 0, 0, 0}, -2, 0},
		// 1 miss and 1 false alarm in 4: 1 − 2/4; 3 of 4 and 4 boxes right.
		{"one miss, one false alarm", []string{"aaaa"}, []string{"aaa ", "   b"}, Score{4, 4, 3, 0, 3}, 0.5, 0.75},
		// Half each: one switch of 4; the better half has 2 right of 4 and 4.
		{"broken in two", []string{"aaaa"}, []string{"aa  ", "  aa"}, Score{4, 4, 4, 1, 2}, 0.75, 0.5},
		// A gap and another id after it is a switch too.
		{"broken by a gap", []string{"aaaaa"}, []string{"aa   ", "   aa"}, Score{5, 4, 4, 1, 2}, 1 - 2.0/5, 4.0 / 9},
		{"a gap, the same id", []string{"aaaaa"}, []string{"aa aa"}, Score{5, 4, 4, 0, 4}, 0.8, 8.0 / 9},
		// The two swap ids after 3 of 4 frames: two switches; 3+3 of 8 and 8 right.
		{"swapped", []string{"aaaa", "bbbb"}, []string{"aaab", "bbba"}, Score{8, 8, 8, 2, 6}, 0.75, 0.75},
		// Swapped and back: four switches, but the ids are right in 3 of 4 frames.
		{"swapped and back", []string{"aaaa", "bbbb"}, []string{"abaa", "babb"}, Score{8, 8, 8, 4, 6}, 0.5, 0.75},
		// One id for two things in turn is no switch of either; one of the two is right.
		{"one id for two", []string{"aa  ", "  bb"}, []string{"aabb"}, Score{4, 4, 4, 0, 2}, 1, 0.5},
		// Three ids of 1, 2 and 3 frames: two switches, the longest is right.
		{"crumbs", []string{"aaaaaa"}, []string{"a", " aa", "   aaa"}, Score{6, 6, 6, 2, 3}, 1 - 2.0/6, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Of(rows(c.truth...), rows(c.found...))
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("counted %+v, want %+v", got, c.want)
			}
			if math.Abs(got.MOTA()-c.mota) > 1e-12 || math.Abs(got.IDF1()-c.idf1) > 1e-12 {
				t.Errorf("MOTA %v, IDF1 %v; want %v, %v", got.MOTA(), got.IDF1(), c.mota, c.idf1)
			}
		})
	}
}

// at is a box of width and height 10, shifted.
func at(frame, id int, x float64) mot.Row {
	return mot.Row{Frame: frame, ID: id, Box: track.Box{x, 0, 10, 10}, Score: 1}
}

// A thing stays with its id while the two overlap by half, though another id is nearer.
func TestStaysWithItsID(t *testing.T) {
	truth := []mot.Row{at(1, 1, 0), at(2, 1, 0)}
	got, err := Of(truth, []mot.Row{at(1, 7, 0), at(2, 7, 3), at(2, 8, 0)}) // IoU 7/13
	if want := (Score{2, 3, 2, 0, 2}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	got, err = Of(truth, []mot.Row{at(1, 7, 0), at(2, 7, 4), at(2, 8, 0)}) // IoU 6/14
	if want := (Score{2, 3, 2, 1, 1}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// Found frames before, between and after the true ones are all false alarms.
func TestFramesWithoutTruth(t *testing.T) {
	got, err := Of([]mot.Row{at(5, 1, 0), at(3, 1, 0)}, []mot.Row{at(1, 1, 0), at(3, 1, 0), at(4, 1, 0), at(5, 1, 0), at(9, 1, 0)})
	if want := (Score{2, 5, 2, 0, 2}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if got.FalseAlarms() != 3 || got.Misses() != 0 {
		t.Errorf("%d false alarms, %d misses; want 3, 0", got.FalseAlarms(), got.Misses())
	}
}

func TestAddAndString(t *testing.T) {
	s := Score{8, 8, 8, 2, 6}
	s.Add(Score{2, 4, 0, 0, 0})
	if want := (Score{10, 12, 8, 2, 6}); s != want {
		t.Errorf("sum %+v, want %+v", s, want)
	}
	const want = "MOTA 0.2000 IDF1 0.5455 switches 2 misses 2 false alarms 4 of 10"
	if s.String() != want {
		t.Errorf("%q, want %q", s, want)
	}
}

func TestRefusesAnIDTwice(t *testing.T) {
	twice, once := []mot.Row{at(3, 4, 0), at(3, 4, 50)}, []mot.Row{at(3, 4, 0)}
	for want, pair := range map[string][2][]mot.Row{
		"frame 3 has the true id 4 twice":  {twice, once},
		"frame 3 has the found id 4 twice": {once, twice},
	} {
		if _, err := Of(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
