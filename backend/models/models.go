// Package models holds the neural networks that are part of the program. In: a model's name,
// perhaps a folder. Out: its ONNX file. It must never run one, nor know what its tensors
// mean: the README says that.
package models

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The names, with the size of the square picture that the model wants.
const (
	FaceNear = "face_short_128"         // faces within 2 m, as before a webcam
	FaceFar  = "face_full_192"          // faces within 5 m
	Palm     = "palm_lite_192"          // where hands are
	Hand     = "hand_landmark_lite_224" // the 21 points of one hand
	Pose     = "movenet_lightning_192"  // the 17 points of one person
	Objects  = "nanodet_416"            // the 80 classes of COCO
)

// Names are all models there are.
func Names() []string {
	return []string{FaceNear, FaceFar, Palm, Hand, Pose, Objects}
}

//go:embed *.onnx
var files embed.FS

const suffix = ".onnx"

// Load reads the model NAME.onnx from the folder, or the program's own if the folder is "".
func Load(folder, name string) ([]byte, error) {
	own, err := files.ReadFile(name + suffix)
	if err != nil {
		return nil, fmt.Errorf("there is no model %q: there are %s", name, strings.Join(Names(), ", "))
	}
	if folder == "" {
		return own, nil
	}
	data, err := os.ReadFile(filepath.Join(folder, name+suffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("model %s: %w: put the file there, or leave the folder out for the program's own", name, err)
	}
	return data, err
}
