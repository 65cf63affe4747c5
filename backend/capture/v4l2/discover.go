//go:build linux

package v4l2

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

const (
	// askLimit is how long a camera may take to say what it is.
	askLimit = 2 * time.Second
	// tryLimit is how long a camera may take to open and to deliver a picture.
	tryLimit = 3 * time.Second
)

// Discover lists the cameras of this machine in the order of their nodes, with what each
// offers or why it cannot be opened. Nodes without pictures (metadata, outputs, codecs) are
// left out. It opens every node shortly, changes nothing, and takes at most 2 s for each.
func Discover() []Device { return machine.discover() }

func (h host) discover() []Device {
	list := []Device{}
	seen := map[string]int{} // cameras at each place
	for _, node := range h.nodes() {
		if d, ok := h.ask(node, seen); ok {
			list = append(list, d)
		}
	}
	return list
}

// asking has the turn of each node that was ever asked.
var asking sync.Map

// ask describes one node, or says that it is not to be listed.
func (h host) ask(node string, seen map[string]int) (Device, bool) {
	d := Device{Source: sourceValue(target{path: node}), Device: node, ByID: h.byID(node), Formats: []Format{}}
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	type answer struct {
		cam camera
		err error
	}
	turn, _ := asking.LoadOrStore(node, make(chan struct{}, 1))
	a, late := awaitTurn(ctx, turn.(chan struct{}), func() (answer, error) {
		cam, err := h.inspect(node, option.Dimensions{})
		return answer{cam, err}, nil
	}, func(answer) {})
	err := a.err
	if late != nil {
		err = &capture.Error{Code: capture.CameraFrozen, Device: node, Hint: hintReplug, Err: fmt.Errorf("does not answer within %v", askLimit)}
	}
	if isNoCamera(err) {
		return d, false
	}
	d.Name, d.Bus, d.Driver = a.cam.name, a.cam.bus, a.cam.driver
	if err == nil {
		seen[d.Bus]++
		d.Stable = h.stable(a.cam, seen[d.Bus])
		d.Formats = describe(a.cam.offers)
		if len(d.Formats) == 0 {
			err = &capture.Error{Code: capture.Unsupported, Device: node, Hint: "use another camera", Err: fmt.Errorf("has no format that freshframe reads; it offers %s", summary(a.cam.offers))}
		} else if a.cam.busy && !h.onlyOurs(node) {
			err = h.busy(node, unix.EBUSY)
		}
	}
	d.Error = problem(err)
	return d, true
}

// onlyOurs reports that nobody but this program has the node open: streaming from a camera is
// no reason to call it unusable to ourselves.
func (h host) onlyOurs(node string) bool {
	list := h.holders(node)
	return len(list) == 1 && list[0].pid == os.Getpid()
}

func problem(err error) *Problem {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*capture.Error](err); ok {
		return &Problem{Code: e.Code, Message: fmt.Sprintf("%s: %v", e.Device, e.Err), Hint: e.Hint}
	}
	return &Problem{Code: capture.CameraFrozen, Message: err.Error(), Hint: hintReplug}
}

// FirstWorking tries the cameras in their order, each for at most 3 s, until one delivers an
// intact picture, and returns its source value and why it was taken. Where none does, source
// is "" and reason says what is wrong with each, in one line. The error is ctx's and nothing
// else.
func FirstWorking(ctx context.Context) (source, reason string, err error) {
	return machine.firstWorking(ctx)
}

func (h host) firstWorking(ctx context.Context) (source, reason string, err error) {
	var reasons []string
	for _, d := range h.discover() {
		if d.Error != nil {
			reasons = append(reasons, d.Error.Message)
			continue
		}
		err := h.try(ctx, d.Device)
		if err == nil {
			return d.Source, fmt.Sprintf("first working V4L2 camera, %s", d.Name), nil
		}
		if ctx.Err() != nil {
			return "", "", ctx.Err()
		}
		reasons = append(reasons, problem(err).Message)
	}
	if err := ctx.Err(); err != nil {
		return "", "", err
	}
	if len(reasons) == 0 {
		return "", "no V4L2 camera found", nil
	}
	return "", "no V4L2 camera works: " + strings.Join(reasons, "; "), nil
}

// try opens a camera as its source value alone would and reads until a picture is intact: the
// first ones after the start often are not.
func (h host) try(ctx context.Context, node string) (err error) {
	trial, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	defaults, err := option.Parse(Scheme().Options, url.Values{})
	if err != nil {
		return err
	}
	src, _, err := h.openSource(trial, make(chan struct{}, 1), target{path: node}, nil, requested(defaults), 1)
	if errors.Is(err, context.DeadlineExceeded) {
		return h.silent(node, "does not open")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	var pool frame.Pool
	f := pool.Get()
	defer f.Release()
	var bad error
	for {
		if err := src.Read(trial, f); errors.Is(err, context.DeadlineExceeded) {
			if bad != nil {
				return fmt.Errorf("%s: delivers no intact picture: %w", node, bad)
			}
			return h.silent(node, "opens but delivers no picture")
		} else if err != nil {
			return err
		}
		if bad = f.Check(); bad == nil {
			return nil
		}
	}
}

func (h host) silent(node, how string) error {
	return &capture.Error{Code: capture.CameraFrozen, Device: node, Hint: hintReplug, Err: fmt.Errorf("%s within %v", how, tryLimit)}
}
