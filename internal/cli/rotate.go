package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"ssosync/internal/config"
	"ssosync/internal/report"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// errNoTerminal says that there is nobody to talk to.
var errNoTerminal = errors.New("nothing was changed: replacing a token takes somebody at a terminal")

// errNotInPlace says that the new token is not where runs take it from.
var errNotInPlace = errors.New("the settings still have the old token: nothing is lost, since both are valid")

// rotateToken walks through a replacement (IAM Identity Center User Guide: rotate
// an access token). The old token stays valid until its owner deletes it, so
// that whoever stops half-way loses nothing.
func (a *app) rotateToken(ctx context.Context, flags *pflag.FlagSet) error {
	s := onlyToken(a.load(ctx, flags))
	if err := s.err(); err != nil {
		return err
	}
	if !a.env.Interactive() {
		return errNoTerminal
	}
	fresh, err := a.newToken(ctx, s)
	if err != nil {
		return err
	}
	if err := a.putInPlace(ctx, flags, s, fresh); err != nil {
		return err
	}
	return a.deleteOld(ctx, s)
}

// newToken asks for a token until it has one that AWS takes.
func (a *app) newToken(ctx context.Context, s settings) (secret.String, error) {
	a.say("1  Make a second token. The one in use stays valid.\n" +
		"   " + consolePage(s.Config) + "IAM Identity Center > Settings > Automatic provisioning > Access tokens > Generate token\n")
	for {
		a.say("   Paste it here (it does not show): ")
		text, err := a.env.ReadSecret(ctx)
		a.say("\n")
		if err != nil {
			return secret.String{}, err
		}
		fresh := secret.New(strings.TrimSpace(text))
		if fresh.Empty() {
			return fresh, errDeclined
		}
		a.keep(fresh)
		switch err := a.ping(ctx, s, fresh); {
		case fresh.Equal(s.AccessToken):
			a.say("   That is the one in use. Paste the new one, or press Enter to stop.\n")
		case err == nil:
			a.say("   AWS takes it.\n")
			return fresh, nil
		case errors.Is(err, iic.ErrUnauthorized):
			a.say("   AWS does not take it. Is it complete, and of this directory? Try again, or press Enter to stop.\n")
		default:
			return fresh, err
		}
	}
}

// putInPlace has the owner put the token where runs take it from, and looks.
func (a *app) putInPlace(ctx context.Context, flags *pflag.FlagSet, s settings, fresh secret.String) error {
	from := s.sources["access-token"]
	today := time.Now().UTC().Format(time.DateOnly)
	a.say("2  Put it where runs take it from: " + from.String() + ".\n" + placing(from) +
		"   And set access-token-created to " + today + ".\n")
	seen := from.Layer == config.FromFile || from.Layer == config.FromDotEnv || from.Ref != ""
	for range 3 {
		a.say("   Press Enter when it is there: ")
		if _, err := readLine(ctx, a.env.Stdin); err != nil {
			return err
		}
		if !seen {
			a.say("   This program cannot see that: the next run will tell.\n")
			return nil
		}
		now := onlyToken(a.load(ctx, flags))
		switch err := now.err(); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			a.say("   The settings cannot be read as they are: " + visible(err.Error()) + "\n")
		case !now.AccessToken.Equal(fresh):
			a.say("   It is not: the old one is still there.\n")
		case now.TokenCreated != today && now.TokenCreated == s.TokenCreated && s.TokenCreated != "":
			a.say("   It is there. But access-token-created is still " + s.TokenCreated + ", which is the old one's.\n")
			return nil
		default:
			a.say("   It is there.\n")
			return nil
		}
	}
	return errNotInPlace
}

// deleteOld has the owner delete the old token, and looks.
func (a *app) deleteOld(ctx context.Context, s settings) error {
	a.say("3  When every run has the new one, delete the old one on the same page of the console.\n   Press Enter when it is deleted: ")
	if _, err := readLine(ctx, a.env.Stdin); err != nil {
		return err
	}
	switch err := a.ping(ctx, s, s.AccessToken); {
	case err == nil:
		a.say("   AWS still takes it. Delete it: whoever has it can change users and groups.\n")
	case errors.Is(err, iic.ErrUnauthorized):
		a.say("   AWS does not take it any more.\n")
	default:
		return err
	}
	a.say("The new token lives until " + time.Now().UTC().AddDate(1, 0, 0).Format(time.DateOnly) + ".\n")
	return nil
}

// say is for people in a dialogue. What nobody reads is dropped.
func (a *app) say(text string) { _, _ = io.WriteString(a.stderr, text) }

// consolePage returns a line with the address of the page, where it is known.
func consolePage(cfg config.Config) string {
	region := config.RegionOf(cfg.Endpoint)
	if region == "" || !strings.HasSuffix(hostOf(cfg.Endpoint), ".amazonaws.com") || strings.HasPrefix(region, "us-gov-") {
		return ""
	}
	return "https://" + region + ".console.aws.amazon.com/singlesignon/home?region=" + region + "#/settings\n   "
}

// placing returns the command that writes a secret without showing it.
func placing(from config.Origin) string {
	ref, ok, err := secret.ParseReference(from.Ref)
	if !ok || err != nil {
		return ""
	}
	name := shellWord(ref.Name)
	switch {
	case ref.Key != "":
		return "   It is the member " + ref.Key + " of a JSON secret: change that one, and leave the others.\n"
	case ref.Scheme == secret.SecretsManager:
		return typed("aws secretsmanager put-secret-value" + regionOf(ref) + " --secret-id " + name + " --secret-string")
	case ref.Scheme == secret.SSM:
		return typed("aws ssm put-parameter" + regionOf(ref) + " --overwrite --type SecureString --name " + name + " --value")
	}
	return ""
}

// typed is a command to copy whose last argument is typed, or pasted, and neither
// shows nor gets into the history of a shell.
func typed(command string) string {
	return "     read -rs T && " + command + " \"$T\"; unset T      (then paste it, and press Enter)\n"
}

func regionOf(ref secret.Reference) string {
	if ref.Region == "" {
		return ""
	}
	return " --region " + ref.Region
}

// readSecret reads a line without showing it, and puts the terminal back as it
// was when ctx ends.
func readSecret(in io.Reader) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		f, ok := in.(*os.File)
		if !ok || !term.IsTerminal(int(f.Fd())) {
			return readLine(ctx, in)
		}
		before, err := term.GetState(int(f.Fd()))
		if err != nil {
			return "", fmt.Errorf("read the answer: %w", err)
		}
		type line struct {
			text []byte
			err  error
		}
		got := make(chan line, 1)
		go func() {
			text, err := term.ReadPassword(int(f.Fd()))
			got <- line{text, err}
		}()
		select {
		case <-ctx.Done():
			_ = term.Restore(int(f.Fd()), before) // it is all that can be tried
			return "", fmt.Errorf("%w: %w", report.ErrInterrupted, context.Cause(ctx))
		case l := <-got:
			if l.err != nil && !errors.Is(l.err, io.EOF) {
				return "", fmt.Errorf("read the answer: %w", l.err)
			}
			return string(l.text), nil
		}
	}
}
