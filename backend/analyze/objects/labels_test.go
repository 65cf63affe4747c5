package objects

import (
	"slices"
	"strings"
	"testing"
)

func TestCOCO(t *testing.T) {
	if len(COCO) != 80 {
		t.Fatalf("%d classes, want 80", len(COCO))
	}
	for i, c := range COCO {
		if slices.Index(COCO, c) != i {
			t.Errorf("%s stands twice", c)
		}
	}
	// COCO's own numbers, of which ten are unused.
	for id, want := range map[int]string{1: "person", 11: "fire hydrant", 13: "stop sign", 44: "bottle", 62: "chair", 77: "cell phone", 90: "toothbrush"} {
		if i := fromCOCO(id); i < 0 || COCO[i] != want {
			t.Errorf("number %d is index %d, want %s", id, i, want)
		}
	}
	used := 0
	for id := -2; id < 100; id++ {
		if fromCOCO(id) >= 0 {
			used++
		}
	}
	if used != 80 || fromCOCO(12) != -1 || fromCOCO(0) != -1 || fromCOCO(91) != -1 {
		t.Errorf("%d numbers are used, want 80", used)
	}
}

func TestParseLabels(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // joined by |; or, after !, part of the error
	}{
		{"cat\ndog", "cat|dog"},
		{"\ufeffcat\r\ntraffic light\r\n\r\n\n", "cat|traffic light"},
		{" Hündin \n", "Hündin"},
		{"", "!empty"},
		{" \n\r\n", "!empty"},
		{"cat\n\ndog", "!line 2 is empty"},
		{"cat\nd\x00g", "!line 2 is no text"},
		{"cat\n\xff\xfe", "!line 2 is no text"},
		{strings.Repeat("x\n", 10_001), "!10001 lines"},
	} {
		got, err := ParseLabels(c.text)
		if part, bad := strings.CutPrefix(c.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%.20q: got %v and %v, want %q", c.text, got, err, part)
			}
		} else if err != nil || strings.Join(got, "|") != c.want {
			t.Errorf("%q: got %q, %v", c.text, got, err)
		}
	}
}

func FuzzParseLabels(f *testing.F) {
	f.Add("cat\ndog\n")
	f.Add("\ufeff\r\n")
	f.Add("a\n\nb")
	f.Fuzz(func(t *testing.T, text string) {
		labels, err := ParseLabels(text)
		if (err == nil) == (len(labels) == 0) {
			t.Fatalf("%d labels and %v", len(labels), err)
		}
		if err == nil {
			again, err := ParseLabels(strings.Join(labels, "\n"))
			if err != nil || !slices.Equal(again, labels) {
				t.Fatalf("%q read again: %q, %v", labels, again, err)
			}
		}
	})
}
