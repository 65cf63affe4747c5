package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"slices"
	"time"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"
	"freshframe/e2e/client"
)

// result is what one measurement found.
type result struct {
	freshness  string
	ages       []time.Duration // in order of arrival
	fps        float64         // of frames that arrived with a readable code
	backwards  int
	unreadable int
	first      time.Duration // process start → first annotated frame at the client
	cpu        time.Duration // of the server, per annotated frame
	rss        int64
	sample     []byte // one of the JPEGs
}

// age is a nearest-rank percentile of the ages.
func (r result) age(p float64) time.Duration { return percentile(r.ages, p) }

// growth is how much older frames were at the end than at the beginning.
func (r result) growth() time.Duration {
	n := max(1, len(r.ages)/10)
	return percentile(r.ages[len(r.ages)-n:], .5) - percentile(r.ages[:n], .5)
}

func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := slices.Clone(d)
	slices.Sort(s)
	return s[min(int(p*float64(len(s))), len(s)-1)]
}

// measure starts a server, watches it for s.duration and ends it.
func measure(ctx context.Context, s setup) (result, error) {
	r := result{freshness: s.freshness}
	begin := time.Now()
	server, err := client.Start(ctx, s.binary, "--log-level", "warn",
		"--source", fmt.Sprintf("synthetic:?video_size=%s&framerate=%g", s.size, s.fps),
		"--analyzer", fmt.Sprintf("simulate?processing_time=%v&cost=%s", s.analysis, s.cost),
		"--freshness", s.freshness)
	if err != nil {
		return r, fmt.Errorf("%w (npm run bench builds it)", err)
	}
	defer server.Stop()

	arrivals := make(chan client.Part, 1024)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	go func() {
		defer close(arrivals)
		failed <- server.Stream(watching, "/ai-video-stream", func(p client.Part) bool {
			if p.Notice != "" {
				return true
			}
			select {
			case arrivals <- p:
				return true
			case <-watching.Done():
				return false
			}
		})
	}()

	one, ok := <-arrivals
	if !ok {
		return r, cmp.Or(<-failed, errors.New("the stream ended at once"))
	}
	r.first = one.At.Sub(begin)
	// The first second is the start's: the tables warm up, the picture path allocates.
	warm := time.Now().Add(time.Second)
	before, err := server.State(ctx)
	if err != nil {
		return r, err
	}
	end := time.AfterFunc(time.Until(warm)+s.duration, stop)
	defer end.Stop()
	counting := false
	var from, to time.Time
	var lastSeq uint64
	var dec jpeg.Decoder
	var im *image.YCbCr
	for a := range arrivals {
		if a.At.Before(warm) {
			continue
		}
		if !counting {
			counting = true
			from = a.At
			if before, err = server.State(ctx); err != nil {
				return r, err
			}
		}
		if im, err = dec.Decode(a.JPEG, im); err != nil {
			return r, fmt.Errorf("the stream's JPEG does not decode: %w", err)
		}
		seq, micros, err := blockcode.Read(im)
		if err != nil {
			r.unreadable++
			continue
		}
		if seq <= lastSeq {
			r.backwards++
		}
		lastSeq, to, r.sample = seq, a.At, a.JPEG
		r.ages = append(r.ages, time.Duration(a.At.UnixMicro()-micros)*time.Microsecond)
	}
	if err := <-failed; err != nil {
		return r, err
	}
	if len(r.ages) < 2 {
		return r, fmt.Errorf("only %d frames in %v", len(r.ages), s.duration)
	}
	after, err := server.State(ctx)
	if err != nil {
		return r, err
	}
	n := after.Ledger.Analyzed - before.Ledger.Analyzed
	r.fps = float64(len(r.ages)-1) / to.Sub(from).Seconds()
	r.cpu = time.Duration((after.Process.CPU - before.Process.CPU) / float64(n) * float64(time.Second))
	r.rss = after.Process.RSS
	return r, nil
}

// standardCodec is the baseline: the median time that Go's own image/jpeg takes to decode
// and encode one picture of the stream.
func standardCodec(data []byte) (time.Duration, error) {
	const rounds = 15
	var times []time.Duration
	var buf bytes.Buffer
	for range rounds {
		begin := time.Now()
		im, err := stdjpeg.Decode(bytes.NewReader(data))
		if err != nil {
			return 0, err
		}
		buf.Reset()
		if err := stdjpeg.Encode(&buf, im, &stdjpeg.Options{Quality: 80}); err != nil {
			return 0, err
		}
		times = append(times, time.Since(begin))
	}
	return percentile(times, .5), nil
}
