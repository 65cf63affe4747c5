package pipeline

import "testing"

func TestParseCPUTimes(t *testing.T) {
	for _, c := range []struct {
		text        string
		busy, total uint64
	}{
		{"cpu  100 20 30 1000 50 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n", 171, 1221},
		{"cpu  1 2 3 4\n", 6, 10}, // a kernel of long ago
		{"cpu  1 2 3\n", 0, 0},
		{"intr 1 2 3 4 5 6 7 8\n", 0, 0},
		{"", 0, 0},
	} {
		if busy, total := parseCPUTimes([]byte(c.text)); busy != c.busy || total != c.total {
			t.Errorf("%q: %d of %d, want %d of %d", c.text, busy, total, c.busy, c.total)
		}
	}
}

func FuzzParseCPUTimes(f *testing.F) {
	f.Add([]byte("cpu  100 20 30 1000 50 6 7 8 9 10\n"))
	f.Add([]byte("cpu  -1 2 x\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) { parseCPUTimes(data) })
}
