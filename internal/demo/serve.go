package demo

import (
	"context"
	"fmt"
	"strings"
)

// Serve runs both emulators until ctx ends, which is no error. It writes
// commands for a POSIX shell to Out, which set all variables that ssosync and
// the AWS tools need, and to Err what people should know.
func Serve(ctx context.Context, o Options) error {
	o = o.withDefaults()
	dir, err := directory(o)
	if err != nil {
		return err
	}
	l, err := open(ctx, dir, ports{o.GooglePort, o.AWSPort}, o.Latency)
	if err != nil {
		return err
	}
	defer l.close(ctx)
	out, t := &teller{w: o.Out}, &teller{w: o.Err, color: o.Color, width: o.Width}

	t.where(l)
	t.gap()
	t.say("To use them from another terminal, paste these lines there. Or keep the lines in a file, and read it there:")
	t.command(o.Executable + " emulator > emulator.env")
	t.command(". ./emulator.env")
	t.gap()
	out.write(shell(l.environment()))
	l.instructions(t, o)
	if out.err != nil {
		return fmt.Errorf("write the variables: %w", out.err)
	}

	if o.Fixture != "" {
		l.watch(ctx, o.Fixture, func(err error) { l.reloaded(t, o.Fixture, err) })
	}
	<-ctx.Done()
	t.say("Stopped; everything that was in AWS is forgotten.")
	return nil
}

// instructions say what to do with the variables.
func (l *lab) instructions(t *teller, o Options) {
	t.title("There:", "")
	t.command(o.Executable + " plan")
	t.command(o.Executable)
	t.command(o.Executable + ` -e "$SCIM_ENDPOINT" -t "$SCIM_TOKEN" -u "$GOOGLE_USER" \`)
	t.write(`      -i "$AWS_IDENTITY_STORE_ID" -r "$AWS_DEFAULT_REGION" --debug` + "\n")
	t.title("See what AWS has:", "")
	t.command(`curl -s -H "Authorization: Bearer $SCIM_TOKEN" "$SCIM_ENDPOINT/Users"`)
	t.command(`aws identitystore list-groups --identity-store-id "$AWS_IDENTITY_STORE_ID"`)
	t.title("Change what Google has:", "")
	if o.Fixture == "" {
		t.command(o.Executable + " emulator --fixture company.json --write-fixture")
		t.wrap("    ", "    ", "writes the company into a file, and reads it again whenever you save it.")
	} else {
		t.wrap("  ", "  ", "edit "+o.Fixture+"; it is read again whenever you save it.")
	}
	t.gap()
	t.say("Only this machine can reach them. Ctrl-C ends both.")
}

// reloaded says what came of a changed fixture.
func (l *lab) reloaded(t *teller, path string, err error) {
	if err != nil {
		t.say("%v. Google stays as it was.", err)
		return
	}
	f := l.dir.Fixture()
	t.say("%s is read again: %d people, %d groups.", path, len(f.Users), len(f.Groups))
}

// shell writes commands that set variables, and take those away that would
// send the AWS tools elsewhere (AWS SDKs guide: environment variables).
func shell(env []variable) string {
	var b strings.Builder
	b.WriteString("unset AWS_PROFILE AWS_SESSION_TOKEN\n")
	for _, v := range env {
		fmt.Fprintf(&b, "export %s=%s\n", v.name, quote(v.value))
	}
	return b.String()
}

// quote makes one word of a text (POSIX.1-2024, Shell Command Language §2.2.2).
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
