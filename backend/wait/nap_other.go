//go:build !linux

package wait

import "time"

// nap leaves it to the timer.
func nap(time.Duration) {}
