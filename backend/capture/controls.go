package capture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// controlLimit is how long the camera may take over its controls: a request into a broken USB
// device hangs in the kernel for 5 s.
const controlLimit = 3 * time.Second

// opening is one opening of the source, as its controls' users see it.
type opening struct {
	device   string          // what to call it
	controls Controls        // nil where the camera has none
	ctx      context.Context // ends with the opening
}

// Controls lists the camera's controls with their present values. Errors are ctx's, or
// *Error: CameraOff, CameraOpening or the camera's own trouble while it is not open,
// NoControls for a camera without.
func (c *Camera) Controls(ctx context.Context) (list []Control, err error) {
	err = c.withControls(ctx, func(ctx context.Context, o *opening) error {
		list, err = o.list(ctx)
		return err
	})
	return list, err
}

// SetControls sets all of the settings or none, and lists the controls as they are after it.
// What was set outlives a reopening of the camera. Errors are those of Controls; BadControl
// for a name or a value that the camera does not have, ControlFailed for one that it refuses.
func (c *Camera) SetControls(ctx context.Context, settings []Setting) (list []Control, err error) {
	err = c.withControls(ctx, func(ctx context.Context, o *opening) error {
		if list, err = o.set(ctx, settings); err != nil {
			return err
		}
		if !c.noteSettings(o, list, settings) {
			return c.unopened() // and reopened, or about to be, as it was before
		}
		if list, err = o.list(ctx); err == nil {
			c.forgetIdle(list)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// withControls gives use the controls of the open camera, one user at a time. It returns
// soon after the camera has gone, and after controlLimit at the latest.
func (c *Camera) withControls(ctx context.Context, use func(context.Context, *opening) error) error {
	bounded, cancel := context.WithTimeout(ctx, controlLimit)
	defer cancel()
	select {
	case c.controlling <- struct{}{}:
		defer func() { <-c.controlling }()
	case <-bounded.Done():
		return c.explainControls(ctx, bounded.Err())
	}
	c.mu.Lock()
	o := c.opened
	c.mu.Unlock()
	if o == nil {
		return c.unopened()
	}
	defer context.AfterFunc(o.ctx, cancel)()
	err := use(bounded, o)
	if err != nil && o.ctx.Err() != nil {
		return c.unopened()
	}
	return c.explainControls(ctx, err)
}

// explainControls makes err one that says what to do; ctx is the one without the limit.
func (c *Camera) explainControls(ctx context.Context, err error) error {
	fail := func(hint string, err error) error {
		return &Error{Code: ControlFailed, Device: c.device, Hint: hint, Err: err}
	}
	const hint = "try again; if it stays so, unplug the camera and plug it in again"
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return fail(hint, hung{})
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return fail(hint, err)
}

// hung is context.DeadlineExceeded in words for people.
type hung struct{}

func (hung) Error() string {
	return fmt.Sprintf("the camera's controls did not answer within %v", controlLimit)
}

func (hung) Unwrap() error { return context.DeadlineExceeded }

// list asks for the controls. A camera that has none may also say so with an empty list.
func (o *opening) list(ctx context.Context) (list []Control, err error) {
	if o.controls != nil {
		list, err = o.controls.List(ctx)
	}
	if err == nil && len(list) == 0 {
		err = &Error{Code: NoControls, Device: o.device, Hint: "use another camera, or do without", Err: errors.New("this camera has no controls")}
	}
	return list, err
}

// unopened says why there is no camera to speak to.
func (c *Camera) unopened() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch st := c.status; {
	case st.State == Off || !c.wanted:
		return &Error{Code: CameraOff, Device: c.device, Hint: "start it first", Err: errors.New("the camera is off")}
	case st.Err != nil:
		return st.Err
	}
	return &Error{Code: CameraOpening, Device: c.device, Hint: "try again when it is live", Err: errors.New("the camera is being opened")}
}

// noteSettings remembers what an open camera has taken, in the order in which it was set;
// false says that this opening is over.
func (c *Camera) noteSettings(o *opening, list []Control, settings []Setting) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opened != o {
		return false
	}
	for _, s := range settings {
		c.settings = slices.DeleteFunc(c.settings, func(old Setting) bool { return old.Name == s.Name })
	}
	c.settings = append(c.settings, lasting(list, settings)...)
	c.noteControlsLocked()
	return true
}

// forgetIdle drops the settings that have become without effect, such as the exposure time
// that was set before the exposure was made automatic: the camera would refuse them.
func (c *Camera) forgetIdle(list []Control) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings = slices.DeleteFunc(c.settings, func(s Setting) bool {
		return slices.ContainsFunc(list, func(k Control) bool { return k.Name == s.Name && k.Inactive })
	})
}

// lasting leaves the buttons out: what they did is done.
func lasting(list []Control, settings []Setting) []Setting {
	return slices.DeleteFunc(slices.Clone(settings), func(s Setting) bool {
		return slices.ContainsFunc(list, func(k Control) bool { return k.Name == s.Name && k.Type == ButtonControl })
	})
}

// noteControlsLocked says that the controls may have changed.
func (c *Camera) noteControlsLocked() {
	c.status.ControlsRev++
	c.tellLocked()
}

// restore sets a camera that was just opened as it was set before, and opens its controls to
// everyone. The very first time, an error is the answer to who asked for it; later on it is
// logged, for a camera without some setting is better than none.
func (c *Camera) restore(ctx context.Context, src Source) error {
	o := &opening{device: src.Info().Device, ctx: ctx}
	if s, ok := src.(Controllable); ok {
		o.controls = s.Controls()
	}
	c.mu.Lock()
	settings, first := slices.Clone(c.settings), !c.settled
	c.mu.Unlock()
	if len(settings) > 0 {
		bounded, cancel := context.WithTimeout(ctx, controlLimit)
		defer cancel()
		list, err := o.set(bounded, settings)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && first:
			return c.explainControls(ctx, err)
		case err != nil:
			c.setEach(bounded, o, list, settings, err)
		case first:
			settings = lasting(list, settings)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if first {
		c.settings, c.settled = settings, true
	}
	c.opened = o
	if o.controls != nil {
		c.noteControlsLocked()
	}
	return nil
}

// set sets all settings at once and returns the controls as they were before.
func (o *opening) set(ctx context.Context, settings []Setting) ([]Control, error) {
	list, err := o.list(ctx)
	if err != nil {
		return nil, err
	}
	values, err := resolve(o.device, list, settings)
	if err != nil {
		return list, err
	}
	return list, o.controls.Set(ctx, values)
}

// setEach sets each of the settings by itself where they cannot all be set, which is why, and
// logs which ones the camera has to do without.
func (c *Camera) setEach(ctx context.Context, o *opening, list []Control, settings []Setting, why error) {
	if list == nil || ctx.Err() != nil {
		c.log.Warn("camera controls not restored", "source", c.device, "error", c.explainControls(context.Background(), why))
		return
	}
	for _, s := range settings {
		values, err := resolve(o.device, list, []Setting{s})
		if err == nil {
			err = o.controls.Set(ctx, values)
		}
		if err != nil {
			c.log.Warn("camera control not restored", "source", c.device, "control", s.Name, "value", s.Value, "error", err)
		}
	}
}

// forgetOpening leaves the controls to nobody: the source is about to be closed.
func (c *Camera) forgetOpening() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = nil
}
