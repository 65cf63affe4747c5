package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	stdjpeg "image/jpeg"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"

	"image"
	"mime/multipart"
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

// arrival is one JPEG and the moment at which all of it was there.
type arrival struct {
	at   time.Time
	jpeg []byte
}

// measure starts a server, watches it for s.duration and ends it.
func measure(ctx context.Context, s setup) (result, error) {
	r := result{freshness: s.freshness}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := time.Now()
	cmd := exec.CommandContext(ctx, s.binary, "serve", "--listen", "127.0.0.1:0", "--log-level", "warn",
		"--source", fmt.Sprintf("synthetic:?video_size=%s&framerate=%g", s.size, s.fps),
		"--analyzer", fmt.Sprintf("simulate?processing_time=%v&cost=%s", s.analysis, s.cost),
		"--freshness", s.freshness)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, fmt.Errorf("%w (npm run bench builds it)", err)
	}
	defer cmd.Wait()
	defer cancel()
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		return r, errors.New("the server ended at once")
	}
	go io.Copy(io.Discard, lines) // ends with the process
	url := strings.TrimSpace(line[strings.Index(line, "http://"):])

	arrivals := make(chan arrival, 1024)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- watch(watching, url+"ai-video-stream", arrivals) }()

	one, ok := <-arrivals
	if !ok {
		return r, <-failed
	}
	r.first = one.at.Sub(begin)
	// The first second is the start's: the tables warm up, the picture path allocates.
	warm := time.Now().Add(time.Second)
	before, err := state(ctx, url)
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
		if a.at.Before(warm) {
			continue
		}
		if !counting {
			counting = true
			from = a.at
			if before, err = state(ctx, url); err != nil {
				return r, err
			}
		}
		if im, err = dec.Decode(a.jpeg, im); err != nil {
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
		lastSeq, to, r.sample = seq, a.at, a.jpeg
		r.ages = append(r.ages, time.Duration(a.at.UnixMicro()-micros)*time.Microsecond)
	}
	if err := <-failed; err != nil && watching.Err() == nil {
		return r, err
	}
	if len(r.ages) < 2 {
		return r, fmt.Errorf("only %d frames in %v", len(r.ages), s.duration)
	}
	after, err := state(ctx, url)
	if err != nil {
		return r, err
	}
	n := after.Ledger.Analyzed - before.Ledger.Analyzed
	r.fps = float64(len(r.ages)-1) / to.Sub(from).Seconds()
	r.cpu = time.Duration((after.Process.CPU - before.Process.CPU) / float64(n) * float64(time.Second))
	r.rss = after.Process.RSS
	return r, nil
}

// watch reads the stream until ctx ends and passes each JPEG on; it closes arrivals.
func watch(ctx context.Context, url string, arrivals chan<- arrival) error {
	defer close(arrivals)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, res.Status)
	}
	parts := multipart.NewReader(bufio.NewReaderSize(res.Body, 1<<20), "frame")
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return err
		}
		var n int
		if _, err := fmt.Sscan(part.Header.Get("Content-Length"), &n); err != nil {
			return fmt.Errorf("a part without a length: %v", part.Header)
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(part, data); err != nil {
			return err
		}
		now := time.Now()
		if part.Header.Get("X-Frame-Seq") == "" {
			continue // a notice
		}
		select {
		case arrivals <- arrival{now, data}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// serverState is what of GET /api/v1/state is measured.
type serverState struct {
	Ledger struct {
		Analyzed uint64 `json:"analyzed"`
	} `json:"ledger"`
	Process struct {
		CPU float64 `json:"cpu_s"`
		RSS int64   `json:"rss_bytes"`
	} `json:"process"`
}

func state(ctx context.Context, url string) (s serverState, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"api/v1/state", nil)
	if err != nil {
		return s, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s)
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
