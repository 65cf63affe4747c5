package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"
	"freshframe/e2e/bench/watch"
	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// warmUp is not measured: tables and pools fill, the first frames allocate.
const warmUp = 2 * time.Second

// stream is what one measurement of a raw stream found.
type stream struct {
	ages    []time.Duration // at the client, since the camera began to send
	cpu     time.Duration   // of the server, user and system
	frames  int             // that came to the client
	sent    int             // by the camera, in the same time
	missing int             // numbers left out at the client
	late    uint64          // frames that the camera itself could not send in time
}

func (s stream) cpuPerFrame() time.Duration { return s.cpu / time.Duration(max(1, s.frames)) }

// subject is a server that is measured: start it, and it tells its process and passes on the
// parts of its raw stream until ctx ends.
type subject func(ctx context.Context, take func(at time.Time, jpeg []byte) bool) (pid func() int, done <-chan error, err error)

// patient is a program that runs the other one and gives way to everything else. The camera
// and the viewer share the guest's only processor with the server, but stand for hardware and
// for another machine, which wait for no server's picture to be encoded.
func patient(program string) string {
	file := filepath.Join(os.TempDir(), "patient-"+filepath.Base(program))
	text := fmt.Sprintf("#!/bin/sh\nexec nice -n 19 %q \"$@\"\n", program)
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		return program // which fails too, or is measured as it is
	}
	return file
}

// freshframeRaw is our raw stream; nothing is analyzed, for nobody wants results.
func freshframeRaw(node string) subject {
	return func(ctx context.Context, take func(time.Time, []byte) bool) (func() int, <-chan error, error) {
		s, err := client.Start(ctx, patient(binary), "--source", "v4l2:"+node, "--analyze", "watched", "--log-level", "warn")
		if err != nil {
			return nil, nil, err
		}
		done := make(chan error, 1)
		go func() {
			err := s.Stream(ctx, "/raw-video-stream", func(p client.Part) bool { return p.Notice != "" || take(p.At, p.JPEG) })
			done <- errors.Join(err, s.Stop())
		}()
		return s.PID, done, nil
	}
}

// ustreamer is the peer, told to pass the camera's JPEGs on as they are.
func ustreamer(node string) subject {
	return func(ctx context.Context, take func(time.Time, []byte) bool) (func() int, <-chan error, error) {
		port, err := freePort()
		if err != nil {
			return nil, nil, err
		}
		cmd := exec.CommandContext(ctx, patient("ustreamer"), "--device", node, "--resolution", fmt.Sprintf("%dx%d", width, height),
			"--format", "JPEG", "--encoder", "HW", "--desired-fps", strconv.Itoa(int(rate)),
			"--host", "127.0.0.1", "--port", strconv.Itoa(port), "--log-level", "0")
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 5 * time.Second
		if err := cmd.Start(); err != nil {
			return nil, nil, err
		}
		done := make(chan error, 1)
		go func() {
			err := watchUstreamer(ctx, port, take)
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait() // it says that it was ended by a signal
			done <- err
		}()
		return func() int { return cmd.Process.Pid }, done, nil
	}
}

// watchUstreamer connects as soon as ustreamer listens and reads its stream.
func watchUstreamer(ctx context.Context, port int, take func(time.Time, []byte) bool) error {
	var conn net.Conn
	for begin := time.Now(); ; {
		var err error
		if conn, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			break
		}
		if ctx.Err() != nil || time.Since(begin) > 10*time.Second {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := fmt.Fprintf(conn, "GET /stream HTTP/1.0\r\n\r\n"); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 1<<20)
	for {
		data, err := nextPart(r)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if !take(time.Now(), data) {
			return nil
		}
	}
}

// measureStream watches a raw stream for d.
func measureStream(ctx context.Context, cam *uvcsim.Camera, start subject, d time.Duration) (s stream, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var pid func() int
	started := make(chan struct{})
	var first, last uint64
	var begin time.Time
	var before time.Duration
	var missedBefore uint64
	take := func(at time.Time, data []byte) bool {
		seq, sent, ok := uvcsim.ReadStamp(data)
		if !ok {
			return true // a picture that says that there is none yet
		}
		switch {
		case begin.IsZero():
			begin = at
			return true
		case at.Sub(begin) < warmUp:
			return true
		case s.frames == 0:
			<-started
			before, first, missedBefore = cpuTime(pid()), seq, cam.Missed()
		}
		s.frames++
		s.ages = append(s.ages, uvcsim.Monotonic()-time.Since(at)-sent)
		last = seq
		if at.Sub(begin) < warmUp+d {
			return true
		}
		s.cpu = cpuTime(pid()) - before
		s.late = cam.Missed() - missedBefore
		return false
	}
	pid, done, err := start(ctx, take)
	close(started)
	if err != nil {
		return s, err
	}
	if err := <-done; err != nil {
		return s, err
	}
	if s.cpu == 0 {
		return s, errNoFrames
	}
	s.sent = int(last - first + 1)
	s.missing = s.sent - s.frames
	return s, nil
}

// slotted is how long after the driver's timestamp frames were where.
type slotted struct{ dequeued, taken []time.Duration }

// measureSlot has an analyzer that is always free, so that the moment at which it takes a
// frame is the moment at which the frame was in the slot, and a little later.
func measureSlot(ctx context.Context, node string, d time.Duration) (r slotted, err error) {
	s, err := client.Start(ctx, patient(binary), "--source", "v4l2:"+node, "--analyzer", "simulate?processing_time=0s", "--log-level", "warn")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	begin := time.Now()
	err = s.Events(ctx, "?events=frame", func(e client.Event) bool {
		var f client.Frame
		if json.Unmarshal(e.Data, &f) == nil && e.At.Sub(begin) > warmUp {
			at := func(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
			r.dequeued = append(r.dequeued, at(f.BudgetUs["dequeue"]))
			r.taken = append(r.taken, at(f.BudgetUs["dequeue"]+f.BudgetUs["wait"]))
		}
		return e.At.Sub(begin) < warmUp+d
	})
	if err == nil && len(r.taken) == 0 {
		err = errNoFrames
	}
	return r, err
}

// chain is what one measurement of device → annotated client found.
type chain struct {
	ages      []time.Duration
	backwards int
}

// measureChain reads from each annotated picture which of the camera's it shows. That is done
// in the end, for the guest's only processor is the server's while it works.
func measureChain(ctx context.Context, cam *uvcsim.Camera, node string, d time.Duration) (c chain, err error) {
	s, err := client.Start(ctx, patient(binary), "--source", "v4l2:"+node, "--analyzer", "simulate?processing_time="+analysis.String(), "--log-level", "warn")
	if err != nil {
		return c, err
	}
	var parts []client.Part
	var begin time.Time
	err = s.Stream(ctx, "/ai-video-stream", func(p client.Part) bool {
		if begin.IsZero() {
			begin = p.At
		}
		if p.Notice == "" && p.At.Sub(begin) > warmUp {
			parts = append(parts, p)
		}
		return p.At.Sub(begin) < warmUp+d
	})
	sent := cam.Sent()
	if err = errors.Join(err, s.Stop()); err != nil {
		return c, err
	}
	if len(parts) == 0 {
		return c, errNoFrames
	}
	var dec jpeg.Decoder
	var im *image.YCbCr
	var last uint64
	for _, p := range parts {
		if im, err = dec.Decode(p.JPEG, im); err != nil {
			return c, err
		}
		number, _, err := blockcode.Read(im)
		if err != nil {
			return c, err
		}
		shown, ok := newest(sent, int(number), p.At)
		if !ok {
			return c, fmt.Errorf("picture %d is not among the last %d that the camera sent: measure for a shorter time", number, len(sent))
		}
		c.ages = append(c.ages, p.At.Sub(shown.At))
		if shown.Seq <= last {
			c.backwards++
		}
		last = shown.Seq
	}
	return c, nil
}

// newest is the last frame with that picture that was sent before a moment.
func newest(sent []uvcsim.Sent, picture int, before time.Time) (s uvcsim.Sent, ok bool) {
	for _, s := range slices.Backward(sent) {
		if s.Picture == picture && s.At.Before(before) {
			return s, true
		}
	}
	return s, false
}

// cpuTime is the processor time that a process has used. The kernel counts it exactly;
// /proc tells only samples of it.
func cpuTime(pid int) time.Duration {
	const schedClock = 2 // CPUCLOCK_SCHED of the kernel's posix-timers.h
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|schedClock), &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

func median[T any](list []T, of func(T) time.Duration) time.Duration {
	var d []time.Duration
	for _, x := range list {
		d = append(d, of(x))
	}
	return watch.Percentile(d, .5)
}

func sum[T any](list []T, of func(T) int) (n int) {
	for _, x := range list {
		n += of(x)
	}
	return n
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
