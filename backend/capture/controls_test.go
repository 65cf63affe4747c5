package capture_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

// panel is the controls of one opening. Like a real camera it begins with its defaults, and
// refuses an exposure while that is automatic.
type panel struct {
	mu     sync.Mutex
	list   []capture.Control
	sets   []string // what was set, one call each
	refuse string   // the name of a control that cannot be set
	hang   func(ctx context.Context) error
	users  int // at the moment
}

func newPanel(without ...string) *panel {
	p := &panel{list: []capture.Control{
		{Name: "brightness", Type: capture.IntControl, Min: -64, Max: 64, Step: 1},
		{Name: "auto_exposure", Type: capture.BoolControl, Max: 1, Step: 1, Default: 1, Value: 1},
		{Name: "exposure", Type: capture.IntControl, Min: 1, Max: 1000, Step: 1, Default: 250, Value: 250, Inactive: true},
		{Name: "recenter", Type: capture.ButtonControl, Step: 1},
	}}
	p.list = slices.DeleteFunc(p.list, func(c capture.Control) bool { return slices.Contains(without, c.Name) })
	return p
}

// enter waits as long as the camera hangs; it is the camera's own affair that one uses it at
// a time.
func (p *panel) enter(ctx context.Context) (leave func(), err error) {
	p.mu.Lock()
	p.users++
	crowd, hang := p.users > 1, p.hang
	p.mu.Unlock()
	leave = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.users--
	}
	if crowd {
		leave()
		return nil, errors.New("two use the controls at once")
	}
	if hang != nil {
		if err := hang(ctx); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

func (p *panel) hangBy(how func(context.Context) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hang = how
}

func (p *panel) List(ctx context.Context) ([]capture.Control, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list), nil
}

func (p *panel) Set(ctx context.Context, values map[string]int64) error {
	leave, err := p.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	control := func(name string) *capture.Control {
		return &p.list[slices.IndexFunc(p.list, func(c capture.Control) bool { return c.Name == name })]
	}
	if _, ok := values[p.refuse]; ok {
		return &capture.Error{Code: capture.ControlFailed, Device: "script", Err: fmt.Errorf("%s: input/output error", p.refuse)}
	}
	if _, ok := values["exposure"]; ok {
		auto, together := values["auto_exposure"]
		if !together {
			auto = control("auto_exposure").Value
		}
		if auto == 1 {
			return &capture.Error{Code: capture.ControlFailed, Device: "script", Err: errors.New("exposure: auto_exposure is on")}
		}
	}
	var what []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		control(name).Value = values[name]
		what = append(what, fmt.Sprintf("%s=%d", name, values[name]))
	}
	if auto, ok := values["auto_exposure"]; ok {
		control("exposure").Inactive = auto == 1
	}
	p.sets = append(p.sets, strings.Join(what, " "))
	return nil
}

func (p *panel) done() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.sets, "; ")
}

// controlled is a scripted source with controls, which must be right before the first Read.
type controlled struct{ *scripted }

func (s controlled) Controls() capture.Controls { return s.a.controls }

func (s controlled) Read(ctx context.Context, f *frame.Frame) error {
	if s.n == 0 {
		s.a.controls.mu.Lock()
		s.a.controls.sets = append(s.a.controls.sets, "read")
		s.a.controls.mu.Unlock()
	}
	return s.scripted.Read(ctx, f)
}

func wantCode(t *testing.T, err error, code capture.Code, words ...string) {
	t.Helper()
	e, ok := errors.AsType[*capture.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: does not say %q", err, w)
		}
	}
}

// set sets NAME=VALUE each.
func (r *rig) set(settings ...string) ([]capture.Control, error) {
	return r.c.SetControls(r.t.Context(), settingsOf(settings...))
}

func (r *rig) mustSet(settings ...string) []capture.Control {
	r.t.Helper()
	list, err := r.set(settings...)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func settingsOf(texts ...string) (out []capture.Setting) {
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		out = append(out, capture.Setting{Name: name, Value: value})
	}
	return out
}

func valueOf(list []capture.Control, name string) int64 {
	for _, c := range list {
		if c.Name == name {
			return c.Value
		}
	}
	return -1 << 63
}

func (r *rig) start() {
	r.t.Helper()
	if err := r.c.Start(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func TestControlsOfALiveCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPanel()
		s := &script{acts: []act{{read: every(forever, nil), controls: p}}}
		r := film(t, s, false)
		r.start()
		list, err := r.c.Controls(t.Context())
		if err != nil || len(list) != 4 || valueOf(list, "exposure") != 250 {
			t.Fatalf("%+v, %v", list, err)
		}
		rev := r.state().ControlsRev
		_, changed := r.c.Status()
		list = r.mustSet("brightness=10", "auto_exposure=off", "exposure=40")
		if valueOf(list, "brightness") != 10 || valueOf(list, "exposure") != 40 {
			t.Errorf("the list afterwards: %+v", list)
		}
		if got := r.state().ControlsRev; got != rev+1 {
			t.Errorf("%d changes, want 1", got-rev)
		}
		select {
		case <-changed:
		default:
			t.Error("nobody was told")
		}
		// All or nothing, and nothing is no change.
		_, err = r.set("brightness=20", "exposure=5000")
		wantCode(t, err, capture.BadControl, "exposure=5000: want a whole number from 1 to 1000")
		p.mu.Lock()
		p.refuse = "auto_exposure"
		p.mu.Unlock()
		_, err = r.set("brightness=20", "auto_exposure=on")
		wantCode(t, err, capture.ControlFailed, "input/output")
		if list, _ := r.c.Controls(t.Context()); valueOf(list, "brightness") != 10 || r.state().ControlsRev != rev+1 {
			t.Errorf("after errors: brightness %d, rev %d", valueOf(list, "brightness"), r.state().ControlsRev)
		}
		if got := p.done(); got != "read; auto_exposure=0 brightness=10 exposure=40" {
			t.Errorf("the camera was told %q", got)
		}
		r.end(s)
	})
}

func TestNoControls(t *testing.T) {
	for name, p := range map[string]*panel{"none": nil, "an empty list": {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{acts: []act{{read: every(forever, nil), controls: p}}}
				r := film(t, s, false)
				r.start()
				_, err := r.c.Controls(t.Context())
				wantCode(t, err, capture.NoControls)
				_, err = r.set("brightness=1")
				wantCode(t, err, capture.NoControls)
				r.end(s)
			})
		})
	}
}

// What was set is set again at each opening, before the first frame, the last word on each
// control and in the order of those; a button is not pressed again.
func TestControlsAreRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panels := []*panel{newPanel(), newPanel(), newPanel(), newPanel()}
		s := &script{acts: []act{
			{read: every(5, unplugged), controls: panels[0]}, {read: every(5, unplugged), controls: panels[1]},
			{read: every(5, unplugged), controls: panels[2]}, {read: every(forever, nil), controls: panels[3]},
		}}
		r := film(t, s, false, settingsOf("brightness=5", "recenter=")...)
		r.start()
		r.mustSet("auto_exposure=0", "exposure=40")
		r.mustSet("brightness=7", "recenter=1")
		time.Sleep(time.Second) // reopened once
		if list, err := r.c.Controls(t.Context()); err != nil || valueOf(list, "exposure") != 40 {
			t.Errorf("exposure %d after the reopening, want 40 (%v)", valueOf(list, "exposure"), err)
		}
		if rev := r.state().ControlsRev; rev != 4 {
			t.Errorf("%d changes, want 2 of ours and 2 openings", rev)
		}
		// With the automatic on again the exposure is nobody's setting any more.
		r.mustSet("auto_exposure=on")
		time.Sleep(time.Second)
		for range 2 { // nor does a stop forget
			r.c.Stop(t.Context())
			r.start()
		}
		for i, want := range []string{
			"brightness=5 recenter=1; read; auto_exposure=0 exposure=40; brightness=7 recenter=1",
			"auto_exposure=0 brightness=7 exposure=40; read; auto_exposure=1",
			"auto_exposure=1 brightness=7; read",
		} {
			if got := panels[i].done(); got != want {
				t.Errorf("opening %d was told\n     %q\nwant %q", i, got, want)
			}
		}
		if got := panels[3].done(); !strings.HasPrefix(got, "auto_exposure=1 brightness=7; read") {
			t.Errorf("after a stop: %q", got)
		}
		r.end(s)
	})
}

// A wrong setting from the start ends the first opening, of a patient source too, and every
// try until one has taken them all.
func TestFirstSettingsAreWrong(t *testing.T) {
	refusing := newPanel()
	refusing.refuse = "brightness"
	for _, tt := range []struct {
		setting string
		p       *panel
		code    capture.Code
		patient bool
	}{
		{"brightness=99", newPanel(), capture.BadControl, false},
		{"brightness=99", newPanel(), capture.BadControl, true},
		{"brightnes=9", newPanel(), capture.BadControl, false},
		{"brightness=9", nil, capture.NoControls, false},
		{"brightness=9", nil, capture.NoControls, true},
		{"brightness=9", refusing, capture.ControlFailed, false},
		{"exposure=9", newPanel(), capture.ControlFailed, false},
	} {
		t.Run(fmt.Sprint(tt.setting, tt.code, tt.patient), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{acts: []act{{read: every(forever, nil), controls: tt.p}}}
				r := film(t, s, tt.patient, settingsOf(tt.setting)...)
				for range 2 {
					wantCode(t, r.c.Start(t.Context()), tt.code)
					if st := r.state(); st.State != capture.Off || st.Err.Code != tt.code || len(r.seqs) != 0 {
						t.Errorf("%+v after %d frames", st, len(r.seqs))
					}
				}
				r.end(s)
			})
		})
	}
}

// Reopened as something that has not got all the controls, or refuses, it is live with what
// can be had.
func TestReopenedWithoutAControl(t *testing.T) {
	refusing := newPanel()
	refusing.refuse = "auto_exposure"
	for _, tt := range []struct {
		name string
		p    *panel
		want string
	}{
		{"one is missing", newPanel("brightness"), "auto_exposure=0; exposure=40; read"},
		{"one is refused", refusing, "brightness=5; read"},
		{"all are missing", nil, ""},
		{"the list fails", &panel{hang: func(context.Context) error { return errors.New("no answer") }}, "read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{acts: []act{{read: every(5, unplugged), controls: newPanel()}, {read: every(forever, nil), controls: tt.p}}}
				r := film(t, s, false, settingsOf("brightness=5", "auto_exposure=0", "exposure=40")...)
				r.start()
				time.Sleep(time.Second)
				if st := r.state(); st.State != capture.Live || st.Reopens != 1 {
					t.Errorf("%+v, want live after one reopening", st)
				}
				if tt.p != nil && tt.p.done() != tt.want {
					t.Errorf("the camera was told %q, want %q", tt.p.done(), tt.want)
				}
				r.end(s)
			})
		})
	}
}

// Who asks while the camera is not open hears why.
func TestControlsOfAClosedCamera(t *testing.T) {
	gone := &capture.Error{Code: capture.NoSuchDevice, Device: "script:", Err: errors.New("gone")}
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context) { time.Sleep(2 * time.Second) }
		s := &script{acts: []act{{read: every(5, unplugged), controls: newPanel(), opening: slow}, {fail: gone}}}
		r := film(t, s, false)
		ask := func(code capture.Code) {
			t.Helper()
			_, err := r.c.Controls(t.Context())
			wantCode(t, err, code)
			_, err = r.set("brightness=1")
			wantCode(t, err, code)
		}
		ask(capture.CameraOff)
		go r.c.Start(t.Context())
		time.Sleep(time.Second)
		ask(capture.CameraOpening)
		time.Sleep(1550 * time.Millisecond)
		ask(capture.CameraLost)
		time.Sleep(time.Second)
		ask(gone.Code)
		r.c.Stop(t.Context())
		ask(capture.CameraOff)
		r.end(s)
	})
	synctest.Test(t, func(t *testing.T) { // a silent camera is still open
		s := &script{acts: []act{{read: every(5, silence), controls: newPanel()}}}
		r := film(t, s, false)
		r.start()
		time.Sleep(2 * time.Second)
		if st := r.state().State; st != capture.Stalled {
			t.Fatalf("%s, want stalled", st)
		}
		r.mustSet("brightness=1")
		r.end(s)
	})
}

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// A camera whose controls hang delays nobody: frames go on, and callers are answered.
func TestControlsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPanel()
		s := &script{acts: []act{{read: every(forever, nil), controls: p}}}
		r := film(t, s, false)
		r.start()
		p.hangBy(hang)
		synctest.Wait()
		begin, frames := time.Now(), len(r.seqs)
		_, err := r.set("brightness=1")
		wantCode(t, err, capture.ControlFailed, "within 3s")
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("answered after %v", d)
		}
		synctest.Wait()
		if n := len(r.seqs) - frames; n < 29 {
			t.Errorf("%d frames meanwhile, want 30", n)
		}
		// The caller may be in more of a hurry, waiting for its turn too.
		first := make(chan error)
		go func() { _, err := r.c.Controls(t.Context()); first <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.c.Controls(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the caller's own deadline", err)
		}
		// Nor does a Stop wait, and who was waiting is told.
		begin = time.Now()
		if err := r.c.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantCode(t, <-first, capture.CameraOff)
		if d := time.Since(begin); d > 200*time.Millisecond {
			t.Errorf("stopped after %v", d)
		}
		r.end(s)
	})
}

// At a reopening, too, hanging controls only delay.
func TestControlsHangAtReopening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := newPanel()
		dead.hang = hang
		s := &script{acts: []act{{read: every(5, unplugged), controls: newPanel()}, {read: every(forever, nil), controls: dead}}}
		r := film(t, s, false, settingsOf("brightness=5")...)
		r.start()
		time.Sleep(2 * time.Second)
		_, err := r.c.Controls(t.Context())
		wantCode(t, err, capture.CameraLost) // its controls are not restored yet
		time.Sleep(2 * time.Second)
		if st := r.state(); st.State != capture.Live {
			t.Errorf("%+v", st)
		}
		r.c.Stop(t.Context())

		// A Stop in the middle of it is not delayed.
		go r.c.Start(t.Context())
		time.Sleep(time.Second)
		begin := time.Now()
		r.c.Stop(t.Context())
		if d := time.Since(begin); d != 0 {
			t.Errorf("stopped after %v", d)
		}
		r.end(s)
	})
}

// The camera goes away and returns while a setting is under way: it must not end up
// remembered as set, for the camera that is open now was not told.
func TestReplugWhileSetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newPanel(), newPanel()
		s := &script{acts: []act{{read: every(5, unplugged), controls: old}, {read: every(forever, nil), controls: next}}}
		r := film(t, s, false)
		r.start()
		old.hangBy(func(context.Context) error { time.Sleep(time.Second); return nil }) // deaf to its context
		_, err := r.set("brightness=9")
		if err == nil {
			t.Fatal("set on a camera that was gone")
		}
		list, err := r.c.Controls(t.Context())
		if err != nil || valueOf(list, "brightness") != 0 {
			t.Errorf("brightness %d after the replug, %v", valueOf(list, "brightness"), err)
		}
		r.c.Stop(t.Context())
		r.start()
		if got := next.done(); strings.Contains(got, "brightness") {
			t.Errorf("the next camera was told %q", got)
		}
		r.end(s)
	})
}

// Many at once, with a camera that comes and goes: one at a time gets through to it, and
// every answer is one that it may be.
func TestControlsStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPanel()
		p.hang = func(context.Context) error { time.Sleep(3 * time.Millisecond); return nil }
		s := &script{acts: []act{{read: every(7, unplugged), controls: p}}}
		r := film(t, s, false)
		r.start()
		var wg sync.WaitGroup
		var mu sync.Mutex
		set := 0
		for i := range 10 {
			wg.Go(func() {
				for j := range 50 {
					_, err := r.set(fmt.Sprintf("brightness=%d", j))
					if i%2 == 0 {
						_, err = r.c.Controls(t.Context())
					}
					e, ok := errors.AsType[*capture.Error](err)
					switch {
					case err == nil:
						mu.Lock()
						set++
						mu.Unlock()
					case !ok || (e.Code != capture.CameraLost && e.Code != capture.CameraOpening):
						t.Errorf("%v", err)
					}
					time.Sleep(time.Duration(i*11+j) * time.Millisecond)
				}
			})
		}
		wg.Wait()
		if set == 0 {
			t.Error("nothing was ever set")
		}
		r.end(s)
	})
}
