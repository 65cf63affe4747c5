package vision

import "testing"

// Whatever the sizes, the words give what pixels one by one would.
func TestRowsAreReducedPixelByPixel(t *testing.T) {
	r := random(t)
	for range 300 {
		w := 1 + r.IntN(70)
		rows := make([][]uint8, 4)
		for i := range rows {
			rows[i] = make([]uint8, 4*w)
			for x := range rows[i] {
				rows[i][x] = uint8(r.Uint32())
			}
		}
		// mean is that of a block at column x, of so many rows and columns, rounded.
		mean := func(x, n, across, down int, up uint64) uint8 {
			sum, count := 0, across*down
			for _, row := range rows[:down] {
				for k := range across {
					sum += int(row[min(across*x+k, n-1)])
				}
			}
			return uint8((sum + count/2 - 1 + int(up)) / count)
		}
		check := func(what string, dst []uint8, n, across, down int, up uint64) {
			t.Helper()
			for x, got := range dst {
				if want := mean(x, n, across, down, up); got != want {
					t.Fatalf("%s of %d pixels, up %d: pixel %d is %d, want %d", what, n, up, x, got, want)
				}
			}
		}
		for up := range uint64(2) {
			dst := make([]uint8, w)
			averageRows(dst, rows[0][:w], rows[1][:w], up)
			check("average", dst, w, 1, 2, up)
			half := dst[:(w+1)/2]
			halveRows(half, rows[0][:w], rows[1][:w], up)
			check("half", half, w, 2, 2, up)
			quarterRows(dst, rows[0], rows[1], rows[2], rows[3], up)
			check("quarter", dst, 4*w, 4, 4, up)
		}
	}
}
