package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// nextPart reads the next JPEG of a multipart stream by its Content-Length.
func nextPart(r *bufio.Reader) ([]byte, error) {
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 || length > 64<<20 {
				return nil, fmt.Errorf("a part of length %q", value)
			}
		}
		if line == "" && length > 0 { // the end of a part's header, not of the response's
			data := make([]byte, length)
			_, err := io.ReadFull(r, data)
			return data, err
		}
	}
}
