package config

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// SchemaFile is what the JSON Schema of ssosync.yaml is called where it lies
// beside it.
const SchemaFile = "ssosync.schema.json"

// Schema returns the JSON Schema (draft 2020-12) of ssosync.yaml, made from
// [Options], for editors to complete and check from. What it refuses, [Load] or
// [Config.Validate] refuses as well. They refuse more: what YAML has and JSON
// has not, such as anchors, and what takes more than one setting, or its owner,
// to judge.
func Schema() []byte {
	properties := make(object, 0, len(Options))
	for _, o := range Options {
		if o.FileKey() != "" {
			properties = append(properties, member{o.FileKey(), o.schema()})
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(object{ // texts, numbers and lists always encode
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "ssosync.yaml"},
		{"description", "Settings of ssosync, which keeps AWS IAM Identity Center like a Google Workspace directory. A flag or a variable of the environment wins over the file."},
		{"type", []string{"object", "null"}},
		{"properties", properties},
		{"additionalProperties", false},
	})
	return b.Bytes()
}

// An object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, m := range o {
		before := byte(',')
		if i == 0 {
			before = '{'
		}
		b.WriteByte(before)
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	if len(o) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plainTypes are the values that are read as a text, as it is written.
func plainTypes() []string { return []string{"string", "number", "boolean"} }

// schema returns what the file may have under the key of a setting. A key
// without a value is as good as none.
func (o Option) schema() object {
	s := object{{"description", o.description()}}
	if d, ok := o.schemaDefault(); ok {
		s = append(s, member{"default", d})
	}
	if e := examples()[o.Name]; len(e) > 0 {
		s = append(s, member{"examples", e})
	}
	if o.Note != "" {
		s = append(s, member{"deprecated", true})
	}
	switch {
	case o.Kind == Bool:
		return append(s, member{"anyOf", []object{
			{{"type", []string{"boolean", "null"}}},
			{{"enum", []any{"yes", "no", 1, 0}}},
			{{"type", "string"}, {"pattern", padded(caseless("true|false|yes|no") + "|1|0")}},
		}})
	case o.Kind == Enum:
		return append(s, member{"anyOf", o.choices()})
	case o.Kind == Pairs:
		return append(s, o.pairsSchema()...)
	case o.repeats():
		return append(s, o.listSchema()...)
	case o.Name == "delete-after": // 0 is a time, and a number as well
		return append(s, member{"type", []string{"string", "integer", "null"}}, member{"pattern", padded(shapes()[o.Name])}, member{"minimum", 0}, member{"maximum", 0})
	case shapes()[o.Name] != "":
		return append(s, member{"type", []string{"string", "null"}}, member{"pattern", padded(shapes()[o.Name])})
	}
	return append(s, member{"type", append(plainTypes(), "null")})
}

// description is the help, as editors show it.
func (o Option) description() string {
	text := strings.ReplaceAll(o.Help, "`", "")
	text = strings.ToUpper(text[:1]) + text[1:] + "."
	switch {
	case o.Secret:
		text += " Keep the value itself elsewhere, and write where: env:NAME, file:PATH, exec:COMMAND, secretsmanager:NAME, ssm:NAME, or an ARN; #KEY takes one member of a JSON secret."
	case o.Elsewhere:
		text += " It may be kept elsewhere: env:NAME, file:PATH, exec:COMMAND, secretsmanager:NAME, ssm:NAME, or an ARN."
	}
	if o.Note != "" {
		text += " No effect: " + o.Note + "."
	}
	return text
}

// schemaDefault is the default in the form that the file has it.
func (o Option) schemaDefault() (any, bool) {
	switch {
	case o.Name == "guard":
		var limits object
		for _, g := range guardLimits() {
			limits = append(limits, member{g.name, g.limit})
		}
		return limits, true
	case o.Default == "":
		return nil, false
	case o.Kind == Bool:
		return o.Default == "true", true
	case o.Kind == List:
		return strings.Split(o.Default, ","), true
	}
	return o.Default, true
}

// choices are the values of a setting that has only some: to complete from, and
// with blanks around them, which do no harm.
func (o Option) choices() []object {
	values := strings.Join(o.Values, "|")
	if o.Name == "log-level" {
		values = caseless(values + "|warning")
	}
	return []object{
		{{"enum", o.Values}},
		{{"type", "string"}, {"pattern", padded(values)}},
		{{"type", "null"}},
	}
}

// listSchema is a list, or a text that is cut at its commas.
func (o Option) listSchema() object {
	if o.Values == nil {
		return object{
			{"type", append(plainTypes(), "array", "null")},
			{"items", object{{"type", plainTypes()}}},
		}
	}
	item := `(?:` + strings.Join(o.Values, "|") + `)?\s*`
	text := object{{"type", "string"}, {"pattern", `^\s*` + item + `(?:,\s*` + item + `)*$`}}
	return object{{"anyOf", []object{
		text,
		{{"type", "array"}, {"items", object{{"anyOf", []object{{{"enum", o.Values}}, text}}}}},
		{{"type", "null"}},
	}}}
}

// pairsSchema is a value for each name. The names of guards are known here,
// those of attributes are not.
func (o Option) pairsSchema() object {
	s := object{{"type", []string{"object", "null"}}}
	if o.Name != "guard" {
		return append(s, member{"additionalProperties", object{{"type", plainTypes()}}})
	}
	var names object
	for _, g := range guardLimits() {
		names = append(names, member{g.name, object{
			{"description", "Refuse a run beyond this limit, PERCENT%/FLOOR: more than that part, and more than that many."},
			{"type", "string"},
			{"pattern", `^\s*\d{1,3}%/\d{1,6}\s*$`},
			{"default", g.limit},
		}})
	}
	return append(s, member{"properties", names}, member{"additionalProperties", false})
}

// shapes are what the texts of some settings look like, by option, as regular
// expressions that both JSON Schema (ECMA-262) and Go know. Where a setting may
// be a bare name of a secret, or has a grammar of its own, there is none.
func shapes() map[string]string {
	const duration = `\+?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)|\d+[dw]` // time.ParseDuration, and ParseTime
	return map[string]string{                                                                // #nosec G101 -- what a reference looks like
		"delete-after":         Never + `|` + duration,
		"timeout":              duration,
		"access-token-created": `\d{4}-\d{2}-\d{2}(?:T.+)?|arn:[^:]*:(?:secretsmanager|ssm):.+|(?:secretsmanager|ssm|env|file|exec):.+`,
		"assume-role":          `arn:[^:]*:iam:[^:]*:[^:]*:role/.*`,
		"google-endpoint":      `[Hh][Tt][Tt][Pp][Ss]?://[^\s]+`,
	}
}

// padded matches what one of these alternatives matches, with blanks around it,
// or nothing at all, which is as good as not given.
func padded(alternatives string) string { return `^\s*(?:` + alternatives + `)?\s*$` }

var letter = regexp.MustCompile(`[a-z]`)

// caseless matches small and capital letters: JSON Schema has no flag for that.
func caseless(words string) string {
	return letter.ReplaceAllStringFunc(words, func(c string) string { return "[" + strings.ToUpper(c) + c + "]" })
}

// examples are what the values of settings look like, by option.
func examples() map[string][]any {
	return map[string][]any{
		"google-admin":                       {"admin@example.com"},
		"google-credentials":                 {"key.json", "secretsmanager:ssosync/google-key"},
		"customer-id":                        {"C01abcd23"},
		"google-impersonate-service-account": {"ssosync@my-project.iam.gserviceaccount.com"},
		"google-workload-identity-provider":  {"projects/123456789012/locations/global/workloadIdentityPools/ssosync/providers/aws"},
		"google-access-token":                {"exec:gcloud auth print-access-token"},
		"google-endpoint":                    {"http://127.0.0.1:8080"},
		"endpoint":                           {"https://scim.us-east-1.amazonaws.com/11111111111-2222-3333-4444-555555555555/scim/v2"},
		"access-token":                       {"secretsmanager:ssosync/scim-token", "ssm:/ssosync/scim-token", "env:SCIM_TOKEN", "file:/run/secrets/scim-token"},
		"access-token-fallback":              {"secretsmanager:ssosync/scim-token:AWSPREVIOUS"},
		"access-token-created":               {"2026-11-26"},
		"identity-store-id":                  {"d-1234567890"},
		"region":                             {"us-east-1"},
		"assume-role":                        {"arn:aws:iam::123456789012:role/ssosync"},
		"assume-role-external-id":            {"env:EXTERNAL_ID"},
		"group-match":                        {"*", "name:aws-*", []string{"email:aws-*", "cloud-admins@example.com"}},
		"user-match":                         {"*", "orgUnitPath=/Engineering"},
		"ignore-users":                       {[]string{"robot@example.com", "test-*"}},
		"ignore-groups":                      {[]string{"everybody@example.com"}},
		"include-groups":                     {[]string{"aws-*"}},
		"delete-after":                       {"30d", "12h", Never},
		"group-name":                         {NameOfName, NameOfEmail, "aws-{name}", "{email.local}"},
		"attributes":                         {[]string{AttributesCore, "title"}, AttributesAll},
		"mapping":                            {map[string]string{"title": "organizations[primary].title"}},
		"protect-users":                      {[]string{"root@example.com", "break-glass-*"}},
		"protect-groups":                     {[]string{"Admins"}},
		"protect":                            {[]string{"user:root@example.com", "group:Admins>=2"}},
		"timeout":                            {"10m"},
		"state":                              {"/var/lib/ssosync", "s3://my-bucket/ssosync"},
		"precache-queries":                   {"isSuspended=false"},
		"precache-ous":                       {"/Engineering"},
	}
}
