package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"freshframe/backend/capture/v4l2"
)

// listCameras is `freshframe cameras`.
func listCameras(out io.Writer, asJSON bool) error {
	devices := v4l2.Discover()
	if asJSON {
		return encodeCameras(out, devices)
	}
	return printCameras(out, devices)
}

// encodeCameras writes the devices as GET /api/v1/cameras does.
func encodeCameras(out io.Writer, devices []v4l2.Device) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"cameras": devices})
}

// printCameras lists the devices for a person: for each what it is, then what it offers or what
// is wrong with it.
func printCameras(out io.Writer, devices []v4l2.Device) error {
	if len(devices) == 0 {
		_, err := fmt.Fprintln(out, "No V4L2 camera found. Plug one in, or try: freshframe --source synthetic:")
		return err
	}
	b := bufio.NewWriter(out) // keeps the first error for Flush
	for i, d := range devices {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintln(b, cmp.Or(d.Name, d.Device))
		facts := [][2]string{{"source", d.Source}, {"stable", d.Stable}, {"bus", d.Bus}, {"driver", d.Driver}}
		if d.Error != nil {
			facts = append(facts, [2]string{"error", d.Error.Message}, [2]string{"hint", d.Error.Hint})
		}
		for _, f := range facts {
			if f[1] != "" {
				fmt.Fprintf(b, "  %-8s%s\n", f[0], f[1])
			}
		}
		if len(d.Formats) > 0 {
			fmt.Fprintln(b)
			printFormats(b, d.Formats)
		}
	}
	return b.Flush()
}

// printFormats is the table of what a camera offers; a format's name stands once.
func printFormats(out io.Writer, formats []v4l2.Format) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  input_format\tdescription\tvideo_size\tframerate")
	for _, f := range formats {
		name, description := f.InputFormat, f.Description
		for _, s := range f.Sizes {
			rates := make([]string, len(s.Framerates))
			for i, r := range s.Framerates {
				rates[i] = strconv.FormatFloat(r, 'g', -1, 64)
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", name, description, s.VideoSize, cmp.Or(strings.Join(rates, " "), "unknown"))
			name, description = "", ""
		}
	}
	w.Flush() // to a buffer
}
