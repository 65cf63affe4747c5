package onnx

import "fmt"

// Provider is where a model runs, by ONNX Runtime's name for it.
type Provider string

// The providers. The runtime of the npm package can only do CPU; the others need a library
// built for them.
const (
	CPU      Provider = "cpu"
	CUDA     Provider = "cuda"
	OpenVINO Provider = "openvino"
)

// Providers are all there are, the default first.
func Providers() []Provider { return []Provider{CPU, CUDA, OpenVINO} }

// check refuses a provider that does not exist.
func (p Provider) check() error {
	switch p {
	case "", CPU, CUDA, OpenVINO:
		return nil
	}
	return fmt.Errorf("execution provider %q does not exist: it can be %s, %s or %s", p, CPU, CUDA, OpenVINO)
}
