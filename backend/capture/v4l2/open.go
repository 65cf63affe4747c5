//go:build linux

package v4l2

import (
	"context"
	"errors"

	"freshframe/backend/capture"
)

// opener opens the camera that the target means, again and again, and follows it to other nodes.
func opener(t target, want request) capture.Opener { return machine.opener(t, want) }

func (h host) opener(t target, want request) capture.Opener {
	var known *identity
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, firstSeq uint64) (capture.Source, error) {
		src, id, err := h.openSource(ctx, turn, t, known, want, firstSeq)
		if err != nil {
			return nil, err
		}
		known = &id
		return src, nil
	}
}

type opened struct {
	source *source
	identity
}

// openSource also returns which camera it was.
func (h host) openSource(ctx context.Context, turn chan struct{}, t target, known *identity, want request, firstSeq uint64) (capture.Source, identity, error) {
	if err := ctx.Err(); err != nil {
		return nil, identity{}, err
	}
	// What opens too late is closed at once: a node that stays open keeps the camera from
	// returning under its own name.
	o, err := awaitTurn(ctx, turn,
		func() (opened, error) { return h.openNow(t, known, want, firstSeq) },
		func(o opened) { o.source.Close() })
	if err != nil {
		return nil, identity{}, err
	}
	return o.source, o.identity, nil
}

func (h host) openNow(t target, known *identity, want request, firstSeq uint64) (opened, error) {
	cam, err := h.find(t, known, want.size)
	if err != nil {
		return opened{}, err
	}
	m, err := choose(cam.offers, want)
	if err != nil {
		return opened{}, &capture.Error{Code: capture.Unsupported, Device: cam.path, Hint: "choose one of those with input_format and video_size, or leave both out", Err: err}
	}
	st, err := h.start(cam.path, m)
	if err != nil {
		if _, ok := errors.AsType[*capture.Error](err); !ok {
			err = h.trouble(cam.path, err)
		}
		return opened{}, err
	}
	info := capture.Info{
		Device: cam.node, Name: cam.name, Stable: h.stable(cam, h.nth(cam)), Asked: want.asked(),
		Format: st.format, Width: st.size.Width, Height: st.size.Height, Framerate: st.rate,
	}
	return opened{&source{path: cam.path, stream: st, clock: now, nextSeq: firstSeq, info: info, controls: h.controls(cam)}, cam.identity}, nil
}

// asked is the request in the words of the state.
func (r request) asked() *capture.Asked {
	a := &capture.Asked{Width: r.size.Width, Height: r.size.Height, Framerate: r.rate}
	for _, f := range formats {
		if r.format == f.String() {
			a.Format = f
		}
	}
	return a
}
