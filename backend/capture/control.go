package capture

import "context"

// ControlType is the kind of value a control takes.
type ControlType string

// The types, by their names on the wire.
const (
	IntControl    ControlType = "int"
	BoolControl   ControlType = "bool"   // 0 or 1
	MenuControl   ControlType = "menu"   // the values of the menu, no others
	ButtonControl ControlType = "button" // does something when it is set, has no value
)

// Control is a setting of a camera: brightness, exposure, focus.
type Control struct {
	// Name is what programs call it, in lower case with underscores: exposure_time_absolute.
	Name string `json:"name"`
	// Title is the driver's words for it: "Exposure Time, Absolute".
	Title string      `json:"title"`
	Type  ControlType `json:"type"`
	// Min, Max, Step and Default are whole numbers in the driver's own units.
	Min     int64 `json:"min"`
	Max     int64 `json:"max"`
	Step    int64 `json:"step"` // at least 1
	Default int64 `json:"default"`
	// Value is Default where the camera does not tell: of buttons, and of what can only be set.
	Value int64 `json:"value"`
	// Menu names the values of a menu, in their order; empty for the other types.
	Menu []MenuItem `json:"menu"`
	// ReadOnly controls cannot be set at all.
	ReadOnly bool `json:"read_only"`
	// Inactive controls have no effect while another one is as it is: an exposure time while
	// the exposure is automatic.
	Inactive bool `json:"inactive"`
}

// MenuItem is one choice of a menu.
type MenuItem struct {
	Value int64  `json:"value"`
	Name  string `json:"name"`
}

// Setting is a control's new value as a person would type it: a number, on or off, or a
// name out of the menu.
type Setting struct{ Name, Value string }

// Controllable is implemented by sources whose camera has controls.
type Controllable interface {
	// Controls gives access to them; nil where this camera has none.
	Controls() Controls
}

// Controls are the controls of one camera. Any goroutine may use them at any time, also
// after the source's Close, when they may fail. Calls return soon after ctx ends.
type Controls interface {
	List(ctx context.Context) ([]Control, error)
	// Set sets all values or none, in an order that respects what depends on what. The names
	// and values are those of List, and in range; a value is always a number.
	Set(ctx context.Context, values map[string]int64) error
}
