//go:build linux

package v4l2

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fakeControl is one control of a fake driver.
type fakeControl struct {
	id, kind      uint32
	name          string
	min, max, def int64
	step          uint64
	flags         uint32
	menu          map[uint32]string
	numbers       map[uint32]int64 // of a menu of numbers
	value         int64

	// While the control by is not at manual this one is inactive and refuses to be set.
	by     uint32
	manual int64

	askErr, menuErr, readErr, writeErr error
}

// fakeControls are a driver's controls, in the order of their numbers. nil is a driver without.
type fakeControls struct {
	list  []*fakeControl
	old   bool     // it knows nothing of extended controls
	stuck bool     // it goes on announcing its first control
	wrote []string // NAME=VALUE in order
	after func()   // called after each write
}

// writes tells what was set since the last time.
func (d *fakeControls) writes() string {
	s := strings.Join(d.wrote, " ")
	d.wrote = nil
	return s
}

func (d *fakeControls) find(id uint32) *fakeControl {
	for _, c := range d.list {
		if c.id == id {
			return c
		}
	}
	return nil
}

func (d *fakeControls) flags(c *fakeControl) uint32 {
	if by := d.find(c.by); by != nil && by.value != c.manual {
		return c.flags | controlInactive
	}
	return c.flags
}

func (d *fakeControls) ask(id uint32) (*fakeControl, error) {
	var c *fakeControl
	switch after, next := id&^controlNext, id&controlNext != 0; {
	case !next:
		c = d.find(id)
	case d.stuck:
		c = d.list[0]
	default:
		if i := slices.IndexFunc(d.list, func(c *fakeControl) bool { return c.id > after }); i >= 0 {
			c = d.list[i]
		}
	}
	if c == nil {
		return nil, unix.EINVAL
	}
	return c, c.askErr
}

func (d *fakeControls) read(id uint32) (int64, error) {
	c := d.find(id)
	switch {
	case c == nil:
		return 0, unix.EINVAL
	case c.flags&controlWriteOnly != 0 || c.kind == controlButton:
		return 0, unix.EACCES
	}
	return c.value, c.readErr
}

func (d *fakeControls) write(id uint32, value int64) error {
	c := d.find(id)
	if c == nil {
		return unix.EINVAL
	}
	if c.writeErr != nil {
		return c.writeErr
	}
	if d.flags(c)&controlInactive != 0 {
		return unix.EACCES
	}
	c.value = value
	d.wrote = append(d.wrote, fmt.Sprintf("%s=%d", controlName(c.name), value))
	if d.after != nil {
		d.after()
	}
	return nil
}

// number is what the eight bytes hold for that kind of control.
func (d *fakeControls) number(id uint32, b []byte) int64 {
	if c := d.find(id); c != nil && c.kind == controlInt64 {
		return int64(binary.NativeEndian.Uint64(b))
	}
	return int64(int32(binary.NativeEndian.Uint32(b)))
}

func (d *fakeControls) ioctl(request uintptr, arg unsafe.Pointer) error {
	if d == nil || d.old && (request == queryExtended || request == getExtended || request == setExtended) {
		return unix.ENOTTY
	}
	switch request {
	case queryExtended:
		q := (*extendedQuery)(arg)
		c, err := d.ask(q.ID)
		if err != nil {
			return err
		}
		*q = extendedQuery{ID: c.id, Type: c.kind, Minimum: c.min, Maximum: c.max, Step: c.step, Default: c.def, Flags: d.flags(c)}
		copy(q.Name[:], c.name)
	case queryControl:
		q := (*controlQuery)(arg)
		c, err := d.ask(q.ID)
		if err != nil {
			return err
		}
		*q = controlQuery{ID: c.id, Type: c.kind, Minimum: int32(c.min), Maximum: int32(c.max), Step: int32(c.step), Default: int32(c.def), Flags: d.flags(c)}
		copy(q.Name[:], c.name)
	case queryMenu:
		q := (*menuQuery)(arg)
		c := d.find(q.ID)
		if c.menuErr != nil {
			return c.menuErr
		}
		if n, ok := c.numbers[q.Index]; ok {
			binary.NativeEndian.PutUint64(q.Union[:], uint64(n))
			return nil
		}
		name, ok := c.menu[q.Index]
		if !ok {
			return unix.EINVAL
		}
		copy(q.Union[:], name)
	case getExtended:
		vs := (*extendedValues)(arg)
		v, err := d.read(vs.Controls.ID)
		if c := d.find(vs.Controls.ID); c != nil && c.kind == controlInt64 {
			binary.NativeEndian.PutUint64(vs.Controls.Union[:], uint64(v))
		} else {
			binary.NativeEndian.PutUint32(vs.Controls.Union[:], uint32(v))
		}
		return err
	case setExtended:
		vs := (*extendedValues)(arg)
		if vs.Count != 1 || vs.Which != 0 {
			return unix.EINVAL
		}
		return d.write(vs.Controls.ID, d.number(vs.Controls.ID, vs.Controls.Union[:]))
	case getControl:
		v := (*controlValue)(arg)
		n, err := d.read(v.ID)
		v.Value = int32(n)
		return err
	case setControl:
		v := (*controlValue)(arg)
		return d.write(v.ID, int64(v.Value))
	default:
		return unix.ENOTTY
	}
	return nil
}

// webcamControls are what a USB webcam has: two automatics and what they hold back.
func webcamControls() *fakeControls {
	return &fakeControls{list: []*fakeControl{
		{id: 0x980001, kind: 6, name: "User Controls", flags: controlReadOnly | controlWriteOnly},
		{id: 0x980900, kind: controlInt, name: "Brightness", min: -64, max: 64, step: 1},
		{id: 0x98090c, kind: controlBool, name: "White Balance, Automatic", max: 1, step: 1, def: 1, value: 1},
		{id: 0x98091a, kind: controlInt, name: "White Balance Temperature", min: 2800, max: 6500, step: 10, def: 4600, value: 4600, by: 0x98090c},
		{id: 0x9a0901, kind: controlMenu, name: "Auto Exposure", max: 3, step: 1, def: 3, value: 3, menu: map[uint32]string{1: "Manual Mode", 3: "Aperture Priority Mode"}},
		{id: 0x9a0902, kind: controlInt, name: "Exposure Time, Absolute", min: 3, max: 2047, step: 1, def: 250, value: 250, by: 0x9a0901, manual: 1},
	}}
}
