package config

import "slices"

// Kind is the shape of a setting's value.
type Kind int

// The kinds of value.
const (
	Text    Kind = iota // one string; empty is unset
	Bool                // true/false, 1/0, yes/no in any case
	Enum                // one of Option.Values
	List                // comma list, or repeated; items trimmed, empty ones dropped
	Query               // as it was written, or repeated; empty is a value
	Pairs               // NAME=VALUE, or repeated; a map in the file; merged by name
	KeyFile             // a path, JSON, or base64 of JSON
)

// Group is the heading under which a setting is documented.
type Group string

// The headings, in the order of the reference.
const (
	Google    Group = "Google"
	AWS       Group = "AWS"
	Scope     Group = "Scope"
	Semantics Group = "Semantics"
	Guards    Group = "Guards"
	Output    Group = "Output"
	Files     Group = "Files"
)

// An Option is one setting: its names everywhere, and where it goes.
type Option struct {
	Name    string   // of the flag, and the key in ssosync.yaml
	Short   string   // one letter, or ""
	Env     []string // environment names, the strongest first
	Last    []string // environment names asked when nothing else says anything
	Kind    Kind
	Values  []string // of an Enum; of a List, the only items that are allowed
	Default string
	Group   Group
	Help    string // one line; the value's name in `backquotes`
	Note    string // why it has no effect; "" if it has
	Since   string // first release of awslabs/ssosync with it; "" if it is new here
	Secret  bool   // never shown
	NoFlag  bool   // only in the file
	NoFile  bool   // not in the file
	Blank   bool   // of a Text: empty is a value

	// Elsewhere says that the value may be a reference to where it is kept (see
	// [secret.ParseReference]).
	Elsewhere bool

	field func(*Config) any
}

// FileKey returns the key of the setting in ssosync.yaml, or "".
func (o Option) FileKey() string {
	switch {
	case o.NoFile:
		return ""
	case o.Name == "guard":
		return "guards"
	default:
		return o.Name
	}
}

// hint is the environment variable that a command line most likely meant to
// expand: the names of the common articles come last in the table.
func (o Option) hint() string {
	names := o.Env
	if o.Kind != KeyFile {
		names = slices.Concat(o.Env, o.Last)
	}
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// find returns the option of that name.
func find(name string) (Option, bool) {
	for _, o := range Options {
		if o.Name == name {
			return o, true
		}
	}
	return Option{}, false
}

// A guardLimit is the default of one guard.
type guardLimit struct{ name, limit string }

// guardLimits are the guards whose limits can be set.
func guardLimits() []guardLimit {
	return []guardLimit{
		{"users", "10%/5"},
		{"groups", "10%/2"},
		{"leaves", "20%/20"},
		{"group-leaves", "50%/9"},
		{"shrink", "30%/5"},
	}
}

// GuardNames returns the names of the guards that --guard knows: a limit of any
// other would do nothing.
func GuardNames() []string {
	var names []string
	for _, g := range guardLimits() {
		names = append(names, g.name)
	}
	return names
}

// AcceptNames returns the names of the guards that --accept knows: those with a
// limit, and those that do not measure.
func AcceptNames() []string { return append(GuardNames(), "query", "protected") }
