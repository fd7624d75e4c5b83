package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"ssosync/internal/secret"
)

// Mode is what the configuration is read for.
type Mode int

// The modes.
const (
	CLI    Mode = iota
	Lambda      // reads no .env unless one is named: a function has variables
)

// Input is everything that [Load] reads.
type Input struct {
	Flags    *pflag.FlagSet                    // parsed, made by [Flags]; nil has none
	Environ  []string                          // as [os.Environ] returns it
	ReadFile func(name string) ([]byte, error) // nil is [ReadFile]
	Mode     Mode
	// Unset are settings that only a flag, or a file that a flag names, may make.
	Unset []string
	// Lookup fetches what a setting refers to. The Config has what is needed on
	// the way to AWS: credentials of a .env file, and a Region for names. Its error is a sentence that holds no secret. With nil,
	// nothing is fetched, and Validate does not miss what is kept elsewhere.
	Lookup func(c Config, ref secret.Reference) (Found, error)
}

// Load reads every setting: a flag wins over the environment, that over
// ssosync.yaml, that over .env, that over the default. The error joins a
// [*Error] for everything that could not be read; the Config holds the rest,
// so that [Config.Validate] can add what is missing or wrong.
func Load(in Input) (Config, Sources, []Warning, error) {
	if in.ReadFile == nil {
		in.ReadFile = ReadFile
	}
	l := &loader{in: in, sources: Sources{}, environ: environment(in.Environ)}
	l.cfg.sources, l.cfg.broken, l.cfg.elsewhere = l.sources, map[string]bool{}, map[string]secret.Reference{}
	l.names(l.environ, func(name string, _ int) Origin { return Origin{Layer: FromEnvironment, Name: name} })
	l.layers = append(
		l.layers,
		flagLayer(in.Flags),
		variableLayer(l.environ, func(name string, _ int) Origin { return Origin{Layer: FromEnvironment, Name: name} }),
	)
	for _, name := range []string{"config", "env-file", "no-env-file"} {
		o, _ := find(name)
		l.setting(o)
	}
	l.layers = append(l.layers, l.file(), l.dotenv())
	for _, o := range Options {
		if !slices.Contains([]string{"config", "env-file", "no-env-file"}, o.Name) && o.Kind != KeyFile {
			l.setting(o)
		}
	}
	l.awsKeys()
	l.lookUp()
	l.derive()
	l.endpointOfGoogle()
	l.googleLogin()
	return l.cfg, l.sources, l.warnings, errors.Join(l.problems...)
}

// A loader gathers what Load returns.
type loader struct {
	in       Input
	environ  map[string]variable
	dotEnv   map[string]variable
	layers   []layer // the strongest first
	cfg      Config
	sources  Sources
	warnings []Warning
	problems []error

	pending  []pending
	way      Config // what Lookup is told
	usualKey bool   // the Google key may be where the old tool looks
}

// problem notes what is wrong with a setting.
func (l *loader) problem(p *Error) {
	if p.Option != "" {
		l.cfg.broken[p.Option] = true
	}
	l.problems = append(l.problems, p)
}

func (l *loader) warn(option, format string, args ...any) {
	l.warnings = append(l.warnings, Warning{Option: option, Text: fmt.Sprintf(format, args...)})
}

// strongest returns what the strongest layer says of o.
func (l *loader) strongest(o Option) (given, bool) {
	for i, layer := range l.layers {
		if g, ok := layer.get(o); ok && l.counts(i, o) {
			return g, true
		}
	}
	return given{}, false
}

// counts reports whether a layer has a say in a setting: flags, the environment,
// the file and .env, in this order.
func (l *loader) counts(layer int, o Option) bool {
	named := layer == 2 && l.sources["config"].Layer == FromFlag
	return layer == 0 || named || !slices.Contains(l.in.Unset, o.Name)
}

// asLast does the same with the names that are asked last.
func (l *loader) asLast(o Option) (given, bool) {
	for i, layer := range l.layers {
		if layer.last == nil || !l.counts(i, o) {
			continue
		}
		if g, ok := layer.last(o); ok {
			return g, true
		}
	}
	return given{}, false
}

// setting sets o to what the strongest layer says, or else to its default.
func (l *loader) setting(o Option) {
	if o.Kind == Pairs {
		l.pairs(o)
		return
	}
	g, ok := l.strongest(o)
	if !ok {
		g = given{texts: []string{o.Default}}
	}
	l.sources[o.Name] = g.origin
	if ok && o.Note != "" {
		l.warn(o.Name, "%s has no effect: %s (from %s)", o.Name, o.Note, g.origin)
	}
	if ref, elsewhere := l.refer(o, g); elsewhere {
		l.postpone(pending{option: o, refs: []secret.Reference{ref}, origin: g.origin})
		return
	}
	if err := l.set(o, g); err != nil && !l.cfg.broken[o.Name] {
		l.problem(err)
	}
}

// pairs merges NAME=VALUE settings of all layers, the weakest first.
func (l *loader) pairs(o Option) {
	merged := map[string]string{}
	if o.Name == "guard" {
		for _, g := range guardLimits() {
			merged[g.name] = g.limit
			l.sources["guard "+g.name] = Origin{}
		}
	}
	for _, layer := range slices.Backward(l.layers) {
		g, ok := layer.get(o)
		if !ok {
			continue
		}
		l.sources[o.Name] = g.origin
		for _, pair := range o.items(g) {
			name, value, ok := strings.Cut(pair, "=")
			if !ok {
				l.problem(&Error{Option: o.Name, From: g.origin.String(), Text: o.Name + ": each limit is written NAME=PERCENT%/FLOOR"})
				continue
			}
			name = strings.TrimSpace(name)
			merged[name] = strings.TrimSpace(value)
			l.sources[o.Name+" "+name] = g.origin
		}
	}
	if _, ok := l.sources[o.Name]; !ok {
		l.sources[o.Name] = Origin{}
	}
	*o.field(&l.cfg).(*map[string]string) = merged
}

// set reads the texts of g into the field of o.
func (l *loader) set(o Option, g given) *Error {
	switch f := o.field(&l.cfg).(type) {
	case *string:
		*f = o.text(g)
	case *secret.String:
		*f = secret.New(o.text(g))
	case *bool:
		v, ok := parseBool(g.texts[len(g.texts)-1])
		if !ok {
			return &Error{Option: o.Name, From: g.origin.String(), Text: o.Name + " is neither true nor false", Hint: "write true, false, yes, no, 1 or 0"}
		}
		*f = v
	case *[]string:
		*f = o.items(g)
	}
	return nil
}

// text returns the value of a setting of one text.
func (o Option) text(g given) string {
	s := strings.TrimSpace(g.texts[len(g.texts)-1])
	switch o.Name {
	case "endpoint", "google-endpoint":
		s = strings.TrimRight(s, "/")
	case "log-level":
		// Logrus, whose names these are, takes any case and this synonym.
		if s = strings.ToLower(s); s == "warning" {
			s = "warn"
		}
	}
	return s
}

// items returns the value of a setting of many: a query as it was written, a
// list cut at its commas. Empty ones are dropped.
func (o Option) items(g given) []string {
	var items []string
	for _, text := range g.texts {
		parts := []string{text}
		if o.Kind == List || o.Name == "guard" {
			parts = strings.Split(text, ",")
		}
		for _, part := range parts {
			if part = strings.TrimSpace(part); part != "" {
				items = append(items, part)
			}
		}
	}
	return items
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0":
		return false, true
	}
	return false, false
}

// dotenv reads the .env file. One that nobody asked for need not exist, and a
// directory of that name is somebody else's.
func (l *loader) dotenv() layer {
	name, asked := l.cfg.EnvFile, l.sources["env-file"].Layer != FromDefault
	l.cfg.EnvFile = ""
	if l.cfg.NoEnvFile || (l.in.Mode == Lambda && !asked) {
		return variableLayer(nil, nil)
	}
	origin := func(_ string, line int) Origin { return Origin{Layer: FromDotEnv, Name: name, Line: line} }
	data, err := l.in.ReadFile(name)
	switch {
	case err == nil:
	case !asked && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR)):
		return variableLayer(nil, nil)
	default:
		l.problem(&Error{Option: "env-file", Text: fmt.Sprintf("read %s: %v", name, cause(err))})
		return variableLayer(nil, nil)
	}
	vars, problems := parseDotEnv(string(data), isEnvName)
	for _, p := range problems {
		l.problem(&Error{Text: fmt.Sprintf("%s line %d: %s", name, p.line, p.text)})
	}
	l.names(vars, origin)
	l.cfg.EnvFile, l.dotEnv = name, vars
	return variableLayer(vars, origin)
}

// cause strips the path from an error of the file system.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// sorted returns the names of variables in order.
func sorted(vars map[string]variable) []string { return slices.Sorted(maps.Keys(vars)) }
