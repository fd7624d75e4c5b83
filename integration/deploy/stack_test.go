//go:build unix

package deploy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// A stack is a template with its parameters, as far as it can be worked out
// without a cloud (CloudFormation user guide: intrinsic function reference).
// What has to be made first stands for itself, as <LogicalId>.
type stack struct {
	t          *testing.T
	doc        map[string]map[string]any
	parameters map[string]string
}

// nothing is AWS::NoValue.
type nothing struct{}

var short = regexp.MustCompile(`^!(Ref|Condition)$`)

// long turns tags such as !If into members such as Fn::If.
func long(n *yaml.Node) any {
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = long(n.Content[i+1])
		}
		v = m
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			l = append(l, long(c))
		}
		v = l
	case yaml.DocumentNode:
		return long(n.Content[0])
	default:
		v = n.Value
	}
	switch {
	case short.MatchString(n.Tag):
		return map[string]any{n.Tag[1:]: v}
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return map[string]any{"Fn::" + n.Tag[1:]: v}
	}
	return v
}

func newStack(t *testing.T, parameters map[string]string) stack {
	t.Helper()
	var n yaml.Node
	must(t, yaml.Unmarshal([]byte(read(t, templates[0])), &n))
	s := stack{t, map[string]map[string]any{}, maps.Clone(parameters)}
	for key, part := range long(&n).(map[string]any) {
		if m, ok := part.(map[string]any); ok {
			s.doc[key] = m
		}
	}
	for name, p := range s.doc["Parameters"] {
		if _, given := s.parameters[name]; !given {
			s.parameters[name] = p.(map[string]any)["Default"].(string)
		}
	}
	return s
}

// is works a condition out.
func (s stack) is(name string) bool {
	c, ok := s.doc["Conditions"][name]
	if !ok {
		s.t.Fatalf("there is no condition %s", name)
	}
	return s.value(c).(bool)
}

// made reports whether something with a condition, or without, is there.
func (s stack) made(part any) bool {
	c, ok := part.(map[string]any)["Condition"].(string)
	return !ok || s.is(c)
}

func (s stack) value(v any) any {
	switch v := v.(type) {
	case []any:
		var all []any
		for _, e := range v {
			if e = s.value(e); e != (nothing{}) {
				all = append(all, e)
			}
		}
		return all
	case map[string]any:
		if len(v) == 1 {
			for name, arg := range v {
				if f, ok := functions()[name]; ok {
					return f(s, arg)
				}
			}
		}
		m := map[string]any{}
		for key, e := range v {
			if e = s.value(e); e != (nothing{}) {
				m[key] = e
			}
		}
		return m
	}
	return v
}

// functions are the intrinsic ones that the template uses.
func functions() map[string]func(stack, any) any {
	return map[string]func(stack, any) any{
		"Ref":       func(s stack, arg any) any { return s.ref(arg.(string)) },
		"Condition": func(s stack, arg any) any { return s.is(arg.(string)) },
		"Fn::GetAtt": func(s stack, arg any) any {
			id, attribute, _ := strings.Cut(arg.(string), ".")
			return strings.TrimSuffix(s.ref(id).(string), ">") + "." + attribute + ">"
		},
		"Fn::If": func(s stack, arg any) any {
			a := arg.([]any)
			if s.is(a[0].(string)) {
				return s.value(a[1])
			}
			return s.value(a[2])
		},
		"Fn::Equals": func(s stack, arg any) any { a := s.value(arg).([]any); return a[0] == a[1] },
		"Fn::Not":    func(s stack, arg any) any { return !s.value(arg).([]any)[0].(bool) },
		"Fn::And":    func(s stack, arg any) any { return !slices.Contains(s.value(arg).([]any), any(false)) },
		"Fn::Or":     func(s stack, arg any) any { return slices.Contains(s.value(arg).([]any), any(true)) },
		"Fn::Select": func(s stack, arg any) any {
			a := arg.([]any)
			n, _ := strconv.Atoi(a[0].(string))
			return s.value(a[1]).([]string)[n]
		},
		"Fn::Split": func(s stack, arg any) any {
			a := arg.([]any)
			return strings.Split(s.value(a[1]).(string), a[0].(string))
		},
		"Fn::Sub": func(s stack, arg any) any { return s.sub(arg) },
	}
}

func (s stack) ref(name string) any {
	pseudo := map[string]any{
		"AWS::NoValue": nothing{}, "AWS::Partition": "aws", "AWS::AccountId": "123456789012",
		"AWS::Region": "eu-central-1", "AWS::StackName": "one", "AWS::URLSuffix": "amazonaws.com",
	}
	if v, ok := pseudo[name]; ok {
		return v
	}
	if v, ok := s.parameters[name]; ok {
		return v
	}
	r, ok := s.doc["Resources"][name]
	if !ok || !s.made(r) {
		s.t.Errorf("%s is needed, and not made", name)
	}
	return "<" + name + ">"
}

func (s stack) sub(arg any) string {
	text, local := arg, map[string]any{}
	if a, ok := arg.([]any); ok {
		text, local = a[0], a[1].(map[string]any)
	}
	return regexp.MustCompile(`\$\{([^}]+)\}`).ReplaceAllStringFunc(text.(string), func(m string) string {
		name := m[2 : len(m)-1]
		if v, ok := local[name]; ok {
			return fmt.Sprint(s.value(v))
		}
		if strings.Contains(name, ".") {
			return fmt.Sprint(s.value(map[string]any{"Fn::GetAtt": name}))
		}
		return fmt.Sprint(s.ref(name))
	})
}

// all works everything out: resources and outputs.
func (s stack) all() (resources, outputs map[string]any) {
	resources, outputs = map[string]any{}, map[string]any{}
	for id, r := range s.doc["Resources"] {
		if s.made(r) {
			resources[id] = s.value(r.(map[string]any)["Properties"])
		}
	}
	for name, o := range s.doc["Outputs"] {
		if s.made(o) {
			outputs[name] = s.value(o.(map[string]any)["Value"])
		}
	}
	return resources, outputs
}

// breaks returns what the rules say against the parameters.
func (s stack) breaks() (wrong []string) {
	for _, r := range s.doc["Rules"] {
		rule := r.(map[string]any)
		if !s.value(rule["RuleCondition"]).(bool) {
			continue
		}
		for _, a := range rule["Assertions"].([]any) {
			if assertion := a.(map[string]any); !s.value(assertion["Assert"]).(bool) {
				wrong = append(wrong, assertion["AssertDescription"].(string))
			}
		}
	}
	return wrong
}

// allowed returns what the function may do, by Sid.
func allowed(resources map[string]any) map[string][]any {
	by := map[string][]any{}
	role, ok := resources["SSOSyncRole"].(map[string]any)
	if !ok {
		return by
	}
	document := role["Policies"].([]any)[0].(map[string]any)["PolicyDocument"].(map[string]any)
	for _, st := range document["Statement"].([]any) {
		s := st.(map[string]any)
		list, ok := s["Resource"].([]any)
		if !ok {
			list = []any{s["Resource"]}
		}
		by[s["Sid"].(string)] = list
	}
	return by
}

func arn(name string) string {
	return "arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + name
}

// Each way to deploy: what the function gets, and what it may read.
func TestPatterns(t *testing.T) {
	t.Parallel()
	given := map[string]string{"GoogleAdminEmail": "a@example.com", "GoogleCredentials": "{}", "SCIMEndpointUrl": "https://x", "SCIMEndpointAccessToken": "t"}
	with := func(pattern string, base map[string]string, more ...string) map[string]string {
		p := maps.Clone(base)
		p["DeployPattern"] = pattern
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return p
	}
	none := map[string]string{}
	key := "arn:aws:kms:eu-central-1:123456789012:key/k"
	for _, tt := range []struct {
		name       string
		parameters map[string]string
		want       map[string]any // of the function's variables, of statements by Sid, and of outputs
		not        []string       // resources, variables and statements that must not be there
	}{
		{"app and secrets", with("App + secrets", given, "SCIMEndpointAccessTokenFallback", "f"), map[string]any{
			"GOOGLE_CREDENTIALS": "<SecretGoogleCredentials>", "SCIM_ACCESS_TOKEN": "<SecretSCIMAccessToken>", "CUSTOMER_ID": "<SecretGoogleCustomerId>",
			"SSOSYNC_SCIM_ACCESS_TOKEN_FALLBACK": "<SecretSCIMAccessTokenFallback>", "SSOSYNC_STATE": "s3://<StateBucket>/ssosync", "GROUP_MATCH": "*",
			"ReadTheSecrets": []any{"<SecretSCIMAccessToken>", "<SecretSCIMEndpoint>", "<SecretGoogleAdminEmail>", "<SecretGoogleCredentials>", "<SecretGoogleCustomerId>", "<SecretSCIMAccessTokenFallback>"},
			"KeepTheState":   []any{"<StateBucket.Arn>/ssosync/*"},
		}, []string{"SecretsKey", "DRY_RUN", "SYNC_SUSPENDED", "PRECACHE_ORG_UNITS", "AskAsAnother", "DecryptTheSecrets"}},
		{"without a key, at a place of its own", with("App + secrets", none, "GoogleServiceAccount", "s@p", "GoogleWorkloadIdentityProvider", "projects/1", "GoogleCustomerId", "C01abcdef",
			"SCIMEndpointUrl", "https://x", "SCIMEndpointAccessToken", "t", "StateLocation", "s3://bucket/a/b", "IdentityStoreID", "d-1", "ScheduleExpression", "", "SyncMethod", "users_groups",
			"AssumeRole", "arn:aws:iam::210987654321:role/r", "DryRun", "dry-run", "SyncSuspended", "sync", "PrecacheOrgUnits", "/A"), map[string]any{
			"GOOGLE_CREDENTIALS": "", "SSOSYNC_GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": "s@p", "SSOSYNC_STATE": "s3://bucket/a/b", "DRY_RUN": "True", "SYNC_SUSPENDED": "True", "PRECACHE_ORG_UNITS": "/A",
			"ReadTheSecrets": []any{"<SecretSCIMAccessToken>", "<SecretSCIMEndpoint>", "<SecretGoogleCustomerId>"},
			"KeepTheState":   []any{"arn:aws:s3:::bucket/a/b/*"}, "ListTheState": []any{"arn:aws:s3:::bucket"}, "AskAsAnother": []any{"arn:aws:iam::210987654321:role/r"},
			"ReadTheIdentityStore": []any{"arn:aws:identitystore::*:identitystore/d-1", "arn:aws:identitystore:::user/*", "arn:aws:identitystore:::group/*", "arn:aws:identitystore:::membership/*"},
		}, []string{"StateBucket", "Schedule", "NoSuccess", "SecretGoogleCredentials", "USER_MATCH", "GROUP_MATCH"}},
		{"app, ARNs and a literal", with("App only", none, "GoogleAdminEmail", arn("a"), "GoogleCredentials", arn("c")+"#json", "SCIMEndpointUrl", "https://x", "SCIMEndpointAccessToken", arn("t")), map[string]any{
			"GOOGLE_CREDENTIALS": arn("c") + "#json", "SCIM_ENDPOINT": "https://x", "CUSTOMER_ID": "my_customer",
			"ReadTheSecrets": []any{arn("t"), arn("a"), arn("c"), "arn:aws:secretsmanager:*:123456789012:secret:SSOSync*"},
		}, []string{"SecretSCIMAccessToken", "DecryptTheSecrets"}},
		{"app of another account, by AppConfig", with("App for cross-account", none, "CrossStackConfig", strings.Join([]string{arn("c"), arn("a"), arn("e"), arn("t"), "", "", key}, ",")), map[string]any{
			"GOOGLE_CREDENTIALS": arn("c"), "GOOGLE_ADMIN": arn("a"), "SCIM_ENDPOINT": arn("e"), "SCIM_ACCESS_TOKEN": arn("t"), "DecryptTheSecrets": []any{key},
		}, []string{"SecretSCIMAccessToken"}},
		{"the same without a key for Google", with("App for cross-account", none, "CrossStackConfig", strings.Join([]string{"", "", arn("e"), arn("t"), "", "", key}, ",")), map[string]any{
			"GOOGLE_CREDENTIALS": "", "GOOGLE_ADMIN": "", "ReadTheSecrets": []any{arn("t"), arn("e"), "arn:aws:secretsmanager:*:123456789012:secret:SSOSync*"},
		}, nil},
		{"app of another account, by parameters", with("App for cross-account", none, "SCIMEndpointUrl", arn("e"), "SCIMEndpointAccessToken", arn("t"), "KMSKey", key), map[string]any{
			"SCIM_ACCESS_TOKEN": arn("t"), "DecryptTheSecrets": []any{key},
		}, nil},
		{"secrets", with("Secrets only", given), map[string]any{
			"AppConfigLocal": "<SecretGoogleCredentials>,<SecretGoogleAdminEmail>,<SecretSCIMEndpoint>,<SecretSCIMAccessToken>,,",
		}, []string{"SSOSyncFunction", "SSOSyncRole", "StateBucket", "Schedule", "SecretsKey", "FunctionArn"}},
		{"secrets for another account", with("Secrets for cross-account", given, "AppAccount", "210987654321"), map[string]any{
			"AppConfigRemote": "<SecretGoogleCredentials>,<SecretGoogleAdminEmail>,<SecretSCIMEndpoint>,<SecretSCIMAccessToken>,,,<SecretsKey.Arn>",
		}, []string{"SSOSyncFunction", "SSOSyncRole"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStack(t, tt.parameters)
			if wrong := s.breaks(); wrong != nil {
				t.Error(wrong)
			}
			resources, got := s.all()
			statements := allowed(resources)
			for sid, list := range statements {
				got[sid] = list
				if len(list) == 0 || slices.ContainsFunc(list, func(r any) bool {
					return r != "*" && !strings.HasPrefix(r.(string), "arn:aws:") && !strings.HasPrefix(r.(string), "<")
				}) {
					t.Errorf("%s: IAM does not take %q", sid, list)
				}
			}
			if f, ok := resources["SSOSyncFunction"].(map[string]any); ok {
				maps.Copy(got, f["Environment"].(map[string]any)["Variables"].(map[string]any))
			}
			for name, want := range tt.want {
				if diff := cmp.Diff(want, got[name]); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
			maps.Copy(got, resources)
			for _, name := range tt.not {
				if v, ok := got[name]; ok {
					t.Errorf("there is %s: %v", name, v)
				}
			}
		})
	}
}

// The other account may read the secrets that were made for it, and nobody else.
func TestSecretsForAnotherAccountAreForThatOne(t *testing.T) {
	t.Parallel()
	s := newStack(t, map[string]string{
		"DeployPattern": "Secrets for cross-account", "CrossStackConfig": "210987654321", "SecretNamePrefix": "SSOSync", "SCIMEndpointAccessTokenFallback": "f",
		"GoogleAdminEmail": "a", "GoogleCredentials": "c", "SCIMEndpointUrl": "e", "SCIMEndpointAccessToken": "t",
	})
	resources, _ := s.all()
	var names []string
	for id, r := range resources {
		secret, ok := r.(map[string]any)
		if !ok || secret["SecretString"] == nil {
			continue
		}
		names = append(names, secret["Name"].(string))
		if secret["KmsKeyId"] != "<SecretsKey>" {
			t.Errorf("%s has the key %v, which no other account may use", id, secret["KmsKeyId"])
		}
		p, ok := resources[id+"Policy"].(map[string]any)
		if !ok {
			t.Errorf("%s is not shared", id)
			continue
		}
		st := p["ResourcePolicy"].(map[string]any)["Statement"].([]any)[0].(map[string]any)
		if p["SecretId"] != "<"+id+">" || st["Principal"].(map[string]any)["AWS"] != "210987654321" {
			t.Errorf("%s is shared with %v", id, st["Principal"])
		}
	}
	slices.Sort(names)
	want := []string{"SSOSyncGoogleAdminEmail", "SSOSyncGoogleCredentials", "SSOSyncGoogleCustomerId", "SSOSyncSCIMAccessToken", "SSOSyncSCIMAccessTokenFallback", "SSOSyncSCIMEndpointUrl"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestRulesAskForWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parameters map[string]string
		says       string
	}{
		{map[string]string{"GoogleAdminEmail": "a", "GoogleCredentials": "c", "SCIMEndpointAccessToken": "t"}, "SCIMEndpointUrl is needed."},
		{map[string]string{"GoogleAdminEmail": "a", "GoogleCredentials": "c", "SCIMEndpointUrl": "e"}, "SCIMEndpointAccessToken is needed."},
		{map[string]string{"GoogleAdminEmail": "a", "SCIMEndpointAccessToken": "t", "SCIMEndpointUrl": "e"}, "GoogleCredentials is needed"},
		{map[string]string{"GoogleCredentials": "c", "SCIMEndpointAccessToken": "t", "SCIMEndpointUrl": "e"}, "GoogleAdminEmail is needed"},
		{map[string]string{"DeployPattern": "App only"}, "as ARNs of secrets"},
		{map[string]string{"DeployPattern": "Secrets for cross-account", "GoogleAdminEmail": "a", "GoogleCredentials": "c", "SCIMEndpointAccessToken": "t", "SCIMEndpointUrl": "e"}, "AppAccount is needed"},
	} {
		wrong := newStack(t, tt.parameters).breaks()
		if len(wrong) != 1 || !strings.Contains(wrong[0], tt.says) {
			t.Errorf("%v: %q", tt.parameters, wrong)
		}
	}
}
