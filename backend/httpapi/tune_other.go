//go:build !linux

package httpapi

import "net"

// tune does nothing where the socket options have other names: slow clients then see
// older frames, as far as the kernel buffers.
func tune(net.Conn) {}
