package lookup_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/secret"
	"ssosync/internal/secret/lookup"
)

func holding(text string) *lookup.Resolver {
	return &lookup.Resolver{Getenv: func(string) (string, bool) { return text, true }}
}

func of(key string) secret.Reference {
	return secret.Reference{Scheme: secret.Env, Name: "A", Key: key}
}

// What is put in as a string comes out as it is, and everything else as the same
// JSON.
func TestMembers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.StringN(1, 8, -1).Draw(rt, "key")
		text := rapid.StringN(1, 30, -1).Draw(rt, "text")
		value := rapid.SampledFrom([]any{text, map[string]any{"a": []any{text, 1.0}}, []any{}, 1.5, true, false, map[string]any{}}).Draw(rt, "value")
		b, err := json.MarshalIndent(map[string]any{key: value, key + "x": "other", "x" + key: nil}, " ", "\t")
		if err != nil {
			rt.Fatal(err)
		}
		got, err := holding(string(b)+"\n").Resolve(t.Context(), of(key))
		if err != nil {
			if text == "\n" || text == "\r\n" || text == "\r" {
				return
			}
			rt.Fatal(err)
		}
		if s, ok := value.(string); ok {
			want := strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
			if got.Text.Reveal() != want {
				rt.Fatalf("%q is %q", s, got.Text.Reveal())
			}
			return
		}
		var back any
		if err := json.Unmarshal([]byte(got.Text.Reveal()), &back); err != nil || fmt.Sprint(back) != fmt.Sprint(value) || strings.ContainsAny(got.Text.Reveal(), "\n\t") {
			rt.Fatalf("%v is %s", value, got.Text.Reveal())
		}
	})
}

// Numbers keep their digits.
func TestNumbersOfMembers(t *testing.T) {
	for raw, want := range map[string]string{"123456789012345678901234567890": "123456789012345678901234567890", "1.50": "1.50", ` { "a" : [ 1 , 2 ] } `: `{"a":[1,2]}`, "true": "true", `"\u00e9"`: "é"} {
		if got, err := holding(`{"k":`+raw+`}`).Resolve(t.Context(), of("k")); err != nil || got.Text.Reveal() != want {
			t.Errorf("%s: %q %v", raw, got.Text.Reveal(), err)
		}
	}
}

func TestMembersThatAreNotThere(t *testing.T) {
	many := map[string]string{}
	for i := range 30 {
		many[fmt.Sprintf("k%02d", i)] = "hunter2"
	}
	b, _ := json.Marshal(many)
	for text, c := range map[string]struct {
		says     string
		notFound bool
	}{
		`{"token":"hunter2","Admin":"hunter2"}`: {"look up env:A#key: it has no member key; it has Admin, token; what follows the # is one of these", true},
		`{"Key":"hunter2"}`:                     {"it has Key;", true},
		`{}`:                                    {"it has none at all", true},
		`{"a\u001b\n\u202e` + strings.Repeat("b", 999) + `":1}`: {"it has no member key; it has a", true},
		string(b):            {"k18, k19 and 10 more;", true},
		`{"key":null}`:       {"its member key is null; put a value in", false},
		`{"key":""}`:         {"it is empty", false},
		`{"key":"\n"}`:       {"it is empty", false},
		`hunter2`:            {"it is not a JSON object, so that it has no member key; leave the #", false},
		`"hunter2"`:          {"not a JSON object", false},
		`["hunter2"]`:        {"not a JSON object", false},
		`null`:               {"not a JSON object", false},
		`{"key":"hunter2"}}`: {"not a JSON object", false},
		`{"key":"hunter2"`:   {"not a JSON object", false},
		`{"key":hunter2}`:    {"not a JSON object", false},
	} {
		got, err := holding(text).Resolve(t.Context(), of("key"))
		if err == nil || !strings.Contains(err.Error(), c.says) || !isSetup(err) || isNotFound(err) != c.notFound || !tame(err) || len(err.Error()) > 500 || !blank(got) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}
