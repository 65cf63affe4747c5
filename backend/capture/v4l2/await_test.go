//go:build linux

package v4l2

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// However often a hung device is tried, only one call into it is under way.
func TestHungCallsDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := make(chan struct{}, 1)
		under, mend := 0, make(chan struct{})
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := awaitTurn(ctx, turn, func() (int, error) { under++; <-mend; return 1, nil }, func(int) {})
			cancel()
			if err != context.DeadlineExceeded {
				t.Errorf("error %v", err)
			}
		}
		synctest.Wait()
		if under != 1 {
			t.Errorf("%d calls", under)
		}
		close(mend)
		if v, err := awaitTurn(t.Context(), turn, func() (int, error) { return 2, nil }, func(int) {}); v != 2 || err != nil {
			t.Errorf("after it was mended: %v, %v", v, err)
		}
	})
}

func TestAwaitSurvivesAPanic(t *testing.T) {
	_, err := await(t.Context(), func() (int, error) { panic("rubbish") }, func(int) {})
	if err == nil || !strings.Contains(err.Error(), "rubbish") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line", err)
	}
	if p, ok := err.(interface{ Stack() string }); !ok || !strings.Contains(p.Stack(), "await_test.go") {
		t.Errorf("%T does not tell where", err)
	}
}
