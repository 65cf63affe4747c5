//go:build !linux

package v4l2

import (
	"context"
	"errors"

	"freshframe/backend/capture"
)

const linuxOnly = "V4L2 is the Linux kernel's; this system has none"

func opener(target, request) capture.Opener {
	return func(context.Context, uint64) (capture.Source, error) {
		return nil, &capture.Error{Code: capture.Unsupported, Device: "v4l2:",
			Hint: "use a network camera (http://…), a clip (file:…) or the synthetic camera (synthetic:)", Err: errors.New(linuxOnly)}
	}
}

// Discover finds no camera: V4L2 exists on Linux only.
func Discover() []Device { return []Device{} }

// FirstWorking finds no camera and says why: V4L2 exists on Linux only.
func FirstWorking(context.Context) (source, reason string, err error) { return "", linuxOnly, nil }
