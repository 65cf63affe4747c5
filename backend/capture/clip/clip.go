// Package clip plays recordings as if they were cameras. In: the path of a run of JPEGs,
// of an AVI with MJPEG video or of a folder of JPEGs. Out: its pictures, each at its
// instant. It must never load a whole clip, decode a picture or show one late.
package clip

import (
	"context"
	"errors"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// The frame rates that can be asked for or taken from a clip, in pictures a second, and
// the one for clips that name none.
const (
	minRate     = 0.1
	maxRate     = 240
	defaultRate = 30
)

// Scheme is the source file:PATH.
func Scheme() capture.Scheme {
	return capture.Scheme{
		Name: "file",
		Form: "file:clip.avi?loop=on&framerate=30",
		Doc:  "A recording: concatenated JPEGs (.mjpeg), an AVI with MJPEG video, or a folder of JPEGs in natural order.",
		Options: []option.Option{
			{Name: "loop", Type: option.Bool, Default: "on", Doc: "Start again at the end; off plays the clip once."},
			option.Option{Name: "framerate", Type: option.Float, Doc: "Pictures a second; unset means the clip's own rate, and 30 where it names none."}.Between(minRate, maxRate),
		},
		Retry:     5 * time.Second,
		OpenLimit: 5 * time.Minute, // a long recording is read through once, to index it
		Remember:  remember,
	}
}

func remember(a capture.Address) (capture.Opener, error) {
	if a.Target == "" {
		return nil, &capture.Error{Code: capture.BadSource, Device: a.Text, Hint: "write file:PATH, such as file:clip.avi", Err: errors.New("the path is missing")}
	}
	loop, rate := a.Options.Bool("loop"), a.Options.Float("framerate")
	return func(ctx context.Context, firstSeq uint64) (capture.Source, error) {
		p, err := open(ctx, a.Target)
		if err != nil {
			return nil, err
		}
		p.loop, p.first = loop, firstSeq
		if rate > 0 {
			p.info.Framerate = rate
		}
		return p, nil
	}, nil
}
