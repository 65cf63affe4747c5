package uvcsim

import (
	"fmt"
	"slices"
)

// Control is a setting of the camera. Its values are what the firmware knows; the kernel
// shows some of them to programs by other numbers.
type Control struct {
	// Name as the kernel's driver has it, see UsualControls for those there are.
	Name string
	// Min, Max, Step and Default. auto_exposure takes one bit (1 manual, 2 automatic, 4 with a
	// given time, 8 with a given aperture) out of those in Step.
	Min, Max, Step, Default int
}

// UsualControls are those of a usual webcam, with its ranges.
func UsualControls() []Control {
	return []Control{
		{"brightness", -64, 64, 1, 0},
		{"contrast", 0, 95, 1, 32},
		{"saturation", 0, 128, 1, 64},
		{"sharpness", 0, 7, 1, 2},
		{"power_line_frequency", 0, 2, 1, 1},
		{"white_balance_temperature", 2800, 6500, 10, 4600},
		{"white_balance_automatic", 0, 1, 1, 1},
		{"auto_exposure", 1, 8, 1 | 8, 8},
		{"exposure_time_absolute", 3, 2047, 1, 250},
		{"zoom_absolute", 100, 500, 10, 100},
	}
}

// place is where UVC has a control (UVC 4.2.2, A.9).
type place struct {
	name     string
	unit     byte
	selector byte
	bit      int // in the unit's bmControls
	size     int // bytes of the value
	signed   bool
	bits     bool // exactly one bit of Step
	// unless names the control that must have one of the values in manual for this one to be
	// settable; empty for none.
	unless string
	manual []int
}

var places = []place{
	{name: "brightness", unit: processingUnit, selector: 0x02, bit: 0, size: 2, signed: true},
	{name: "contrast", unit: processingUnit, selector: 0x03, bit: 1, size: 2},
	{name: "saturation", unit: processingUnit, selector: 0x07, bit: 3, size: 2},
	{name: "sharpness", unit: processingUnit, selector: 0x08, bit: 4, size: 2},
	{name: "power_line_frequency", unit: processingUnit, selector: 0x05, bit: 10, size: 1},
	{name: "white_balance_temperature", unit: processingUnit, selector: 0x0a, bit: 6, size: 2, unless: "white_balance_automatic", manual: []int{0}},
	{name: "white_balance_automatic", unit: processingUnit, selector: 0x0b, bit: 12, size: 1},
	{name: "auto_exposure", unit: terminalUnit, selector: 0x02, bit: 1, size: 1, bits: true},
	{name: "exposure_time_absolute", unit: terminalUnit, selector: 0x04, bit: 3, size: 4, unless: "auto_exposure", manual: []int{1, 4}},
	{name: "zoom_absolute", unit: terminalUnit, selector: 0x0b, bit: 9, size: 2},
}

// lookup finds a control's place; ok is false for a name that is not in the table.
func lookup(name string) (p place, ok bool) {
	i := slices.IndexFunc(places, func(p place) bool { return p.name == name })
	if i < 0 {
		return place{}, false
	}
	return places[i], true
}

func checkControls(controls []Control) error {
	seen := map[string]bool{}
	for _, c := range controls {
		p, ok := lookup(c.Name)
		switch lo, hi := p.limits(); {
		case !ok:
			return fmt.Errorf("control %q: there is no such one; UsualControls has all", c.Name)
		case seen[c.Name]:
			return fmt.Errorf("control %s: given twice", c.Name)
		case c.Min < lo || c.Max > hi || c.Min > c.Max:
			return fmt.Errorf("control %s: range %d to %d: want it within %d to %d", c.Name, c.Min, c.Max, lo, hi)
		case c.Step < 1 || c.Step > hi:
			return fmt.Errorf("control %s: step %d: want 1 to %d", c.Name, c.Step, hi)
		case !p.accepts(c, c.Default):
			return fmt.Errorf("control %s: its default %d is not among its values", c.Name, c.Default)
		}
		seen[c.Name] = true
	}
	return nil
}

// limits of what fits into the control's bytes.
func (p place) limits() (lo, hi int) {
	if p.signed {
		return -1 << (8*p.size - 1), 1<<(8*p.size-1) - 1
	}
	return 0, 1<<(8*p.size) - 1
}

func (p place) accepts(c Control, v int) bool {
	if p.bits {
		return v&(v-1) == 0 && v&c.Step != 0
	}
	return v >= c.Min && v <= c.Max
}

func (p place) encode(v int) []byte { return le.AppendUint32(nil, uint32(v))[:p.size] }

// decode is the number in b, which has the control's size.
func (p place) decode(b []byte) int {
	var wide [4]byte
	copy(wide[:], b)
	v := int(le.Uint32(wide[:]))
	if _, hi := p.limits(); p.signed && v > hi {
		v -= 1 << (8 * p.size)
	}
	return v
}

// controlBits is bmControls of a unit: a bit for each control it has.
func controlBits(controls []Control, unit byte) (bits uint32) {
	for _, c := range controls {
		if p, _ := lookup(c.Name); p.unit == unit {
			bits |= 1 << p.bit
		}
	}
	return bits
}

// refusal is why a request is refused: the answer is a stall, and the reason can be asked
// for afterwards (UVC 4.2.1.2).
type refusal byte

const (
	accepted       refusal = 0
	wrongState     refusal = 2
	outOfRange     refusal = 4
	invalidUnit    refusal = 5
	invalidControl refusal = 6
	invalidRequest refusal = 7
)

// Class-specific requests (UVC A.8).
const (
	setCur  = 0x01
	getCur  = 0x81
	getMin  = 0x82
	getMax  = 0x83
	getRes  = 0x84
	getLen  = 0x85
	getInfo = 0x86
	getDef  = 0x87
)

// settable is GET_INFO's answer: the value can be read and set.
const settable = 0x03

// controlRequest answers a request to a control of a unit.
func (c *Camera) controlRequest(unit, selector, request byte, data []byte) ([]byte, refusal) {
	if unit != terminalUnit && unit != processingUnit {
		return nil, invalidUnit
	}
	i := slices.IndexFunc(c.config.Controls, func(k Control) bool {
		p, _ := lookup(k.Name)
		return p.unit == unit && p.selector == selector
	})
	if i < 0 {
		return nil, invalidControl
	}
	k := c.config.Controls[i]
	p, _ := lookup(k.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch request {
	case setCur:
		return nil, c.setControl(i, k, p, data)
	case getCur:
		return p.encode(c.values[i]), accepted
	case getMin:
		return p.encode(k.Min), accepted
	case getMax:
		return p.encode(k.Max), accepted
	case getRes:
		return p.encode(k.Step), accepted
	case getDef:
		return p.encode(k.Default), accepted
	case getLen:
		return u16(p.size), accepted
	case getInfo:
		return []byte{settable}, accepted
	}
	return nil, invalidRequest
}

// setControl sets a value, with mu held. Firmware refuses what is out of range, and what
// it is adjusting itself at the moment.
func (c *Camera) setControl(i int, k Control, p place, data []byte) refusal {
	if len(data) != p.size {
		return invalidRequest
	}
	v := p.decode(data)
	if !p.accepts(k, v) {
		return outOfRange
	}
	master := slices.IndexFunc(c.config.Controls, func(k Control) bool { return k.Name == p.unless })
	if master >= 0 && !slices.Contains(p.manual, c.values[master]) {
		return wrongState
	}
	c.values[i] = v
	c.log().Debug("control set", "name", k.Name, "value", v)
	return accepted
}
