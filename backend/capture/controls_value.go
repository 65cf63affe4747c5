package capture

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"freshframe/backend/option"
)

// resolve turns what people typed into values of the controls in list, by their names. The
// error is a BadControl that tells of every setting that is wrong.
func resolve(device string, list []Control, settings []Setting) (map[string]int64, error) {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	values := make(map[string]int64, len(settings))
	var errs []error
	for _, s := range settings {
		i := slices.Index(names, s.Name)
		if i < 0 {
			errs = append(errs, fmt.Errorf("the camera has no control %q%s", s.Name, option.Suggest(s.Name, names)))
			continue
		}
		if _, twice := values[s.Name]; twice {
			errs = append(errs, fmt.Errorf("%s is given more than once", s.Name))
			continue
		}
		v, err := list[i].parse(s.Value)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s=%s: %w", s.Name, s.Value, err))
		}
		values[s.Name] = v
	}
	if len(errs) > 0 {
		return nil, &Error{Code: BadControl, Device: device, Hint: "GET /api/v1/camera/controls lists the controls and what each takes", Err: errors.Join(errs...)}
	}
	return values, nil
}

// parse reads one value of the control; an empty text is its default.
func (c Control) parse(text string) (int64, error) {
	switch {
	case c.ReadOnly:
		return 0, errors.New("it can only be read")
	case c.Type == ButtonControl:
		if on, ok := parseBool(text); text != "" && (!ok || on == 0) {
			return 0, errors.New("it is a button; want 1, or nothing, to press it")
		}
		return 1, nil
	case text == "":
		return c.Default, nil
	case c.Type == BoolControl:
		if v, ok := parseBool(text); ok {
			return v, nil
		}
		return 0, errors.New("want on or off")
	case c.Type == MenuControl:
		return c.parseMenu(text)
	}
	v, err := strconv.ParseInt(text, 10, 64)
	// Unsigned, the distance from Min cannot overflow.
	if err != nil || v < c.Min || v > c.Max || (uint64(v)-uint64(c.Min))%uint64(max(c.Step, 1)) != 0 {
		return 0, errors.New("want " + c.rangeText())
	}
	return v, nil
}

func (c Control) rangeText() string {
	s := fmt.Sprintf("a whole number from %d to %d", c.Min, c.Max)
	if c.Step > 1 {
		s += fmt.Sprintf(" in steps of %d", c.Step)
	}
	return s
}

// parseMenu takes a value of the menu before a name, for names may be numbers too.
func (c Control) parseMenu(text string) (int64, error) {
	v, err := strconv.ParseInt(text, 10, 64)
	choices := make([]string, len(c.Menu))
	for i, m := range c.Menu {
		if err == nil && m.Value == v {
			return v, nil
		}
		choices[i] = fmt.Sprintf("%d (%s)", m.Value, m.Name)
	}
	for _, m := range c.Menu {
		if strings.EqualFold(m.Name, text) {
			return m.Value, nil
		}
	}
	return 0, errors.New("want one of " + strings.Join(choices, ", "))
}

func parseBool(text string) (v int64, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "on", "yes":
		return 1, true
	case "0", "false", "off", "no":
		return 0, true
	}
	return 0, false
}
