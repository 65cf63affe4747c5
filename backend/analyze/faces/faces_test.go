package faces

import (
	"context"
	"errors"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/option"
)

// fakeNet stands for a model: each run does what the test says.
type fakeNet struct {
	out    [2][]float32
	run    func() error
	closed int
}

func (f *fakeNet) Run() error {
	if f.run == nil {
		return nil
	}
	return f.run()
}

func (f *fakeNet) Close() error { f.closed++; return nil }

// newFake makes an analyzer whose network sees nothing yet.
func newFake(tb testing.TB, head *Head, threshold float64, most int) (*analyzer, *fakeNet) {
	tb.Helper()
	n := head.Input.Width * head.Input.Height / 16 // of Far
	if head == Near {
		n = 896
	}
	boxes, logits := quiet(n)
	f := &fakeNet{out: [2][]float32{boxes, logits}}
	a, err := newAnalyzer(head, &network.Network{
		Runner:  f,
		Inputs:  []*onnx.Tensor{{Float32: make([]float32, head.Input.Len())}},
		Outputs: []*onnx.Tensor{{Float32: boxes}, {Float32: logits}},
	}, threshold, most)
	if err != nil {
		tb.Fatal(err)
	}
	return a, f
}

// shows puts a face of 20x30 tensor pixels at the anchor.
func (f *fakeNet) shows(anchor int, logit float32) {
	f.out[1][anchor] = logit
	row := f.out[0][anchor*16:][:16]
	row[2], row[3] = 20, 30
	for k := range NumPoints {
		row[4+2*k], row[5+2*k] = float32(k), float32(-k)
	}
}

func gray(tb testing.TB, width, height int) *frame.Frame {
	tb.Helper()
	f := new(frame.Pool).Get()
	f.Seq, f.Format, f.Width, f.Height = 1, frame.I420, width, height
	f.Captured = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	f.Data = append(f.Data, make([]byte, width*height+2*((width+1)/2)*((height+1)/2))...)
	for i := range f.Data {
		f.Data[i] = 128
	}
	tb.Cleanup(f.Release)
	return f
}

func near4(a, b [4]float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-9 {
			return false
		}
	}
	return true
}

// middle is Near's anchor at 68,68 of 128x128.
const middle = 2 * (8*16 + 8)

// At 640x480 a pixel of 128x128 is 5 of the picture, and the picture begins 80 below.
func TestAnalyzeByHand(t *testing.T) {
	a, net := newFake(t, Near, 0.5, 20)
	net.shows(middle, 3)
	r, err := a.Analyze(t.Context(), gray(t, 640, 480))
	if err != nil || r.Count != 1 || len(r.Detections) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	d := r.Detections[0]
	if want := [4]float64{290. / 640, 185. / 480, 100. / 640, 150. / 480}; !near4(d.Box, want) {
		t.Errorf("the box is %v, want %v", d.Box, want)
	}
	score := 1 / (1 + math.Exp(-3))
	if d.Label != "face" || math.Abs(d.Score-score) > 1e-9 || d.Track != 0 || len(d.Landmarks) != NumPoints {
		t.Errorf("the face is %+v", d)
	}
	ear := d.Landmarks[LeftEar]
	if want := [3]float64{(340. + 25) / 640, (260. - 25) / 480, score}; math.Abs(ear[0]-want[0])+math.Abs(ear[1]-want[1])+math.Abs(ear[2]-want[2]) > 1e-9 {
		t.Errorf("the left ear is at %v, want %v", ear, want)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// What lies in the letterbox's bars is not in the picture.
func TestNothingOutsideThePicture(t *testing.T) {
	a, net := newFake(t, Near, 0.5, 20)
	net.shows(8*2, 3) // 68,4: above a picture of 640x160, which has 48 rows of bar
	r, err := a.Analyze(t.Context(), gray(t, 640, 160))
	if err != nil || r.Count != 0 || len(r.Detections) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestMostAreTheBest(t *testing.T) {
	a, net := newFake(t, Near, 0.5, 2)
	for i := range 4 {
		net.shows(middle-8+4*i, float32(1+i))
	}
	r, err := a.Analyze(t.Context(), gray(t, 640, 640))
	if err != nil || len(r.Detections) != 2 || r.Count != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, want := range []float64{4, 3} {
		if got := r.Detections[i].Score; math.Abs(got-1/(1+math.Exp(-want))) > 1e-9 {
			t.Errorf("face %d scores %v", i, got)
		}
	}
}

// The follower gets to judge what is below the threshold, though not far.
func TestDoubtfulFaces(t *testing.T) {
	for logit, want := range map[float32]int{0.1: 1, -0.5: 1, -1: 0} { // scores 0.52, 0.38, 0.27
		a, net := newFake(t, Near, 0.5, 20)
		net.shows(middle, logit)
		r, err := a.Analyze(t.Context(), gray(t, 640, 480))
		if err != nil || len(r.Detections) != want {
			t.Errorf("logit %v: %+v, %v; want %d faces", logit, r, err, want)
		}
	}
}

// The results handed out earlier stay as they are.
func TestResultsAreTheCallers(t *testing.T) {
	a, net := newFake(t, Near, 0.5, 20)
	net.shows(middle, 3)
	first, err := a.Analyze(t.Context(), gray(t, 640, 480))
	if err != nil {
		t.Fatal(err)
	}
	box, eye := first.Detections[0].Box, first.Detections[0].Landmarks[0]
	net.shows(middle, -9)
	net.shows(middle+8, 3)
	if _, err := a.Analyze(t.Context(), gray(t, 640, 480)); err != nil {
		t.Fatal(err)
	}
	if first.Detections[0].Box != box || first.Detections[0].Landmarks[0] != eye {
		t.Error("the first result has changed")
	}
}

func TestAnalyzeRefuses(t *testing.T) {
	a, net := newFake(t, Near, 0.5, 20)
	corrupt := gray(t, 640, 480)
	corrupt.Data = corrupt.Data[:100]
	if _, err := a.Analyze(t.Context(), corrupt); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a corrupt frame: %v", err)
	}
	broken := errors.New("no memory")
	net.run = func() error { return broken }
	if _, err := a.Analyze(t.Context(), gray(t, 64, 48)); !errors.Is(err, broken) || !strings.Contains(err.Error(), "frame 1") {
		t.Errorf("a run that fails: %v", err)
	}
	net.run = nil
	net.out[1][5] = float32(math.NaN())
	if _, err := a.Analyze(t.Context(), gray(t, 64, 48)); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a score that is none: %v", err)
	}
	net.out[1][5] = -100
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Analyze(ended, gray(t, 64, 48)); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	if _, err := a.Analyze(t.Context(), gray(t, 64, 48)); err != nil {
		t.Errorf("a good frame after them: %v", err)
	}
	if err := a.Close(); err != nil || net.closed != 1 {
		t.Errorf("closed %d times, %v", net.closed, err)
	}
}

func values(tb testing.TB, query string) option.Values {
	tb.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := option.Parse(Kind(nets).Params, q)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestOptions(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"model=middle", "want one of near, far"},
		{"threshold=0", "from 0.05 to 1"},
		{"max=0", "from 1 to 100"},
		{"treshold=1", `did you mean "threshold"?`},
	} {
		if _, err := (analyze.Kinds{Kind(nets)}).Parse("faces?" + c.query); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.query, err, c.want)
		}
	}
	if k := Kind(nets); k.Stateful || k.Follow == nil {
		t.Error("faces are found statelessly and followed")
	}
	for query, want := range map[string]float64{"": 0.6, "model=near": 0.5, "model=far&threshold=0.3": 0.3} {
		if got := threshold(values(t, query)); got != want {
			t.Errorf("%q: threshold %v, want %v", query, got, want)
		}
	}
}

// What cannot be made gives its network up.
func TestRefusedIsClosed(t *testing.T) {
	f := &fakeNet{}
	if _, err := newAnalyzer(&Head{}, &network.Network{Runner: f}, 0.5, 20); err == nil || f.closed != 1 {
		t.Errorf("%v, closed %d times", err, f.closed)
	}
}
