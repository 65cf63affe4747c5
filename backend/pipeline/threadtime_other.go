//go:build !linux

package pipeline

import "time"

// threadTime is always 0, which stands for unknown: these systems offer no simple way to ask
// for a thread's CPU time.
func threadTime() time.Duration { return 0 }
