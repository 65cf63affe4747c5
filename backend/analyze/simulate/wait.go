package simulate

import (
	"context"
	"time"

	"freshframe/backend/wait"
)

// idle returns d after it was called, or with ctx's error when ctx ends.
func idle(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	return wait.Until(ctx, time.Now().Add(d))
}
