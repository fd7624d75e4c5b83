package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"charm.land/huh/v2"
	"golang.org/x/term"

	"ssosync/internal/config"
	"ssosync/internal/report"
	"ssosync/internal/secret"
)

// A question is one that somebody is asked.
type question struct {
	name     string // of the flag that answers it
	title    string
	help     string
	choices  []choice // the only answers there are; none is a text
	value    string   // the answer to nothing; "" is none
	optional bool     // nothing is an answer
	check    func(string) error
}

// A choice is one answer, in words, and what follows from it.
type choice struct{ value, label, consequence string }

func (c choice) String() string {
	if c.consequence == "" {
		return c.label
	}
	return c.label + " (" + c.consequence + ")"
}

func values(choices []choice) []string {
	all := make([]string, len(choices))
	for i, c := range choices {
		all[i] = c.value
	}
	return all
}

func contains(choices []choice, value string) bool {
	for _, c := range choices {
		if c.value == value {
			return true
		}
	}
	return false
}

// missing says that a question has no answer.
func (q question) missing() error {
	return commandLineError(&config.Error{Text: fmt.Sprintf("nobody answers %q", q.title), Hint: "give --" + q.name})
}

// problem returns what is wrong with an answer.
func (q question) problem(answer string) error {
	switch {
	case answer == "" && q.optional:
		return nil
	case answer == "":
		return errors.New("this needs an answer")
	case strings.ContainsFunc(answer, func(r rune) bool { return !strconv.IsPrint(r) }):
		return errors.New("this has characters in it that cannot be seen")
	case q.check != nil:
		return q.check(answer)
	}
	return nil
}

// An asker puts questions to somebody. An answer has passed the question's check.
type asker interface {
	ask(ctx context.Context, q question) (string, error)
	// secret asks for what is not to be seen; nothing is an answer.
	secret(ctx context.Context, q question) (secret.String, error)
}

// asker chooses how to ask: on a terminal with what moves, elsewhere, and for
// screen readers, line by line.
func (a *app) asker(o initOptions) asker {
	switch {
	case bool(o.defaults):
		return byDefault{}
	case bool(o.accessible), a.look.dumb, a.look.err == 0, !a.env.Interactive(), variable(a.env.Environ, "ACCESSIBLE") != "":
		return &byLine{in: bufio.NewReader(io.LimitReader(a.env.Stdin, maxAnswers)), raw: a.env.Stdin, out: a.stderr}
	}
	return byForm{in: a.env.Stdin, out: a.env.Stderr, accents: a.look.errColor()}
}

// maxAnswers bounds what is read of answers, in bytes.
const maxAnswers = 1 << 20

// byDefault asks nobody.
type byDefault struct{}

func (byDefault) ask(_ context.Context, q question) (string, error) {
	if q.value == "" && !q.optional {
		return "", q.missing()
	}
	return q.value, nil
}

func (byDefault) secret(context.Context, question) (secret.String, error) {
	return secret.String{}, nil
}

// byLine writes a question and reads a line.
type byLine struct {
	in  *bufio.Reader
	raw io.Reader // what in reads from
	out io.Writer
}

func (l *byLine) ask(ctx context.Context, q question) (string, error) {
	l.put(q)
	for {
		text, err := l.line(ctx, l.read)
		if err != nil {
			return "", l.ended(q, err)
		}
		if text = q.meant(strings.TrimSpace(text)); text == "" && q.value != "" {
			return q.value, nil
		}
		err = q.problem(text)
		if len(q.choices) > 0 && err == nil && !contains(q.choices, text) {
			err = fmt.Errorf("answer with a number from 1 to %d", len(q.choices))
		}
		if err == nil {
			return text, nil
		}
		_, _ = fmt.Fprintf(l.out, "%s\nAgain: ", visible(err.Error())) // a sink drops what nobody reads
	}
}

// meant is the choice that a number stands for, or else the answer itself.
func (q question) meant(answer string) string {
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(q.choices) {
		return q.choices[n-1].value
	}
	return answer
}

// put writes a question, and at its end what is taken if the answer is nothing.
func (l *byLine) put(q question) {
	var b strings.Builder
	b.WriteString("\n" + q.title + "\n")
	if q.help != "" {
		b.WriteString("  " + q.help + "\n")
	}
	usual := q.value
	for n, c := range q.choices {
		fmt.Fprintf(&b, "  %d  %s\n", n+1, c)
		if c.value == q.value {
			usual = strconv.Itoa(n + 1)
		}
	}
	if usual != "" {
		usual = " [" + usual + "]"
	}
	b.WriteString("Answer" + usual + ": ")
	_, _ = io.WriteString(l.out, b.String()) // a sink drops what nobody reads
}

// secret does not show what is typed on a terminal.
func (l *byLine) secret(ctx context.Context, q question) (secret.String, error) {
	q.optional = true
	l.put(q)
	read := l.read
	if f, ok := l.raw.(*os.File); ok && term.IsTerminal(int(f.Fd())) && l.in.Buffered() == 0 {
		read = func() (string, error) {
			text, err := term.ReadPassword(int(f.Fd()))
			_, _ = io.WriteString(l.out, "\n") // a sink drops what nobody reads
			return string(text), err
		}
	}
	for {
		text, err := l.line(ctx, read)
		if errors.Is(err, io.EOF) {
			return secret.String{}, nil
		}
		if err != nil {
			return secret.String{}, err
		}
		text = strings.TrimSpace(text)
		if err = q.problem(text); err == nil {
			return secret.New(text), nil
		}
		_, _ = fmt.Fprintf(l.out, "%s\nAgain: ", visible(err.Error())) // a sink drops what nobody reads
	}
}

func (l *byLine) read() (string, error) {
	text, err := l.in.ReadString('\n')
	if text != "" {
		err = nil // a last line without an end
	}
	return text, err
}

// line reads one, unless ctx ends first.
func (l *byLine) line(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		text, err := read()
		got <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %w", report.ErrInterrupted, context.Cause(ctx))
	case r := <-got:
		return r.text, r.err
	}
}

// ended says which answer is missing.
func (l *byLine) ended(q question, err error) error {
	_, _ = io.WriteString(l.out, "\n") // a sink drops what nobody reads
	if errors.Is(err, io.EOF) {
		return q.missing()
	}
	if errors.Is(err, report.ErrInterrupted) {
		return err
	}
	return fmt.Errorf("read the answer: %w", err)
}

// byForm draws questions on a terminal.
type byForm struct {
	in      io.Reader
	out     io.Writer
	accents bool
}

func (f byForm) ask(ctx context.Context, q question) (string, error) {
	answer := q.value
	if len(q.choices) == 0 {
		input := huh.NewInput().Title(q.title).Description(q.help).Value(&answer).Validate(func(s string) error { return q.problem(strings.TrimSpace(s)) })
		err := f.run(ctx, input)
		return strings.TrimSpace(answer), err
	}
	options := make([]huh.Option[string], len(q.choices))
	for i, c := range q.choices {
		options[i] = huh.NewOption(c.String(), c.value)
	}
	err := f.run(ctx, huh.NewSelect[string]().Title(q.title).Description(q.help).Options(options...).Value(&answer))
	return answer, err
}

func (f byForm) secret(ctx context.Context, q question) (secret.String, error) {
	answer := ""
	q.optional = true
	err := f.run(ctx, huh.NewInput().Title(q.title).Description(q.help).EchoMode(huh.EchoModePassword).Value(&answer).
		Validate(func(s string) error { return q.problem(strings.TrimSpace(s)) }))
	return secret.New(strings.TrimSpace(answer)), err
}

func (f byForm) run(ctx context.Context, field huh.Field) error {
	form := huh.NewForm(huh.NewGroup(field)).WithInput(f.in).WithOutput(f.out)
	if !f.accents {
		form = form.WithTheme(huh.ThemeFunc(huh.ThemeBase))
	}
	err := form.RunWithContext(ctx)
	if errors.Is(err, huh.ErrUserAborted) || ctx.Err() != nil {
		return fmt.Errorf("%w: nothing was written", report.ErrInterrupted)
	}
	return err
}
