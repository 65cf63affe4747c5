package network

import (
	"freshframe/backend/onnx"
	"freshframe/backend/option"
)

const providerOption = "execution_provider"

// ProviderOption lets a person choose where an analyzer's networks run.
func ProviderOption() option.Option {
	o := option.Option{
		Name: providerOption, Type: option.Enum, Default: string(onnx.CPU),
		Doc: "Where the network runs, if the ONNX Runtime that is installed can.",
	}
	for _, p := range onnx.Providers() {
		o.Choices = append(o.Choices, string(p))
	}
	return o
}

// Provider is what was chosen with ProviderOption.
func Provider(v option.Values) onnx.Provider { return onnx.Provider(v.Enum(providerOption)) }
