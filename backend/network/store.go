package network

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"freshframe/backend/models"
	"freshframe/backend/onnx"
)

// Store opens each model once for all who use it, and closes it when the last of them has left:
// one that somebody tried and left may be as large as the memory. A change of an analyzer opens
// nothing again, because the new one is made before the old one is closed.
//
// The zero Store has the program's own models, and the runtime that package onnx finds.
type Store struct {
	// Runtime is nil for ONNX Runtime. Tests put theirs here, before the first use.
	Runtime Runtime

	mu      sync.Mutex
	folder  string
	library string
	inUse   map[use]*shared
}

// use is a model by its content, and where it runs.
type use struct {
	model    [sha256.Size]byte
	provider onnx.Provider
}

// shared is a model in use. It is opened by the first who wants it, without the store's lock:
// that may take seconds, and the others' models have nothing to do with it.
type shared struct {
	Model
	open  sync.Once
	err   error
	users int
}

// Use says in which folder to look for models first, and which library is the runtime; "" is
// none, and the one that package onnx finds. It comes before the first analyzer. A folder that
// is none is an error: else a slip of the pen would silently mean the program's own models.
func (s *Store) Use(folder, library string) error {
	if folder != "" {
		info, err := os.Stat(folder)
		if err != nil {
			return fmt.Errorf("the folder of models: %w", err)
		}
		if !info.IsDir() {
			return fmt.Errorf("the folder of models: %s is no folder", folder)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folder, s.library = folder, library
	return nil
}

// Missing says why no network can run on this machine, and what to do; the error wraps
// onnx.ErrUnavailable. nil: nothing is missing. It loads the runtime if that was not done, and
// remembers no failure: what is missing can be installed meanwhile.
func (s *Store) Missing() error {
	s.mu.Lock()
	library := s.library
	s.mu.Unlock()
	return s.runtime().Load(library)
}

func (s *Store) runtime() Runtime {
	if s.Runtime != nil {
		return s.Runtime
	}
	return native{}
}

// File is what was read, and its name or path for people.
type File struct {
	Name string
	Data []byte
}

// MaxModel is the largest model to read, in bytes.
const MaxModel = 1 << 30

// Program is one of the program's models by its name in package models: from the folder if that
// has a file NAME.onnx, else the embedded one.
func (s *Store) Program(name string) (File, error) {
	if folder := s.where(); folder != "" {
		path := filepath.Join(folder, name+".onnx")
		data, err := read(path, MaxModel)
		if !errors.Is(err, fs.ErrNotExist) {
			return File{path, data}, err
		}
	}
	data, err := models.Load("", name)
	return File{name, data}, err
}

// Read reads a file that a person named, of at most so many bytes. A bare name, without a
// separator, is looked for in the folder first; then it is a path, as others are.
func (s *Store) Read(name string, most int64) (File, error) {
	folder := s.where()
	if folder == "" || filepath.Base(name) != name {
		data, err := read(name, most)
		return File{name, data}, err
	}
	path := filepath.Join(folder, name)
	data, err := read(path, most)
	if !errors.Is(err, fs.ErrNotExist) {
		return File{path, data}, err
	}
	data, here := read(name, most)
	if errors.Is(here, fs.ErrNotExist) {
		return File{}, fmt.Errorf("there is neither %s nor a file %s where the program was started: %w", path, name, fs.ErrNotExist)
	}
	return File{name, data}, here
}

func (s *Store) where() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.folder
}

// read reads a file, and nothing that is none: a pipe would never end.
func read(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", path)
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes: want at most %d", path, info.Size(), most)
	}
	return os.ReadFile(path)
}

// Own lends the program's model of that name, which must be of the wanted form: the one in the
// folder may be anything.
func (s *Store) Own(name string, on onnx.Provider, want Form) (*Network, error) {
	f, err := s.Program(name)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	return s.Bind(f, on, want.Check)
}

// Bind lends the model in the file; its Close gives it back. accept sees what the model takes
// and gives before anything is made of it, and may refuse. An error names the model; without
// the runtime it wraps onnx.ErrUnavailable, says what to do and is not remembered.
func (s *Store) Bind(f File, on onnx.Provider, accept func(inputs, outputs []onnx.Value) error) (*Network, error) {
	m, leave, err := s.enter(f, on)
	if err != nil {
		return nil, err
	}
	if err := accept(m.Inputs(), m.Outputs()); err != nil {
		return nil, errors.Join(fmt.Errorf("model %s: %w", f.Name, err), leave())
	}
	n, err := bind(m)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("model %s: %w", f.Name, err), leave())
	}
	n.Runner = &lent{Runner: n.Runner, leave: leave}
	return n, nil
}

// enter opens the model, unless it is open; leave, called once, gives it up.
func (s *Store) enter(f File, on onnx.Provider) (_ Model, leave func() error, err error) {
	of := use{sha256.Sum256(f.Data), on}
	s.mu.Lock()
	sh := s.inUse[of]
	if sh == nil {
		sh = &shared{}
		if s.inUse == nil {
			s.inUse = map[use]*shared{}
		}
		s.inUse[of] = sh
	}
	sh.users++
	library := s.library
	s.mu.Unlock()
	sh.open.Do(func() {
		sh.Model, sh.err = s.runtime().Open(f.Name, f.Data, onnx.Options{Library: library, Provider: on})
	})
	if sh.err != nil {
		return nil, nil, errors.Join(sh.err, s.leave(of, sh))
	}
	return sh.Model, func() error { return s.leave(of, sh) }, nil
}

func (s *Store) leave(of use, sh *shared) error {
	s.mu.Lock()
	sh.users--
	last := sh.users == 0
	if s.inUse[of] == sh && (last || sh.err != nil) { // a failure is not remembered
		delete(s.inUse, of)
	}
	s.mu.Unlock()
	if !last || sh.err != nil {
		return nil
	}
	return sh.Close()
}
