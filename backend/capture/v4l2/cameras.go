package v4l2

import "freshframe/backend/capture"

// Device is a camera of this machine and what it offers, as GET /api/v1/cameras tells it.
type Device struct {
	Source string `json:"source"` // the source value that opens it: v4l2:/dev/video0
	Device string `json:"device"` // its node
	Name   string `json:"name"`   // a person's name for it; "" where it could not be asked
	Bus    string `json:"bus"`    // where it is attached: usb-0000:00:14.0-1
	Driver string `json:"driver"` // the kernel's driver: uvcvideo
	// ByID is a link to the node that stays the same when the camera is plugged in again; ""
	// where the system makes none.
	ByID string `json:"by_id,omitempty"`
	// Stable is a source value that keeps meaning this very camera when it is plugged in again
	// or the machine starts anew: by the link ByID, else by the bus info; "" where there is
	// neither.
	Stable string `json:"stable"`
	// Formats are those that the program can open, in the camera's own order.
	Formats []Format `json:"formats"`
	// Error says why the camera cannot be opened now; nil where nothing is known against it.
	Error *Problem `json:"error"`
}

// Format is one pixel format of a camera.
type Format struct {
	InputFormat string `json:"input_format"` // ffmpeg's name, a value of the option input_format
	Description string `json:"description"`  // the driver's words
	// Sizes are the sizes that the camera offers, the largest first. Where it offers a whole
	// range they are the usual ones in it, and the largest.
	Sizes []Size `json:"sizes"`
}

// Size is one picture size of a format.
type Size struct {
	VideoSize string `json:"video_size"` // WIDTHxHEIGHT in pixels
	// Framerates are frames a second, the highest first; empty where the driver does not say.
	// Where the camera offers a whole range they are its ends and the usual ones between.
	Framerates []float64 `json:"framerates"`
}

// Problem is a *capture.Error on the wire.
type Problem struct {
	Code    capture.Code `json:"code"`
	Message string       `json:"message"`
	Hint    string       `json:"hint"`
}
