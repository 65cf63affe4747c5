package action

import (
	"math"
	"time"

	"freshframe/backend/gesture/swing"
)

// The rules' numbers. Angles are in degrees from the picture's up; lengths in torsos.
const (
	least   = 0.3                    // score from which a point counts
	keep    = 400 * time.Millisecond // how long a point that goes missing stays where it was
	forget  = 1500 * time.Millisecond
	steady  = 250 * time.Millisecond // how long a posture must show before it counts
	upright = 40.0                   // the torso stands or sits, at most
	lies    = 60.0                   // the torso lies, at least
	tipping = 45.0                   // the torso tips over, at least

	stretched = 0.7             // thighs of who stands, at least
	lowered   = 0.45            // thighs of who is down, at most
	squatMax  = 4 * time.Second // who is down for longer sits

	fallWithin = 900 * time.Millisecond
	fallDrop   = 0.7                     // how far the shoulders go down in that time
	fallShows  = 1200 * time.Millisecond // how long a fall shows before it is lying

	waveSway  = 0.35 // forearms from turn to turn
	waveTurns = 3
)

// State is what a person does at one moment.
type State struct {
	Posture Action // None where the points do not tell, as with a head and shoulders alone
	Arms    Action // ArmsRaised, Waving or None
	Squats  int    // so far: from standing down and up again
	Falls   int    // so far
}

// Action is the one to caption the person with: a fall or lying first, then what the arms
// do, then the posture.
func (s State) Action() Action {
	if s.Arms != None && s.Posture != Falling && s.Posture != Lying {
		return s.Arms
	}
	return s.Posture
}

// Person follows one person, whose track the caller keeps. The zero value is ready; its
// memory is fixed.
type Person struct {
	at    time.Time // of the last pose
	known time.Time // when the points last told a posture
	state State

	last   Pose          // each point where it was last seen
	lastAt [17]time.Time // and when

	candidate Action // a posture that is not yet the state's
	since     time.Time
	stood     bool      // was standing before going down
	downAt    time.Time // when the thighs were first down; zero while up
	fellAt    time.Time // when a fall was last seen

	tops    [64]top // the shoulders' recent heights
	topN    int
	swings  [2]swing.Counter
	waved   [2]int
	torso   float64 // the longest of late, slowly forgotten: the measure of falls
	wasUp   time.Time
	raised  time.Time // since when both arms are up; zero while not
	started bool
}

type top struct {
	at time.Time
	y  float64
}

// Update takes the pose seen at the given time. A step back in time, or a gap of more than
// 1.5 s, starts afresh but for the counts. Rules, each over time so that one bad pose
// changes nothing:
//
//   - standing: torso within 40° of upright, thighs hanging; sitting and squatting: the same
//     with thighs level; squatting if the person stood before and for at most 4 s.
//   - a squat counts when the person stands again.
//   - lying: torso more than 60° from upright, and the thighs not hanging, for who bends over
//     stands; falling: likewise, and the shoulders went down by 0.7 torsos within
//     0.9 s, from upright to more than 45°. It shows for 1.2 s, then it is lying.
//   - arms raised: both wrists above the nose.
//   - waving: an upright forearm turns from side to side three times, each at most 0.8 s
//     after the last.
//
// What cannot be told (no legs in the picture, say) leaves the posture as it was for 1.5 s,
// then it is None.
func (p *Person) Update(at time.Time, pose Pose) State {
	if dt := at.Sub(p.at); !p.started || dt < 0 || dt > forget {
		*p = Person{started: true, known: at, state: State{Squats: p.state.Squats, Falls: p.state.Falls}}
		for i := range p.swings {
			p.swings[i] = swing.Counter{Least: waveSway, Shortest: 100 * time.Millisecond, Longest: 800 * time.Millisecond}
		}
	}
	dt := at.Sub(p.at)
	p.at = at
	p.fill(at, &pose)
	b := pose.body()
	p.measure(dt, b)
	p.settle(at, p.posture(at, b))
	p.state.Arms = p.arms(at, &pose, b)
	return p.state
}

// fill puts points that have just gone missing where they were last seen.
func (p *Person) fill(at time.Time, pose *Pose) {
	for i := range pose {
		switch {
		case pose[i].seen():
			p.last[i], p.lastAt[i] = pose[i], at
		case p.last[i].seen() && at.Sub(p.lastAt[i]) <= keep:
			pose[i] = p.last[i]
		default:
			pose[i] = Point{}
		}
	}
}

// measure keeps the torso's length. Who leans to or from the camera seems short, so what is
// longer counts soon (not at once: it may be a slip), and what is shorter halves it in 20 s,
// for who walks away.
func (p *Person) measure(dt time.Duration, b body) {
	p.torso *= math.Exp2(-min(dt.Seconds(), 1) / 20)
	switch {
	case p.torso == 0 && b.torso > 0:
		p.torso = b.torso
	case b.torso > p.torso:
		p.torso += (b.torso - p.torso) * min(1, dt.Seconds()/0.5)
	}
}

// posture is what this moment looks like, None where it cannot be told.
func (p *Person) posture(at time.Time, b body) Action {
	if b.tilt <= upright {
		p.wasUp = at
	}
	if p.falls(at, b) {
		return Falling
	}
	switch {
	case b.tilt >= lies && !(b.legs >= stretched):
		return Lying
	case !(b.tilt <= upright):
		return None
	case b.legs >= stretched:
		return Standing
	case b.legs <= lowered && p.stood && (p.downAt.IsZero() || at.Sub(p.downAt) <= squatMax):
		return Squatting
	case b.legs <= lowered:
		return Sitting
	}
	return None
}

// falls reports whether the person falls now.
func (p *Person) falls(at time.Time, b body) bool {
	if math.IsNaN(b.top) {
		return false
	}
	p.tops[p.topN%len(p.tops)] = top{at, b.top}
	p.topN++
	if !(b.tilt >= tipping) || b.legs >= stretched || at.Sub(p.wasUp) > fallWithin {
		return false
	}
	for i := range min(p.topN, len(p.tops)) {
		t := p.tops[i]
		if at.Sub(t.at) <= fallWithin && b.top-t.y >= fallDrop*p.torso {
			return true
		}
	}
	return false
}

// settle makes the posture the state's once it has shown for long enough.
func (p *Person) settle(at time.Time, now Action) {
	if now == Falling { // too short to wait for
		if p.state.Posture != Falling {
			p.state.Falls++
		}
		p.fellAt = at
		p.become(at, Falling)
		return
	}
	if p.state.Posture == Falling && now == Lying && at.Sub(p.fellAt) < fallShows {
		now = Falling
	}
	if now != None {
		p.known = at
	}
	switch {
	case now == None:
		if at.Sub(p.known) > forget {
			p.become(at, None)
		}
		return
	case now == p.state.Posture:
		p.candidate = None
		return
	case now != p.candidate:
		p.candidate, p.since = now, at
		return
	case at.Sub(p.since) >= steady:
		p.become(at, now)
	}
}

func (p *Person) become(at time.Time, a Action) {
	was := p.state.Posture
	p.state.Posture, p.candidate = a, None
	switch a {
	case Standing:
		if was == Squatting {
			p.state.Squats++
		}
		p.stood, p.downAt = true, time.Time{}
	case Squatting:
		if p.downAt.IsZero() {
			p.downAt = at
		}
	default:
		p.stood, p.downAt = false, time.Time{}
	}
}

// arms is what the arms do.
func (p *Person) arms(at time.Time, pose *Pose, b body) Action {
	waving := false
	for side := range p.swings {
		sway, up := pose.forearm(side)
		if !up {
			p.swings[side].Reset()
			p.waved[side] = 0
			continue
		}
		p.waved[side] = p.swings[side].Add(at, sway)
		waving = waving || p.waved[side] >= waveTurns
	}
	if !b.arms {
		p.raised = time.Time{}
	} else if p.raised.IsZero() {
		p.raised = at
	}
	switch {
	case waving:
		return Waving
	case b.arms && at.Sub(p.raised) >= steady:
		return ArmsRaised
	}
	return None
}
