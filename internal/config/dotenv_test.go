package config

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseDotEnv(t *testing.T) {
	at := func(line int, value string) map[string]variable { return map[string]variable{"A": {value, line}} }
	for name, test := range map[string]struct {
		text    string
		want    map[string]variable
		problem string
	}{
		"plain":              {"A=b", at(1, "b"), ""},
		"line number":        {"\n# c\nA=b\n", at(3, "b"), ""},
		"spaces":             {"  A = b c  ", at(1, "b c"), ""},
		"export":             {"export A=b\nexport  C=d", at(1, "b"), ""},
		"CRLF":               {"X=1\r\nA=b\r\n", at(2, "b"), ""},
		"CR":                 {"X=1\rA=b\r", at(2, "b"), ""},
		"byte order mark":    {"\ufeffA=b", at(1, "b"), ""},
		"equals signs":       {"A=b=c==", at(1, "b=c=="), ""},
		"empty":              {"A=", at(1, ""), ""},
		"only a comment":     {"A= # b", at(1, ""), ""},
		"comment":            {"A=b # c", at(1, "b"), ""},
		"comment after tab":  {"A=b\t# c", at(1, "b"), ""},
		"no comment":         {"A=b#c", at(1, "b#c"), ""},
		"double quotes":      {`A="b # c" # d`, at(1, "b # c"), ""},
		"single quotes":      {`A='b "c" \n'`, at(1, `b "c" \n`), ""},
		"escapes":            {`A="\"\\\n\t\r\$\d"`, at(1, "\"\\\n\t\r$\\d"), ""},
		"quotes over lines":  {"A='b\nc\n'\nX=d", at(1, "b\nc\n"), ""},
		"name inside quotes": {"X='\nA=b\n'", map[string]variable{}, ""},
		"name after a quote": {"X='\nA=b\n", at(2, "b"), ""},
		"later wins":         {"A=b\nA=c", at(2, "c"), ""},
		"never closed":       {"A='b\nX=c", map[string]variable{}, "1: the quote of A is never closed"},
		"never closed, last": {"A=\"", map[string]variable{}, "1: the quote of A is never closed"},
		"somebody else's":    {"B=1\nthis is no assignment\n=\n'\n\"A=b\"\nA b=c\n", map[string]variable{}, ""},
		"UTF-16":             {"\xff\xfeA\x00=\x00b\x00", nil, "1: the file is UTF-16; save it as UTF-8"},
		"base64 over lines":  {"A=eyJh\nIjox\nfQ==\nB=c", at(1, "eyJh\nIjox\nfQ=="), ""},
		"base64 and a name":  {"A=eyJhIjoxfQ==\nabcd=\n", at(1, "eyJhIjoxfQ=="), ""},
		"base64 cut short":   {"A=eyJh\nIjox\n\n#", at(1, "eyJh"), ""},
		"a JWT is no key":    {"A=eyJh.eyJi\nIjox\nfQ==", at(1, "eyJh.eyJi"), ""},
		"JSON over lines":    {"A={\n \"a\": 1\n}\nB=c", at(1, "{\n\"a\": 1\n}"), ""},
		"JSON on one line":   {"A={}\n\nB=c", at(1, "{}"), ""},
		"JSON cut short":     {"A={\n\"a\": 1\n", at(1, "{"), ""},
		"never complete":     {"A={\nA=b", at(2, "b"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := parseDotEnv(test.text, func(name string) bool { return name == "A" })
			text := ""
			for _, p := range problems {
				text += string(rune('0'+p.line)) + ": " + p.text
			}
			if d := cmp.Diff(test.want, got, cmp.AllowUnexported(variable{})); d != "" || text != test.problem {
				t.Errorf("problem %q (-want +got):\n%s", text, d)
			}
		})
	}
}

// What is written by the rules is read back: values in the three kinds of
// quoting, between lines of somebody else's.
func TestDotEnvRoundTrip(t *testing.T) {
	noise := rapid.SampledFrom([]string{"", "# NAME=value", "OTHER=1", "OTHER='\nA=x'", "no assignment", "  ", "export OTHER=\"x\""})
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		value := rapid.StringMatching(`[ -~\n]{0,20}`).Draw(t, "value")
		var written string
		switch rapid.IntRange(0, 2).Draw(t, "quotes") {
		case 0:
			value = strings.TrimSpace(strings.NewReplacer("\n", "", "#", "", "'", "", `"`, "", "{", "").Replace(value))
			written = value
		case 1:
			value = strings.ReplaceAll(value, "'", "")
			written = "'" + value + "'"
		case 2:
			written = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
		}
		before := rapid.SliceOfN(noise, 0, 4).Draw(t, "before")
		text := strings.Join(append(append(before, "A="+written), noise.Draw(t, "after")), "\n")
		line := 1 + strings.Count(strings.Join(append(before, ""), "\n"), "\n")
		got, problems := parseDotEnv(strings.ReplaceAll(text, "\n", end), func(name string) bool { return name == "A" })
		if len(problems) > 0 || got["A"] != (variable{value, line}) {
			t.Errorf("%q: got %v, problems %v, want %q at line %d", text, got, problems, value, line)
		}
	})
}

// Wherever the key is put and however it is encoded, it is the same key.
func TestGoogleKeyInEveryShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{testKey, "{\n  \"type\": \"service_account\",\n  \"private_key\": \"a\\nb\"\n}", `{"a":"` + strings.Repeat("ÿ>?", 200) + `"}`}).Draw(t, "key")
		encoding := rapid.SampledFrom([]*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}).Draw(t, "encoding")
		value := key
		if rapid.Bool().Draw(t, "base64") {
			value = encoding.EncodeToString([]byte(key + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "final line end")))
			width := rapid.SampledFrom([]int{0, 64, 76}).Draw(t, "wrap")
			for i := width; width > 0 && i < len(value); i += width + 1 {
				value = value[:i] + "\n" + value[i:]
			}
		}
		if rapid.Bool().Draw(t, "CRLF") {
			value = strings.ReplaceAll(value, "\n", "\r\n")
		}
		quote := rapid.SampledFrom([]string{"", "'"}).Draw(t, "quote")
		w := world{}
		switch rapid.SampledFrom([]string{"flag", "environment", ".env", "file", "default file"}).Draw(t, "place") {
		case "flag":
			w.args = []string{"-c", quote + value + quote}
		case "environment":
			w.env = map[string]string{"GOOGLE_CREDENTIALS_JSON": quote + value + quote + "\n"}
		case ".env":
			w.files = map[string]string{".env": "GOOGLE_CREDENTIALS_JSON=" + quote + value + quote + "\nGOOGLE_USER=a@example.com\n"}
		case "file":
			w.args, w.files = []string{"-c", "some/key"}, map[string]string{"some/key": value}
		case "default file":
			w.files = map[string]string{"credentials.json": "\ufeff" + value}
		}
		c, _, _, err := w.load(t)
		if err != nil {
			t.Fatal(err)
		}
		// White space between the lines of JSON means nothing.
		plain := strings.NewReplacer(" ", "", "\r", "", "\n", "").Replace
		if got := c.GoogleCredentials.Reveal(); plain(got) != plain(key) {
			t.Errorf("got %q, want %q", got, key)
		}
	})
}
