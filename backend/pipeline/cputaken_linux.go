package pipeline

import (
	"bytes"
	"fmt"
	"os"
)

// cpuMeter tells how busy the CPUs of the machine are. The zero value is ready.
type cpuMeter struct{ busy, total uint64 }

// share is that of the time since it was asked before in which they were busy with anything, 0
// to 1; 0 also where that is unknown.
func (m *cpuMeter) share() float64 {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	busy, total := parseCPUTimes(data)
	before := *m
	m.busy, m.total = busy, total
	if before.total == 0 || total <= before.total || busy < before.busy {
		return 0
	}
	return min(float64(busy-before.busy)/float64(total-before.total), 1)
}

// parseCPUTimes reads the first line of /proc/stat (proc(5)): ticks of all CPUs together.
func parseCPUTimes(data []byte) (busy, total uint64) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	// Guests' time is part of the user's.
	var user, nice, system, idle, iowait, irq, softirq, steal uint64
	if n, _ := fmt.Sscanf(string(line), "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); n < 4 {
		return 0, 0
	}
	busy = user + nice + system + irq + softirq + steal
	return busy, busy + idle + iowait
}
