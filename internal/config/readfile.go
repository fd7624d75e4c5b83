package config

import (
	"errors"
	"io"
	"os"
)

// maxFile is far above what a key, a .env or a list of settings takes, in bytes.
const maxFile = 1 << 20

var errLargeFile = errors.New("it is larger than 1 MB: is it the right file?")

// ReadFile reads a file as [os.ReadFile] does, but one that is larger than any
// configuration, such as a device without an end, is an error, and is not read
// whole.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // The operator names it.
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		return nil, errLargeFile
	}
	return data, err
}
