package uvcsim

import (
	"strings"
	"testing"
	"time"
)

// small is a camera with little to send, fast.
func small(pixels ...Pixels) Config {
	c := Config{Pictures: 7}
	for _, p := range pixels {
		c.Formats = append(c.Formats, Format{Pixels: p, Sizes: []Size{
			{Width: 320, Height: 240, Rates: []float64{500, 250}},
			{Width: 160, Height: 120, Rates: []float64{1000}},
		}})
	}
	return c
}

func newCamera(t *testing.T, c Config) *Camera {
	t.Helper()
	cam, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return cam
}

func TestConfigRefused(t *testing.T) {
	size := func(s Size) func(*Config) {
		return func(c *Config) { c.Formats[0].Sizes = []Size{s} }
	}
	control := func(k ...Control) func(*Config) {
		return func(c *Config) { c.Controls = k }
	}
	rates := []float64{30}
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string // in the error
	}{
		"port below":      {func(c *Config) { c.Port = -1 }, "Port is -1: want 0 to 7"},
		"port above":      {func(c *Config) { c.Port = 8 }, "Port is 8"},
		"pictures":        {func(c *Config) { c.Pictures = 1001 }, "Pictures"},
		"quality":         {func(c *Config) { c.Quality = 101 }, "Quality"},
		"padding":         {func(c *Config) { c.Padding = -1 }, "Padding"},
		"no formats":      {func(c *Config) { c.Formats = nil }, "Formats"},
		"long name":       {func(c *Config) { c.Name = strings.Repeat("𝄞", 64) }, "126 units"},
		"pixels":          {func(c *Config) { c.Formats[0].Pixels = "h264" }, "h264: want mjpeg, yuyv or nv12"},
		"no sizes":        {func(c *Config) { c.Formats[0].Sizes = nil }, "0 sizes"},
		"odd width":       {size(Size{Width: 321, Height: 240, Rates: rates}), "321x240"},
		"odd height":      {size(Size{Width: 320, Height: 241, Rates: rates}), "320x241"},
		"narrow":          {size(Size{Width: 62, Height: 240, Rates: rates}), "62x240"},
		"low":             {size(Size{Width: 64, Height: 30, Rates: rates}), "64x30"},
		"huge":            {size(Size{Width: 8194, Height: 240, Rates: rates}), "8194x240"},
		"no rate":         {size(Size{Width: 320, Height: 240}), "0 rates"},
		"many rates":      {size(Size{Width: 320, Height: 240, Rates: make([]float64, 58)}), "58 rates"},
		"rate 0":          {size(Size{Width: 320, Height: 240, Rates: []float64{0}}), "rate 0"},
		"fast":            {size(Size{Width: 320, Height: 240, Rates: []float64{1001}}), "rate 1001"},
		"step":            {size(Size{Width: 320, Height: 240, Rates: rates, Step: 150}), "step 150ns"},
		"negative step":   {size(Size{Width: 320, Height: 240, Rates: rates, Step: -time.Millisecond}), "step -1ms"},
		"control":         {control(Control{"tilt", 0, 1, 1, 0}), `"tilt": there is no such one`},
		"control twice":   {control(Control{"contrast", 0, 1, 1, 0}, Control{"contrast", 0, 1, 1, 0}), "contrast: given twice"},
		"control range":   {control(Control{"contrast", -1, 1, 1, 0}), "want it within 0 to 65535"},
		"signed control":  {control(Control{"brightness", -32769, 1, 1, 0}), "want it within -32768 to 32767"},
		"empty range":     {control(Control{"contrast", 2, 1, 1, 2}), "range 2 to 1"},
		"control step":    {control(Control{"contrast", 0, 1, 0, 0}), "step 0"},
		"control default": {control(Control{"contrast", 0, 1, 1, 2}), "its default 2"},
		"two modes":       {control(Control{"auto_exposure", 1, 8, 9, 9}), "its default 9"},
		"description":     {func(c *Config) { c.Formats = manyFormats() }, "USB has 65535"},
	} {
		t.Run(name, func(t *testing.T) {
			c := small(MJPEG)
			tc.change(&c)
			if _, err := New(c); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v: want %q in it", err, tc.want)
			}
		})
	}
}

// manyFormats is more than a configuration descriptor holds.
func manyFormats() []Format {
	f := Format{Pixels: MJPEG}
	for i := range 255 {
		f.Sizes = append(f.Sizes, Size{Width: 64 + 2*i, Height: 64, Rates: []float64{30, 15, 10, 5, 1}})
	}
	formats := make([]Format, 10)
	for i := range formats {
		formats[i] = f
	}
	return formats
}
