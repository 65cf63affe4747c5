//go:build linux

package v4l2

import (
	"context"
	"errors"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// open opens the camera at target, the first one where target is "". It also returns the
// target that names this very camera at the next opening.
func open(ctx context.Context, target string, want request, firstSeq uint64) (capture.Source, string, error) {
	return machine.openSource(ctx, target, want, firstSeq)
}

type opened struct {
	source *source
	stable string
}

func (h host) openSource(ctx context.Context, target string, want request, firstSeq uint64) (capture.Source, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	o, err := await(ctx,
		func() (opened, error) { return h.openNow(target, want, firstSeq) },
		func(o opened) { o.source.Close() })
	if err != nil {
		return nil, "", err
	}
	return o.source, o.stable, nil
}

func (h host) openNow(target string, want request, firstSeq uint64) (opened, error) {
	path := target
	var cam camera
	var err error
	if path == "" {
		cam, err = h.first(want.size)
		path = cam.node
	} else {
		cam, err = h.inspect(path, want.size)
	}
	if err != nil {
		return opened{}, err
	}
	m, err := choose(cam.offers, want)
	if err != nil {
		return opened{}, &capture.Error{Code: capture.Unsupported, Device: path, Hint: "choose one of those with input_format and video_size, or leave both out", Err: err}
	}
	st, err := h.start(path, m)
	if err != nil {
		if _, ok := errors.AsType[*capture.Error](err); !ok {
			err = h.trouble(path, err)
		}
		return opened{}, err
	}
	o := opened{stable: target, source: &source{
		path: path, stream: st, clock: now, nextSeq: firstSeq,
		info: capture.Info{Device: cam.node, Name: cam.name, Format: st.format, Width: st.size.Width, Height: st.size.Height, Framerate: st.rate},
	}}
	if target == "" {
		o.stable = path
		if link := h.byID(cam.node); link != "" {
			o.stable = link
		}
	}
	return o, nil
}

// first is the first camera among the nodes; where none is one, the error of the first node
// that hides what it is.
func (h host) first(wanted option.Dimensions) (camera, error) {
	var hidden error
	for _, node := range h.nodes() {
		cam, err := h.inspect(node, wanted)
		if err == nil {
			return cam, nil
		}
		if e, ok := errors.AsType[*capture.Error](err); hidden == nil && (!ok || e.Code != capture.NotACamera) {
			hidden = err
		}
	}
	if hidden != nil {
		return camera{}, hidden
	}
	return camera{}, &capture.Error{Code: capture.NoSuchDevice, Device: "v4l2:", Hint: h.hintNodes(""), Err: errors.New("no camera found")}
}
