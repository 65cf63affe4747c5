// Package capture opens cameras and keeps them open. In: a source value such as
// v4l2:/dev/video0?framerate=30. Out: frames, handed to a sink at the camera's full
// rate, and the camera's state. The schemes live in the folders below and are put
// together in main; this package must never import one, nor analyze or draw.
package capture

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// Source is an open camera.
//
// One goroutine calls Read and Close. A Read that returns an error ends the source:
// Close follows and nothing else. io.EOF itself, not wrapped, means that it ended as it
// should (a clip played once); any other error means that the camera is lost.
type Source interface {
	// Read waits for the next frame and fills f: Seq (from Open's firstSeq on, counting
	// lost frames too), Format, Width, Height, Data (append to f.Data[:0]), Captured,
	// CapturedBy, Dequeued, Lost, Damaged, Clip. It returns within 250 ms of ctx's end
	// with ctx's error. A picture that is not decodable is no error: the frame is handed
	// over as it is and counted corrupt.
	Read(ctx context.Context, f *frame.Frame) error
	Info() Info
	// Close releases the device; it must not block for more than 500 ms.
	Close() error
}

// Info is what an open source really delivers.
type Info struct {
	Device string // what to call it: /dev/video0, clip.avi, …
	// Stable is a source value that means this very camera whatever node it gets, "" where
	// there is none.
	Stable string
	// Asked is what was wanted of the camera, nil where it was not asked for anything.
	Asked  *Asked
	Name   string // a person's name for it, "" where there is none
	Format frame.Format
	Width  int // negotiated, pixels; 0 while unknown
	Height int
	// Framerate is the negotiated rate in frames a second; 0 where unknown.
	Framerate float64
	// Simulated is true where no camera stands behind the picture.
	Simulated bool
}

// Asked is what a camera was asked to deliver; what it does deliver may differ.
type Asked struct {
	Format    frame.Format // 0: any
	Width     int          // pixels
	Height    int
	Framerate float64 // frames a second
}

// Scheme is one kind of source, chosen by the word before the colon.
type Scheme struct {
	Name    string // "v4l2"
	Form    string // how to write it, for help: "v4l2:/dev/video0?video_size=1280x720"
	Doc     string
	Options []option.Option
	// Retry is the longest pause between two tries to reopen a lost camera.
	Retry time.Duration
	// OpenLimit is how long opening may take; 0 stands for 10 s.
	OpenLimit time.Duration
	// Patient sources are worth waiting for when the very first try fails (a network
	// camera that boots later than we do); the others end the program with the reason.
	Patient bool
	// Remember makes the opener for one chosen source. It checks the address without
	// touching the device; what it returns may be called again and again, one call at a
	// time, and keeps what must outlive a reopening.
	Remember func(Address) (Opener, error)
}

// Opener opens the source. Frames count from firstSeq. It gives up when ctx ends.
type Opener func(ctx context.Context, firstSeq uint64) (Source, error)

// Address is a parsed source value.
type Address struct {
	Text string // as given; may hold a password
	// Redacted is Text without its password: what people and logs may see.
	Redacted string
	Target   string // what stands between the colon and the options
	Options  option.Values
}

// Schemes are the sources of this build.
type Schemes []Scheme

// Parse reads a source value. Options stand after ?, but for http and https after #, so
// that the camera's own query stays untouched.
func (ss Schemes) Parse(text string) (Scheme, Address, error) {
	names := make([]string, len(ss))
	for i, s := range ss {
		names[i] = s.Name
	}
	name, rest, ok := strings.Cut(text, ":")
	if !ok {
		return Scheme{}, Address{}, &Error{Code: BadSource, Device: redacted(text), Hint: "write SCHEME:TARGET?option=value, with one of the schemes " + strings.Join(names, ", "), Err: errors.New("not a source value: it has no scheme")}
	}
	for _, s := range ss {
		if s.Name != name {
			continue
		}
		sep, target := "?", rest
		if name == "http" || name == "https" {
			sep, target = "#", text
		}
		target, query, _ := strings.Cut(target, sep)
		q, err := url.ParseQuery(query)
		if err != nil {
			return s, Address{}, &Error{Code: BadSource, Device: redacted(text), Hint: "write options as name=value&name=value", Err: err}
		}
		v, err := option.Parse(s.Options, q)
		if err != nil {
			return s, Address{}, &Error{Code: BadSource, Device: redacted(text), Hint: "see freshframe serve --help for the options of each source", Err: err}
		}
		return s, Address{Text: text, Redacted: redacted(text), Target: target, Options: v}, nil
	}
	return Scheme{}, Address{}, &Error{Code: BadSource, Device: redacted(text), Hint: "use one of " + strings.Join(names, ", "), Err: fmt.Errorf("unknown source scheme %q%s", name, option.Suggest(name, names))}
}

// redacted hides what a network address may hold of secrets: the password before the host
// and the query, where many cameras want theirs. It works on text that is no valid URL too,
// for that is when an error shows it.
func redacted(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	rest, options, hasOptions := strings.Cut(rest, "#")
	rest, _, hasQuery := strings.Cut(rest, "?")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		user, _, _ := strings.Cut(rest[:at], ":")
		rest = user + ":xxxxx" + rest[at:]
	}
	if hasQuery {
		rest += "?…"
	}
	if hasOptions {
		rest += "#" + options
	}
	return scheme + "://" + rest
}

// Code says what kind of trouble a camera is in; programs branch on it.
type Code string

// The codes, as on the wire.
const (
	BadSource        Code = "bad_source"        // the value itself is wrong; no retry can help
	NoSuchDevice     Code = "no_such_device"    // nothing there
	PermissionDenied Code = "permission_denied" // there, but not for us
	DeviceBusy       Code = "device_busy"       // another program has it
	NotACamera       Code = "not_a_camera"      // there, but no video capture device
	Unsupported      Code = "unsupported"       // a camera that cannot do what was asked
	BadClip          Code = "bad_clip"          // a file that is no playable clip
	Unreachable      Code = "unreachable"       // a network camera that does not answer
	CameraLost       Code = "camera_lost"       // it was live and went away
	CameraFrozen     Code = "camera_frozen"     // it is open and delivers nothing
	CameraOff        Code = "camera_off"        // it would have to be open for that
	CameraOpening    Code = "camera_opening"    // it would have to be open for that, and soon is
	NoControls       Code = "no_controls"       // it has none
	BadControl       Code = "bad_control"       // no such control, or not such a value
	ControlFailed    Code = "control_failed"    // the camera refused a value in range
)

// Error says what failed, on which device, and what to do about it.
type Error struct {
	Code   Code
	Device string
	Hint   string // what to do, one sentence
	Err    error  // what failed; never nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %v", e.Device, e.Err)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }
