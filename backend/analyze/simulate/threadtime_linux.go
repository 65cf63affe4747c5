package simulate

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is the processor time the calling thread has used so far.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(fmt.Sprintf("simulate: reading the thread's processor time: %v", err))
	}
	return time.Duration(t.Nano())
}
