package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Part is one picture of an MJPEG stream and the moment at which all of it was there.
type Part struct {
	At       time.Time
	JPEG     []byte
	Seq      uint64        // 0 on a notice
	Notice   string        // the camera's state on a notice, "" on a frame
	Age      time.Duration // when it was sent, as the server says
	Captured time.Time     // wall clock, µs, as the server says
}

// Stream reads an MJPEG stream and passes each part to take, until ctx ends (nil), take says
// false (nil) or the stream fails.
func (s *Server) Stream(ctx context.Context, path string, take func(Part) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	parts := multipart.NewReader(bufio.NewReaderSize(res.Body, 1<<20), "frame")
	for {
		p, err := readPart(parts)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if !take(p) {
			return nil
		}
	}
}

func readPart(parts *multipart.Reader) (p Part, err error) {
	part, err := parts.NextRawPart()
	if err != nil {
		return p, err
	}
	n, err := strconv.Atoi(part.Header.Get("Content-Length"))
	if err != nil {
		return p, fmt.Errorf("a part without a length: %v", part.Header)
	}
	p.JPEG = make([]byte, n)
	if _, err := io.ReadFull(part, p.JPEG); err != nil {
		return p, err
	}
	p.At = time.Now()
	p.Notice = part.Header.Get("X-Camera-State")
	if v := part.Header.Get("X-Frame-Seq"); v != "" {
		if p.Seq, err = strconv.ParseUint(v, 10, 64); err != nil {
			return p, fmt.Errorf("X-Frame-Seq: %w", err)
		}
	}
	us, err := strconv.ParseInt(part.Header.Get("X-Frame-Age-Us"), 10, 64)
	if err != nil {
		return p, fmt.Errorf("X-Frame-Age-Us: %w", err)
	}
	p.Age = time.Duration(us) * time.Microsecond
	sec, frac, _ := strings.Cut(part.Header.Get("X-Timestamp"), ".")
	whole, err := strconv.ParseInt(sec+frac, 10, 64)
	if err != nil || len(frac) != 6 {
		return p, fmt.Errorf("X-Timestamp: %q", part.Header.Get("X-Timestamp"))
	}
	p.Captured = time.UnixMicro(whole)
	return p, nil
}

// Event is one server-sent event and the moment at which it came.
type Event struct {
	At   time.Time
	Name string // frame, state, gap
	Data json.RawMessage
}

// Frame is an event of that name, as far as tests and benchmarks look.
type Frame struct {
	Seq        uint64           `json:"seq"`
	CapturedUs int64            `json:"captured_us"`
	CapturedBy string           `json:"captured_by"`
	BudgetUs   map[string]int64 `json:"budget_us"`
	Ledger     Ledger           `json:"ledger"`
}

// Events reads the event stream and passes each event to take, until ctx ends (nil), take
// says false (nil) or the stream fails. query is "" or "?events=state".
func (s *Server) Events(ctx context.Context, query string, take func(Event) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := s.Get(ctx, "/api/v1/events"+query)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("events: %s", res.Status)
	}
	var e Event
	lines := bufio.NewReaderSize(res.Body, 64<<10)
	for {
		line, err := lines.ReadString('\n')
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("events: %w", err)
		}
		field, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ": ")
		switch field {
		case "event":
			e.Name = value
		case "data":
			e.Data = json.RawMessage(value)
		case "":
			if line != "\n" || e.Name == "" { // a comment, or the end of one
				continue
			}
			e.At = time.Now()
			if !take(e) {
				return nil
			}
			e = Event{}
		}
	}
}
