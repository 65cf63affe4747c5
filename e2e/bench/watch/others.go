package watch

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is processor time used so far: by everything on the machine, and by this process.
type usage struct{ all, own time.Duration }

// used reads it; all is 0 where the system does not tell.
func used() usage {
	var own syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &own) // fails for no reason that could be met here
	return usage{machineTime(), time.Duration(own.Utime.Nano() + own.Stime.Nano())}
}

// Others says how many CPUs other programs kept busy while do ran.
func Others(do func()) float64 {
	begin, before := time.Now(), used()
	do()
	return used().since(before, 0).Seconds() / time.Since(begin).Seconds()
}

// machineTime is the first line of /proc/stat, in hundredths of a second (proc_stat(5)):
// user, nice, system, idle, iowait, irq, softirq, steal. What the host stole was used, too.
func machineTime() time.Duration {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	const idle, iowait, steal = 4, 5, 8
	var sum int64
	for i := 1; i < len(fields) && i <= steal; i++ {
		if i == idle || i == iowait {
			continue
		}
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / 100
}

// since is what others used since an earlier moment, given what the server used.
func (u usage) since(before usage, server time.Duration) time.Duration {
	return max(0, u.all-before.all-(u.own-before.own)-server)
}
