//go:build cgo && !windows

package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"
)

// loadNative loads the library and starts the runtime. The caller holds library.mu.
func loadNative(path string) (string, error) {
	ort.SetSharedLibraryPath(path)
	// The runtime's own log would say again, on standard error, what is in our errors.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return "", err
	}
	return ort.GetVersion(), nil
}

// openNative makes the runtime's session of a model.
func openNative(model []byte, p Provider) (_ nativeSession, inputs, outputs []Value, err error) {
	in, out, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("not a model that ONNX Runtime %s can load, or cut short (%d bytes): %w", ort.GetVersion(), len(model), err)
	}
	if inputs, err = values(in); err != nil {
		return nil, nil, nil, err
	}
	if outputs, err = values(out); err != nil {
		return nil, nil, nil, err
	}
	o, err := options(p)
	if err != nil {
		return nil, nil, nil, err
	}
	defer o.Destroy()
	names := func(values []Value) (names []string) {
		for _, v := range values {
			names = append(names, v.Name)
		}
		return names
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(model, names(inputs), names(outputs), o)
	if err != nil {
		return nil, nil, nil, err
	}
	return &session{s, inputs, outputs, p == "" || p == CPU}, inputs, outputs, nil
}

// options are the runtime's options for a session: one thread. With more on busy cores, the
// slowest runs take up to ten times as long, since each waits for its slowest thread.
func options(p Provider) (*ort.SessionOptions, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(o.SetIntraOpNumThreads(1), o.SetInterOpNumThreads(1), provide(o, p))
	if err != nil {
		return nil, errors.Join(err, o.Destroy())
	}
	return o, nil
}

// provide adds an execution provider to the CPU, which is always there.
func provide(o *ort.SessionOptions, p Provider) error {
	var err error
	switch p {
	case CUDA:
		var c *ort.CUDAProviderOptions
		if c, err = ort.NewCUDAProviderOptions(); err == nil {
			err = errors.Join(o.AppendExecutionProviderCUDA(c), c.Destroy())
		}
	case OpenVINO:
		err = o.AppendExecutionProviderOpenVINO(nil)
	}
	if err != nil {
		return fmt.Errorf("the ONNX Runtime %s in %s cannot run models with %s: choose %s, or a library built for it: %w", ort.GetVersion(), library.path, p, CPU, err)
	}
	return nil
}

// types are those of our tensors among the runtime's.
var types = map[ort.TensorElementDataType]Type{
	ort.TensorElementDataTypeFloat: Float32,
	ort.TensorElementDataTypeInt32: Int32,
	ort.TensorElementDataTypeInt64: Int64,
	ort.TensorElementDataTypeUint8: Uint8,
}

func values(infos []ort.InputOutputInfo) ([]Value, error) {
	all := make([]Value, 0, len(infos))
	for _, in := range infos {
		if in.OrtValueType != ort.ONNXTypeTensor {
			return nil, fmt.Errorf("%s is no tensor but of type %s: models with other inputs or outputs cannot be used", in.Name, in.OrtValueType)
		}
		v := Value{Name: in.Name, Type: types[in.DataType]}
		if v.Type == "" {
			v.Type = Type(in.DataType.String())
		}
		for _, d := range in.Dimensions {
			v.Shape = append(v.Shape, int(max(d, -1)))
		}
		all = append(all, v)
	}
	return all, nil
}

// session is a model in the runtime, which locks it itself.
type session struct {
	s               *ort.DynamicAdvancedSession
	inputs, outputs []Value
	cpu             bool
}

func (s *session) close() error { return s.s.Destroy() }

// bind gives the runtime the tensors' memory.
func (s *session) bind(inputs, outputs []*Tensor) (_ nativeBinding, err error) {
	b := &binding{session: s, outputs: outputs}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	for _, t := range inputs {
		if err := b.add(&b.in, t); err != nil {
			return nil, err
		}
	}
	for _, t := range outputs {
		if t.empty() {
			b.made = append(b.made, len(b.out))
			b.out = append(b.out, nil)
		} else if err := b.add(&b.out, t); err != nil {
			return nil, err
		}
	}
	if len(b.made) > 0 {
		return b, nil
	}
	if b.io, err = s.s.CreateIoBinding(); err != nil {
		return nil, err
	}
	for i, v := range b.out {
		if err := b.io.BindOutput(s.outputs[i].Name, v); err != nil {
			return nil, err
		}
	}
	return b, b.bindInputs()
}

// binding is one set of tensors in the runtime.
type binding struct {
	session *session
	outputs []*Tensor
	in, out []ort.Value
	pinned  runtime.Pinner
	io      *ort.IoBinding // nil if the runtime makes outputs
	made    []int          // the outputs that the runtime makes
}

// add makes the runtime's tensor of ours, on the same memory, which Go must not take away.
func (b *binding) add(list *[]ort.Value, t *Tensor) error {
	shape := make(ort.Shape, 0, len(t.Shape))
	for _, d := range t.Shape {
		shape = append(shape, int64(d))
	}
	var v ort.Value
	var err error
	switch {
	case t.Float32 != nil:
		b.pinned.Pin(unsafe.SliceData(t.Float32))
		v, err = ort.NewTensor(shape, t.Float32)
	case t.Int32 != nil:
		b.pinned.Pin(unsafe.SliceData(t.Int32))
		v, err = ort.NewTensor(shape, t.Int32)
	case t.Int64 != nil:
		b.pinned.Pin(unsafe.SliceData(t.Int64))
		v, err = ort.NewTensor(shape, t.Int64)
	default:
		b.pinned.Pin(unsafe.SliceData(t.Uint8))
		v, err = ort.NewTensor(shape, t.Uint8)
	}
	if err != nil {
		return err
	}
	*list = append(*list, v)
	return nil
}

// bindInputs is what takes the inputs' numbers to where the model runs; on the CPU they are
// there.
func (b *binding) bindInputs() error {
	for i, v := range b.in {
		if err := b.io.BindInput(b.session.inputs[i].Name, v); err != nil {
			return err
		}
	}
	return nil
}

func (b *binding) run() error {
	if b.io == nil {
		return b.runMaking()
	}
	if !b.session.cpu {
		if err := b.bindInputs(); err != nil {
			return err
		}
	}
	return b.session.s.RunWithBinding(b.io)
}

// runMaking runs the model with outputs that the runtime makes, and copies these.
func (b *binding) runMaking() (err error) {
	out := slices.Clone(b.out)
	if err := b.session.s.Run(b.in, out); err != nil {
		return err
	}
	for _, i := range b.made {
		err = errors.Join(err, take(b.outputs[i], out[i]), out[i].Destroy())
	}
	return err
}

// take moves the numbers of a tensor that the binding made, which are Go's already.
func take(t *Tensor, v ort.Value) error {
	*t = Tensor{}
	for _, d := range v.GetShape() {
		t.Shape = append(t.Shape, int(d))
	}
	switch v := v.(type) {
	case *ort.Tensor[float32]:
		t.Float32 = v.GetData()
	case *ort.Tensor[int32]:
		t.Int32 = v.GetData()
	case *ort.Tensor[int64]:
		t.Int64 = v.GetData()
	case *ort.Tensor[uint8]:
		t.Uint8 = v.GetData()
	default:
		return fmt.Errorf("an output is %T, which is not supported", v)
	}
	return nil
}

func (b *binding) close() error {
	var err error
	if b.io != nil {
		err = b.io.Destroy()
	}
	for _, v := range slices.Concat(b.in, b.out) {
		if v != nil {
			err = errors.Join(err, v.Destroy())
		}
	}
	b.pinned.Unpin()
	return err
}
