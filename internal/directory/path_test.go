package directory_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
)

const record = `{
	"id": "1", "suspended": false, "n": 12.5, "big": 12345678901234567890, "nothing": null, "empty": "",
	"name": {"givenName": "Ann", "familyName": ""},
	"organizations": [{"title": "Old", "primary": false}, {"title": "Boss", "primary": true, "costCenter": "C1"}],
	"phones": [{"value": "1", "type": "home"}, {"value": "2", "type": "Work"}, {"value": "3", "type": "work"}, "odd"],
	"relations": [{"value": "x"}, {"type": true, "value": "y"}],
	"keywords": [],
	"customSchemas": {"AWS": {"roles": [{"value": "a"}, {"value": ""}, {"value": 3}], "level": 7, "deep": [["t", "u"], {"value": {"value": "v"}}]}}
}`

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var r map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLookup(t *testing.T) {
	r := decode(t, record)
	for path, want := range map[string][]string{
		"id": {"1"}, "suspended": {"false"}, "n": {"12.5"}, "big": {"12345678901234567890"}, "nothing": nil, "empty": nil, "missing": nil,
		"name.givenName": {"Ann"}, "name.familyName": nil, "name": nil, "id.x": nil, "name.givenName.x": nil,
		"name[].givenName": {"Ann"}, "name[primary].givenName": {"Ann"},
		"organizations[primary].title": {"Boss"}, "organizations[current].title": {"Old"}, "organizations[].title": {"Old", "Boss"},
		"organizations.title": {"Old", "Boss"}, "organizations[title=Old].costCenter": nil, "organizations[title=boss].costCenter": {"C1"},
		"organizations[primary=true].title": {"Boss"}, "keywords[primary].value": nil, "keywords[].value": nil,
		"phones[type=work].value": {"2", "3"}, "phones[type=none].value": nil, "phones[type=work]": {"2", "3"}, "phones[]": {"1", "2", "3", "odd"},
		"relations[type=true].value": {"y"},
		"customSchemas.AWS.roles":    {"a", "3"}, "customSchemas.AWS.level": {"7"}, "customSchemas.AWS.deep": {"t", "u", "v"}, "customSchemas.No.level": nil,
	} {
		p, err := directory.ParsePath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if diff := cmp.Diff(want, p.Lookup(r)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	var plain map[string]any // numbers as encoding/json has them unless told otherwise
	if err := json.Unmarshal([]byte(`{"n": 1e21, "i": 7}`), &plain); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"n": "1000000000000000000000", "i": "7"} {
		p, _ := directory.ParsePath(path)
		if got := p.Lookup(plain); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q", path, got)
		}
	}
}

func TestMask(t *testing.T) {
	for path, want := range map[string][3]string{ // mask, root, schema
		"id":                                {"id", "id", ""},
		"name.givenName":                    {"name/givenName", "name", ""},
		"organizations[].title":             {"organizations/title", "organizations", ""},
		"organizations[primary].title":      {"organizations", "organizations", ""},
		"phones[type=work].value":           {"phones", "phones", ""},
		"customSchemas.AWS.costCenter":      {"customSchemas", "customSchemas", "AWS"},
		"customSchemas.AWS":                 {"customSchemas", "customSchemas", "AWS"},
		"customSchemas":                     {"customSchemas", "customSchemas", ""},
		"emails.address[type=work].dotted":  {"emails", "emails", ""},
		"organizations.location.customType": {"organizations/location/customType", "organizations", ""},
	} {
		p, err := directory.ParsePath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		schema, ok := p.Schema()
		if got := [3]string{p.Mask(), p.Root(), schema}; got != want || ok != (schema != "") {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	var none directory.Path
	if _, ok := none.Schema(); none.Mask() != "" || none.Root() != "" || ok {
		t.Error("no path has no mask")
	}
}

func TestParsePathRefuses(t *testing.T) {
	for path, part := range map[string]string{
		"": `""`, "a.": `""`, ".a": `""`, "a..b": `""`, "a b": `"a b"`, "a[": `"a["`, "a]": `"a]"`, "a[x": `"a[x"`, "a[]x": `"a[]x"`,
		"a[=b]": `"a[=b]"`, "a[b=]": `"a[b=]"`, "a[b=c=d]": `"a[b=c=d]"`, "a[b c]": `"a[b c]"`, "a\n": `"a\n"`, "name.é": `"é"`,
	} {
		_, err := directory.ParsePath(path)
		if err == nil || !strings.Contains(err.Error(), part+" is neither") {
			t.Errorf("%q: got %v, want an error about %s", path, err, part)
		}
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[string][2]bool{
		"100000000000000000001": {true, false}, "10000000000000000001": {false, false}, "1000000000000000000012": {false, false},
		"10000000000000000000x": {false, false}, "012345678abcdef": {false, true}, "112345678abcdef": {false, false},
		"012345678ABCDEF": {false, false}, "012345678abcde": {false, false}, "012345678abcdef0": {false, false}, "": {false, false},
		"100000000000000000001\n": {false, false}, " 012345678abcdef": {false, false},
	} {
		if got := [2]bool{directory.LooksLikeUserID(id), directory.LooksLikeGroupID(id)}; got != want {
			t.Errorf("%q: got %v", id, got)
		}
	}
}

// Whatever the path and the record: no panic, no empty text, and every field of
// the mask is one that the path names.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"id", "organizations[primary].title", "phones[type=work].value", "customSchemas.AWS.deep", "a[b=c=d]"} {
		f.Add(path, record)
	}
	f.Fuzz(func(t *testing.T, path, record string) {
		p, err := directory.ParsePath(path)
		if err != nil {
			return
		}
		for name := range strings.SplitSeq(p.Mask(), "/") {
			if name == "" || !strings.Contains(path, name) {
				t.Errorf("%q: the mask %q has %q in it", path, p.Mask(), name)
			}
		}
		if !strings.HasPrefix(path, p.Root()) || !strings.HasPrefix(p.Mask(), p.Root()) {
			t.Errorf("%q: the root is %q", path, p.Root())
		}
		var r map[string]any
		if json.Unmarshal([]byte(record), &r) != nil {
			return
		}
		if got := p.Lookup(r); slices.Contains(got, "") {
			t.Errorf("%q finds %q", path, got)
		}
	})
}
