package httpapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

// What is known of tracked things alone is told of these alone.
func TestDetectionWire(t *testing.T) {
	long := make([][2]float64, 40)
	for i := range long {
		long[i] = [2]float64{float64(i) / 1000, 0.12345}
	}
	var newest []string
	for i := 24; i < 40; i++ {
		newest = append(newest, fmt.Sprintf("[%v,0.123]", float64(i)/1000))
	}
	const end = `"predicted":false,"gesture":null,"action":null}`
	for _, c := range []struct {
		name string
		d    analyze.Detection
		want string // after box, label and score
	}{
		{"not tracked", analyze.Detection{Velocity: [2]float64{1, 1}, Age: time.Second, Trail: long}, end},
		{"a track's beginning", analyze.Detection{Track: 3}, `"track":3,"velocity":[0,0],"age_ms":0,` + end},
		{"everything", analyze.Detection{Track: 3, Velocity: [2]float64{-0.12345, 2}, Age: 1999 * time.Microsecond, Refound: true, Trail: [][2]float64{{1, 0}}},
			`"track":3,"velocity":[-0.123,2],"age_ms":1,"refound":true,"trail":[[1,0]],` + end},
		{"a long trail", analyze.Detection{Track: 3, Trail: long}, `"track":3,"velocity":[0,0],"age_ms":0,"trail":[` + strings.Join(newest, ",") + `],` + end},
		{"landmarks", analyze.Detection{Landmarks: [][3]float64{{0.123456, 0, 1}}, Gesture: "fist"},
			`"predicted":false,"landmarks":[[0.1235,0,1]],"gesture":"fist","action":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(detectionsWire([]analyze.Detection{c.d})[0])
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"box":[0,0,0,0],"label":"","score":0,` + c.want; string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// What detections share, each has its own part of.
func TestDetectionsWireAreApart(t *testing.T) {
	rep := crowdedReport()
	ds := rep.Result.Detections
	ds[3].Track = 0
	for i, w := range detectionsWire(ds) {
		alone := detectionsWire(ds[i : i+1])[0]
		got, want := must(json.Marshal(w)), must(json.Marshal(alone))
		if string(got) != string(want) {
			t.Errorf("detection %d among others is\n%s\nalone\n%s", i, got, want)
		}
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// Without zones the event has none, and without anything happening no happenings.
func TestFrameWireOfZones(t *testing.T) {
	rep := report(1)
	text := string(must(json.Marshal(frameWire(rep))))
	if strings.Contains(text, "zone") || !strings.Contains(text, `"analyzers":[]`) {
		t.Errorf("without zones: %s", text)
	}
	rep.Zones = []zone.Tally{{Area: zone.Area{Name: "a", Kind: zone.Line}, Total: zone.Count{ToLeft: 2}}}
	text = string(must(json.Marshal(frameWire(rep))))
	if !strings.Contains(text, `"zones":[{"name":"a","kind":"line","inside":0,"entered":0,"appeared":0,"left":0,"vanished":0,"dwelt":0,"to_right":0,"to_left":2}]`) || strings.Contains(text, "zone_events") {
		t.Errorf("a line: %s", text)
	}
	rep.Happened = []zone.Event{{Area: "a", What: zone.Dwelt, Track: 7, Class: "cat", Stay: 1500 * time.Millisecond}}
	text = string(must(json.Marshal(frameWire(rep))))
	if !strings.Contains(text, `"zone_events":[{"zone":"a","what":"dwelt","track":7,"class":"cat","stay_ms":1500}]`) {
		t.Errorf("an event: %s", text)
	}
}

// Every frame is told to everyone who listens, so it takes few allocations, however much was
// found.
func TestFrameWireAllocates(t *testing.T) {
	rep := crowdedReport()
	few := testing.AllocsPerRun(20, func() { frameWire(rep) })
	for range 3 {
		rep.Result.Detections = append(rep.Result.Detections, rep.Result.Detections...)
	}
	if many := testing.AllocsPerRun(20, func() { frameWire(rep) }); many > few {
		t.Errorf("%v allocations for 5 detections, %v for 40", few, many)
	}
}

// The metrics count what ran, and forget the tracks of older results.
func TestSpent(t *testing.T) {
	var s spent
	s.add(&pipeline.Report{Analyzers: []pipeline.Timing{{Name: "b", Took: time.Second, Ran: true}, {Name: "a"}}, Result: analyze.Result{Detections: []analyze.Detection{{Track: 1}, {}}}})
	s.add(&pipeline.Report{Analyzers: []pipeline.Timing{{Name: "b", Took: time.Second, Ran: true}, {Name: "a", Took: time.Minute, Ran: true}}})
	all, tracks := s.read()
	if want := []analyzerTime{{"a", time.Minute, 1}, {"b", 2 * time.Second, 2}}; !slices.Equal(all, want) || tracks != 0 {
		t.Errorf("got %v and %d tracks, want %v and none", all, tracks, want)
	}
}
