package pool

import (
	"fmt"
	"strings"
	"time"
)

// Goal is what people want. A zero field is not wanted.
type Goal struct {
	FPS    float64       // analyzed frames a second, or the camera's rate if that is lower
	MaxAge time.Duration // that 95 % of the results have at most
}

// Seen is what Auto goes by.
type Seen struct {
	Camera     float64       // frames a second; 0: unknown
	Service    Service       // of the present analyzer
	CPU        time.Duration // CPU time of one analysis, on its worker's thread; 0: it only waits, or unknown
	CPUs       int           // that the process may use
	Taken      float64       // of them, by whatever runs on the machine; 0: unknown
	Workers    int           // at work now; 0: unknown
	MaxWorkers int           // most workers that may be chosen; less than 1: 1
	Stateful   bool          // the analyzer needs every frame in order: serial
	Even       float64       // Config.Even, for the expected age
}

// Known says whether that is enough to go by.
func (s *Seen) Known() bool { return s.Service.Samples() >= enough && s.Camera > 0 }

// Choice is a mode and why. One worker is the serial pipeline.
type Choice struct {
	Workers int
	Reason  string // for people: "4 workers: 28 fps wanted, an analysis takes 112 ms"
}

// Auto chooses the fewest workers that reach the goal, and changes its mind slowly: only after
// what speaks for the change has done so for a while without a break, and only if the present
// choice clearly misses the goal, or fewer workers clearly reach it. The zero value is ready.
type Auto struct {
	choice   Choice
	goal     Goal
	stateful bool
	measured bool

	limit Limit
	leans int       // −1 fewer workers, +1 more, 0 none
	since time.Time // since when it has leant there
}

const (
	enough    = 8                // service times before the first choice
	confirmUp = 2 * time.Second  // too few workers hurt at once
	confirmDn = 10 * time.Second // too many do not
	// How far from the goal still counts as reached: when choosing anew, for more workers than
	// now not to be needed, and for fewer than now to suffice.
	slackNew, slackKeep, slackFewer = 0.03, 0.06, 0.01
)

// Choose is to be called every now and then, each second, say.
func (a *Auto) Choose(now time.Time, goal Goal, seen Seen) Choice {
	seen.MaxWorkers = max(seen.MaxWorkers, 1)
	changed := goal != a.goal || seen.Stateful != a.stateful || a.choice.Workers == 0
	a.goal, a.stateful = goal, seen.Stateful
	set := func(workers int, reason string) Choice {
		a.choice, a.leans = Choice{workers, title(workers) + ": " + reason}, 0
		return a.choice
	}
	switch {
	case seen.Stateful:
		if changed {
			set(1, "the analyzer remembers earlier frames")
		}
		a.measured = false
		return a.choice
	case goal == Goal{}:
		if changed {
			set(1, "neither a rate nor an age is wanted")
		}
		a.measured = false
		return a.choice
	case !seen.Known():
		if changed {
			set(max(a.choice.Workers, 1), "no service time is known yet")
		}
		a.measured, a.limit = false, Limit{} // it may be another analyzer
		return a.choice
	}
	limit := a.limit.Useful(seen)
	v := newView(max(limit, a.choice.Workers), goal, seen)
	ideal := v.ideal(limit)
	if changed || !a.measured {
		a.measured = true
		return set(ideal, v.reason(ideal, limit, seen))
	}
	leans, wait := 0, confirmUp
	switch current := a.choice.Workers; {
	case current > limit:
		leans, wait, ideal = -1, confirmDn, min(ideal, limit)
	case ideal > current && !v.reaches(current, slackKeep) && v.better(ideal, current):
		leans = 1
	case ideal < current && (v.reaches(ideal, slackFewer) || !v.better(current, ideal)):
		leans, wait = -1, confirmDn
	}
	if leans != a.leans {
		a.leans, a.since = leans, now
	}
	if leans != 0 && now.Sub(a.since) >= wait {
		return set(ideal, v.reason(ideal, limit, seen))
	}
	return a.choice
}

// view is what can be expected of each count of workers, against the goal.
type view struct {
	goal     Goal
	fps      float64  // of the goal, as far as the camera gives so many
	expected []Theory // of 1, 2, 3… workers
}

func newView(workers int, goal Goal, seen Seen) *view {
	v := &view{goal: goal, fps: min(goal.FPS, seen.Camera)}
	for w := 1; w <= workers; w++ {
		v.expected = append(v.expected, Expect(seen.Camera, &seen.Service, Config{Workers: w, Even: seen.Even}))
	}
	return v
}

func (v *view) of(workers int) Theory { return v.expected[workers-1] }

// ideal is the fewest workers that reach the goal, or the fewest of those that come nearest.
func (v *view) ideal(limit int) int {
	nearest := 1
	for w := 1; w <= limit; w++ {
		if v.reaches(w, slackNew) {
			return w
		}
		if v.better(w, nearest) {
			nearest = w
		}
	}
	return nearest
}

func (v *view) reaches(workers int, slack float64) bool {
	t := v.of(workers)
	return t.FPS >= v.fps*(1-slack) &&
		(v.goal.MaxAge == 0 || float64(t.AgeP95) <= float64(v.goal.MaxAge)*(1+slack-slackNew))
}

// better says whether so many workers come clearly nearer to the goal than others: in rate, if
// that is wanted and missing, else in age.
func (v *view) better(workers, than int) bool {
	const clearly = 1.05
	a, b := v.of(workers), v.of(than)
	switch fa, fb := min(a.FPS, v.fps), min(b.FPS, v.fps); {
	case fa > fb*clearly:
		return true
	case fb > fa*clearly || v.goal.MaxAge == 0:
		return false
	}
	return float64(b.AgeP95) > float64(a.AgeP95)*clearly
}

func (v *view) reason(workers, limit int, seen Seen) string {
	var wants []string
	if v.goal.FPS > 0 {
		wants = append(wants, fmt.Sprintf("%.3g fps", v.goal.FPS))
	}
	if v.goal.MaxAge > 0 {
		wants = append(wants, fmt.Sprintf("an age of %d ms", v.goal.MaxAge.Milliseconds()))
	}
	takes := seen.Service.average().Round(time.Millisecond).Milliseconds()
	why := fmt.Sprintf("%s wanted, an analysis takes %d ms", strings.Join(wants, " and "), takes)
	if v.goal.FPS > seen.Camera*(1+slackNew) {
		why += fmt.Sprintf(", the camera gives %.3g fps", seen.Camera)
	}
	if v.reaches(workers, slackNew) {
		return why
	}
	why += fmt.Sprintf("; %.3g fps", v.of(workers).FPS)
	if v.goal.MaxAge > 0 {
		why += fmt.Sprintf(" and %d ms", v.of(workers).AgeP95.Milliseconds())
	}
	why += " can be expected"
	switch {
	case workers < limit: // more would not help
	case limit == seen.MaxWorkers:
		why += ", more workers are not allowed"
	default:
		why += fmt.Sprintf(", for %d CPUs have no use for more workers", seen.CPUs)
	}
	return why
}

func title(workers int) string {
	if workers == 1 {
		return "serial"
	}
	return fmt.Sprintf("%d workers", workers)
}
