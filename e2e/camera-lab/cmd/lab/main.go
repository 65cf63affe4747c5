//go:build linux

// Command lab runs a command in a throw-away machine that has a kernel of its own and so
// real V4L2 drivers, whatever this machine has.
//
//	go run ./e2e/camera-lab/cmd/lab prepare
//	go run ./e2e/camera-lab/cmd/lab run -module vivid -- v4l2-ctl --list-devices
//	go run ./e2e/camera-lab/cmd/lab status
//
// Exit codes of run: the command's own; 124 when the time limit ended it, 125 when the lab
// itself failed, 130 when a signal ended it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"freshframe/e2e/camera-lab/guest"
)

const (
	timedOut    = 124
	labFailed   = 125
	interrupted = 130
)

const usage = `usage: lab prepare [-backend uml|qemu]     make the machine ready, once
       lab status                          say what is ready; exit code 1 if nothing is
       lab run [flags] [--] COMMAND...     run a command in it; lab run -h lists the flags
`

func main() {
	// A reader that has left is an error like any other: the machine must be ended.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	what, args := "", []string(nil)
	if len(os.Args) > 1 {
		what, args = os.Args[1], os.Args[2:]
	}
	switch what {
	case "prepare":
		os.Exit(prepare(ctx, args))
	case "status":
		os.Exit(status())
	case "run":
		os.Exit(run(ctx, args))
	}
	fmt.Fprint(os.Stderr, usage)
	os.Exit(2)
}

// fail says what went wrong.
func fail(err error) int {
	fmt.Fprintln(os.Stderr, "lab:", err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut
	case errors.Is(err, context.Canceled):
		return interrupted
	}
	return labFailed
}

func prepare(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("lab prepare", flag.ExitOnError)
	backend := guest.UML
	flags.TextVar(&backend, "backend", guest.UML, "uml (better) or qemu (works almost everywhere)")
	flags.Parse(args)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := guest.Prepare(ctx, backend, log); err != nil {
		return fail(err)
	}
	return 0
}

func status() int {
	code := 1
	for _, b := range guest.Backends {
		if err := guest.Ready(b); err != nil {
			fmt.Println(err)
			continue
		}
		dir, err := guest.Folder(b)
		if err != nil {
			return fail(err)
		}
		fmt.Printf("the camera lab (%v) is prepared in %s\n", b, dir)
		code = 0
	}
	return code
}

// list is a flag that may be given repeatedly.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func run(ctx context.Context, args []string) int {
	m := guest.Machine{
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		// What a simulated USB camera needs.
		Modules: []string{"vhci-hcd", "uvcvideo"},
	}
	var console string
	var modules, env list
	flags := flag.NewFlagSet("lab run", flag.ExitOnError)
	flags.TextVar(&m.Backend, "backend", guest.Backend(""), "uml or `qemu` (default: what is prepared, uml first)")
	flags.IntVar(&m.Memory, "memory", 1024, "`MiB` of memory")
	flags.IntVar(&m.CPUs, "cpus", 2, "processors, with qemu; uml has one")
	flags.DurationVar(&m.TimeLimit, "time-limit", 10*time.Minute, "ends everything, start of the machine included; 0 is none")
	flags.StringVar(&m.Dir, "dir", "", "`folder` to start in (default: this one)")
	flags.Var(&modules, "module", "kernel module to load, with options (\"vivid n_devs=2\"), beside vhci-hcd and uvcvideo; repeat")
	flags.Var(&env, "env", "`NAME` to pass on, or NAME=VALUE, beside PATH, HOME and LANG; repeat")
	flags.Var((*list)(&m.Shared), "share", "`folder` that the command may write to; repeat")
	flags.StringVar(&console, "console", "", "`file` for the kernel's log; - is standard error")
	flags.Parse(args)
	m.Modules = append(m.Modules, modules...)
	m.Env = environment(append(list{"PATH", "HOME", "LANG"}, env...))
	closeConsole, err := openConsole(&m, console)
	if err != nil {
		return fail(err)
	}
	code, err := guest.Run(ctx, m, flags.Args())
	if err := cmp.Or(err, closeConsole()); err != nil {
		return fail(err)
	}
	return code
}

// environment gives each name without a value the one that it has here; those that have
// none are left out.
func environment(names []string) []string {
	var env []string
	for _, e := range names {
		if !strings.Contains(e, "=") {
			value, ok := os.LookupEnv(e)
			if !ok {
				continue
			}
			e += "=" + value
		}
		env = append(env, e)
	}
	return env
}

// openConsole makes the named file the machine's console.
func openConsole(m *guest.Machine, name string) (closer func() error, err error) {
	none := func() error { return nil }
	switch name {
	case "":
		return none, nil
	case "-":
		m.Console = os.Stderr
		return none, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return none, err
	}
	m.Console = f
	return f.Close, nil
}
