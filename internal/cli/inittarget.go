package cli

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"ssosync/internal/config"
	"ssosync/internal/setup"
)

var (
	numberRE = regexp.MustCompile(`^[0-9]{6,20}$`)
	roleRE   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)
	repoRE   = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9_.-]+$`)
)

// trust asks whom Google is to trust, if somebody outside vouches for ssosync.
func (i *interview) trust(ctx context.Context) (err error) {
	a := &i.answers
	if !a.Federated() {
		return nil
	}
	a.Provider, err = i.text(ctx, "google-workload-identity-provider", i.GoogleProvider, question{
		title: "Number of the Google Cloud project",
		help:  "Of the service account: gcloud projects describe PROJECT --format='value(projectNumber)'. Or the full name of a provider, projects/….",
		check: func(s string) error {
			if numberRE.MatchString(s) {
				return nil
			}
			return checkSetting("google-workload-identity-provider", s)
		},
	})
	if err != nil {
		return err
	}
	if numberRE.MatchString(a.Provider) {
		a.Provider = setup.Provider(a.Provider, a.Place)
	}
	if a.Place == setup.GitHub {
		a.Repository, err = i.flag(ctx, "github-repository", i.options.repository, question{
			title: "Repository of the workflow", help: "OWNER/NAME. Google trusts its workflows, and no others.", check: matches(repoRE, "it looks like my-company/identity"),
		})
		return err
	}
	a.AWSRole, err = i.flag(ctx, "aws-role", i.options.role, question{
		title: "AWS role that ssosync runs as", help: "Its ARN. Google trusts it, and no other. It need not exist yet.", check: matches(roleRE, "it looks like arn:aws:iam::123456789012:role/ssosync"),
	})
	return err
}

func matches(re *regexp.Regexp, like string) func(string) error {
	return func(s string) error {
		if !re.MatchString(s) {
			return errors.New(like)
		}
		return nil
	}
}

// aws asks for the endpoint and where its token is.
func (i *interview) aws(ctx context.Context) (err error) {
	a := &i.answers
	a.AWSRole = or(a.AWSRole, i.options.role)
	a.Endpoint, err = i.text(ctx, "endpoint", i.Endpoint, question{
		title: "SCIM endpoint", help: "AWS console > IAM Identity Center > Settings > Automatic provisioning.",
	})
	if err != nil {
		return err
	}
	a.Endpoint = strings.TrimRight(a.Endpoint, "/")
	if region := config.RegionOf(a.Endpoint); region != "" {
		_, _ = io.WriteString(i.stderr, "IAM Identity Center is in "+region+".\n") // a sink drops what nobody reads
	}
	return i.token(ctx)
}

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// inDotEnv stands for .env where the place of the token is asked for.
const inDotEnv = setup.DotEnvFile

func (i *interview) token(ctx context.Context) (err error) {
	a := &i.answers
	if i.given("access-token") && i.settled("access-token") {
		return nil
	}
	if a.Token = i.reference("access-token"); a.Token != "" {
		return nil
	}
	if a.Place == setup.Machine && !i.AccessToken.Empty() {
		a.TokenText = i.AccessToken // a flag or the old file has it
		return nil
	}
	usual := map[setup.Place]string{
		setup.Machine: inDotEnv, setup.Lambda: "secretsmanager:ssosync/scim-token",
		setup.Kubernetes: "file:/var/run/secrets/ssosync/scim-token", setup.GitHub: "env:SCIM_TOKEN",
	}[a.Place]
	help := "file:PATH, env:NAME, secretsmanager:NAME, ssm:NAME, or an ARN. The token itself does not belong here."
	if a.Place == setup.Machine {
		help = inDotEnv + " here, or " + help
	}
	a.Token, err = i.ask(ctx, question{
		name: "access-token", title: "Where is the SCIM access token kept?", help: help, value: usual,
		check: func(s string) error { return isReference(s, a.Place) },
	})
	if err != nil || a.Token != inDotEnv {
		return err
	}
	a.Token = ""
	a.TokenText, err = i.secret(ctx, question{
		title: "SCIM access token", help: "It is not shown, and goes into " + inDotEnv + ". Nothing leaves it to be filled in later.",
		check: func(s string) error { return checkSetting("access-token", s) },
	})
	i.keep(a.TokenText)
	return err
}

// isReference refuses what does not say where a secret is.
func isReference(s string, place setup.Place) error {
	if s == inDotEnv && place == setup.Machine {
		return nil
	}
	if err := isPlace(s); err != nil {
		return err
	}
	if !strings.Contains(s, ":") {
		return errors.New("this says nothing of where it is kept: write env:NAME, say")
	}
	return nil
}

// scope asks who is synced, and what becomes of those who leave.
func (i *interview) scope(ctx context.Context) error {
	a := &i.answers
	if i.given("manage") {
		a.GroupsOnly = i.Manage == config.ManageGroups
	} else {
		v, err := i.ask(ctx, question{
			name: "manage", title: "Do users already arrive in AWS by something else, such as Google's own provisioning?", value: config.ManageAll,
			choices: []choice{
				{config.ManageAll, "no", "ssosync makes users, groups and memberships"},
				{config.ManageGroups, "yes", "ssosync makes groups and memberships, and leaves users to it"},
			},
		})
		if err != nil {
			return err
		}
		a.GroupsOnly = v == config.ManageGroups
	}
	if i.given("group-match") {
		i.settled("group-match")
		a.Groups = i.GroupMatch
	} else {
		v, err := i.ask(ctx, question{
			name: "group-match", title: "Which groups?", value: "*",
			help:  "* is all; name:aws-* those whose names begin with aws-; email:aws-* those whose addresses do; a comma is or.",
			check: func(s string) error { return checkSetting("group-match", s) },
		})
		if err != nil {
			return err
		}
		a.Groups = []string{v}
	}
	return i.leavers(ctx)
}

func (i *interview) leavers(ctx context.Context) error {
	a := &i.answers
	a.DeprovisionUsers, a.DeprovisionGroups, a.DeleteAfter = i.DeprovisionUsers, i.DeprovisionGroups, i.DeleteAfter
	if slices.ContainsFunc([]string{"deprovision-users", "deprovision-groups", "delete-after", "retain-unmatched", "sync-method"}, i.given) {
		return nil // who has an opinion of one of them has thought of the others
	}
	v, err := i.ask(ctx, question{
		name: "deprovision-users", title: "What becomes of who is gone from Google, or from these groups?", value: config.Deactivate,
		choices: []choice{
			{config.Deactivate, "they lose access at once, and are deleted after 30 days", "groups are emptied, and deleted after 30 days"},
			{config.Never, "they lose access at once, and are never deleted", "groups are emptied, and stay"},
			{config.Keep, "nothing: they keep what they have", "somebody else takes access away"},
		},
	})
	switch v {
	case config.Never:
		a.DeleteAfter = config.Never
	case config.Keep:
		a.DeprovisionUsers, a.DeprovisionGroups = config.Keep, config.Keep
	}
	return err
}

// memory asks where ledger, journal and lock are, if that is not this machine.
func (i *interview) memory(ctx context.Context) error {
	a := &i.answers
	a.State = i.State
	if i.given("state") {
		i.settled("state")
		return nil
	}
	if a.Place == setup.Machine {
		return nil
	}
	v, err := i.ask(ctx, question{
		name: "state", title: "Where is what has to outlive a run: the journal, the lock, since when who is gone?", optional: true,
		help:  "s3://BUCKET/PREFIX, or a directory that stays. Nothing keeps nothing: then there is no restore, and no lock.",
		check: func(s string) error { return checkSetting("state", s) },
	})
	a.State = v
	return err
}
