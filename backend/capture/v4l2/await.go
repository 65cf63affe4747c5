//go:build linux

package v4l2

import (
	"context"
	"fmt"
	"runtime/debug"
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
		v, e := survived(call)
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

// awaitTurn is await for calls of which only one may be under way: those that were given up
// still hold a thread each, and a broken camera is tried again for as long as it is broken.
func awaitTurn[T any](ctx context.Context, turn chan struct{}, call func() (T, error), late func(T)) (T, error) {
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	return await(ctx, func() (T, error) {
		defer func() { <-turn }()
		return call()
	}, late)
}

// survived is call, with a panic as its error: what a camera says of itself may be anything,
// and nobody up the stack of this goroutine would recover.
func survived[T any](call func() (T, error)) (_ T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, string(debug.Stack())}
		}
	}()
	return call()
}

// panicked tells people one line, and the log where it was.
type panicked struct {
	value any
	stack string
}

func (p *panicked) Error() string { return fmt.Sprintf("v4l2: panic: %v", p.value) }
func (p *panicked) Stack() string { return p.stack }
