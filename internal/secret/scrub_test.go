package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ways are how others write a text.
func ways(s string) map[string]string {
	j, _ := json.Marshal(map[string]string{"k": s})
	jj, _ := json.Marshal(fmt.Sprintf("%q", s))
	req, _ := http.NewRequest(http.MethodGet, "https://api.example.com", http.NoBody)
	req.SetBasicAuth("someone", s)
	q := url.Values{"token": {s}}.Encode()
	return map[string]string{
		"plain":         s,
		"json":          string(j),
		"query":         q,
		"lower query":   strings.ToLower(q),
		"path":          (&url.URL{Path: "/" + s}).String(),
		"quoted":        fmt.Sprintf("%q", s),
		"ascii":         fmt.Sprintf("%+q", s),
		"hex":           fmt.Sprintf("%x", s),
		"upper hex":     fmt.Sprintf("%X", s),
		"base64":        base64.StdEncoding.EncodeToString([]byte(s)),
		"base64 raw":    base64.RawStdEncoding.EncodeToString([]byte(s)),
		"base64 url":    base64.URLEncoding.EncodeToString([]byte(s)),
		"basic":         req.Header.Get("Authorization"),
		"twice in json": string(jj),
	}
}

// TestScrubLaw writes a token of the shape that the vendors give out in many
// ways, amid other text, and looks for pieces of it afterwards.
func TestScrubLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		token := rapid.StringMatching(`[0-9a-zA-Z/=+-]{16,60}`).Draw(rt, "token")
		before := rapid.StringMatching(`[ a-z":{]{0,20}`).Draw(rt, "before")
		after := rapid.StringMatching(`[ a-z"}]{0,20}`).Draw(rt, "after")
		for name, way := range ways(token) {
			if name == "lower query" && token != strings.ToLower(token) {
				continue // another text
			}
			out := Scrub(before+way+after, New("unrelated"), New(token))
			if !strings.Contains(out, "[redacted]") {
				rt.Fatalf("%s: found nothing in %q", name, way)
			}
			if name == "basic" {
				continue // below
			}
			frame := ways("\x00")[name] + before + after
			for i := 0; i+8 <= len(way); i++ {
				if piece := way[i : i+8]; strings.Contains(out, piece) && !strings.Contains(frame, piece) {
					rt.Fatalf("%s: %q of %q is left in %q", name, piece, way, out)
				}
			}
		}
		// What is left of Basic credentials decodes to the name and no more.
		out := strings.TrimPrefix(Scrub(ways(token)["basic"], New(token)), "Basic ")
		left, _, _ := strings.Cut(out, "[redacted]")
		if want := base64.RawStdEncoding.EncodeToString([]byte("someone:")); !strings.HasPrefix(want, left[:len(left)-1]) || len(left) > len(want) {
			rt.Fatalf("basic: %q is left", left)
		}
	})
}

// TestScrubAnything takes secrets of any text, and only asks that the text be
// gone.
func TestScrubAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringN(8, 30, -1).Draw(rt, "secret")
		masks := redacted + redacted
		if len(s) < minLength || strings.Contains(masks, s) {
			return
		}
		for name, way := range ways(s) {
			switch name {
			case "lower query", "twice in json", "path", "ascii", "json":
				continue // another text; or a writer with rules of its own, such as for invalid UTF-8
			case "hex", "upper hex", "base64", "base64 raw", "base64 url", "basic":
				if len(s) < 12 {
					continue
				}
			}
			if out := Scrub(way, New(s)); strings.Contains(out, s) || !strings.Contains(out, "[redacted]") {
				rt.Fatalf("%s: %q gives %q", name, way, out)
			}
		}
	})
}

func TestScrub(t *testing.T) {
	const key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n"
	for _, tt := range []struct {
		name, text string
		secrets    []string
		want       string
	}{
		{"nothing to hide", "all is well", nil, "all is well"},
		{"not there", "all is well", []string{"hunter2"}, "all is well"},
		{"empty", "all is well", []string{""}, "all is well"},
		{"too short to be one", "all is well", []string{"all"}, "all is well"},
		{"just too short", "as well as can be", []string{"as well"}, "as well as can be"},
		{"just long enough", "is as well, as well", []string{"as well,"}, "is [redacted] as well"},
		{"two", "user hunter22 of hunter33", []string{"hunter22", "hunter33"}, "user [redacted] of [redacted]"},
		{"side by side", "hunter22hunter22", []string{"hunter22"}, "[redacted]"},
		{"overlapping", "xabcdabcdabcdx", []string{"abcdabcd"}, "x[redacted]x"},
		{"one in the other", "a hunter2hunter b", []string{"hunter", "hunter2hunter"}, "a [redacted] b"},
		{"one line of a key", "bad line MIIEvQIBADANBgkqhkiG9w0BAQEFAASC at 2", []string{key}, "bad line [redacted] at 2"},
		{"a key in JSON", `{"private_key":"` + strings.ReplaceAll(key, "\n", `\n`) + `"}`, []string{key}, `{"private_key":"[redacted]"}`},
		{"whole base64", base64.StdEncoding.EncodeToString([]byte("correct horse battery")), []string{"correct horse battery"}, "[redacted]"},
		{"padding goes too", base64.StdEncoding.EncodeToString([]byte("correct horse batter")), []string{"correct horse batter"}, "[redacted]"},
		{"hex", hex.EncodeToString([]byte("hunter2!")), []string{"hunter2!"}, "[redacted]"},
		{"slashes as PHP writes them", `aa\/bb\/cc`, []string{"aa/bb/cc"}, "[redacted]"},
		{"text beyond ASCII", "größe: pässwörd!", []string{"pässwörd"}, "größe: [redacted]!"},
		{"lower-case escapes", "t=aa%2fbb%3dcc", []string{"aa/bb=cc"}, "t=[redacted]"},
		{"spaces in a path", "/a/correct%20horse/b", []string{"correct horse"}, "/a/[redacted]/b"},
		{"spaces in a query", "?a=correct+horse&b", []string{"correct horse"}, "?a=[redacted]&b"},
		{"JSON without HTML escapes", `{"t":"pass<\u0001word"}`, []string{"pass<\x01word"}, `{"t":"[redacted]"}`},
		{"JSON's HTML escapes", `{"t":"aa\u0026bb\u003ccc"}`, []string{"aa&bb<cc"}, `{"t":"[redacted]"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var secrets []String
			for _, s := range tt.secrets {
				secrets = append(secrets, New(s))
			}
			if got := Scrub(tt.text, secrets...); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
