package wait

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps at most tail in the kernel, which is late by its timer slack, 0.05 ms. It
// holds a thread, so it is for the last bit only.
func nap(d time.Duration) {
	if d <= 0 {
		return
	}
	ts := unix.NsecToTimespec(int64(min(d, tail)))
	// An interrupted nap ends early; the caller waits for the rest.
	_ = unix.Nanosleep(&ts, nil)
}
