//go:build !linux

package simulate

import "time"

var start = time.Now()

// threadTime is the time passed since the program started: these systems offer no simple
// way to ask for a thread's processor time.
func threadTime() time.Duration { return time.Since(start) }
