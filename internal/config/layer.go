package config

import (
	"fmt"
	"strings"
)

// Layer is a place that settings come from.
type Layer int

// The layers, the weakest first.
const (
	FromDefault Layer = iota
	FromDotEnv
	FromFile
	FromEnvironment
	FromFlag
	FromDerived // worked out from another setting
)

// Origin is where a value comes from.
type Origin struct {
	Layer Layer
	Name  string // of the flag, variable or file; of a derived value, what it is derived from
	Line  int    // in a file, from 1
	Ref   string // where the value itself is kept, "" if it is right there
}

// String returns the origin as people say it: "flag --endpoint",
// "environment SCIM_ENDPOINT", ".env line 4", "ssosync.yaml line 12" or
// "default", and after a comma the reference that the value is.
func (o Origin) String() string {
	if o.Ref != "" {
		return o.place() + ", " + o.Ref
	}
	return o.place()
}

func (o Origin) place() string {
	switch o.Layer {
	case FromDotEnv, FromFile:
		return fmt.Sprintf("%s line %d", o.Name, o.Line)
	case FromEnvironment:
		return "environment " + o.Name
	case FromFlag:
		return "flag " + o.Name
	case FromDerived:
		return o.Name
	default:
		return "default"
	}
}

// Sources are the origins of values by the name of the option; of settings
// that merge by name also by option and name, such as "guard users".
type Sources map[string]Origin

// A given is what one layer says of one setting.
type given struct {
	texts  []string
	origin Origin
}

// A layer answers for every setting what it says of it, if anything.
type layer struct {
	get func(Option) (given, bool)
	// last is the same for the names that are asked last.
	last func(Option) (given, bool)
}

// A variable is the value of a name in the environment or a file of such.
type variable struct {
	value string
	line  int
}

// variableLayer looks settings up by their environment names. An empty
// variable is an unset one, except where empty means something.
func variableLayer(vars map[string]variable, origin func(name string, line int) Origin) layer {
	among := func(o Option, names []string) (given, bool) {
		for _, name := range names {
			v, ok := vars[name]
			if ok && (o.Kind == Query || o.Blank || strings.TrimSpace(v.value) != "") {
				return given{[]string{v.value}, origin(name, v.line)}, true
			}
		}
		return given{}, false
	}
	return layer{
		get:  func(o Option) (given, bool) { return among(o, o.Env) },
		last: func(o Option) (given, bool) { return among(o, o.Last) },
	}
}

// environment splits the strings of os.Environ.
func environment(environ []string) map[string]variable {
	vars := make(map[string]variable, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			vars[name] = variable{value: value}
		}
	}
	return vars
}
