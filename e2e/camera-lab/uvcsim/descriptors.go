package uvcsim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf16"
)

// Interfaces, entities and the endpoint of the camera.
const (
	controlInterface   = 0
	streamingInterface = 1

	terminalUnit   = 1 // camera terminal
	processingUnit = 2
	outputUnit     = 3

	videoEndpoint = 1
	endpointIn    = 0x80
)

// Sizes of transfers at high speed.
const (
	isoPacket   = 1024 // bytes, of which up to three go in a microframe
	isoPayload  = 3 * isoPacket
	bulkPacket  = 512
	bulkPayload = 32 * bulkPacket // what uvcvideo gives a bulk transfer at most
)

// Descriptor types (USB 9.4, UVC A.4).
const (
	typeDevice      = 1
	typeConfig      = 2
	typeString      = 3
	typeInterface   = 4
	typeEndpoint    = 5
	typeAssociation = 11
	typeClass       = 0x24 // class-specific interface
)

// Kinds of class-specific descriptors of a streaming interface (UVC A.6).
const (
	inputHeader        = 0x01
	formatUncompressed = 0x04
	frameUncompressed  = 0x05
	formatMJPEG        = 0x06
	frameMJPEG         = 0x07
	colorFormat        = 0x0d
)

const (
	videoClass     = 0x0e
	controlClass   = 1 // subclasses of it
	streamingClass = 2
	bothClass      = 3

	clockHz = 48_000_000
	uvc11   = 0x0110
)

var le = binary.LittleEndian

// descriptor begins with its length, which is known last.
func descriptor(kind byte, rest ...byte) []byte {
	return append([]byte{byte(2 + len(rest)), kind}, rest...)
}

func u16(v int) []byte { return le.AppendUint16(nil, uint16(v)) }
func u32(v int) []byte { return le.AppendUint32(nil, uint32(v)) }

func deviceDescriptor(c Config) []byte {
	serial := byte(3)
	if c.NoSerial {
		serial = 0
	}
	return descriptor(typeDevice, slices.Concat(
		u16(0x0200),                 // USB 2.0
		[]byte{0xef, 2, 1},          // functions by interface association
		[]byte{64},                  // packet of endpoint 0
		u16(0x1d6b),                 // Linux Foundation
		u16(0x0102),                 // its webcam
		u16(0x0100),                 // release of the device
		[]byte{1, 2, serial, 1})...) // strings, configurations
}

// stringDescriptor is number i: 0 lists the languages, the others are texts.
func stringDescriptor(texts []string, i int) (b []byte, ok bool) {
	if i == 0 {
		return descriptor(typeString, u16(0x0409)...), true // English
	}
	if i > len(texts) {
		return nil, false
	}
	for _, u := range utf16.Encode([]rune(texts[i-1])) {
		b = le.AppendUint16(b, u)
	}
	return descriptor(typeString, b...), true
}

// configDescriptor is the whole configuration: both interfaces with all that is in them.
func configDescriptor(c Config) ([]byte, error) {
	streaming := streamingDescriptors(c)
	body := slices.Concat(
		descriptor(typeAssociation, controlInterface, 2, videoClass, bothClass, 0, 0),
		descriptor(typeInterface, controlInterface, 0, 0, videoClass, controlClass, 0, 0),
		controlDescriptors(c.Controls),
	)
	alternate := func(n, endpoints byte) []byte {
		return descriptor(typeInterface, streamingInterface, n, endpoints, videoClass, streamingClass, 0, 0)
	}
	if c.Bulk {
		body = slices.Concat(body, alternate(0, 1), streaming, endpoint(2, bulkPacket, 0))
	} else {
		// A host takes bandwidth by choosing an alternate setting, and gives it back with 0.
		body = slices.Concat(body, alternate(0, 0), streaming)
		for n := range 3 {
			body = slices.Concat(body, alternate(byte(n+1), 1), endpoint(5, n<<11|isoPacket, 1))
		}
	}
	total := 9 + len(body)
	if total > 65535 {
		return nil, fmt.Errorf("the formats take %d bytes of description: USB has 65535", total)
	}
	head := descriptor(typeConfig, slices.Concat(u16(total), []byte{2, 1, 0, 0x80, 250})...)
	return append(head, body...), nil
}

// endpoint describes the video endpoint: 5 is isochronous and asynchronous, 2 bulk.
func endpoint(attributes byte, packet int, interval byte) []byte {
	return descriptor(typeEndpoint, slices.Concat([]byte{endpointIn | videoEndpoint, attributes}, u16(packet), []byte{interval})...)
}

// controlDescriptors chain camera, processing and the USB output (UVC 3.7).
func controlDescriptors(controls []Control) []byte {
	class := func(kind byte, parts ...[]byte) []byte {
		return descriptor(typeClass, append([]byte{kind}, slices.Concat(parts...)...)...)
	}
	units := slices.Concat(
		class(0x02, []byte{terminalUnit}, u16(0x0201), []byte{0, 0}, u16(0), u16(0), u16(0), []byte{3}, u32(int(controlBits(controls, terminalUnit)))[:3]),
		class(0x05, []byte{processingUnit, terminalUnit}, u16(0), []byte{2}, u16(int(controlBits(controls, processingUnit))), []byte{0, 0}),
		class(0x03, []byte{outputUnit}, u16(0x0101), []byte{0, processingUnit, 0}),
	)
	return append(class(0x01, u16(uvc11), u16(13+len(units)), u32(clockHz), []byte{1, streamingInterface}), units...)
}

// streamingDescriptors list formats and sizes (UVC 3.9).
func streamingDescriptors(c Config) []byte {
	var formats []byte
	for i, f := range c.Formats {
		formats = append(formats, f.descriptors(byte(i+1))...)
	}
	n := len(c.Formats)
	head := slices.Concat(
		[]byte{inputHeader, byte(n)}, u16(13+n+len(formats)),
		[]byte{endpointIn | videoEndpoint, 0, outputUnit, 0, 0, 0, 1}, // no still pictures
		make([]byte, n), // no controls of single formats
	)
	return append(descriptor(typeClass, head...), formats...)
}

// guids of uncompressed formats: a FourCC and the rest that all of them share.
var guids = map[Pixels]string{
	YUYV: "YUY2\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71",
	NV12: "NV12\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71",
}

// descriptors of format number n, its sizes, and the color they are in.
func (f Format) descriptors(n byte) []byte {
	count := byte(len(f.Sizes))
	frame := byte(frameUncompressed)
	var b []byte
	if f.Pixels == MJPEG {
		frame = frameMJPEG
		b = descriptor(typeClass, formatMJPEG, n, count, 0, 1, 0, 0, 0, 0)
	} else {
		bits := byte(8 * f.Pixels.bytes(Size{Width: 64, Height: 64}.point()) / (64 * 64))
		b = descriptor(typeClass, slices.Concat([]byte{formatUncompressed, n, count}, []byte(guids[f.Pixels]), []byte{bits, 1, 0, 0, 0, 0})...)
	}
	for i, s := range f.Sizes {
		b = append(b, s.descriptor(frame, byte(i+1), f.Pixels.bytes(s.point()))...)
	}
	return append(b, descriptor(typeClass, colorFormat, 1, 1, 4)...) // BT.709, BT.601 matrix
}

// descriptor of size number n of a format, whose pictures take at most so many bytes.
func (s Size) descriptor(kind, n byte, most int) []byte {
	intervals := s.intervals()
	short, long := slices.Min(intervals), slices.Max(intervals)
	bitRate := func(interval uint32) []byte { // saturated: nobody counts on it
		return u32(int(min(8*uint64(most)*1e7/uint64(interval), 1<<32-1)))
	}
	list := []byte{byte(len(intervals))}
	if s.Step > 0 {
		list = slices.Concat([]byte{0}, u32(int(short)), u32(int(long)), u32(int(s.Step/tick)))
	} else {
		for _, v := range intervals {
			list = le.AppendUint32(list, v)
		}
	}
	return descriptor(typeClass, slices.Concat(
		[]byte{kind, n, 0}, u16(s.Width), u16(s.Height),
		bitRate(long), bitRate(short), u32(most), u32(int(intervals[0])), list,
	)...)
}
