package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"
)

// ours are the flags of the table, flags those and one of the program's.
func ours() *pflag.FlagSet {
	fs := pflag.NewFlagSet("ssosync", pflag.ContinueOnError)
	Flags(fs)
	return fs
}

func flags() *pflag.FlagSet {
	fs := ours()
	fs.BoolP("version", "v", false, "print the version")
	return fs
}

func TestRewriteArgs(t *testing.T) {
	const retains = "-r is --region; write --retain-unmatched"
	for _, test := range []struct {
		args, want string // separated by spaces; '' is an empty argument
		warning    string
		err        string
	}{
		{args: "", want: ""},
		{args: "-n", want: "--dry-run"},
		{args: "-n=false --debug=no", want: "--dry-run=false --debug=no"},
		{args: "-nd", want: "--dry-run --debug"},
		{args: "-ndg x", want: "--dry-run --debug --group-match=x"},
		{args: "-ndgx", want: "--dry-run --debug --group-match=x"},
		{args: "-gxnr", want: "--group-match=xnr"},
		{args: "-g=x --group-match y --group-match=z", want: "--group-match=x --group-match=y --group-match=z"},
		{args: "-g ''", want: "--group-match="},
		{args: "-g= --user-match=", want: "--group-match= --user-match="},
		{args: "-g -", want: "--group-match=-"},
		{args: "-g -X -m --x", want: "--group-match=-X --user-match=--x"},
		{args: "-h", want: "--help"},
		{args: "-nh", want: "--dry-run --help"},
		{args: "--help -v", want: "--help --version"},
		{args: "--", want: "--"},

		// What -r means.
		{args: "-r us-east-1", want: "--region=us-east-1"},
		{args: "-r=us-east-1", want: "--region=us-east-1"},
		{args: "-rus-east-1", want: "--region=us-east-1"},
		{args: "--region us-east-1", want: "--region=us-east-1"},
		{args: "-r us-gov-west-1 -n", want: "--region=us-gov-west-1 --dry-run"},
		{args: "-r ''", want: ""},
		{args: "-r=", want: ""},
		{args: "-r", want: "--retain-unmatched", warning: retains},
		{args: "-r --debug", want: "--retain-unmatched --debug", warning: retains},
		{args: "-r -x", warning: retains, err: "unknown flag -x"},
		{args: "-r --", want: "--retain-unmatched --", warning: retains},
		{args: "-r=true", want: "--retain-unmatched=true", warning: retains},
		{args: "-r=false", want: "--retain-unmatched=false", warning: retains},
		{args: "-r something-else", err: "the value of -r is not a region such as us-east-1; write --region or --retain-unmatched"},
		{args: "-r true", err: "the value of -r is not a region such as us-east-1; write --region or --retain-unmatched"},
		{args: "-rn", err: "the value of -r is not a region such as us-east-1; write --region or --retain-unmatched"},
		{args: "-nr", want: "--dry-run --retain-unmatched", warning: retains},
		{args: "-dr -n", want: "--debug --retain-unmatched --dry-run", warning: retains},
		{args: "-dr us-east-1", want: "--debug --region=us-east-1"},
		{args: "-nrd", err: "-r is not the last letter of its group of flags; write --region or --retain-unmatched"},
		{args: "-nrus-east-1", err: "-r is not the last letter of its group of flags; write --region or --retain-unmatched"},
		{args: "-nr=true", err: "-r is not the last letter of its group of flags; write --region or --retain-unmatched"},
		{args: "--retain-unmatched", want: "--retain-unmatched"},

		// The command line of the guides with one variable not set.
		{args: "-e https://x -t tok -u a@example.com -i d-1 -r --debug", want: "--endpoint=https://x --access-token=tok --google-admin=a@example.com --identity-store-id=d-1 --retain-unmatched --debug", warning: retains},
		{args: "-e https://x -t -u a@example.com", err: "flag -t needs a value (is SCIM_TOKEN set?)"},
		{args: "-e -t tok", err: "flag -e needs a value (is SCIM_ENDPOINT set?)"},
		{args: "-t tok -u -i d-1", err: "flag -u needs a value (is GOOGLE_USER set?)"},
		{args: "-u a@example.com -i -r us-east-1", err: "flag -i needs a value (is AWS_IDENTITY_STORE_ID set?)"},
		{args: "--access-token --debug", err: "flag --access-token needs a value (is SCIM_TOKEN set?)"},
		{args: "-t --user-match=x", err: "flag -t needs a value (is SCIM_TOKEN set?)"},
		{args: "-t -ux", err: "flag -t needs a value (is SCIM_TOKEN set?)"},
		{args: "-t -h", err: "flag -t needs a value (is SCIM_TOKEN set?)"},
		{args: "-t --help", err: "flag -t needs a value (is SCIM_TOKEN set?)"},
		{args: "-t -- x", err: "flag -t needs a value (is SCIM_TOKEN set?)\nargument 3, after -t, is neither a flag nor the value of one; is there an unquoted * or a query with spaces?"},
		{args: "-c", err: "flag -c needs a value (is GOOGLE_CREDENTIALS_JSON set?)"},
		{args: "--region", err: "flag --region needs a value (is AWS_DEFAULT_REGION set?)"},
		{args: "--accept", err: "flag --accept needs a value"},
		{args: "-e -t -u -i -r --debug", warning: retains, err: "flag -e needs a value (is SCIM_ENDPOINT set?)\nflag -t needs a value (is SCIM_TOKEN set?)\n" +
			"flag -u needs a value (is GOOGLE_USER set?)\nflag -i needs a value (is AWS_IDENTITY_STORE_ID set?)"},

		// What is no flag.
		{args: "-g a.txt b.txt c.txt", err: "argument 3, after -g, is neither a flag nor the value of one; is there an unquoted * or a query with spaces?"},
		{args: "TOPSECRET", err: "argument 1 is neither a flag nor the value of one; is there an unquoted * or a query with spaces?"},
		{args: "--dry-run false", err: "argument 2, after --dry-run, is neither a flag nor the value of one; is there an unquoted * or a query with spaces?"},
		{args: "-- x", err: "argument 2 is neither a flag nor the value of one; is there an unquoted * or a query with spaces?"},
		{args: "-a creds.json", err: "-a is not a flag, although some versions listed it; write -c FILE or --google-credentials"},
		{args: "-na", err: "-a is not a flag, although some versions listed it; write -c FILE or --google-credentials"},
		{args: "-xTOPSECRET", err: "unknown flag -x"},
		{args: "-\xff", err: "argument 1 is an unknown flag"},
		{args: "--grup-match x y", err: "unknown flag --grup-match; do you mean --group-match?"},
		{args: "--dryrun", err: "unknown flag --dryrun; do you mean --dry-run?"},
		{args: "--TOPSECRET", err: "argument 1 is an unknown flag"},
		{args: "--=x", err: "argument 1 is an unknown flag"},
		{args: "--mapping x", err: "unknown flag --mapping"},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := strings.Fields(test.args)
			for i, a := range args {
				args[i] = strings.TrimSuffix(a, "''")
			}
			got, warnings, err := RewriteArgs(args, flags(), 0)
			text, warned := "", ""
			if err != nil {
				text = err.Error()
			}
			if len(warnings) > 0 {
				warned = warnings[0].Text
			}
			if text != test.err || strings.Join(got, " ") != test.want || warned != test.warning || len(warnings) > 1 {
				t.Errorf("got %q, warnings %q, error:\n%s\nwant %q, %q, error:\n%s", got, warnings, text, test.want, test.warning, test.err)
			}
		})
	}
}

func TestRewriteArgsOfACommandWithArguments(t *testing.T) {
	got, _, err := RewriteArgs([]string{"plan.json", "-n", "--", "-x"}, flags(), 2)
	if d := cmp.Diff([]string{"--dry-run", "plan.json", "--", "-x"}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, _, err := RewriteArgs([]string{"a", "b", "c", "d"}, flags(), 2); err == nil || !strings.HasPrefix(err.Error(), "argument 3 is neither") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	// A command without a --region of ours has no rule for -r.
	other := pflag.NewFlagSet("other", pflag.ContinueOnError)
	other.BoolP("recursive", "r", false, "")
	if got, warnings, err := RewriteArgs([]string{"-r"}, other, 0); err != nil || len(warnings) > 0 || !slices.Equal(got, []string{"--recursive"}) {
		t.Errorf("got %q, %q, %v", got, warnings, err)
	}
}

// Whatever pflag understands without the traps, it understands the same after
// rewriting. The oracle is pflag on the arguments as they were written.
func TestRewriteArgsChangesNothingElse(t *testing.T) {
	word := rapid.StringMatching(`[a-zA-Z0-9@.=:/* -]{1,8}`).Filter(func(s string) bool { return s[0] != '-' && s[0] != '=' })
	rapid.Check(t, func(t *rapid.T) {
		var args []string
		for range rapid.IntRange(0, 6).Draw(t, "flags") {
			o := rapid.SampledFrom(Options).Filter(func(o Option) bool { return !o.NoFlag && o.Name != "region" }).Draw(t, "option")
			value := word.Draw(t, "value")
			forms := [][]string{{"--" + o.Name + "=" + value}}
			if o.Kind == Bool {
				forms = append(forms, []string{"--" + o.Name})
			} else {
				forms = append(forms, []string{"--" + o.Name, value})
			}
			switch {
			case o.Short != "" && o.Kind == Bool:
				forms = append(forms, []string{"-" + o.Short}, []string{"-" + o.Short + "=" + value}, []string{"-nd" + o.Short})
			case o.Short != "":
				forms = append(forms, []string{"-" + o.Short, value}, []string{"-" + o.Short + value}, []string{"-" + o.Short + "=" + value}, []string{"-nd" + o.Short + value})
			}
			args = append(args, rapid.SampledFrom(forms).Draw(t, "form")...)
		}
		plain, rewritten := flags(), flags()
		if err := plain.Parse(args); err != nil {
			t.Fatal(err)
		}
		got, _, err := RewriteArgs(args, rewritten, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := rewritten.Parse(got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(flagTexts(plain), flagTexts(rewritten)); d != "" {
			t.Errorf("%q became %q:\n%s", args, got, d)
		}
	})
}

// flagTexts returns what each flag was given.
func flagTexts(fs *pflag.FlagSet) map[string][]string {
	all := map[string][]string{}
	fs.Visit(func(f *pflag.Flag) {
		if v, ok := f.Value.(*flagValue); ok {
			all[f.Name] = v.texts
		}
	})
	return all
}

func FuzzRewriteArgs(f *testing.F) {
	f.Add("-e\nhttps://x\n-t\nTOPSECRET42\n-r\n--debug")
	f.Add("-nr\nus-east-1\n--\nTOPSECRET42")
	f.Add("-TOPSECRET42\n--TOPSECRET42\n-r=TOPSECRET42")
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		got, warnings, err := RewriteArgs(args, ours(), 0)
		if err != nil && strings.Contains(err.Error(), "TOPSECRET42") {
			t.Errorf("%q: %v", args, err)
		}
		for _, w := range warnings {
			if strings.Contains(w.Text, "TOPSECRET42") {
				t.Errorf("%q: %v", args, w)
			}
		}
		if err != nil {
			return
		}
		// What comes out, pflag takes; and it stays as it is.
		if err := ours().Parse(got); err != nil && !errors.Is(err, pflag.ErrHelp) {
			t.Errorf("%q became %q: %v", args, got, err)
		}
		again, _, err := RewriteArgs(got, ours(), 0)
		if err != nil || !slices.Equal(got, again) {
			t.Errorf("%q became %q, and then %q, %v", args, got, again, err)
		}
	})
}
