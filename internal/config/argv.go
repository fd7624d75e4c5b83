package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// RewriteArgs makes a command line plain before flags are parsed: it returns
// every flag as --name=value, and up to positional arguments as they are. It
// knows what a shell does to a command line whose variables are not set, and
// what -r has meant over the years:
//
//   - -r REGION is --region, bare -r is --retain-unmatched, with a warning:
//     awslabs/ssosync had the one up to 2.4 and the other from 2.8 on;
//   - a flag that is known is never the value of the flag before it, so that
//     "-t $UNSET -u admin@example.com" is an error and not a token "-u";
//   - more arguments than positional are an error: mostly an unquoted *.
//
// No value is ever part of an error; any of them could be a token.
func RewriteArgs(args []string, known *pflag.FlagSet, positional int) ([]string, []Warning, error) {
	r := rewriter{known: known, left: args, positional: positional}
	for len(r.left) > 0 && !r.done {
		r.next()
	}
	if len(r.problems) > 0 {
		return nil, r.warnings, errors.Join(r.problems...)
	}
	// What is left follows an end of flags.
	return append(r.out, r.plain...), r.warnings, nil
}

type rewriter struct {
	known      *pflag.FlagSet
	left       []string // not read yet
	out        []string // flags
	plain      []string // arguments, after "--" if one of them looks like a flag
	positional int      // arguments that are still allowed
	last       string   // the flag before, for messages
	read       int      // how many of args are read
	done       bool     // the rest cannot be understood
	warnings   []Warning
	problems   []error
}

func (r *rewriter) take() string {
	arg := r.left[0]
	r.left = r.left[1:]
	r.read++
	return arg
}

func (r *rewriter) wrong(option, hint, format string, a ...any) {
	r.problems = append(r.problems, &Error{Option: option, Text: fmt.Sprintf(format, a...), Hint: hint})
}

// next reads one argument, and the value that belongs to it.
func (r *rewriter) next() {
	arg := r.take()
	switch {
	case arg == "--":
		r.done = true
		r.plain = append(r.plain, "--")
		for len(r.left) > 0 {
			r.argument(r.take())
		}
	case strings.HasPrefix(arg, "--"):
		r.long(arg[2:])
	case len(arg) > 1 && arg[0] == '-':
		r.cluster(arg[1:])
	default:
		r.argument(arg)
	}
}

// argument takes what is no flag.
func (r *rewriter) argument(arg string) {
	r.positional--
	switch {
	case r.positional >= 0:
		r.plain = append(r.plain, arg)
	case r.positional == -1:
		after := ""
		if r.last != "" {
			after = ", after " + r.last + ","
		}
		r.wrong("", "is there an unquoted * or a query with spaces?", "argument %d%s is neither a flag nor the value of one", r.read, after)
	}
}

// long reads --name or --name=value.
func (r *rewriter) long(text string) {
	name, value, attached := strings.Cut(text, "=")
	r.last = "--" + name
	f := r.known.Lookup(name)
	switch {
	case f == nil && name == "help":
		r.out = append(r.out, "--help")
	case f == nil:
		r.unknown(name)
	case attached:
		r.set(f, value)
	case f.NoOptDefVal != "":
		r.out = append(r.out, "--"+name)
	default:
		r.value(f)
	}
}

// unknown reports a flag that does not exist. What follows it may be its
// value or not, so that nothing more can be said of the rest.
func (r *rewriter) unknown(name string) {
	r.done = true
	var names []string
	r.known.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	hint := ""
	if best := nearest(name, names); best != "" {
		hint = "do you mean --" + best + "?"
	}
	if !isFlagName(name) {
		r.wrong("", hint, "argument %d is an unknown flag", r.read)
		return
	}
	r.wrong("", hint, "unknown flag --%s", name)
}

// isFlagName reports whether text may be shown as a flag's name.
func isFlagName(s string) bool {
	return s != "" && len(s) < 32 && !strings.ContainsFunc(s, func(c rune) bool { return (c < 'a' || c > 'z') && c != '-' })
}

// cluster reads short flags: -x, -xy, -xVALUE, -x=VALUE, or -x VALUE.
func (r *rewriter) cluster(text string) {
	for i := range len(text) {
		short := text[i : i+1]
		r.last = "-" + short
		rest := text[i+1:]
		f := r.short(short)
		switch {
		case f == nil && short == "h":
			r.out = append(r.out, "--help")
		case f == nil:
			return
		case f.Name == "region" && i > 0 && rest != "":
			r.wrong("region", "write --region or --retain-unmatched", "-r is not the last letter of its group of flags")
			return
		case f.Name == "region":
			r.region(f, rest)
			return
		case strings.HasPrefix(rest, "="):
			r.set(f, rest[1:])
			return
		case f.NoOptDefVal != "":
			r.out = append(r.out, "--"+f.Name)
		case rest != "":
			r.set(f, rest)
			return
		default:
			r.value(f)
			return
		}
	}
}

// short looks a short flag up, or reports that there is none.
func (r *rewriter) short(c string) *pflag.Flag {
	// A byte above ASCII is no letter; ShorthandLookup panics at two bytes only.
	if f := r.known.ShorthandLookup(c); f != nil || c == "h" {
		return f
	}
	r.done = true
	switch {
	case c == "a":
		r.wrong("google-credentials", "write -c FILE or --google-credentials", "-a is not a flag, although some versions listed it")
	case c >= "A" && c <= "Z" || c >= "a" && c <= "z":
		r.wrong("", "", "unknown flag -%s", c)
	default:
		r.wrong("", "", "argument %d is an unknown flag", r.read)
	}
	return nil
}

// value takes the next argument as the value of f, unless that is a flag.
func (r *rewriter) value(f *pflag.Flag) {
	if len(r.left) == 0 || r.isFlag(r.left[0]) {
		hint := ""
		if o, ok := find(f.Name); ok && o.hint() != "" {
			hint = "is " + o.hint() + " set?"
		}
		p := &Error{Option: f.Name, Text: "flag " + r.last + " needs a value"}
		if hint != "" {
			p.Text += " (" + hint + ")"
		}
		r.problems = append(r.problems, p)
		return
	}
	r.set(f, r.take())
}

func (r *rewriter) set(f *pflag.Flag, value string) {
	r.out = append(r.out, "--"+f.Name+"="+value)
}

// isFlag reports whether an argument is a flag that is known, with or without
// a value attached. Others that begin with "-" may well be values.
func (r *rewriter) isFlag(arg string) bool {
	switch {
	case arg == "--":
		return true
	case strings.HasPrefix(arg, "--"):
		name, _, _ := strings.Cut(arg[2:], "=")
		return name == "help" || r.known.Lookup(name) != nil
	case len(arg) > 1 && arg[0] == '-':
		return arg == "-h" || r.known.ShorthandLookup(arg[1:2]) != nil
	}
	return false
}

// region settles what -r means, by what follows it.
func (r *rewriter) region(f *pflag.Flag, rest string) {
	value, attached := strings.CutPrefix(rest, "=")
	retain := func(text string) {
		r.out = append(r.out, text)
		r.warnings = append(r.warnings, Warning{Option: "retain-unmatched", Text: "-r is --region; write --retain-unmatched"})
	}
	switch {
	case !attached && rest == "" && (len(r.left) == 0 || strings.HasPrefix(r.left[0], "-")):
		retain("--retain-unmatched")
		return
	case !attached && rest == "":
		value = r.take()
	}
	switch {
	case strings.TrimSpace(value) == "":
		// The variable is empty: no region was given.
	case attached && (value == "true" || value == "false"):
		retain("--retain-unmatched=" + value)
	case isRegion(value):
		r.set(f, value)
	default:
		r.wrong("region", "write --region or --retain-unmatched", "the value of -r is not a region such as us-east-1")
	}
}
