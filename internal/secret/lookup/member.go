package lookup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ssosync/internal/httpx"
)

const (
	maxNames = 20 // how many members a message names
	maxLabel = 64 // how long each of them may be in it, in bytes
)

// member returns one member of a JSON object: a string's text, or else its JSON
// (RFC 8259), so that a service account key can be one, as an object or as text.
func member(text, key string) (string, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil || all == nil {
		return "", &fault{text: "it is not a JSON object, so that it has no member " + label(key), remedy: "leave the # and what follows it out, or store an object", kind: ErrSetup}
	}
	raw, ok := all[key]
	if !ok {
		return "", &fault{text: fmt.Sprintf("it has no member %s; %s", label(key), named(all)), remedy: "what follows the # is one of these, in the same case", kind: ErrNotFound}
	}
	var s string
	switch {
	case string(raw) == "null":
		return "", &fault{text: "its member " + label(key) + " is null", remedy: "put a value in", kind: ErrSetup}
	case json.Unmarshal(raw, &s) == nil:
		return trimmed(s), nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return "", &fault{text: "its member " + label(key) + " is not JSON", kind: ErrSetup}
	}
	return b.String(), nil
}

// named lists the names of members, never what they hold.
func named(all map[string]json.RawMessage) string {
	names := slices.Sorted(maps.Keys(all))
	more := ""
	if n := len(names) - maxNames; n > 0 {
		names, more = names[:maxNames], fmt.Sprintf(" and %d more", n)
	}
	if len(names) == 0 {
		return "it has none at all"
	}
	for i := range names {
		names[i] = label(names[i])
	}
	return "it has " + strings.Join(names, ", ") + more
}

func label(name string) string { return httpx.Said(name, maxLabel) }
