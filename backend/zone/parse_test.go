package zone

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	got, err := Parse(`
		door: line 0.2,0.5 0.8,0.5
		desk: zone 0.1,0.6 0.9,0.6 0.9,1 0.1,1 classes=person,cell_phone anchor=foot dwell=10s; all:zone 0,0 1,0 1,1
	`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Area{
		{Name: "door", Kind: Line, Points: [][2]float64{{0.2, 0.5}, {0.8, 0.5}}},
		{Name: "desk", Kind: Zone, Points: [][2]float64{{0.1, 0.6}, {0.9, 0.6}, {0.9, 1}, {0.1, 1}},
			Classes: []string{"person", "cell phone"}, Anchor: Foot, Dwell: 10 * time.Second},
		{Name: "all", Kind: Zone, Points: [][2]float64{{0, 0}, {1, 0}, {1, 1}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
	for _, empty := range []string{"", " ; \n;"} {
		if got, err := Parse(empty); err != nil || len(got) != 0 {
			t.Errorf("%q reads as %v, %v", empty, got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"door":                                     `"door": want NAME: zone x,y x,y x,y… or NAME: line x,y x,y`,
		"door:":                                    `"door:": want NAME: zone`,
		"a: wire 0,0 1,1":                          `area "a": "wire": want zone or line`,
		": line 0,0 1,1":                           `line "": want a name of 1 to 32 letters, digits, - or _`,
		"a b: line 0,0 1,1":                        `line "a b": want a name`,
		"a: line 0,0":                              `line "a": 1 points; want its two ends`,
		"a: line 0,0 1,1 1,0":                      `line "a": 3 points; want its two ends`,
		"a: line 0,0 1;1":                          `area "a": "1": want a point x,y`,
		"a: line 0,0 NaN,1":                        `line "a": point 2 is NaN,1; want fractions of the picture from 0 to 1`,
		"a: line 0,0 320,240":                      `line "a": point 2 is 320,240; want fractions`,
		"a: line 0.5,0.5 0.5,0.5":                  `line "a": its ends are 0 apart; want at least 0.01 of the picture`,
		"a: line 0,0 1,1 dwell=3s":                 `line "a": dwell is for zones`,
		"a: zone 0,0 1,1":                          `zone "a": 2 points; want 3 to 64 corners`,
		"a: zone 0,0 1,1 1,0 0,1":                  `zone "a": its side from corner 1 to 2 meets that from 3 to 4; give the corners in turn`,
		"a: zone 0,0 0,0 1,0 0,1":                  `zone "a": corners 1 and 2 are the same point`,
		"a: zone 0,0 0.001,0 0,0.001":              `zone "a": it covers 5e-07 of the picture; want at least 0.0001`,
		"a: zone 0,0 1,0 1,1 anchor=head":          `zone "a": anchor=head; want middle or foot`,
		"a: zone 0,0 1,0 1,1 anchor=":              `area "a": "anchor=": want anchor=middle or anchor=foot`,
		"a: zone 0,0 1,0 1,1 dwell=10":             `area "a": "dwell=10": want a duration with its unit, such as dwell=10s`,
		"a: zone 0,0 1,0 1,1 dwell=-1s":            `zone "a": dwell=-1s; want 0s to 24h0m0s`,
		"a: zone 0,0 1,0 1,1 classes=":             `zone "a": class ""; want a label such as person or cell phone`,
		"a: zone 0,0 1,0 1,1 classes=cat,cat":      `zone "a": class "cat" is given twice`,
		"a: zone 0,0 1,0 1,1 class=cat":            `area "a": "class=cat": unknown setting; did you mean "classes"?`,
		"a: zone 0,0 1,0 1,1 dwell=1s dwell=2s":    `area "a": "dwell=2s": dwell is given twice`,
		"a: zone 0,0 1,0 dwell=1s 1,1":             `area "a": "1,1": points come before classes=`,
		"a: line 0,0 1,1; a: line 0,1 1,0":         `a: two areas have this name; want one each`,
		"a: line 0,0; b: line 1,1":                 "line \"a\": 1 points; want its two ends\nline \"b\": 1 points; want its two ends",
		strings.Repeat("a: line 0,0 1,1;", 65):     "more than 64 zones and lines",
		"a: zone" + strings.Repeat(" 0.5,0.5", 65): `more than 64 points`,
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s\n got %v\nwant %s", text, err, want)
		}
	}
	if err := Validate(make([]Area, 65)); err == nil || !strings.Contains(err.Error(), "want at most 64") {
		t.Errorf("65 areas: %v", err)
	}
	if err := (Area{Name: "a", Kind: "ring"}).Validate(); err == nil || !strings.Contains(err.Error(), "unknown kind") {
		t.Errorf("a ring: %v", err)
	}
}

// What Parse accepts, String writes so that Parse reads the same, and a counter takes it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "door: line 0.2,0.5 0.8,0.5",
		"desk: zone 0.1,0.6 0.9,0.6 0.9,1 0.1,1 classes=person,cell_phone anchor=foot dwell=10s; x: line 0,1 1,0",
		"a: zone 0,0 1,1 1,0 0,1", "a: line 0,0 1e-1,NaN", "a:zone -0,0 1,0 1,1e0 dwell=1h2m anchor=middle", "=:;=,:,",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		areas, err := Parse(text)
		if err != nil {
			return
		}
		var lines []string
		for _, a := range areas {
			lines = append(lines, a.String())
		}
		again, err := Parse(strings.Join(lines, "\n"))
		if err != nil || !reflect.DeepEqual(again, areas) {
			t.Errorf("%q reads as %+v, written and read again as %+v, %v", text, areas, again, err)
		}
		if _, err := NewCounter(areas); err != nil {
			t.Error(err)
		}
	})
}
