package httpapi

import (
	"math"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/metrics"
	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

// wireFrame is the event of an analyzed frame.
type wireFrame struct {
	Seq        uint64          `json:"seq"`
	CapturedUs int64           `json:"captured_us"`
	CapturedBy string          `json:"captured_by"`
	Width      int             `json:"width"`
	Height     int             `json:"height"`
	Budget     wireBudget      `json:"budget_us"`
	FPS        wireFPS         `json:"fps"`
	Ledger     metrics.Totals  `json:"ledger"`
	Analyzer   string          `json:"analyzer"`
	Analyzers  []wireTiming    `json:"analyzers"`
	Mode       string          `json:"mode"`
	Result     wireResult      `json:"result"`
	Zones      []wireTotal     `json:"zones,omitempty"`
	ZoneEvents []wireZoneEvent `json:"zone_events,omitempty"`
}

type wireBudget struct {
	Dequeue  int64 `json:"dequeue"`
	Wait     int64 `json:"wait"`
	Analysis int64 `json:"analysis"`
	Draw     int64 `json:"draw"`
	Encode   int64 `json:"encode"`
	Publish  int64 `json:"publish"`
	Age      int64 `json:"age"`
}

type wireFPS struct {
	Captured float64 `json:"captured"`
	Analyzed float64 `json:"analyzed"`
}

// wireTiming is what one of the joined analyzers spent on the frame.
type wireTiming struct {
	Name string `json:"name"`
	Us   int64  `json:"us"`
	Ran  bool   `json:"ran"` // else it was not its turn
}

type wireResult struct {
	Count      int                `json:"count"`
	Detections []wireDetection    `json:"detections"`
	Values     map[string]float64 `json:"values"`
}

type wireDetection struct {
	Box   [4]float64 `json:"box"`
	Label string     `json:"label"`
	Score float64    `json:"score"`
	// Of tracked things alone:
	Track    uint64       `json:"track,omitempty"`
	Velocity *[2]float64  `json:"velocity,omitempty"`
	AgeMs    *int64       `json:"age_ms,omitempty"`
	Refound  bool         `json:"refound,omitempty"`
	Trail    [][2]float64 `json:"trail,omitempty"`

	Predicted bool         `json:"predicted"`
	Landmarks [][3]float64 `json:"landmarks,omitempty"`
	Gesture   *string      `json:"gesture"`
	Action    *string      `json:"action"`
}

// wireTotal is what happened in a zone or line so far, to all classes together.
type wireTotal struct {
	Name     string    `json:"name"`
	Kind     zone.Kind `json:"kind"`
	Inside   int       `json:"inside"`
	Entered  uint64    `json:"entered"`
	Appeared uint64    `json:"appeared"`
	Left     uint64    `json:"left"`
	Vanished uint64    `json:"vanished"`
	Dwelt    uint64    `json:"dwelt"`
	ToRight  uint64    `json:"to_right"`
	ToLeft   uint64    `json:"to_left"`
}

type wireZoneEvent struct {
	Zone   string         `json:"zone"`
	What   zone.Happening `json:"what"`
	Track  uint64         `json:"track"`
	Class  string         `json:"class"`
	StayMs int64          `json:"stay_ms"`
}

// maxTrail is how many points of a trail are told, the newest ones.
const maxTrail = 16

func frameWire(r *pipeline.Report) *wireFrame {
	w := &wireFrame{
		Seq: r.Seq, CapturedUs: r.Captured.UnixMicro(), CapturedBy: r.CapturedBy.String(),
		Width: r.Width, Height: r.Height,
		Budget: budgetWire(r.Budget),
		FPS:    wireFPS{round2(r.Rates.Captured), round2(r.Rates.Analyzed)},
		Ledger: r.Totals, Analyzer: r.Analyzer, Mode: r.Mode,
		Analyzers: make([]wireTiming, len(r.Analyzers)),
		Result:    wireResult{Count: r.Result.Count, Detections: detectionsWire(r.Result.Detections), Values: r.Result.Values},
	}
	for i, a := range r.Analyzers {
		w.Analyzers[i] = wireTiming{a.Name, a.Took.Microseconds(), a.Ran}
	}
	if w.Result.Values == nil {
		w.Result.Values = map[string]float64{}
	}
	for _, z := range r.Zones {
		n := z.Total
		w.Zones = append(w.Zones, wireTotal{z.Name, z.Kind, n.Inside, n.Entered, n.Appeared, n.Left, n.Vanished, n.Dwelt, n.ToRight, n.ToLeft})
	}
	for _, e := range r.Happened {
		w.ZoneEvents = append(w.ZoneEvents, wireZoneEvent{e.Area, e.What, e.Track, e.Class, e.Stay.Milliseconds()})
	}
	return w
}

// budgetWire rounds each part so that the parts still add up to the age.
func budgetWire(b pipeline.Budget) wireBudget {
	var at time.Duration
	step := func(d time.Duration) int64 {
		before := at.Microseconds()
		at += d
		return at.Microseconds() - before
	}
	return wireBudget{step(b.Dequeue), step(b.Wait), step(b.Analysis), step(b.Draw), step(b.Encode), step(b.Publish), at.Microseconds()}
}

// detectionsWire allocates for all of them together: it is done for every frame.
func detectionsWire(ds []analyze.Detection) []wireDetection {
	points, steps, tracked := 0, 0, 0
	for i := range ds {
		points += len(ds[i].Landmarks)
		if ds[i].Track != 0 {
			steps += min(len(ds[i].Trail), maxTrail)
			tracked++
		}
	}
	all := make([]wireDetection, len(ds))
	landmarks, trails := make([][3]float64, 0, points), make([][2]float64, 0, steps)
	motions := make([]struct {
		velocity [2]float64
		ageMs    int64
	}, tracked)
	for i := range ds {
		d, w := &ds[i], &all[i]
		w.Label, w.Score, w.Predicted = d.Label, round4(d.Score), d.Predicted
		for i, v := range d.Box {
			w.Box[i] = round4(v)
		}
		from := len(landmarks)
		for _, l := range d.Landmarks {
			landmarks = append(landmarks, [3]float64{round4(l[0]), round4(l[1]), round4(l[2])})
		}
		w.Landmarks = landmarks[from:]
		if d.Gesture != "" {
			w.Gesture = &d.Gesture
		}
		if d.Action != "" {
			w.Action = &d.Action
		}
		if d.Track == 0 {
			continue
		}
		m := &motions[0]
		motions = motions[1:]
		m.velocity, m.ageMs = [2]float64{round3(d.Velocity[0]), round3(d.Velocity[1])}, d.Age.Milliseconds()
		w.Track, w.Velocity, w.AgeMs, w.Refound = d.Track, &m.velocity, &m.ageMs, d.Refound
		from = len(trails)
		for _, p := range d.Trail[max(0, len(d.Trail)-maxTrail):] {
			trails = append(trails, [2]float64{round3(p[0]), round3(p[1])})
		}
		w.Trail = trails[from:]
	}
	return all
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }
func round3(x float64) float64 { return math.Round(x*1000) / 1000 }
func round4(x float64) float64 { return math.Round(x*10000) / 10000 }
