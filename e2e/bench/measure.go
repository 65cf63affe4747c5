package main

import (
	"bytes"
	"context"
	"fmt"
	stdjpeg "image/jpeg"
	"time"

	"freshframe/e2e/bench/watch"
	"freshframe/e2e/client"
)

// result is what one measurement found.
type result struct {
	*watch.Seen
	freshness string
	first     time.Duration // process start → first annotated frame at the client
}

// growth is how much older frames were at the end than at the beginning.
func (r result) growth() time.Duration {
	n := max(1, len(r.Ages)/10)
	return watch.Percentile(r.Ages[len(r.Ages)-n:], .5) - watch.Percentile(r.Ages[:n], .5)
}

// cpuPerFrame is the server's, per annotated frame.
func (r result) cpuPerFrame() time.Duration {
	return r.CPU() / time.Duration(max(r.Fates().Analyzed, 1))
}

// measure starts a server, watches it for s.duration and ends it.
func measure(ctx context.Context, s setup) (result, error) {
	r := result{freshness: s.freshness}
	begin := time.Now()
	server, err := client.Start(ctx, s.binary, "--log-level", "warn",
		"--source", fmt.Sprintf("synthetic:?scene=room&video_size=%s&framerate=%g", s.size, s.fps),
		"--analyzer", fmt.Sprintf("simulate?processing_time=%v&cost=%s", s.analysis, s.cost),
		"--freshness", s.freshness)
	if err != nil {
		return r, fmt.Errorf("%w (npm run bench builds it)", err)
	}
	defer server.Stop()
	if r.Seen, err = watch.Watch(ctx, server, watch.Plan{WarmUp: time.Second, Duration: s.duration}); err != nil {
		return r, err
	}
	r.first = r.First.Sub(begin)
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
	return watch.Percentile(times, .5), nil
}
