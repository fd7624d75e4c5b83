// Package file reads a directory from a YAML or JSON file, for demonstrations,
// tests and replays. It takes a file as strictly as it can, and refuses to guess
// what a misspelt key, an unknown member or an address used twice was meant to
// be.
package file

import (
	"context"
	"fmt"
	"os"
	"slices"

	"ssosync/internal/directory"
)

// ErrEmpty is returned for a file without people or without groups: as for any
// source, nothing at all is no directory.
var ErrEmpty = directory.ErrEmpty

// A Source reads a directory from a file, anew at each call.
type Source struct {
	path  string
	needs directory.Needs
}

// New returns the source that reads the file at path. A file cannot answer
// queries that the reader cannot evaluate by itself.
func New(path string, needs directory.Needs) (*Source, error) {
	if q := slices.Concat(needs.UserQueries, needs.GroupQueries); len(q) > 0 {
		return nil, fmt.Errorf("read %s: the query %q takes Google's own search, which a file has not", path, q[0])
	}
	if _, err := parsePaths(needs.Paths); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &Source{path: path, needs: needs}, nil
}

// Read reads the whole file: everybody, all groups and all their members.
func (s *Source) Read(ctx context.Context) (directory.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return directory.Snapshot{}, err
	}
	data, err := os.ReadFile(s.path)
	if err != nil {
		return directory.Snapshot{}, fmt.Errorf("read directory: %w", err)
	}
	snap, err := Parse(data, s.needs.Paths)
	if err != nil {
		return directory.Snapshot{}, fmt.Errorf("read directory from %s: %w", s.path, err)
	}
	return snap, nil
}
