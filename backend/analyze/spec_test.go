package analyze_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/motion"
	"freshframe/backend/analyze/simulate"
	"freshframe/backend/option"
)

var kinds = analyze.Kinds{motion.Kind(), simulate.Kind()}

func TestParse(t *testing.T) {
	for given, want := range map[string]string{
		"simulate":                                     "simulate",
		"simulate?":                                    "simulate",
		"simulate?processing_time=1ms":                 "simulate?processing_time=1ms",
		"simulate?seed=4&cost=cpu":                     "simulate?cost=cpu&seed=4", // in the order of the names
		"simulate?processing%5Ftime=0":                 "simulate?processing_time=0",
		"motion?threshold=30":                          "motion?threshold=30",
		"motion@5.0fps":                                "motion@5fps",
		"motion@2.5fps?threshold=30+simulate?cost=cpu": "motion@2.5fps?threshold=30+simulate?cost=cpu",
	} {
		t.Run(given, func(t *testing.T) {
			s, err := kinds.Parse(given)
			if err != nil {
				t.Fatal(err)
			}
			if s.Text != want {
				t.Errorf("Text %q, want %q", s.Text, want)
			}
			a, err := s.New()
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for given, want := range map[string]string{
		"":                             `analyzer "": unknown analyzer; known: motion, simulate`,
		"?cost=cpu":                    `analyzer "": unknown analyzer; known: motion, simulate`,
		"simulat":                      `analyzer "simulat": unknown analyzer; did you mean "simulate"?`,
		"hands":                        `analyzer "hands": unknown analyzer; known: motion, simulate`,
		"motion+motion?threshold=9":    `analyzer "motion+motion?threshold=9": motion is there twice; join different ones`,
		"motion+":                      `analyzer "": unknown analyzer; known: motion, simulate`,
		"motion@5":                     `analyzer "motion": rate @5: want 1 to 1000 frames a second, such as @5fps`,
		"motion@0.5fps":                `analyzer "motion": rate @0.5fps: want 1 to 1000 frames a second, such as @5fps`,
		"motion@NaNfps":                `analyzer "motion": rate @NaNfps: want 1 to 1000 frames a second, such as @5fps`,
		"simulate?cost=gpu":            `analyzer "simulate": option cost=gpu: want one of wall, cpu`,
		"simulate?csot=cpu":            `analyzer "simulate": option csot: unknown option; did you mean "cost"?`,
		"simulate?seed=1;2":            `analyzer "simulate?seed=1;2": parameters must read name=value&name=value: invalid semicolon separator in query`,
		"simulate?seed=%zz":            `analyzer "simulate?seed=%zz": parameters must read name=value&name=value: invalid URL escape "%zz"`,
		"simulate?objects=9&objects=8": `analyzer "simulate": option objects=9,8: given more than once`,
		"simulate?cost=cpu+motio":      `analyzer "motio": unknown analyzer; did you mean "motion"?`,
	} {
		t.Run(given, func(t *testing.T) {
			s, err := kinds.Parse(given)
			if err == nil {
				t.Fatalf("accepted as %q", s.Text)
			}
			if err.Error() != want {
				t.Errorf("error\n%s\nwant\n%s", err, want)
			}
		})
	}
}

// TestJoined: what several analyzers are together.
func TestJoined(t *testing.T) {
	for text, want := range map[string]struct {
		name                string
		stateful, simulated bool
	}{
		"simulate":                   {"simulate", false, true},
		"simulate@5fps":              {"simulate", true, true}, // a rate is kept by one
		"motion+simulate":            {"motion+simulate", true, true},
		"motion?min_area=1+simulate": {"motion+simulate", true, true},
	} {
		s, err := kinds.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if k := s.Kind; k.Name != want.name || k.Stateful != want.stateful || k.Simulated != want.simulated {
			t.Errorf("%s: %s, stateful %v, simulated %v; want %+v", text, k.Name, k.Stateful, k.Simulated, want)
		}
	}
	s, err := kinds.Parse("simulate@5fps?cost=cpu+motion")
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Params(); p["simulate.cost"] != "cpu" || p["simulate.seed"] != "1" || p["motion.threshold"] == "" {
		t.Errorf("parameters %v", p)
	}
	s, err = kinds.With(s, map[string]string{"simulate.cost": "", "motion.threshold": "30"})
	if err != nil || s.Text != "simulate@5fps+motion?threshold=30" {
		t.Errorf("changed to %q, %v", s.Text, err)
	}
	if p := s.Parts(); !slices.Equal(p, []analyze.Chosen{{"simulate", 5}, {"motion", 0}}) {
		t.Errorf("parts %v", p)
	}
	var given []string
	s.Given(func(analyzer string, o option.Option, v string) { given = append(given, analyzer+"."+o.Name+"="+v) })
	if !slices.Equal(given, []string{"motion.threshold=30"}) {
		t.Errorf("given: %v", given)
	}
	for name, want := range map[string]string{
		"threshold":       "option threshold: unknown option; known: simulate.processing_time, ",
		"motion.treshold": `option treshold: unknown option; did you mean "threshold"?`,
		"faces.max":       "unknown option",
	} {
		if s, err := kinds.With(s, map[string]string{name: "1"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %s", name, s.Text, err, want)
		}
	}
}

func TestWith(t *testing.T) {
	base, err := kinds.Parse("simulate?cost=cpu&processing_time=20ms")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change map[string]string
		want   string
	}{
		"nothing":         {nil, "simulate?cost=cpu&processing_time=20ms"},
		"one changed":     {map[string]string{"processing_time": "5ms"}, "simulate?cost=cpu&processing_time=5ms"},
		"one more":        {map[string]string{"seed": "9"}, "simulate?cost=cpu&processing_time=20ms&seed=9"},
		"one to default":  {map[string]string{"cost": ""}, "simulate?processing_time=20ms"},
		"all to defaults": {map[string]string{"cost": "", "processing_time": "", "seed": ""}, "simulate"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := kinds.With(base, c.change)
			if err != nil {
				t.Fatal(err)
			}
			if s.Text != c.want {
				t.Errorf("Text %q, want %q", s.Text, c.want)
			}
			if base.Text != "simulate?cost=cpu&processing_time=20ms" || base.Params()["cost"] != "cpu" {
				t.Errorf("the original became %q %v", base.Text, base.Params())
			}
		})
	}
	for name, change := range map[string]map[string]string{
		"unknown name":                {"csot": "cpu"},
		"unknown name, no value":      {"csot": ""},
		"value out of range":          {"processing_time": "11s"},
		"wrong one beside a good one": {"cost": "wall", "objects": "many"},
	} {
		t.Run(name, func(t *testing.T) {
			var wrong *option.Error
			if s, err := kinds.With(base, change); !errors.As(err, &wrong) {
				t.Errorf("got %q and error %v, want an option error", s.Text, err)
			}
		})
	}
}

func TestParams(t *testing.T) {
	s, err := kinds.Parse("simulate?cost=cpu")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"processing_time": "100ms", "cost": "cpu", "objects": "3", "seed": "1", "spread": "0"}
	if got := s.Params(); !maps.Equal(got, want) {
		t.Errorf("Params %v, want %v", got, want)
	}
}

// TestNewNamesTheAnalyzer: an analyzer that cannot be made says which one it was.
func TestNewNamesTheAnalyzer(t *testing.T) {
	broken := errors.New("model file missing")
	ks := analyze.Kinds{{Name: "broken", New: func(option.Values) (analyze.Analyzer, error) { return nil, broken }}}
	s, err := ks.Parse("broken")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.New(); !errors.Is(err, broken) || !strings.Contains(err.Error(), `"broken"`) {
		t.Errorf("error %v, want the analyzer's name and %v", err, broken)
	}
	if f, err := s.Follow(); f != nil || err != nil {
		t.Errorf("a follower of a kind that has none: %v, %v", f, err)
	}
	s.Kind.Follow = func(option.Values) (analyze.Follower, error) { return nil, broken }
	if _, err = s.Follow(); !errors.Is(err, broken) || !strings.Contains(err.Error(), `"broken"`) {
		t.Errorf("follower: error %v, want the analyzer's name and %v", err, broken)
	}
}

// TestWireShape holds the kinds against the contract with the dashboard: the same keys,
// and the same content in every analyzer and parameter that the contract spells out.
func TestWireShape(t *testing.T) {
	type object = map[string]any
	var want, got struct {
		Analyzers []object `json:"analyzers"`
	}
	golden, err := os.ReadFile("../../testdata/api/analyzers.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	ours, err := json.Marshal(map[string]any{"analyzers": kinds})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(ours, &got); err != nil {
		t.Fatal(err)
	}
	if len(want.Analyzers) == 0 {
		t.Fatal("the contract names no analyzer")
	}
	find := func(list []object, name any) object {
		i := slices.IndexFunc(list, func(o object) bool { return o["name"] == name })
		if i < 0 {
			t.Fatalf("no %v in %s", name, ours)
		}
		return list[i]
	}
	objects := func(v any) (list []object) {
		for _, x := range v.([]any) {
			list = append(list, x.(object))
		}
		return list
	}
	for _, w := range want.Analyzers {
		delete(w, "missing") // the server adds what this machine lacks
		if !slices.ContainsFunc(kinds, func(k analyze.Kind) bool { return k.Name == w["name"] }) {
			continue // one that is tested where it is
		}
		g := find(got.Analyzers, w["name"])
		same := func(what string, w, g object) {
			w, g = maps.Clone(w), maps.Clone(g)
			delete(w, "params")
			delete(g, "params")
			wj, _ := json.Marshal(w)
			gj, _ := json.Marshal(g)
			if string(wj) != string(gj) {
				t.Errorf("%s marshals to\n%s\nwant\n%s", what, gj, wj)
			}
		}
		same(w["name"].(string), w, g)
		if len(w) != len(g) {
			t.Errorf("%v has the keys %v, want %v", w["name"], slices.Sorted(maps.Keys(g)), slices.Sorted(maps.Keys(w)))
		}
		for _, p := range objects(w["params"]) {
			same(w["name"].(string)+" "+p["name"].(string), p, find(objects(g["params"]), p["name"]))
		}
	}
}

// FuzzSpec checks that no text panics, and that an accepted one reads back from its
// normalised form with the same parameters.
func FuzzSpec(f *testing.F) {
	for _, s := range []string{
		"", "?", "simulate", "simulate?processing_time=100ms&cost=cpu", "motion?threshold=9&absorb=3s",
		"motion?max_regions=0", "objects@5fps+hands", "simulate?seed=%31", "simulate?&&cost=wall", "simulate?seed=1;2", "motion?=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := kinds.Parse(text)
		if err != nil {
			return
		}
		again, err := kinds.Parse(s.Text)
		if err != nil {
			t.Fatalf("%q reads as %q, which is refused: %v", text, s.Text, err)
		}
		if again.Text != s.Text || !maps.Equal(again.Params(), s.Params()) {
			t.Errorf("%q reads as %q %v, then as %q %v", text, s.Text, s.Params(), again.Text, again.Params())
		}
		with, err := kinds.With(s, s.Params())
		if err != nil || !maps.Equal(with.Params(), s.Params()) {
			t.Errorf("%q with its own parameters becomes %q (%v)", text, with.Text, err)
		}
	})
}
