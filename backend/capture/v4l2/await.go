//go:build linux

package v4l2

import (
	"context"
	"sync"
)

// await runs call on a goroutine of its own and waits for it until ctx ends: a kernel call
// into a broken camera can block for seconds, and nothing can interrupt it. A result that
// comes too late goes to late, which gives back what the result holds.
func await[T any](ctx context.Context, call func() (T, error), late func(T)) (T, error) {
	var (
		mu        sync.Mutex
		abandoned bool
		value     T
		err       error
		done      = make(chan struct{})
	)
	go func() {
		v, e := call()
		mu.Lock()
		defer mu.Unlock()
		if abandoned {
			if e == nil {
				late(v)
			}
			return
		}
		value, err = v, e
		close(done)
	}()
	select {
	case <-done:
		return value, err
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	select {
	case <-done: // it was both: a result must not get lost
		return value, err
	default:
	}
	abandoned = true
	var none T
	return none, ctx.Err()
}
