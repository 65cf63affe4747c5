// Package frontend carries the built dashboard inside the program.
// In: frontend/dist, filled by `npm run build`. Out: its files.
// It must never serve them, nor know that there is HTTP.
package frontend

import (
	"embed"
	"io/fs"
)

// all: takes .gitkeep along, so that a fresh clone compiles before the first build.
//
//go:embed all:dist
var dist embed.FS

// Files is the built dashboard, with index.html at its root, and whether it was built: a
// program compiled before `npm run build` carries an empty one.
func Files() (files fs.FS, built bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path; Sub checks nothing else
	}
	_, err = fs.Stat(files, "index.html")
	return files, err == nil
}
