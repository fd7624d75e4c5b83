package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"ssosync/internal/config"
	"ssosync/internal/wire"
)

// base is what a run needs besides, in a layer that is weaker than the file.
const base = `GOOGLE_USER=admin@example.com
GOOGLE_CREDENTIALS_JSON={"type":"service_account"}
SCIM_ENDPOINT=https://scim.us-east-1.amazonaws.com/t/scim/v2
SCIM_TOKEN=d7a9
`

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("ssosync.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("ssosync.json") // checks it against the draft's own schema
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// strict is what the program itself makes of a file.
func strict(text string) error {
	cfg, _, _, err := config.Load(config.Input{ReadFile: func(name string) ([]byte, error) {
		switch name {
		case ".env":
			return []byte(base), nil
		case "ssosync.yaml":
			return []byte(text), nil
		case "key.json", "credentials.json":
			return []byte(`{"type":"service_account"}`), nil
		}
		return nil, fs.ErrNotExist
	}})
	return errors.Join(err, cfg.Validate(wire.Check))
}

// byShape are the complaints about the form of a file, as opposed to those that
// take more than the value itself to judge.
var byShape = regexp.MustCompile(`unknown key|not in the file|takes one value|takes a value|not plain text|neither true nor false|is none of|want PERCENT|` +
	`there is no guard|no limit to set|is no time|is no date|is not the ARN`)

type complainer interface {
	Helper()
	Errorf(format string, args ...any)
}

// agree compares what the schema and the program say of a file that is JSON, and
// so YAML as well.
func agree(t complainer, s *jsonschema.Schema, text string) (accepted bool) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return false
	}
	bySchema, byProgram := s.Validate(doc), strict(text)
	if byProgram == nil && bySchema != nil {
		t.Errorf("%s is accepted, but the schema says %v", text, bySchema)
	}
	if byProgram != nil && bySchema == nil && byShape.MatchString(byProgram.Error()) {
		t.Errorf("%s passes the schema, but is refused: %v", text, byProgram)
	}
	return bySchema == nil && byProgram == nil
}

// values are what somebody may write under any key.
func values(o config.Option) []any {
	all := []any{
		nil, "", "  ", true, false, 0, 1, 7, 2.5, -1, "x", "TRUE", "yEs", " no ", "1", "2", "scim", " SCIM ", "Warning", "a,b", ",", "none", "none,aws-reserved", "aws-reserved ,, control-tower",
		[]any{},
		[]any{"a"},
		[]any{1, true, "b"},
		[]any{nil},
		[]any{[]any{"a"}},
		[]any{map[string]any{}},
		[]any{""},
		[]any{"none"},
		[]any{"aws-reserved, control-tower"},
		map[string]any{},
		map[string]any{"users": "10%/5"},
		map[string]any{"users": " 10%/5 "},
		map[string]any{"users": "10%"},
		map[string]any{"users": 5},
		map[string]any{"people": "1%/1"},
		map[string]any{"protected": "1%/1"},
		map[string]any{"users": nil},
		map[string]any{"users": []any{"1%/1"}},
		map[string]any{"title": "organizations[primary].title"},
		map[string]any{"title": true},
		"30d", "2w", "1h30m", "+1.5h", ".5s", "-1h", "d", "30 d", "never", "0", "2026-11-26", "2026-11-26T08:00:00Z", "26.11.2026", "2026-1-1", "env:A", "exec:a b", "file:/a",
		"arn:aws:iam::123456789012:role/a", "arn:aws-cn:iam::123456789012:role/a/b", "arn:aws:iam::123456789012:user/a", "role/a", "http://127.0.0.1:1", "https://example.com", "ftp://example.com", "admin@example.com",
	}
	for _, v := range o.Values {
		all = append(all, v, " "+v+" ", strings.ToUpper(v), v+"x", []any{v})
	}
	return append(all, o.Default)
}

func file(t *testing.T, pairs map[string]any) string {
	t.Helper()
	b, err := json.Marshal(pairs)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheSchemaAndTheProgramAgree(t *testing.T) {
	s := compiled(t)
	for _, o := range config.Options {
		if o.FileKey() == "" {
			agree(t, s, file(t, map[string]any{o.Name: "x"})) // neither has it
			continue
		}
		accepted, refused := 0, 0
		for _, v := range values(o) {
			if agree(t, s, file(t, map[string]any{o.FileKey(): v})) {
				accepted++
			} else {
				refused++
			}
		}
		if accepted < 2 || refused < 5 {
			t.Errorf("%s: %d values are accepted and %d refused: that tests little", o.Name, accepted, refused)
		}
	}
	for _, key := range []string{"grup-match", "guard", "accept", "Group-Match", "", "config", "$schema"} {
		if agree(t, s, file(t, map[string]any{key: "x"})) {
			t.Errorf("the key %q is accepted", key)
		}
	}
}

// Whatever files are made of: settings that are accepted one by one, and others.
func TestTheSchemaAndTheProgramAgreeOnFiles(t *testing.T) {
	s := compiled(t)
	rapid.Check(t, func(t *rapid.T) {
		settings := map[string]any{}
		for range rapid.IntRange(0, 6).Draw(t, "settings") {
			o := rapid.SampledFrom(config.Options).Draw(t, "option")
			key := o.FileKey()
			if rapid.IntRange(0, 20).Draw(t, "misspelt") == 0 || key == "" {
				key = o.Name + rapid.SampledFrom([]string{"", "s", "x"}).Draw(t, "by")
			}
			settings[key] = rapid.SampledFrom(values(o)).Draw(t, "value")
		}
		b, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, s, string(b))
	})
}

// The files of all scripts, which are as people write them.
func TestTheSchemaKnowsTheFilesOfTheScripts(t *testing.T) {
	s := compiled(t)
	scripts, err := filepath.Glob("../cli/testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if !strings.HasSuffix(f.Name, ".yaml") {
				continue
			}
			var doc any
			if yaml.Unmarshal(f.Data, &doc) != nil {
				continue // it is one of those that are damaged on purpose
			}
			b, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			files++
			agree(t, s, string(b))
		}
	}
	if files < 2 {
		t.Errorf("only %d files were found", files)
	}
}

// What editors offer is accepted.
func TestWhatTheSchemaOffers(t *testing.T) {
	var doc struct {
		Properties map[string]struct {
			Description string `json:"description"`
			Default     any    `json:"default"`
			Examples    []any  `json:"examples"`
			Deprecated  bool   `json:"deprecated"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(config.Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	s := compiled(t)
	// what these take besides, to be allowed
	with := map[string]map[string]any{
		"google-access-token":                {"google-login": "access-token", "google-admin": "a@example.com"},
		"google-impersonate-service-account": {"google-login": "adc"},
		"assume-role-external-id":            {"assume-role": "arn:aws:iam::123456789012:role/a"},
	}
	for _, o := range config.Options {
		p, ok := doc.Properties[o.FileKey()]
		if ok != (o.FileKey() != "") {
			t.Errorf("%s: in the schema: %v", o.Name, ok)
		}
		if !ok {
			continue
		}
		if len(p.Description) < 20 || strings.Contains(p.Description, "`") || p.Deprecated != (o.Note != "") {
			t.Errorf("%s: %+v", o.Name, p)
		}
		if o.Values == nil && o.Kind != config.Bool && o.Name != "guard" && len(p.Examples) == 0 {
			t.Errorf("%s has no example", o.Name)
		}
		if p.Default == nil && o.Default != "" {
			t.Errorf("%s has no default", o.Name)
		}
		for _, v := range append(slices.Clone(p.Examples), p.Default) {
			settings := map[string]any{o.FileKey(): v}
			maps.Copy(settings, with[o.Name])
			text := file(t, settings)
			err := strict(text)
			if o.Name == "google-access-token" && err != nil && strings.Contains(err.Error(), "google-admin has no effect") {
				err = nil
			}
			if v, err2 := jsonschema.UnmarshalJSON(strings.NewReader(text)); err2 != nil || s.Validate(v) != nil || err != nil {
				t.Errorf("%s: %v, %v", text, err, err2)
			}
		}
	}
}

func TestSchemaText(t *testing.T) {
	got := config.Schema()
	name := filepath.Join("testdata", config.SchemaFile)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what Schema returns: UPDATE=1 go test rewrites it", name)
	}
}
