package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// LoadFile reads a [Fixture] from a JSON file. An unknown key is an error: a
// misspelt one would otherwise be a silent hole in a test.
func LoadFile(path string) (*Directory, error) {
	f, err := readFixture(path)
	if err != nil {
		return nil, err
	}
	d, err := NewDirectory(f)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	return d, nil
}

// Reload replaces the whole content with that of a file. On an error the
// content stays as it was.
func (d *Directory) Reload(path string) error {
	f, err := readFixture(path)
	if err != nil {
		return err
	}
	if err := d.replace(f); err != nil {
		return fmt.Errorf("reload %s: %w", path, err)
	}
	return nil
}

// Watch reloads the file whenever its time of change or size differs, looking
// every so often, until ctx ends. It blocks. After each reload it calls
// report with the outcome; a file that cannot be read is reported once, not
// at each look.
func (d *Directory) Watch(ctx context.Context, path string, every time.Duration, report func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := fileMark(path)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if mark := fileMark(path); mark != last {
			last = mark
			report(d.Reload(path))
		}
	}
}

func fileMark(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

func readFixture(path string) (Fixture, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Fixture{}, fmt.Errorf("load fixture: %w", err)
	}
	f, err := decodeFixture(data)
	if err != nil {
		return Fixture{}, fmt.Errorf("load %s: %w", path, err)
	}
	return f, nil
}

func decodeFixture(data []byte) (Fixture, error) {
	var f Fixture
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return Fixture{}, fmt.Errorf("decode fixture: %w", err)
	}
	return f, nil
}
