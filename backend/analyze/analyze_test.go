package analyze_test

import (
	"math"
	"testing"

	"freshframe/backend/analyze"
)

func TestResultCheck(t *testing.T) {
	bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
	fine := func() analyze.Result {
		return analyze.Result{
			Values:     map[string]float64{"share": 0.5},
			Detections: []analyze.Detection{{Box: [4]float64{0, -1, 2, 3}, Score: 1, Landmarks: [][3]float64{{1, 2, 3}}}},
		}
	}
	if err := fine().Check(); err != nil {
		t.Errorf("finite numbers: %v", err)
	}
	if err := (analyze.Result{}).Check(); err != nil {
		t.Errorf("an empty result: %v", err)
	}
	for _, v := range bad {
		for name, spoil := range map[string]func(*analyze.Result){
			"value":    func(r *analyze.Result) { r.Values["share"] = v },
			"box":      func(r *analyze.Result) { r.Detections[0].Box[2] = v },
			"score":    func(r *analyze.Result) { r.Detections[0].Score = v },
			"velocity": func(r *analyze.Result) { r.Detections[0].Velocity[1] = v },
			"trail":    func(r *analyze.Result) { r.Detections[0].Trail = [][2]float64{{0, v}} },
			"landmark": func(r *analyze.Result) { r.Detections[0].Landmarks[0][1] = v },
		} {
			r := fine()
			spoil(&r)
			if r.Check() == nil {
				t.Errorf("%v as %s passes", v, name)
			}
		}
	}
}
