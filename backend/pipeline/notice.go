package pipeline

import (
	"context"
	"fmt"
	"image"
	"strings"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
)

// noticeEvery is how often a viewer is told again why nothing comes, with the seconds since.
const noticeEvery = time.Second

// patience is how long frames may come without a result, or damaged, before viewers are
// told; an analyzer known to be slower gets three times its last time.
const patience = 3 * time.Second

// notice is one drawn message instead of a frame.
type notice struct {
	word  string // what programs read, as Silence gives it
	title string
	lines []string
	raw   bool // concerns the raw and the live stream too
}

// Silence is why viewers of the annotated stream get no frames at the moment: the camera's
// state (off, opening, stalled, lost), "corrupt" while all of its pictures are damaged,
// "paused" or "analysis"; "" while frames come.
func (p *Pipeline) Silence() string {
	st, _ := p.cfg.Camera()
	set, _ := p.Settings()
	if n, ok := p.noticeFor(st, set, time.Now()); ok {
		return n.word
	}
	return ""
}

// stopped says that the camera or the analysis stands still: viewers have been told, and a
// picture from before must not cover that.
func (p *Pipeline) stopped() bool {
	why := p.Silence()
	return why != "" && why != "analysis" && why != "corrupt"
}

// cameraStopped says that the camera stands still, whatever the analysis does.
func (p *Pipeline) cameraStopped() bool {
	st, _ := p.cfg.Camera()
	switch st.State {
	case capture.Off, capture.Opening, capture.Stalled, capture.Lost:
		return true
	}
	return false
}

// runNotices draws, while no frames come, pictures that say why.
func (p *Pipeline) runNotices(ctx context.Context) {
	enc := jpeg.NewEncoder(p.cfg.Quality)
	var im *image.YCbCr
	tick := time.NewTicker(noticeEvery)
	defer tick.Stop()
	for {
		st, camera := p.cfg.Camera()
		set, settings := p.Settings()
		if n, ok := p.noticeFor(st, set, time.Now()); ok {
			guarded(p.cfg.Log, "drawing a notice", func() { im = p.publishNotice(n, st, enc, im) })
		}
		select {
		case <-camera:
		case <-settings:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// noticeFor says what viewers must be told at the moment; nothing while frames come.
func (p *Pipeline) noticeFor(st capture.Status, set Settings, now time.Time) (notice, bool) {
	seconds := func(from time.Time) int { return int(now.Sub(from).Seconds()) }
	lastAt := st.LastAt
	if lastAt.IsZero() {
		lastAt = st.Since
	}
	n := notice{word: string(st.State), raw: true}
	if st.Err != nil {
		n.lines = append(n.lines, wrap(st.Err.Err.Error(), 60)...)
	}
	switch st.State {
	case capture.Off:
		n.title = "CAMERA OFF"
		n.lines = append([]string{fmt.Sprintf("stopped %d s ago", seconds(st.Since))}, n.lines...)
		return n, true
	case capture.Opening:
		n.title = "OPENING CAMERA"
		return n, true
	case capture.Stalled:
		n.title = "CAMERA STALLED"
		n.lines = append([]string{fmt.Sprintf("no picture for %d s", seconds(lastAt))}, n.lines...)
		return n, true
	case capture.Lost:
		n.title = "CAMERA LOST"
		n.lines = append([]string{fmt.Sprintf("no signal for %d s", seconds(lastAt))}, n.lines...)
		return n, true
	}
	p.mu.Lock()
	wholeDue, resultDue, trouble, limit := p.wholeDue, p.resultDue, p.trouble, max(patience, 3*p.lastAnalysis)
	p.mu.Unlock()
	missing := func(due time.Time, limit time.Duration) (seconds int, yes bool) {
		if due.IsZero() {
			return 0, false
		}
		silent := min(now.Sub(due), now.Sub(st.Since)) // what was before the camera came back is over
		return int(silent.Seconds()), silent > limit
	}
	if s, yes := missing(wholeDue, patience); yes {
		n.word, n.title, n.lines = "corrupt", "DAMAGED PICTURES", []string{fmt.Sprintf("no whole picture for %d s", s)}
		return n, true
	}
	n.raw = false
	if set.Paused {
		n.word, n.title = "paused", "ANALYSIS PAUSED"
		return n, true
	}
	if s, yes := missing(resultDue, limit); yes {
		n.word, n.title, n.lines = "analysis", "NO ANALYSIS", []string{fmt.Sprintf("no result for %d s", s)}
		if trouble != nil {
			first, _, _ := strings.Cut(trouble.Error(), "\n")
			n.lines = append(n.lines, wrap(first, 60)...)
		}
		return n, true
	}
	return n, false
}

func (p *Pipeline) publishNotice(n notice, st capture.Status, enc *jpeg.Encoder, im *image.YCbCr) *image.YCbCr {
	var to []*hub.Pictures
	for _, h := range []*hub.Pictures{p.cfg.Annotated, p.cfg.Clean, p.cfg.Live, p.cfg.Raw} {
		if h.Watched() && (n.raw || h != p.cfg.Live && h != p.cfg.Raw) {
			to = append(to, h)
		}
	}
	if len(to) == 0 {
		return im
	}
	w, h := st.Info.Width, st.Info.Height
	if w < 64 || h < 48 {
		w, h = 640, 360
	}
	if im == nil || im.Rect.Dx() != w || im.Rect.Dy() != h {
		im = image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	}
	var list overlay.List
	list.Reset(im.Rect, image.Rectangle{})
	overlay.Notice(&list, n.title, n.lines...)
	list.Draw(im)
	data, err := enc.Encode(nil, im)
	if err != nil {
		p.cfg.Log.Error("notice", "error", err)
		return im
	}
	pic := &hub.Picture{JPEG: data, Width: w, Height: h, Captured: time.Now(), Notice: n.word}
	for _, h := range to {
		h.Publish(pic)
	}
	return im
}

// wrap breaks a line at spaces so that no part is longer than width characters, unless a
// single word is.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
