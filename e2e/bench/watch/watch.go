// Package watch looks at a running server for a while as one viewer does, for the benchmarks.
// In: a server. Out: the frames that came, by the codes in their pixels, and what the server
// says of itself before and after. It must believe nothing of the server that pixels can tell.
package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"
	"freshframe/e2e/client"
)

// Plan is what to watch.
type Plan struct {
	Path     string        // of the stream; "" is that of the annotated frames
	WarmUp   time.Duration // not measured: tables fill, the picture path allocates
	Duration time.Duration // measured
	Events   bool          // what the server says of each frame, too
}

// Seen is what one viewer saw.
type Seen struct {
	First         time.Time       // when the first frame came, in the warm-up
	From, To      time.Time       // when the first and the last measured frame came
	Ages          []time.Duration // at the client, in the order of arrival
	Backwards     int             // frames that are not newer than the one before
	Unreadable    int             // frames without a code
	Sample        []byte          // the JPEG of the last one
	Before, After client.State
	Told          []client.Frame // of the same time, in the order of arrival
	Others        float64        // CPUs that other programs kept busy meanwhile; 0 where unknown

	used usage // at From
}

// FPS is the rate of the frames that came with a readable code.
func (s *Seen) FPS() float64 { return float64(len(s.Ages)-1) / s.To.Sub(s.From).Seconds() }

// Age is a nearest-rank percentile of the ages.
func (s *Seen) Age(p float64) time.Duration { return Percentile(s.Ages, p) }

// MeanAge is their mean.
func (s *Seen) MeanAge() time.Duration {
	var sum time.Duration
	for _, a := range s.Ages {
		sum += a
	}
	return sum / time.Duration(max(len(s.Ages), 1))
}

// Fates is what became of the frames between the two states.
func (s *Seen) Fates() client.Ledger { return s.After.Ledger.Since(s.Before.Ledger) }

// CPU is the processor time of the server between them.
func (s *Seen) CPU() time.Duration {
	return time.Duration((s.After.Process.CPU - s.Before.Process.CPU) * float64(time.Second))
}

// Percentile is the nearest-rank one for p from 0 to 1, 0 of nothing.
func Percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := slices.Clone(d)
	slices.Sort(s)
	return s[min(int(p*float64(len(s))), len(s)-1)]
}

// Watch watches a stream. It fails if a picture does not decode or hardly any come.
func Watch(ctx context.Context, server *client.Server, plan Plan) (*Seen, error) {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	arrivals, failed := open(watching, server, cmp.Or(plan.Path, "/ai-video-stream"))
	one, ok := <-arrivals
	if !ok {
		return nil, cmp.Or(<-failed, errors.New("the stream ended at once"))
	}
	s := &Seen{First: one.At}
	told := make(chan error, 1)
	if plan.Events {
		go func() { told <- s.listen(watching, server, one.At.Add(plan.WarmUp)) }()
	} else {
		told <- nil
	}
	if err := s.look(ctx, server, arrivals, plan, stop); err != nil {
		return nil, err
	}
	if err := errors.Join(<-failed, <-told); err != nil {
		return nil, err
	}
	if len(s.Ages) < 2 {
		return nil, fmt.Errorf("only %d frames in %v", len(s.Ages), plan.Duration)
	}
	var err error
	if s.After, err = server.State(ctx); err != nil {
		return nil, err
	}
	s.Others = used().since(s.used, s.CPU()).Seconds() / time.Since(s.From).Seconds()
	return s, nil
}

// open passes on the stream's frames until ctx ends.
func open(ctx context.Context, server *client.Server, path string) (<-chan client.Part, <-chan error) {
	arrivals := make(chan client.Part, 1024)
	failed := make(chan error, 1)
	go func() {
		defer close(arrivals)
		failed <- server.Stream(ctx, path, func(p client.Part) bool {
			if p.Notice != "" {
				return true
			}
			select {
			case arrivals <- p:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return arrivals, failed
}

// look reads the frames; stop ends the stream when the time is over.
func (s *Seen) look(ctx context.Context, server *client.Server, arrivals <-chan client.Part, plan Plan, stop func()) error {
	warm := s.First.Add(plan.WarmUp)
	end := time.AfterFunc(time.Until(warm)+plan.Duration, stop)
	defer end.Stop()
	var last uint64
	var dec jpeg.Decoder
	var im *image.YCbCr
	for a := range arrivals {
		if a.At.Before(warm) {
			continue
		}
		var err error
		if s.From.IsZero() {
			s.From, s.used = a.At, used()
			if s.Before, err = server.State(ctx); err != nil {
				return err
			}
		}
		if im, err = dec.Decode(a.JPEG, im); err != nil {
			return fmt.Errorf("the stream's JPEG does not decode: %w", err)
		}
		seq, micros, err := blockcode.Read(im)
		if err != nil {
			s.Unreadable++
			continue
		}
		if seq <= last {
			s.Backwards++
		}
		last, s.To, s.Sample = seq, a.At, a.JPEG
		s.Ages = append(s.Ages, time.Duration(a.At.UnixMicro()-micros)*time.Microsecond)
	}
	return nil
}

// listen keeps what the server says of each frame from then on, until ctx ends.
func (s *Seen) listen(ctx context.Context, server *client.Server, from time.Time) (err error) {
	return errors.Join(server.Events(ctx, "?events=frame", func(e client.Event) bool {
		if e.Name != "frame" || e.At.Before(from) {
			return true
		}
		var f client.Frame
		if err = json.Unmarshal(e.Data, &f); err == nil {
			s.Told = append(s.Told, f)
		}
		return err == nil
	}), err)
}
