package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReferences(t *testing.T) {
	const sm = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
	for value, want := range map[string]Reference{
		sm + "ssosync/token-AbCdEf":                  {Scheme: SecretsManager, Name: sm + "ssosync/token-AbCdEf", Region: "eu-west-1"},
		sm + "ssosync-AbCdEf#token":                  {Scheme: SecretsManager, Name: sm + "ssosync-AbCdEf", Region: "eu-west-1", Key: "token"},
		sm + "ssosync-AbCdEf:AWSPREVIOUS":            {Scheme: SecretsManager, Name: sm + "ssosync-AbCdEf", Region: "eu-west-1", Stage: "AWSPREVIOUS"},
		sm + "a@b.example:AWSPENDING#k#l":            {Scheme: SecretsManager, Name: sm + "a@b.example", Region: "eu-west-1", Stage: "AWSPENDING", Key: "k#l"},
		"secretsmanager:" + sm + "x":                 {Scheme: SecretsManager, Name: sm + "x", Region: "eu-west-1"},
		"secretsmanager:SSOSyncSCIMAccessToken":      {Scheme: SecretsManager, Name: "SSOSyncSCIMAccessToken"},
		"secretsmanager:a/b+c=d.e@f-g:old#my key":    {Scheme: SecretsManager, Name: "a/b+c=d.e@f-g", Stage: "old", Key: "my key"},
		" secretsmanager:padded\n":                   {Scheme: SecretsManager, Name: "padded"},
		"ssm:/ssosync/token":                         {Scheme: SSM, Name: "/ssosync/token"},
		"ssm:/ssosync/token:3#a":                     {Scheme: SSM, Name: "/ssosync/token:3", Key: "a"},
		"ssm:arn:aws:ssm:eu-west-1:1:parameter/t":    {Scheme: SSM, Name: "arn:aws:ssm:eu-west-1:1:parameter/t", Region: "eu-west-1"},
		"arn:aws:ssm:eu-west-1:1:parameter/a/b:v#k":  {Scheme: SSM, Name: "arn:aws:ssm:eu-west-1:1:parameter/a/b:v", Region: "eu-west-1", Key: "k"},
		"env:SCIM_TOKEN":                             {Scheme: Env, Name: "SCIM_TOKEN"},
		"env:BLOB#google.json":                       {Scheme: Env, Name: "BLOB", Key: "google.json"},
		"file:/run/secrets/token":                    {Scheme: File, Name: "/run/secrets/token"},
		`file:C:\My Keys\keys.json#token`:            {Scheme: File, Name: `C:\My Keys\keys.json`, Key: "token"},
		"file:/a/b#c/d":                              {Scheme: File, Name: "/a/b#c/d"},
		"file:/a/b#c#":                               {Scheme: File, Name: "/a/b#c"},
		"exec:op read op://vault/item#token":         {Scheme: Exec, Name: "op read op://vault/item", Key: "token"},
		"exec:op read 'op://vault/item#token'":       {Scheme: Exec, Name: "op read 'op://vault/item#token'"},
		"exec:sh -c 'cat a | tail -1'  ":             {Scheme: Exec, Name: "sh -c 'cat a | tail -1'"},
		"exec:pass aws#":                             {Scheme: Exec, Name: "pass aws"},
		"exec: pass aws # and so on":                 {Scheme: Exec, Name: "pass aws # and so on"},
		"exec:pass aws #2":                           {Scheme: Exec, Name: "pass aws", Key: "2"},
		"exec:\n  sh -c '\n  echo a\n  echo b\n'\n ": {Scheme: Exec, Name: "sh -c '\n  echo a\n  echo b\n'"},
	} {
		got, ok, err := ParseReference(value)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Errorf("%q: %v, %v\n%s", value, ok, err, diff)
		}
	}
}

// The partition is nobody's business but AWS's: there are new ones.
func TestReferencesOfEveryPartition(t *testing.T) {
	for _, c := range []struct{ partition, region string }{
		{"aws", "mx-central-1"},
		{"aws-cn", "cn-northwest-1"},
		{"aws-us-gov", "us-gov-west-1"},
		{"aws-iso", "us-iso-east-1"},
		{"aws-iso-b", "us-isob-east-1"},
		{"aws-iso-e", "eu-isoe-west-1"},
		{"aws-iso-f", "us-isof-south-1"},
		{"aws-eusc", "eusc-de-east-1"},
		{"aws-moon", "moon-dark-9"},
	} {
		for scheme, resource := range map[string]string{SecretsManager: "secret:name-AbCdEf", SSM: "parameter/a/b"} {
			arn := "arn:" + c.partition + ":" + scheme + ":" + c.region + ":123456789012:" + resource
			got, ok, err := ParseReference(arn)
			if want := (Reference{Scheme: scheme, Name: arn, Region: c.region}); got != want || !ok || err != nil {
				t.Errorf("%s: %#v %v %v", arn, got, ok, err)
			}
		}
	}
}

func TestMalformedReferences(t *testing.T) {
	for value, says := range map[string]string{
		"arn:":                                   "neither that of a secret",
		"arn:aws:iam::123456789012:role/hunter2": "neither that of a secret",
		"arn:aws:secretsmanager:eu-west-1:1:hunter2":                "neither that of a secret",
		"arn:aws:secretsmanager:eu-west-1:1:parameter/hunter2":      "neither that of a secret",
		"arn:aws:ssm:eu-west-1:1:document/hunter2":                  "neither that of a secret",
		"arn:aws:ssm:eu-west-1:1:secret:hunter2":                    "neither that of a secret",
		"arn:aws:secretsmanager::1:secret:hunter2":                  "neither that of a secret",
		"arn:aws:secretsmanager:eu-west-1::secret:hunter2":          "neither that of a secret",
		"arn::secretsmanager:eu-west-1:1:secret:hunter2":            "neither that of a secret",
		"arn:aws:secretsmanager:evil.example/:1:secret:hunter2":     "neither that of a secret",
		"arn:aws:secretsmanager:eu-west-1:1:secret:":                "names nothing: write secretsmanager:NAME",
		"arn:aws:ssm:eu-west-1:1:parameter/#hunter2":                "names nothing: write ssm:NAME",
		"arn:aws:secretsmanager:eu-west-1:1:secret:hunter2:token::": "#KEY, not :KEY",
		"ssm:arn:aws:secretsmanager:eu-west-1:1:secret:hunter2":     "begins with ssm: and names the ARN of another service",
		"secretsmanager:arn:aws:ssm:eu-west-1:1:parameter/hunter2":  "begins with secretsmanager: and names the ARN of another service",
		"secretsmanager:":                "names nothing: write secretsmanager:NAME",
		"secretsmanager:#hunter2":        "names nothing",
		"secretsmanager::hunter2":        "names nothing",
		"secretsmanager:hunter2:":        "#KEY, not :KEY",
		"secretsmanager:hunter2#":        "nothing follows the #",
		"secretsmanager:a hunter2":       "has a space",
		"secretsmanager:hunter2\x1b[0m":  "cannot be seen",
		"secretsmanager:a#hunter2\u202e": "cannot be seen",
		"secretsmanager:a:hunter 2":      "has a space",
		"ssm: ":                          "names nothing: write ssm:NAME",
		"ssm:hunter2#":                   "nothing follows the #",
		"env:":                           "names nothing: write env:NAME",
		"env:#hunter2":                   "names nothing",
		"env:hunter2#":                   "nothing follows the #",
		"env:A=hunter2":                  "cannot be seen",
		"env:A hunter2":                  "has a space",
		"env:A#hunter2\n\x00b":           "cannot be seen",
		"file:":                          "names nothing: write file:PATH",
		"file:#":                         "names nothing",
		"file:a\nhunter2":                "cannot be seen",
		"file:a\xffhunter2":              "cannot be seen",
		"exec:":                          "names nothing: write exec:COMMAND",
		"exec: #":                        "names nothing",
		"exec:'' hunter2":                "has no command",
		"exec:a 'hunter2":                "quote that does not end",
		`exec:a "hunter2\"`:              "quote that does not end",
		"exec:a hunter2\x00":             "NUL",
	} {
		got, ok, err := ParseReference(value)
		if got != (Reference{}) || ok || err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: %#v %v %v", value, got, ok, err)
		}
	}
}

// literals draws what settings hold that are no references.
func literals() *rapid.Generator[string] {
	token := rapid.StringOfN(rapid.SampledFrom([]rune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/=+-")), 500, 620, -1)
	name := rapid.StringMatching(`[a-z]{1,10}`)
	return rapid.OneOf(
		token,
		rapid.Custom(func(t *rapid.T) string { // as AWS has them, in several parts
			return rapid.StringMatching(`[0-9a-f]{8}`).Draw(t, "a") + ":" + token.Draw(t, "b") + ":" + token.Draw(t, "c")
		}),
		rapid.Custom(func(t *rapid.T) string {
			b, _ := json.MarshalIndent(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "json"), "", rapid.SampledFrom([]string{"", " "}).Draw(t, "indent"))
			return rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "before") + string(b)
		}),
		rapid.Custom(func(t *rapid.T) string {
			return base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 0, 90).Draw(t, "bytes"))
		}),
		rapid.Custom(func(t *rapid.T) string { return name.Draw(t, "at") + "@" + name.Draw(t, "host") + ".example" }),
		rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"https://", "http://"}).Draw(t, "scheme") + name.Draw(t, "host") + ".example:8443/" + name.Draw(t, "path") + "#x"
		}),
		rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{`C:\`, "C:/", `\\host\`, "/", "./", "../", "~/", "", "secrets manager:", "file/", "arn", "ENV:"}).Draw(t, "root") + name.Draw(t, "file") + ".json"
		}),
	)
}

func TestALiteralIsNeverAReference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := literals().Draw(rt, "literal")
		if got, ok, err := ParseReference(s); ok || err != nil || got != (Reference{}) {
			rt.Fatalf("%q: %#v %v %v", s, got, ok, err)
		}
	})
	for _, s := range []string{"", " ", ":", "#", "arn", "env", "credentials.json", `C:\keys.json`, "C01abc234", "my_customer", "d-1234567890", "us-east-1", "Secretsmanager:x", "filename:x", "exe:c"} {
		if got, ok, err := ParseReference(s); ok || err != nil || got != (Reference{}) {
			t.Errorf("%q: %#v %v %v", s, got, ok, err)
		}
	}
}

// references draws those that are no commands, from their parts.
func references() *rapid.Generator[Reference] {
	return rapid.Custom(func(t *rapid.T) Reference {
		r := Reference{Scheme: rapid.SampledFrom([]string{SecretsManager, SSM, Env, File}).Draw(t, "scheme")}
		r.Key = rapid.StringMatching(`([A-Za-z0-9_.-]{1,8})?`).Draw(t, "key")
		switch r.Scheme {
		case SecretsManager:
			r.Name = rapid.StringMatching(`[A-Za-z0-9/_+=.@-]{1,12}`).Draw(t, "name")
			r.Stage = rapid.StringMatching(`(AWSPREVIOUS|[A-Za-z0-9@_-]{1,5})?`).Draw(t, "stage")
		case SSM:
			r.Name = rapid.StringMatching(`[A-Za-z0-9/_.-]{1,12}(:[0-9a-z]{1,3})?`).Draw(t, "name")
		case Env:
			r.Name = rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,8}`).Draw(t, "name")
		case File:
			r.Name = rapid.StringMatching(`[#A-Za-z0-9/\\:._-]([ #A-Za-z0-9/\\:.é_-]{0,12}[#A-Za-z0-9/\\:._-])?`).Draw(t, "name")
		}
		kind := map[string]string{SecretsManager: "secret:", SSM: "parameter/"}[r.Scheme]
		if kind != "" && rapid.Bool().Draw(t, "ARN") {
			r.Region = rapid.StringMatching(`[a-z]{2}-[a-z]{4}-[1-9]`).Draw(t, "region")
			r.Name = "arn:aws:" + r.Scheme + ":" + r.Region + ":123456789012:" + kind + r.Name
		}
		return r
	})
}

// What is shown of a reference is what it is read from.
func TestShownAndReadAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := references().Draw(rt, "reference")
		got, ok, err := ParseReference(want.String())
		if got != want || !ok || err != nil {
			rt.Fatalf("%q is read as %q %+v, %v, %v", want.String(), got.Name, got, ok, err)
		}
	})
}

func TestArgumentsAreNotShown(t *testing.T) {
	for command, want := range map[string]string{
		"op read hunter2":              "exec:op",
		`"/opt/my tools/op" hunter2`:   "exec:/opt/my tools/op",
		"TOKEN=hunter2 op":             "exec:…",
		"'hunter2":                     "exec:…",
		"":                             "exec:…",
		"\u202ehunter2":                "exec:…",
		strings.Repeat("hunter2", 100): "exec:…",
	} {
		r := Reference{Scheme: Exec, Name: command, Key: "k"}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "r", r)
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "r", r)
		b, err := json.Marshal(map[string]any{"r": r, "all": []Reference{r}})
		if err != nil {
			t.Fatal(err)
		}
		all := fmt.Sprintf("%v %+v %#v %s %q %v", r, r, r, r, r, []Reference{r}) + string(b) + log.String()
		if strings.Contains(all, "hunter") || r.String() != want+"#k" {
			t.Errorf("%s: %s", r, all)
		}
	}
}

func TestCommands(t *testing.T) {
	for line, want := range map[string][]string{
		"op":                          {"op"},
		" a\tb \n c ":                 {"a", "b", "c"},
		`sh -c 'echo "$A" \ | b'`:     {"sh", "-c", `echo "$A" \ | b`},
		`a "b \"c\" \\ \n $d" e`:      {"a", `b "c" \ \n $d`, "e"},
		`C:\bin\op.exe a\ b`:          {`C:\bin\op.exe`, `a\`, "b"},
		`a --x='b c'd"e f" '' ""`:     {"a", "--x=b cde f", "", ""},
		`a "it's" 'say "hi"'`:         {"a", "it's", `say "hi"`},
		"a é\u00a0ü":                  {"a", "é", "ü"},
		`a 'b\' c`:                    {"a", `b\`, "c"},
		`a $(b) ~ * > c ; d # e && f`: {"a", "$(b)", "~", "*", ">", "c", ";", "d", "#", "e", "&&", "f"},
	} {
		got, err := Reference{Scheme: Exec, Name: line}.Command()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", line, err, diff)
		}
	}
}

// Whatever the words are, quoting each gives them back.
func TestQuotedWordsAreKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[ \t"'\\$a-z#;é]{0,6}`), 0, 5).Draw(rt, "words")
		words = append([]string{"program"}, words...)
		var line []string
		for i, w := range words {
			if rapid.Bool().Draw(rt, fmt.Sprint("double", i)) || strings.Contains(w, "'") {
				w = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
			} else {
				w = "'" + w + "'"
			}
			line = append(line, w)
		}
		got, err := Reference{Scheme: Exec, Name: strings.Join(line, "  ")}.Command()
		if diff := cmp.Diff(words, got); diff != "" || err != nil {
			rt.Fatalf("%s: %v\n%s", line, err, diff)
		}
	})
}
