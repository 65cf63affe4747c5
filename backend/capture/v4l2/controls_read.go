//go:build linux

package v4l2

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
)

const (
	// maxMenu is how many entries of a menu are asked for; the longest known have some 30.
	maxMenu = 256
	// maxBroken is how many numbers in a row are tried past a control that cannot even be asked
	// about. The numbers of one class of controls stand close together.
	maxBroken = 64
)

// knob is a control with what the kernel needs to know of it.
type knob struct {
	capture.Control
	id    uint32
	kind  uint32
	flags uint32
}

// readKnobs lists what the library leaves out half of: it tells neither the defaults nor the
// flags nor the menus. Left out here is what cannot be shown as one number, what is disabled
// and what cannot be read though it should. The error is for a camera that is gone, or where
// nothing could be read at all.
func readKnobs(ctx context.Context, k kernel) (list []knob, err error) {
	var failure error
	broken := 0
	for id := uint32(0); broken < maxBroken && ctx.Err() == nil; {
		q, err := ask(k, id|controlNext)
		if err == unix.EINVAL || err == unix.ENOTTY || err == nil && q.ID <= id { // no more, or none at all
			break
		}
		if err == unix.ENODEV {
			return nil, err
		}
		if err != nil { // the one after id, whichever that is
			failure = err
			broken++
			id++
			continue
		}
		broken, id = 0, q.ID
		c, ok := describeControl(q)
		if !ok {
			continue
		}
		if c.Menu, err = readMenu(k, c); err == nil && c.readable() {
			c.Value, err = c.read(k)
		}
		if err == unix.ENODEV {
			return nil, err
		}
		if err != nil {
			failure = err
			continue
		}
		c.Name = uniqueName(list, c)
		list = append(list, c)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, failure
	}
	return list, nil
}

// ask asks about one control.
func ask(k kernel, id uint32) (extendedQuery, error) {
	q := extendedQuery{ID: id}
	err := k.ioctl(queryExtended, unsafe.Pointer(&q))
	if err != unix.ENOTTY {
		return q, err
	}
	o := controlQuery{ID: id}
	if err := k.ioctl(queryControl, unsafe.Pointer(&o)); err != nil {
		return extendedQuery{}, err
	}
	q = extendedQuery{ID: o.ID, Type: o.Type, Name: o.Name, Minimum: int64(o.Minimum), Maximum: int64(o.Maximum), Step: uint64(max(o.Step, 0)), Default: int64(o.Default), Flags: o.Flags}
	if o.Type == controlBitmask {
		q.Maximum, q.Default = int64(uint32(o.Maximum)), int64(uint32(o.Default))
	}
	return q, nil
}

var controlTypes = map[uint32]capture.ControlType{
	controlInt:     capture.IntControl,
	controlInt64:   capture.IntControl,
	controlBitmask: capture.IntControl,
	controlBool:    capture.BoolControl,
	controlMenu:    capture.MenuControl,
	controlIntMenu: capture.MenuControl,
	controlButton:  capture.ButtonControl,
}

// describeControl is false for what is no single number, such as a string or the heading of a
// class, and for what the driver has disabled.
func describeControl(q extendedQuery) (knob, bool) {
	kind, ok := controlTypes[q.Type]
	if !ok || q.Flags&(controlDisabled|controlPayload) != 0 {
		return knob{}, false
	}
	title := text(q.Name[:])
	return knob{id: q.ID, kind: q.Type, flags: q.Flags, Control: capture.Control{
		Name:     cmp.Or(controlName(title), fmt.Sprintf("control_%x", q.ID)),
		Title:    title,
		Type:     kind,
		Min:      q.Minimum,
		Max:      q.Maximum,
		Step:     int64(min(max(q.Step, 1), math.MaxInt64)),
		Default:  q.Default,
		Value:    q.Default,
		ReadOnly: q.Flags&controlReadOnly != 0,
		Inactive: q.Flags&controlInactive != 0,
	}}, true
}

// controlName is what v4l2-ctl calls the control.
func controlName(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "_")
}

// uniqueName numbers controls that bear one name.
func uniqueName(list []knob, c knob) string {
	name := c.Name
	for n := 2; slices.ContainsFunc(list, func(o knob) bool { return o.Name == name }); n++ {
		name = c.Name + "_" + strconv.Itoa(n)
	}
	return name
}

// readMenu lists the entries of a menu, which may have gaps; other controls have an empty one.
func readMenu(k kernel, c knob) ([]capture.MenuItem, error) {
	menu := []capture.MenuItem{}
	if c.Type != capture.MenuControl || c.Min < 0 {
		return menu, nil
	}
	for i := c.Min; i <= min(c.Max, c.Min+maxMenu-1, math.MaxInt32); i++ {
		q := menuQuery{ID: c.id, Index: uint32(i)}
		if err := k.ioctl(queryMenu, unsafe.Pointer(&q)); err == unix.EINVAL {
			continue
		} else if err != nil {
			return menu, err
		}
		item := capture.MenuItem{Value: i, Name: text(q.Union[:])}
		if c.kind == controlIntMenu {
			item.Name = strconv.FormatInt(int64(binary.NativeEndian.Uint64(q.Union[:])), 10)
		}
		menu = append(menu, item)
	}
	return menu, nil
}

// readable is false for what has no value or keeps it to itself.
func (c knob) readable() bool {
	return c.kind != controlButton && c.flags&controlWriteOnly == 0
}

func (c knob) read(k kernel) (int64, error) {
	v := extendedValue{ID: c.id}
	err := k.ioctl(getExtended, unsafe.Pointer(&extendedValues{Count: 1, Controls: &v}))
	if err == unix.ENOTTY && c.kind != controlInt64 {
		o := controlValue{ID: c.id}
		err = k.ioctl(getControl, unsafe.Pointer(&o))
		binary.NativeEndian.PutUint32(v.Union[:], uint32(o.Value))
	}
	switch c.kind {
	case controlInt64:
		return int64(binary.NativeEndian.Uint64(v.Union[:])), err
	case controlBitmask:
		return int64(binary.NativeEndian.Uint32(v.Union[:])), err
	}
	return int64(int32(binary.NativeEndian.Uint32(v.Union[:]))), err
}

func (c knob) write(k kernel, value int64) error {
	v := extendedValue{ID: c.id}
	if c.kind == controlInt64 {
		binary.NativeEndian.PutUint64(v.Union[:], uint64(value))
	} else {
		binary.NativeEndian.PutUint32(v.Union[:], uint32(value))
	}
	err := k.ioctl(setExtended, unsafe.Pointer(&extendedValues{Count: 1, Controls: &v}))
	if err == unix.ENOTTY && c.kind != controlInt64 {
		err = k.ioctl(setControl, unsafe.Pointer(&controlValue{ID: c.id, Value: int32(value)}))
	}
	return err
}
