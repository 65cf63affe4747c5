//go:build linux

package v4l2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
)

// controls are the controls of one open camera. They open its node a second time for each
// call: the library's descriptor belongs to the goroutine that reads.
type controls struct {
	host host
	path string // as the user knows it, for errors
	node string
	identity
	turn chan struct{} // holds one while the kernel is at work for us
}

func (h host) controls(cam camera) *controls {
	return &controls{host: h, path: cam.path, node: cam.node, identity: cam.identity, turn: make(chan struct{}, 1)}
}

// List lists the controls; none where the camera has none.
func (c *controls) List(ctx context.Context) ([]capture.Control, error) {
	return visitControls(ctx, c, func(k kernel) ([]capture.Control, error) {
		knobs, err := readKnobs(ctx, k)
		list := make([]capture.Control, len(knobs))
		for i, n := range knobs {
			list[i] = n.Control
		}
		return list, err
	})
}

// Set sets the values one by one, automatics first, and puts back what it has set when one is
// refused. The kernel's call for several at once would do neither: uvcvideo sends them in the
// order of its own table, where the white balance's temperature comes before its automatic,
// and what was sent before a failure stays.
func (c *controls) Set(ctx context.Context, values map[string]int64) error {
	values = maps.Clone(values) // a call that is given up goes on for a while
	_, err := visitControls(ctx, c, func(k kernel) (struct{}, error) {
		list, err := readKnobs(ctx, k)
		if err != nil {
			return struct{}{}, err
		}
		todo, err := c.order(list, values)
		if err != nil {
			return struct{}{}, err
		}
		for i, n := range todo {
			err := ctx.Err()
			if err == nil {
				if err = n.write(k, values[n.Name]); err != nil {
					err = c.refused(k, list, n, values[n.Name], err)
				}
			}
			if err != nil {
				putBack(k, todo[:i])
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// visitControls opens the node for one call. A request into a broken USB device can hang for
// seconds: it is left to itself then, and the next call waits for its end, lest they pile up.
func visitControls[T any](ctx context.Context, c *controls, use func(kernel) (T, error)) (T, error) {
	var none T
	return awaitTurn(ctx, c.turn, func() (T, error) {
		k, err := c.host.open(c.node)
		if err != nil {
			return none, c.host.trouble(c.path, err)
		}
		defer k.Close()
		if err := c.recognise(k); err != nil {
			return none, err
		}
		v, err := use(k)
		return v, c.explain(err)
	}, func(T) {})
}

// recognise makes sure that the node still is this camera's.
func (c *controls) recognise(k kernel) error {
	var q capability
	if err := k.ioctl(queryCapability, unsafe.Pointer(&q)); err != nil {
		return c.explain(err)
	}
	name, bus := tidyName(text(q.Card[:])), text(q.BusInfo[:])
	if name != c.name || bus != c.bus {
		return &capture.Error{Code: capture.CameraLost, Device: c.path, Hint: hintReopen, Err: fmt.Errorf("another camera (%s at %s) is at %s now", name, bus, c.node)}
	}
	return nil
}

// explain makes the kernel's error one that says what to do.
func (c *controls) explain(err error) error {
	errno, ok := errors.AsType[unix.Errno](err)
	if _, known := errors.AsType[*capture.Error](err); known || !ok {
		return err
	}
	if errno == unix.ENODEV {
		return &capture.Error{Code: capture.CameraLost, Device: c.path, Hint: hintReopen, Err: fmt.Errorf("the camera was unplugged: %w", err)}
	}
	return &capture.Error{Code: capture.ControlFailed, Device: c.path, Hint: hintReplug, Err: fmt.Errorf("the camera does not tell its controls: %w", err)}
}

// order is the way to set values: what is automatic comes before what it may hold back.
func (c *controls) order(list []knob, values map[string]int64) ([]knob, error) {
	todo := slices.DeleteFunc(slices.Clone(list), func(n knob) bool { _, wanted := values[n.Name]; return !wanted })
	if len(todo) < len(values) {
		return nil, &capture.Error{Code: capture.ControlFailed, Device: c.path, Hint: "try again", Err: errors.New("the camera's controls are not those that they were a moment ago")}
	}
	held := func(n knob) int {
		if n.kind == controlBool || n.kind == controlMenu {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(todo, func(a, b knob) int { return cmp.Compare(held(a), held(b)) })
	return todo, nil
}

// putBack gives controls that were set the values that they had, the last one first: what is
// automatic takes over again only after what it holds back. It is as good as it gets: a camera
// that refuses that too stays as it is.
func putBack(k kernel, set []knob) {
	for _, n := range slices.Backward(set) {
		if n.readable() {
			n.write(k, n.Value)
		}
	}
}

// refused says why the camera does not take a value that is in range.
func (c *controls) refused(k kernel, list []knob, n knob, value int64, err error) error {
	if err == unix.ENODEV {
		return err
	}
	e := &capture.Error{Code: capture.ControlFailed, Device: c.path, Hint: "try another value, or leave this control alone"}
	why := "the camera refuses it"
	// Its flags may have changed by what was set before it.
	if q, asked := ask(k, n.id); asked == nil && q.Flags&controlInactive != 0 {
		why, e.Hint = "it has no effect while another control is as it is", "look for an automatic among the controls and switch it off"
		if a, manual, ok := holding(k, list, n.id); ok {
			why = fmt.Sprintf("it has no effect while %s is %s", a.Name, a.valueText(a.Value))
			e.Hint = fmt.Sprintf("set %s=%d together with it (%s)", a.Name, manual, a.valueText(manual))
		}
	} else {
		switch err {
		case unix.EBUSY:
			why, e.Hint = "it cannot be changed now", "some controls of this camera are fixed while it delivers pictures"
		case unix.EIO, unix.EPROTO, unix.ETIMEDOUT:
			why, e.Hint = "the camera fails at it", hintReplug
		}
	}
	e.Err = fmt.Errorf("%s=%d: %s: %w", n.Name, value, why, err)
	return e
}

// valueText is a value as people know it.
func (c knob) valueText(value int64) string {
	for _, m := range c.Menu {
		if m.Value == value {
			return m.Name
		}
	}
	if c.kind == controlBool {
		return map[int64]string{0: "off", 1: "on"}[value]
	}
	return fmt.Sprint(value)
}

// automatic is a control by its number, and its value that leaves others to the user.
type automatic struct {
	id     uint32
	manual int64
}

var (
	autoWhiteBalance = automatic{0x0098090c, 0}
	autoGain         = automatic{0x00980912, 0}
	autoHue          = automatic{0x00980919, 0}
	autoBrightness   = automatic{0x00980920, 0}
	autoExposure     = automatic{0x009a0901, 1} // a menu
	autoFocus        = automatic{0x009a090c, 0}
	autoISO          = automatic{0x009a0918, 0} // a menu
)

// automatics are what may hold a control back, by the numbers of linux/v4l2-controls.h: no
// driver tells.
var automatics = map[uint32]automatic{
	0x00980900: autoBrightness,   // brightness
	0x00980903: autoHue,          // hue
	0x0098090e: autoWhiteBalance, // red balance
	0x0098090f: autoWhiteBalance, // blue balance
	0x00980911: autoExposure,     // exposure
	0x00980913: autoGain,         // gain
	0x0098091a: autoWhiteBalance, // white balance temperature
	0x009a0902: autoExposure,     // exposure time, absolute
	0x009a090a: autoFocus,        // focus, absolute
	0x009a090b: autoFocus,        // focus, relative
	0x009a0917: autoISO,          // ISO sensitivity
}

// holding is the automatic that holds a control back, with its present value.
func holding(k kernel, list []knob, id uint32) (a knob, manual int64, ok bool) {
	by, known := automatics[id]
	i := slices.IndexFunc(list, func(n knob) bool { return n.id == by.id })
	if !known || i < 0 {
		return knob{}, 0, false
	}
	a = list[i]
	var err error
	if a.Value, err = a.read(k); err != nil || a.Value == by.manual {
		return knob{}, 0, false
	}
	return a, by.manual, true
}
