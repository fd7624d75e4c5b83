package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Flags registers the flags of [Options] on fs. A flag accepts any text:
// [Load] reads it as it reads the same setting from anywhere else, and reports
// what is wrong with all of them at once.
func Flags(fs *pflag.FlagSet) {
	for _, o := range Options {
		if o.NoFlag {
			continue
		}
		f := fs.VarPF(&flagValue{option: o}, o.Name, o.Short, o.Help)
		if o.Kind == Bool {
			f.NoOptDefVal = "true"
		}
		f.Hidden = o.Note != ""
	}
}

// A flagValue collects what was written after a flag. It shows the default and
// never a value, because pflag prints values in its errors.
type flagValue struct {
	option Option
	texts  []string
}

var _ pflag.Value = (*flagValue)(nil)

// Set implements [pflag.Value]. It never fails: pflag would quote the value.
func (v *flagValue) Set(text string) error {
	if !v.option.repeats() {
		v.texts = nil
	}
	v.texts = append(v.texts, text)
	return nil
}

// String implements [pflag.Value].
func (v *flagValue) String() string {
	if v.texts == nil || !v.option.Secret {
		return v.option.Default
	}
	return masked
}

// Type implements [pflag.Value]; help shows it where a text names no value.
func (v *flagValue) Type() string {
	if v.option.Kind == Bool {
		return "bool"
	}
	return "string"
}

// repeats reports whether giving a flag again adds to it.
func (o Option) repeats() bool {
	return slices.Contains([]Kind{List, Query, Pairs}, o.Kind)
}

// flagLayer is what the command line says.
func flagLayer(fs *pflag.FlagSet) layer {
	return layer{get: func(o Option) (given, bool) {
		if fs == nil || o.NoFlag {
			return given{}, false
		}
		f := fs.Lookup(o.Name)
		if f == nil || !f.Changed {
			return given{}, false
		}
		texts := []string{f.Value.String()}
		if v, ok := f.Value.(*flagValue); ok {
			texts = v.texts
		}
		// A flag that was given empty, as in -t "$UNSET", is not given, except
		// where empty is a value: no groups, nobody ignored.
		if !o.repeats() && !o.Blank && strings.TrimSpace(texts[0]) == "" {
			return given{}, false
		}
		return given{texts, Origin{Layer: FromFlag, Name: "--" + o.Name}}, true
	}}
}
