package ipcamera

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

// body hands out one piece for each Read, and blocks where there is none yet.
type body struct {
	pieces chan []byte
	err    error // at the end of pieces
	rest   []byte
	closed chan struct{}
}

func newBody(err error, pieces ...[]byte) *body {
	b := &body{pieces: make(chan []byte, 100), err: err, closed: make(chan struct{})}
	for _, p := range pieces {
		b.pieces <- p
	}
	return b
}

func (b *body) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		select {
		case piece, ok := <-b.pieces:
			if !ok {
				return 0, b.err
			}
			b.rest = piece
		case <-b.closed:
			return 0, errors.New("closed")
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *body) Close() error {
	close(b.closed)
	return nil
}

// start makes a source as open does.
func start(b *body, firstSeq uint64) *source {
	s := newSource("http://camera/video", b, "b", func() {})
	s.seq = firstSeq
	return s
}

// jpegPart is a picture as most cameras send it, without a length.
func jpegPart(pic []byte) []byte {
	return stream("--b\r\nContent-Type: image/jpeg\r\n\r\n", pic, "\r\n")
}

func TestNewestWins(t *testing.T) {
	a, b, c := picture(t, 1), picture(t, 60), picture(t, 120)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		cam := newBody(io.EOF)
		s := start(cam, 7)
		defer s.Close()
		var f frame.Frame
		want := func(pic []byte, seq, lost uint64, captured, dequeued time.Duration) {
			t.Helper()
			if err := s.Read(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.Data, pic) || f.Seq != seq || f.Lost != lost || f.Format != frame.JPEG {
				t.Errorf("seq %d, lost %d, want %d and %d; the right picture: %v", f.Seq, f.Lost, seq, lost, bytes.Equal(f.Data, pic))
			}
			if f.Captured.Sub(began) != captured || f.Dequeued.Sub(began) != dequeued || f.CapturedBy != frame.ByDequeue {
				t.Errorf("captured after %v by %v, dequeued after %v", f.Captured.Sub(began), f.CapturedBy, f.Dequeued.Sub(began))
			}
		}
		cam.pieces <- jpegPart(a)
		want(a, 7, 0, 0, 0)
		// Several that arrive together: the older are never shown, however fast we read.
		cam.pieces <- bytes.Join([][]byte{jpegPart(a), jpegPart(b), jpegPart(c)}, nil)
		want(c, 10, 2, 0, 0)
		// Several that arrive while nobody reads.
		cam.pieces <- jpegPart(a)
		time.Sleep(time.Second)
		cam.pieces <- jpegPart(b)
		time.Sleep(time.Second)
		want(b, 12, 1, time.Second, 2*time.Second)
		// A part that is no picture is no frame, and none is lost.
		cam.pieces <- stream("--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n", jpegPart(c))
		want(c, 13, 0, 2*time.Second, 2*time.Second)
		// The last picture counts even when the stream ends with it.
		cam.pieces <- jpegPart(a)
		close(cam.pieces)
		synctest.Wait()
		want(a, 14, 0, 2*time.Second, 2*time.Second)
		err := s.Read(t.Context(), &f)
		var e *capture.Error
		if !errors.As(err, &e) || e.Code != capture.CameraLost || e.Device != "http://camera/video" {
			t.Errorf("at the end: %v", err)
		}
	})
}

func TestReadWaitsForContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(newBody(io.EOF, []byte("--b\r\n")), 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		var f frame.Frame
		if err := s.Read(ctx, &f); err != context.DeadlineExceeded || time.Since(began) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if err := s.Close(); err != nil || time.Since(began) != time.Hour {
			t.Errorf("closed with %v after %v", err, time.Since(began))
		}
	})
}

func TestStreamEnds(t *testing.T) {
	reset := errors.New("connection reset by peer")
	junk := make([]byte, 1<<20)
	noMJPEG := newBody(io.EOF)
	for range 40 {
		noMJPEG.pieces <- junk
	}
	ended := func(err error) *body {
		b := newBody(err)
		close(b.pieces)
		return b
	}
	tests := []struct {
		name string
		body *body
		code capture.Code
		says string
	}{
		{"properly", ended(io.EOF), capture.CameraLost, "the camera ended the stream"},
		{"in the middle", ended(io.ErrUnexpectedEOF), capture.CameraLost, "unexpected EOF"},
		{"by a reset", ended(reset), capture.CameraLost, "connection reset by peer"},
		{"no MJPEG", noMJPEG, capture.NotACamera, "no JPEG in its last"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(tt.body, 1)
			defer s.Close()
			var f frame.Frame
			err := s.Read(t.Context(), &f)
			var e *capture.Error
			if !errors.As(err, &e) || e.Code != tt.code || !bytes.Contains([]byte(e.Err.Error()), []byte(tt.says)) || e.Hint == "" {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestReadReusesTheBuffer(t *testing.T) {
	one := jpegPart(withSegment(withSegment(picture(t, 1), 0xFE, make([]byte, 60000)), 0xFE, make([]byte, 60000)))
	cam := newBody(io.EOF)
	s := start(cam, 1)
	defer s.Close()
	var f frame.Frame
	read := func() {
		cam.pieces <- one
		if err := s.Read(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
	}
	read()
	read()
	const n = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		read()
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 4<<10 {
		t.Errorf("%d bytes allocated for each picture of %d", got, len(f.Data))
	}
}
