package table

import (
	"strings"
	"testing"
	"time"
)

// A table counts the bars that it shows as missed.
func TestMissed(t *testing.T) {
	got := New("what", "rate", "share", "time")
	got.Row("good", Number(25, AtLeast(25)), Percent(.25, AtMost(.25)), Ms(time.Millisecond))
	got.Row("bad", Number(24.9, AtLeast(25)), Percent(.5, AtMost(.25), AtLeast(.4)), Ms(time.Second, AtMost(1000)))
	if n := got.Missed(); n != 2 {
		t.Errorf("%d of 2 missed: %v", n, got.rows)
	}
	if cell := got.rows[2][2]; !strings.Contains(cell, "(≤ 25.0 %: MISSED) (≥ 40.0 %: ok)") {
		t.Error(cell)
	}
}
