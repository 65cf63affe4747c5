package jpeg

import "testing"

// TestQuantizerDivides compares both of the quantizer's ways to divide with division, where
// quotients change, for every step and all dividends that forward can make.
func TestQuantizerDivides(t *testing.T) {
	var table [64]uint16
	for step := 1; step <= 4095; step++ {
		for k := range table {
			table[k] = uint16(step)
		}
		q := newQuantizer(&table)
		d := 8 * step
		for multiple := 0; multiple < 1<<14+d; multiple += d {
			for _, n := range []int{multiple, multiple + d - 1} { // d/2 is in it
				if n >= 1<<15 {
					continue
				}
				got := uint32(n) * uint32(q.factor[9]) >> 16 * uint32(q.scale[9]) >> 16
				if got != uint32(n/d) {
					t.Fatalf("%d/%d is %d by vectors, want %d", n, d, got, n/d)
				}
				c := int64(n - d/2)
				if c < 0 {
					continue
				}
				want := int64(n / d)
				if plus, minus := divide(c, q.reciprocal[9]), divide(-c, q.reciprocal[9]); plus != want || minus != -want {
					t.Fatalf("±%d/%d is rounded to %d and %d, want ±%d", c, d, plus, minus, want)
				}
			}
		}
	}
}
