package mot

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"freshframe/backend/track"
)

func TestRead(t *testing.T) {
	const text = "1,-1,794.2,47.5,71.2,174.8,67.5,-1,-1,-1\r\n" + // as in MOT15
		"\n" +
		" 1, -1, 1e2, -5, 20, 40, 0.9\n" + // as in MOT17
		"3.00,12.0,1,2,3,4,1,1,0.85\n" + // ground truth, by numpy
		"2,7,0,0,1,1,-0.5" // out of order, no newline
	got, err := Read(strings.NewReader(text))
	want := []Row{
		{1, -1, track.Box{794.2, 47.5, 71.2, 174.8}, 67.5},
		{1, -1, track.Box{100, -5, 20, 40}, 0.9},
		{3, 12, track.Box{1, 2, 3, 4}, 1},
		{2, 7, track.Box{0, 0, 1, 1}, -0.5},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %v; want %v", got, err, want)
	}
	if got, err := Read(strings.NewReader("\n \n")); err != nil || len(got) != 0 {
		t.Errorf("nothing reads as %v, %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"1,2,3":                        "3 columns; want 7 to 10, separated by commas: frame,id,left,top,width,height,confidence,…",
		"1 -1 5 5 10 10 1":             "1 columns",
		"1,-1,5,5,10,10,1,-1,-1,-1,-1": "11 columns",
		"frame,id,x,y,w,h,c":           `frame is "frame"; want a number`,
		"1,-1,NaN,5,10,10,1":           `left is "NaN"; want a number`,
		"1,-1,5,5,10,10,inf":           `confidence is "inf"; want a number`,
		"1,-1,5,5,10,10,":              `confidence is ""; want a number`,
		"0,-1,5,5,10,10,1":             "frame is 0; want a whole number from 1 to 1000000000",
		"1.5,-1,5,5,10,10,1":           "frame is 1.5; want a whole number",
		"2e9,-1,5,5,10,10,1":           "frame is 2e+09; want a whole number",
		"1,-2,5,5,10,10,1":             "id is -2; want a whole number from -1",
		"1,0.5,5,5,10,10,1":            "id is 0.5; want a whole number",
		"1,-1,5,5,0,10,1":              "width is 0; want 1e-06 to 1e+06 pixels",
		"1,-1,5,5,10,-3,1":             "height is -3; want 1e-06 to 1e+06 pixels",
		"1,-1,5,2e6,10,10,1":           "top is 2e+06; want -1e+06 to 1e+06 pixels",
		strings.Repeat("1", 100_000):   "token too long",
	} {
		_, err := Read(strings.NewReader("1,-1,5,5,10,10,1\n\n" + line + "\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "mot: line 3: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: error %v, want line 3 and %q", line, err, want)
		}
	}
}

// broken is a file that ends in an error, or a disk that is full.
type broken struct{}

var errBroken = errors.New("broken")

func (broken) Read([]byte) (int, error)  { return 0, errBroken }
func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestBrokenFiles(t *testing.T) {
	if _, err := Read(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("Read: %v", err)
	}
	if err := Write(broken{}, make([]Row, 1)); !errors.Is(err, errBroken) {
		t.Errorf("Write: %v", err)
	}
	if err := Write(broken{}, make([]Row, 10_000)); !errors.Is(err, errBroken) {
		t.Errorf("Write of many: %v", err)
	}
	if err := Track(broken{}, &bytes.Buffer{}, 30, track.Options{}); !errors.Is(err, errBroken) {
		t.Errorf("Track: %v", err)
	}
}

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, []Row{{1, 2, track.Box{0.1, -20, 1e6, 1e-6}, 0.5}, {1e9, -1, track.Box{3, 4, 5, 6}, 1}}); err != nil {
		t.Fatal(err)
	}
	const want = "1,2,0.1,-20,1000000,0.000001,0.5,-1,-1,-1\n1000000000,-1,3,4,5,6,1,-1,-1,-1\n"
	if out.String() != want {
		t.Errorf("wrote %q, want %q", &out, want)
	}
}

// TestTrack: two things, a weak box that keeps one of them, a false detection, a frame
// without any, and lines in disorder.
func TestTrack(t *testing.T) {
	const in = `2,-1,102,100,50,100,0.9,-1,-1,-1
1,-1,100,100,50,100,0.9,-1,-1,-1
1,-1,400,100,50,100,7,-1,-1,-1
2,-1,400,100,50,100,7,-1,-1,-1
2,-1,800,100,50,100,0.8,-1,-1,-1
3,-1,104,100,50,100,0.3,-1,-1,-1
5,-1,108,100,50,100,0.9,-1,-1,-1
5,-1,400,100,50,100,7,-1,-1,-1
`
	var out bytes.Buffer
	if err := Track(strings.NewReader(in), &out, 30, track.Options{}); err != nil {
		t.Fatal(err)
	}
	rows, err := Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	type seen struct{ frame, id int }
	var got []seen
	for _, r := range rows {
		got = append(got, seen{r.Frame, r.ID})
		x := map[int]float64{1: 100 + 2*float64(r.Frame-1), 2: 400}[r.ID]
		if math.Abs(r.Box[0]-x) > 2 || math.Abs(r.Box[1]-100) > 1 || r.Score > 1 {
			t.Errorf("frame %d: %d is at %v with %v; want it near %v,100", r.Frame, r.ID, r.Box, r.Score, x)
		}
	}
	if want := []seen{{2, 1}, {2, 2}, {3, 1}, {5, 1}, {5, 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("seen %v, want %v", got, want)
	}
}

// Frames far apart are not counted through one by one, and do not join things.
func TestTracksFarApart(t *testing.T) {
	box := track.Box{1, 2, 30, 40}
	rows, err := Tracks([]Row{{1, -1, box, 1}, {maxFrame, -1, box, 1}}, 30, track.Options{MinHits: 1})
	if err != nil || len(rows) != 2 || rows[0].ID != 1 || rows[1].ID != 2 || rows[1].Frame != maxFrame {
		t.Errorf("got %v, %v; want ids 1 and 2", rows, err)
	}
}

func TestTracksRefuses(t *testing.T) {
	for _, rate := range []float64{0, -30, 1e9, math.NaN(), math.Inf(1)} {
		if _, err := Tracks(nil, rate, track.Options{}); err == nil || !strings.Contains(err.Error(), "want 0.1 to 10000") {
			t.Errorf("rate %v: %v", rate, err)
		}
	}
	if _, err := Tracks(nil, 30, track.Options{High: 7}); err == nil || !strings.Contains(err.Error(), "High 7") {
		t.Errorf("High 7: %v", err)
	}
	// Rows that Read would not give.
	if _, err := Tracks([]Row{{4, -1, track.Box{0, 0, math.NaN(), 1}, 1}}, 30, track.Options{}); err == nil || !strings.Contains(err.Error(), "frame 4") {
		t.Errorf("NaN: %v", err)
	}
}

// FuzzTrack: whatever the text, rows survive writing and reading, and what is tracked has
// sound boxes and no id twice in a frame.
func FuzzTrack(f *testing.F) {
	f.Add([]byte("1,-1,794.2,47.5,71.2,174.8,67.5,-1,-1,-1\n2,-1,790,47.5,71.2,174.8,67.5,-1,-1,-1\n"))
	f.Add([]byte("1,-1,0,0,5,5,0.9\n1,-1,1,1,5,5,0.8\n2,-1,1,0,5,5,0.2\n2,-1,3,3,5,5,0.9\n"))
	f.Add([]byte("1,-1,-1e6,1e6,1e-6,1e6,0.9\n1000000000,-1,1e6,1e6,1e6,1e-6,0.9\n"))
	f.Add([]byte(" 1 , 2 ,3,4,5,6,7\r\n\r\n1.0,2.0,3,4,5,6,-7,8,9"))
	f.Add([]byte("1,-1,NaN,0,5,5,1\n"))
	f.Add([]byte(",,,,,,\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, rows); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(&out); err != nil || !reflect.DeepEqual(again, rows) {
			t.Fatalf("%v came back as %v, %v", rows, again, err)
		}
		tracked, err := Tracks(rows, 30, track.Options{MinHits: 1})
		if err != nil {
			t.Fatalf("rows that Read gave: %v", err)
		}
		seen := map[[2]int]bool{}
		for _, r := range tracked {
			if seen[[2]int{r.Frame, r.ID}] {
				t.Fatalf("frame %d has id %d twice", r.Frame, r.ID)
			}
			seen[[2]int{r.Frame, r.ID}] = true
			for _, x := range r.Box {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Fatalf("frame %d: box %v", r.Frame, r.Box)
				}
			}
			if r.Box[2] <= 0 || r.Box[3] <= 0 {
				t.Fatalf("frame %d: box %v", r.Frame, r.Box)
			}
		}
	})
}
