package synthetic

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"freshframe/backend/capture"
)

// controls are simulated: they are there so that pages and programs can be tried without a
// camera, and like a real one's they are at their defaults after each opening. A new look is
// prepared by whoever sets it, so that no frame is late for it.
type controls struct {
	plain *painter // with the default look
	show  func(*painter) error

	mu   sync.Mutex
	look look
}

const maxBrightness = 64

// List lists the controls.
func (c *controls) List(ctx context.Context) ([]capture.Control, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.look.list(), ctx.Err()
}

func (l look) list() []capture.Control {
	mirror := int64(0)
	if l.mirror {
		mirror = 1
	}
	return []capture.Control{
		{Name: "brightness", Title: "Brightness", Type: capture.IntControl, Min: -maxBrightness, Max: maxBrightness, Step: 1, Value: int64(l.brightness), Menu: []capture.MenuItem{}},
		{Name: "mirror", Title: "Mirror", Type: capture.BoolControl, Max: 1, Step: 1, Value: mirror, Menu: []capture.MenuItem{}},
		{Name: "pattern", Title: "Pattern", Type: capture.MenuControl, Min: int64(furnished), Max: int64(ramp), Step: 1, Value: int64(l.pattern),
			Menu: []capture.MenuItem{{Value: int64(furnished), Name: "Room"}, {Value: int64(ramp), Name: "Grey Ramp"}}},
	}
}

// Set gives the next frame another look.
func (c *controls) Set(ctx context.Context, values map[string]int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.look
	for name, v := range values {
		i := slices.IndexFunc(l.list(), func(k capture.Control) bool { return k.Name == name })
		if i < 0 || v < l.list()[i].Min || v > l.list()[i].Max {
			return &capture.Error{Code: capture.ControlFailed, Device: device, Hint: "list the controls first", Err: fmt.Errorf("%s=%d: there is no such control or value", name, v)}
		}
		switch name {
		case "brightness":
			l.brightness = int(v)
		case "mirror":
			l.mirror = v == 1
		case "pattern":
			l.pattern = pattern(v)
		}
	}
	if l == c.look {
		return nil
	}
	if err := c.show(c.plain.as(l)); err != nil {
		return err
	}
	c.look = l
	return nil
}
