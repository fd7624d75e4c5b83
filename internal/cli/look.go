package cli

import (
	"io"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/term"

	"ssosync/internal/config"
)

const (
	plainWidth = 100     // of help that is not for a terminal
	unbroken   = 1 << 14 // of everything else
)

// A look is how texts should look where they go.
type look struct {
	out, err int  // columns of the terminals; 0: not a terminal
	color    bool // colours are welcome, where there is a terminal
	dumb     bool // the terminal cannot go back to the beginning of a line
}

// lookOf asks the terminal and the variables that people set about it
// (https://no-color.org: any value but the empty one).
func lookOf(env Env) look {
	l := look{out: env.Columns(env.Stdout), err: env.Columns(env.Stderr)}
	l.dumb = variable(env.Environ, "TERM") == "dumb"
	l.color = variable(env.Environ, "NO_COLOR") == "" && !l.dumb
	return l
}

func (l look) outColor() bool { return l.color && l.out > 0 }
func (l look) errColor() bool { return l.color && l.err > 0 }

// reportWidth is how wide a report may be. In a file no line is broken, because
// people and programs search it line by line.
func (l look) reportWidth() int {
	if l.out == 0 {
		return unbroken
	}
	return width(l.out)
}

// width bounds lines that nobody can read, at both ends.
func width(columns int) int {
	if columns == 0 {
		return plainWidth
	}
	return min(max(columns, 40), 160)
}

// variable returns the value of a variable, of which the last counts.
func variable(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if n, v, ok := strings.Cut(kv, "="); ok && n == name {
			value = v
		}
	}
	return value
}

func (e Env) withDefaults() Env {
	if e.Executable == "" {
		e.Executable = "ssosync"
	}
	if e.ReadFile == nil {
		e.ReadFile = config.ReadFile
	}
	if e.ReadPlan == nil {
		e.ReadPlan = readPlanFile
	}
	if e.Stdin == nil {
		e.Stdin = os.Stdin
	}
	if e.Interactive == nil {
		e.Interactive = func() bool {
			f, ok := e.Stdin.(*os.File)
			return ok && term.IsTerminal(int(f.Fd()))
		}
	}
	if e.ReadSecret == nil {
		e.ReadSecret = readSecret(e.Stdin)
	}
	if e.Columns == nil {
		e.Columns = columns
	}
	if e.BuildInfo == nil {
		e.BuildInfo = debug.ReadBuildInfo
	}
	return e
}

// columns asks the operating system.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil || n <= 0 {
		return 80 // a terminal that does not say, as in some CI systems
	}
	return n
}
