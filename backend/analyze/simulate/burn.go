package simulate

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// rounds is the work between two looks at the clock and at ctx: some 20 µs on a desktop
// core, well below 1 ms on the slowest board, and long against the look itself (0.3 µs).
const rounds = 1 << 14

// sink keeps the compiler from dropping the work.
var sink atomic.Uint64

// burn computes on one core until it has used d of processor time (where the system
// cannot tell a thread's processor time: until d has passed), or until ctx ends, which it
// notices within a millisecond of computing. On a busy machine it lasts longer than d.
func burn(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	// The clock belongs to the thread, so the goroutine must stay on it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x := uint64(1)
	for end := threadTime() + d; threadTime() < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		x = scramble(x)
	}
	sink.Store(x)
	return nil
}

// scramble is a run of Marsaglia's xorshift (Journal of Statistical Software 8(14),
// 2003): every step needs the one before, so a round costs the same everywhere.
func scramble(x uint64) uint64 {
	for range rounds {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
