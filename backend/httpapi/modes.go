package httpapi

import (
	"fmt"
	"math"
	"time"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/pipeline"
)

// wireWorkers are how many analyze side by side.
type wireWorkers struct {
	Asked   int     `json:"asked"` // 0: as the server chooses
	Max     int     `json:"max"`   // that may be asked for
	Working int     `json:"working"`
	Busy    int     `json:"busy"`
	Limit   *string `json:"limit"` // why fewer work than were asked for
}

// wireService is how long an analysis takes, in milliseconds.
type wireService struct {
	Mean    float64 `json:"mean"`
	P50     float64 `json:"p50"`
	P90     float64 `json:"p90"`
	Spread  float64 `json:"spread"`
	Samples int     `json:"samples"`
}

// wireTheory is what can be expected of what runs.
type wireTheory struct {
	CeilingFPS float64 `json:"ceiling_fps"`
	FPS        float64 `json:"fps"`
	Skipped    float64 `json:"skipped"`
	Late       float64 `json:"late"`
	AgeMs      float64 `json:"age_ms"`
	AgeP95Ms   float64 `json:"age_p95_ms"`
}

// wireObserved is what came of it in the last ten seconds.
type wireObserved struct {
	FPS      float64 `json:"fps"`
	Skipped  float64 `json:"skipped"`
	Late     float64 `json:"late"`
	AgeMs    float64 `json:"age_ms"`
	AgeP95Ms float64 `json:"age_p95_ms"`
	JitterMs float64 `json:"jitter_ms"`
}

// addWork tells how the analysis goes. What is not known yet stays null.
func (w *wirePipeline) addWork(set pipeline.Settings, work pipeline.Work) {
	w.Mode, w.Running = string(set.Mode), string(work.Running)
	w.Workers = wireWorkers{Asked: set.Workers, Max: pipeline.MaxWorkers, Working: work.Workers, Busy: work.Busy, Limit: textOrNull(work.Limit)}
	w.MaxAgeMs, w.MaxReorderWaitMs, w.TargetFPS = millis(set.MaxAge), millis(set.MaxReorderWait), set.TargetFPS
	w.Reason = textOrNull(work.Reason)
	if s := work.Service; s.Samples > 0 {
		w.Service = &wireService{millis(s.Mean), millis(s.P50), millis(s.P90), round4(s.Spread), s.Samples}
	}
	if t := work.Theory; t.Ceiling > 0 {
		w.Theory = &wireTheory{round2(t.Ceiling), round2(t.FPS), round4(t.Skipped), round4(t.Late), millis(t.Age), millis(t.AgeP95)}
	}
	if o := work.Observed; o.Deliveries > 1 {
		w.Observed = &wireObserved{round2(o.FPS), round4(o.Skipped), round4(o.Late), millis(o.Age), millis(o.AgeP95), millis(o.Jitter)}
	}
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// millis are milliseconds, to two decimals.
func millis(d time.Duration) float64 { return round2(float64(d) / float64(time.Millisecond)) }

// maxMillis is a minute, the most that the pipeline takes.
const maxMillis = 60_000

// parseMillis reads milliseconds; nil stays nil.
func parseMillis(name string, ms *float64) (*time.Duration, error) {
	if ms == nil {
		return nil, nil
	}
	if *ms < 0 || *ms > maxMillis {
		return nil, fail(fiber.StatusBadRequest, "bad_parameter", fmt.Sprintf("%s %v: want 0 to %d", name, *ms, maxMillis), "0 stands for none: GET /api/v1/openapi.json describes the body")
	}
	d := time.Duration(math.Round(*ms * float64(time.Millisecond)))
	return &d, nil
}

// changeError is why the pipeline refused a change.
func changeError(err error) error {
	switch e := err.(type) {
	case *pipeline.StatefulError:
		return fail(fiber.StatusConflict, "stateful_analyzer", e.Error(), `choose the mode serial or auto, or an analyzer with "stateful": false`)
	case *pipeline.SettingError:
		return fail(fiber.StatusBadRequest, "bad_parameter", e.Error(), "GET /api/v1/openapi.json describes the body")
	}
	return fail(fiber.StatusBadRequest, "bad_parameter", withoutFolders(err.Error()), "GET /api/v1/analyzers lists every analyzer and parameter with its range")
}
