//go:build unix

package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A journaled run is what the journal says of one.
type journaled struct {
	pid     int
	intents int
	end     string // its outcome; empty: it has no end
}

// journal is the path of the one journal that there is; empty: there is none.
func (w *world) journal() string {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.dir, "state", "*", "journal.jsonl"))
	must(w.t, err)
	if len(names) > 1 {
		w.t.Fatalf("there are several journals: %q", names)
	}
	return strings.Join(names, "")
}

// journalSize is how long it is, in bytes.
func (w *world) journalSize() int64 {
	w.t.Helper()
	info, err := os.Stat(w.journal())
	must(w.t, err)
	return info.Size()
}

// lastRun reads the end of the journal. A last line that is torn counts as not
// written.
func (w *world) lastRun() (run journaled) {
	w.t.Helper()
	data, err := os.ReadFile(w.journal())
	must(w.t, err)
	for _, line := range slices.Backward(bytes.Split(data, []byte("\n"))) {
		var l struct {
			Record struct {
				Type, Outcome string
				PID           int
			}
		}
		if json.Unmarshal(line, &l) != nil {
			continue
		}
		switch l.Record.Type {
		case "run":
			run.pid = l.Record.PID
			return run
		case "intent":
			run.intents++
		case "end":
			run.end = l.Record.Outcome
		}
	}
	w.t.Fatal("the journal has no run")
	return run
}
