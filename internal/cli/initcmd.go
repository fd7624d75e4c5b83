package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/setup"
)

// initOptions answer what no setting does.
type initOptions struct {
	place, access string
	key           string // where the Google key is
	role          string // ARN of the AWS role
	repository    string
	kmsKey        string

	defaults   toggle // nobody is asked
	accessible toggle // one line for each question, nothing is drawn
}

func (a *app) initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Ask a few questions, and write the files to begin with",
		Long: "Ask a few questions, and write ssosync.yaml, the AWS policy for exactly these settings, and the steps in\n" +
			"Google, into the current directory. What is set already, by a flag, a variable, ssosync.yaml or .env, is not\n" +
			"asked for. Files that are there stay, unless you say otherwise; nothing is written before the last answer.",
		Example: "  ssosync init\n  ssosync init --defaults --runs-on lambda --google-access keyless-role --customer-id C01abcd23 …",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.init(cmd, o) },
	}
	settingsFlags(cmd)
	for _, f := range []struct {
		to          *string
		name, usage string
		values      []string
	}{
		{&o.place, "runs-on", "`where` ssosync will run: machine, lambda, kubernetes or github-actions", values(places())},
		{&o.access, "google-access", "`how` it gets to read Google: keyless-role, keyless-delegation or key-delegation", values(accesses())},
		{&o.key, "google-key", "`place` of the Google key, as ssosync.yaml is to name it: a file, or file:PATH, env:NAME, secretsmanager:NAME, ssm:NAME", nil},
		{&o.role, "aws-role", "`ARN` of the AWS role that it runs as, for Google to trust", nil},
		{&o.repository, "github-repository", "`OWNER/NAME` of the repository whose workflow runs it, for Google to trust", nil},
		{&o.kmsKey, "kms-key", "`ARN` of the AWS KMS key of your own that secrets, state or the identity store are encrypted with", nil},
	} {
		cmd.Flags().StringVar(f.to, f.name, "", f.usage)
		// It fails only for a flag that is not there or has a completion.
		_ = cmd.RegisterFlagCompletionFunc(f.name, cobra.FixedCompletions(f.values, cobra.ShellCompDirectiveNoFileComp))
	}
	addToggle(cmd, &o.defaults, "defaults", "", "ask nothing: take the default of each question, and fail where there is none")
	addToggle(cmd, &o.accessible, "accessible", "", "ask line by line, as for screen readers; so does the variable ACCESSIBLE")
	return cmd
}

func (a *app) init(cmd *cobra.Command, o initOptions) error {
	if err := checkFile(setup.SettingsFile); err != nil {
		return &fileError{setup.SettingsFile, err}
	}
	s := a.read(cmd.Flags(), nil)
	if err := a.unreadable(cmd.Flags()); err != nil {
		return err
	}
	i := &interview{app: a, options: o, settings: s, asker: a.asker(o), answers: setup.Answers{Elsewhere: map[string]string{}}}
	if err := i.run(cmd.Context()); err != nil {
		return err
	}
	written, err := a.writeSetup(cmd.Context(), i)
	if err != nil {
		return err
	}
	return a.sayNext(i.answers, written)
}

// unreadable returns what keeps the settings that are there from being read. That
// something is missing is what init is for, and so is a key that is not there
// yet.
func (a *app) unreadable(flags *pflag.FlagSet) error {
	_, _, _, err := config.Load(config.Input{Flags: flags, Environ: a.env.Environ, ReadFile: a.env.ReadFile})
	problems := slices.DeleteFunc(flatten(err), func(err error) bool {
		p, ok := errors.AsType[*config.Error](err)
		return ok && p.Option == "google-credentials"
	})
	if len(problems) == 0 {
		return nil
	}
	return &configurationError{what: "configuration", problems: problems}
}

// sayNext says what was written and what to do now.
func (a *app) sayNext(answers setup.Answers, written []wrote) error {
	var b strings.Builder
	b.WriteString("\nWrote\n")
	for _, w := range written {
		fmt.Fprintf(&b, "  %-22s %s\n", w.name, w.what)
	}
	b.WriteString("Next\n")
	for n, step := range setup.Next(answers, calledAs(a.env.Executable)) {
		fmt.Fprintf(&b, "  %d. %s\n", n+1, step)
	}
	_, err := a.stdout.Write([]byte(visible(b.String())))
	return err
}

// An interview is what init asks, and what it knows by then.
type interview struct {
	*app
	asker
	settings
	options initOptions
	answers setup.Answers
}

// run asks whatever is not known, in an order in which later questions rest on
// earlier answers.
func (i *interview) run(ctx context.Context) error {
	for _, part := range []func(context.Context) error{i.place, i.google, i.trust, i.aws, i.scope, i.memory} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	i.others()
	return nil
}

// given reports whether somebody has set an option, and not just its default.
func (i *interview) given(option string) bool {
	from := i.sources[option]
	return from.Ref != "" || from.Layer != config.FromDefault && from.Layer != config.FromDerived
}

// settled notes that an option is set where ssosync will find it, so that it
// does not go into the file: .env, and for secrets the environment, too. That
// holds for this machine only.
func (i *interview) settled(option string) bool {
	from := i.sources[option]
	here := from.Layer == config.FromDotEnv || from.Layer == config.FromEnvironment && isSecret(option)
	if i.answers.Place != setup.Machine || !here {
		return false
	}
	i.answers.Elsewhere[option] = from.String()
	return true
}

func isSecret(option string) bool {
	for _, o := range config.Options {
		if o.Name == option {
			return o.Secret
		}
	}
	return false
}

// reference returns where an option is kept, as a file may have it; "" if it is
// kept nowhere, or by a command, of which only the name is known here.
func (i *interview) reference(option string) string {
	ref := i.sources[option].Ref
	if strings.HasPrefix(ref, secret.Exec+":") {
		return ""
	}
	return ref
}

// text returns what an option is set to, or asks for it.
func (i *interview) text(ctx context.Context, option, value string, q question) (string, error) {
	q.name = option
	if q.check == nil {
		q.check = func(s string) error { return checkSetting(option, s) }
	}
	if i.given(option) {
		i.settled(option)
		if ref := i.reference(option); ref != "" {
			return ref, nil
		}
		if value != "" {
			return value, check(q, option, value)
		}
	}
	return i.ask(ctx, q)
}

// check applies the check of a question to an answer that came by a flag.
func check(q question, name, value string) error {
	if q.check == nil {
		return nil
	}
	if err := q.check(value); err != nil {
		return commandLineError(fmt.Errorf("--%s: %w", name, err))
	}
	return nil
}

// flag returns what a flag of init's own says, or asks.
func (i *interview) flag(ctx context.Context, name, value string, q question) (string, error) {
	q.name = name
	if value == "" {
		return i.ask(ctx, q)
	}
	if len(q.choices) > 0 && !contains(q.choices, value) {
		return "", commandLineError(&config.Error{Text: "--" + name + " is none of " + strings.Join(values(q.choices), ", ")})
	}
	return value, check(q, name, value)
}

// others takes over what was set by a flag or in the file that is there, and is
// not asked for: a file without it would mean something else.
func (i *interview) others() {
	asked := []string{
		"google-admin", "customer-id", "google-credentials", "google-impersonate-service-account", "google-workload-identity-provider", "google-login",
		"endpoint", "access-token", "identity-store-id", "assume-role", "group-match", "manage", "deprovision-users", "deprovision-groups", "delete-after", "state",
	}
	c, a := i.Config, &i.answers
	a.StoreID, a.AssumeRole, a.Read, a.Impact, a.KMSKey = c.IdentityStoreID, c.AssumeRole, c.Read, c.Impact, i.options.kmsKey
	for _, option := range []string{"identity-store-id", "assume-role"} {
		i.settled(option)
	}
	isAsked := map[string]bool{}
	for _, name := range asked {
		isAsked[name] = true
	}
	rows := config.Explain(c, i.sources)
	for _, o := range config.Options {
		if ref := i.reference(o.Name); ref != "" {
			a.References = append(a.References, ref)
		}
		if isAsked[o.Name] || o.FileKey() == "" || !i.travels(o.Name) {
			continue
		}
		i.other(o, rows)
	}
}

// travels reports whether what a setting is set by will not be there when
// ssosync runs, so that the file has to have it.
func (i *interview) travels(source string) bool {
	from := i.sources[source]
	if from.Layer == config.FromEnvironment {
		// What others look at as well, such as AWS_REGION, is there anyway.
		return strings.HasPrefix(from.Name, "SSOSYNC_") || i.answers.Place != setup.Machine && !strings.HasPrefix(from.Name, "AWS_")
	}
	return from.Layer == config.FromFlag || from.Layer == config.FromFile || from.Layer == config.FromDotEnv && i.answers.Place != setup.Machine
}

// other takes one of them over.
func (i *interview) other(o config.Option, rows []config.Row) {
	s := setup.Setting{Option: o.Name}
	switch ref := i.reference(o.Name); {
	case ref != "":
		s.Values = []string{ref}
	case o.Secret:
		i.log.Warn("a secret is not written into the settings: set its variable instead", "setting", o.Name)
		return
	case o.Kind == config.Pairs:
		s.Pairs = map[string]string{}
		for _, r := range rows {
			name, ok := strings.CutPrefix(r.Option, o.Name+" ")
			if ok && i.travels(r.Option) {
				s.Pairs[name] = r.Value
			}
		}
	default:
		for _, r := range rows {
			if r.Option == o.Name {
				s.Values = []string{r.Value}
			}
		}
	}
	i.answers.Extra = append(i.answers.Extra, s)
}

// checkSetting returns what is wrong with a value of an option, in the words of
// those who read it later.
func checkSetting(option, value string) error {
	flags := newFlags()
	if err := flags.Set(option, value); err != nil {
		return errors.New("this is not possible here")
	}
	cfg, _, _, err := config.Load(config.Input{Flags: flags, ReadFile: noFile})
	for _, err := range flatten(err, cfg.Validate(wireCheck)) {
		p, ok := errors.AsType[*config.Error](err)
		if !ok {
			return err // whoever owns the setting does not take it
		}
		if p.Option == option {
			return &config.Error{Text: p.Text, Hint: p.Hint} // where it comes from is clear
		}
	}
	return nil
}
