// Package wait waits for a moment more exactly than a timer does. In: a context and a
// moment. Out: the same moment, a few hundredths of a millisecond later. It must never
// spin.
package wait

import (
	"context"
	"time"
)

// tail is how long before the moment the timer ends and the kernel takes over. On Linux
// the runtime polls its timers in whole milliseconds and is up to one late (0.4 ms on
// average): with a camera or an analysis of a known time, that is 0.4 % of the rate of the
// 100 ms reference case, and 0.4 ms of every frame's age.
const tail = time.Millisecond

// Until returns nil at the moment at, or ctx's error as soon as ctx has ended; within the
// last millisecond it no longer looks at ctx.
func Until(ctx context.Context, at time.Time) error {
	if err := timer(ctx, time.Until(at)-tail); err != nil {
		return err
	}
	nap(time.Until(at))
	// What a nap cannot do, a timer does: wait for a test's clock, or where naps are not
	// exact.
	return timer(ctx, time.Until(at))
}

func timer(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
