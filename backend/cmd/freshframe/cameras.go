package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"freshframe/backend/capture/v4l2"
)

// printCameras lists the devices for a person.
func printCameras(out io.Writer, devices []v4l2.Device) error {
	if len(devices) == 0 {
		_, err := fmt.Fprintln(out, "No V4L2 camera found. Plug one in, or try: freshframe --source synthetic:")
		return err
	}
	for i, d := range devices {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s  %s (%s, %s)\n", d.Source, d.Name, d.Driver, d.Bus)
		if d.Error != nil {
			fmt.Fprintf(out, "  %s\n", d.Error)
			continue
		}
		w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
		fmt.Fprintln(w, "  input_format\tvideo_size\tframerates")
		for _, f := range d.Formats {
			for _, s := range f.Sizes {
				rates := make([]string, len(s.Framerates))
				for i, r := range s.Framerates {
					rates[i] = fmt.Sprintf("%g", r)
				}
				fmt.Fprintf(w, "  %s\t%s\t%s\n", f.InputFormat, s.VideoSize, strings.Join(rates, " "))
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}
