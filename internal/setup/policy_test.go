package setup_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/config"
	"ssosync/internal/setup"
)

// resources are what the actions apply to, by the Service Authorization Reference
// (identitystore, sso, secretsmanager, ssm, s3, sts, kms), as ARNs.
var resources = map[string]string{
	"identitystore:ListUsers":                    `identitystore::.*`,
	"identitystore:ListGroups":                   `identitystore::.*`,
	"identitystore:ListGroupMemberships":         `identitystore::.*`,
	"identitystore:DescribeIdentityStore":        `identitystore::\*:identitystore/(\*|d-1234567890)`,
	"sso:ListInstances":                          `\*`,
	"sso:ListAccountAssignmentsForPrincipal":     `\*`,
	"sso:ListApplicationAssignmentsForPrincipal": `\*`,
	"sso:DescribePermissionSet":                  `sso:::(instance/\*|permissionSet/\*/\*)`,
	"sso:DescribeApplication":                    `sso::\*:application/\*/\*`,
	"secretsmanager:GetSecretValue":              `secretsmanager:[a-z0-9-]+|secretsmanager:(\*|[a-z0-9-]+):(\*|\d{12}):secret:[^*]+-([A-Za-z0-9]{6}|\?{6})`,
	"ssm:GetParameter":                           `ssm:(\*|[a-z0-9-]+):(\*|\d{12}):parameter/[^/*:#][^*:#]*`,
	"s3:GetObject":                               `s3:::my-bucket/(ssosync/)?\*`,
	"s3:PutObject":                               `s3:::my-bucket/(ssosync/)?\*`,
	"s3:DeleteObject":                            `s3:::my-bucket/(ssosync/)?\*`,
	"s3:ListBucket":                              `s3:::my-bucket`,
	"sts:AssumeRole":                             `iam::123456789012:role/reader`,
	"kms:Decrypt":                                `kms:us-east-1:123456789012:key/1`,
	"kms:GenerateDataKey":                        `kms:us-east-1:123456789012:key/1`,
}

// patterns are the same, compiled.
var patterns = sync.OnceValue(func() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for action, arn := range resources {
		all[action] = regexp.MustCompile(`^(arn:aws(-cn|-us-gov)?:)?(` + arn + `)$`)
	}
	return all
})

var sidRE = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// A policy is one as AWS reads it: whatever else there is in it, is refused.
type policy struct {
	Version   string
	Statement []struct {
		Sid, Effect      string
		Action, Resource []string
		Condition        map[string]map[string][]string
	}
}

func (p policy) actions() []string {
	var all []string
	for _, s := range p.Statement {
		all = append(all, s.Action...)
	}
	slices.Sort(all)
	return all
}

// read decodes a policy strictly, and checks it against the table.
func read(t interface {
	Helper()
	Errorf(string, ...any)
}, text string,
) policy {
	t.Helper()
	var p policy
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	sids := map[string]bool{}
	for _, s := range p.Statement {
		if s.Effect != "Allow" || !sidRE.MatchString(s.Sid) || sids[s.Sid] || len(s.Action) == 0 || len(s.Resource) == 0 {
			t.Errorf("%+v", s)
		}
		sids[s.Sid] = true
		for _, action := range s.Action {
			want := patterns()[action]
			for _, r := range s.Resource {
				if want == nil || !want.MatchString(r) {
					t.Errorf("%s on %s", action, r)
				}
			}
		}
	}
	if p.Version != "2012-10-17" || len(p.actions()) != len(slices.Compact(p.actions())) {
		t.Errorf("version %s, actions %q", p.Version, p.actions())
	}
	return p
}

// What is allowed is what the settings make the program call, and no more.
func TestLeastPrivilege(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := draw(rt)
		files := byName(t, a, "")
		impact, store := a.Impact != config.ImpactOff, a.Read != config.ReadSCIM
		center := map[string]bool{
			"sso:ListAccountAssignmentsForPrincipal": impact, "sso:ListApplicationAssignmentsForPrincipal": impact, "sso:DescribePermissionSet": impact, "sso:DescribeApplication": impact,
			"identitystore:ListUsers": store, "identitystore:ListGroups": store, "identitystore:ListGroupMemberships": store,
			"sso:ListInstances": impact || store && a.StoreID == "", "identitystore:DescribeIdentityStore": impact || store,
		}
		s3 := strings.HasPrefix(a.State, "s3://")
		secrets := regexp.MustCompile(`(^|\s)(secretsmanager:|arn:aws:secretsmanager)`).MatchString(a.Token + " " + a.Key)
		parameters := regexp.MustCompile(`(^|\s)(ssm:|arn:aws:ssm)`).MatchString(a.Token + " " + a.Key)
		own := map[string]bool{
			"s3:GetObject": s3, "s3:PutObject": s3, "s3:DeleteObject": s3, "s3:ListBucket": s3,
			"secretsmanager:GetSecretValue": secrets, "ssm:GetParameter": parameters, "sts:AssumeRole": a.AssumeRole != "",
		}
		if a.KMSKey != "" {
			own["kms:Decrypt"] = s3 || secrets || parameters
			own["kms:GenerateDataKey"] = s3
			center["kms:Decrypt"] = impact || store
		}
		if a.AssumeRole == "" {
			for action, needed := range center {
				own[action] = own[action] || needed
			}
			center = nil
		}
		for name, want := range map[string]map[string]bool{setup.PolicyFile: own, setup.RolePolicyFile: center} {
			var actions []string
			for action, needed := range want {
				if needed {
					actions = append(actions, action)
				}
			}
			slices.Sort(actions)
			text, ok := files[name]
			if ok != (len(actions) > 0) {
				rt.Fatalf("%s: there is a file: %v; it needs %q", name, ok, actions)
			}
			if !ok {
				continue
			}
			if got := read(rt, text).actions(); !slices.Equal(got, actions) {
				rt.Fatalf("%s allows\n%q\nwant\n%q", name, got, actions)
			}
		}
	})
}

// Every call of AWS that the program can make has its action, and every action
// its call. The calls are read from the code.
func TestEveryCallIsCovered(t *testing.T) {
	service := map[string]string{"ssoadmin": "sso", "identitystore": "identitystore", "s3": "s3", "secretsmanager": "secretsmanager", "ssm": "ssm"}
	calls := map[string]bool{"sts:AssumeRole": true} // by stscreds
	input := regexp.MustCompile(`&(\w+)\.(\w+)Input\{`)
	for _, dir := range []string{"target/iic", "secret/lookup", "state/bucket"} {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range input.FindAllStringSubmatch(string(text), -1) {
				if m[2] == "ListObjectsV2" {
					m[2] = "ListBucket" // S3 User Guide: required permissions
				}
				calls[service[m[1]]+":"+m[2]] = true
			}
		}
	}
	a := setup.Answers{
		Endpoint: "https://scim.us-east-1.amazonaws.com/t/scim/v2", Token: "ssm:a", Key: "secretsmanager:b", State: "s3://my-bucket", AssumeRole: "arn:aws:iam::123456789012:role/reader",
	}
	own, assumed := setup.Policies(a)
	allowed := map[string]bool{}
	for _, p := range []setup.Policy{own, assumed} {
		for _, action := range read(t, string(p.JSON())).actions() {
			allowed[action] = true
			if !calls[action] {
				t.Errorf("%s is allowed, and never called", action)
			}
		}
	}
	delete(calls, ":GetCallerIdentity") // it takes no permission (STS API reference)
	for call := range calls {
		if !allowed[call] {
			t.Errorf("%s is called, and not allowed", call)
		}
	}
}

func TestResources(t *testing.T) {
	a := golden()["lambda"]
	a.References = []string{
		"secretsmanager:plain", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:whole-AbCdEf", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:part:AWSPREVIOUS#a",
		"ssm:/a/b:3", "ssm:c", "arn:aws:ssm:eu-west-1:123456789012:parameter/d:4", "env:E", "file:/f", "literal", "ssm:c",
	}
	own, _ := setup.Policies(a)
	var got []string
	for _, s := range own.Statements {
		got = append(got, s.Resource...)
	}
	want := []string{
		"*", "arn:aws:identitystore::*:identitystore/d-1234567890", "arn:aws:identitystore::*:identitystore/d-1234567890", "arn:aws:identitystore:::group/*", "arn:aws:identitystore:::membership/*", "arn:aws:identitystore:::user/*",
		"*", "arn:aws:sso:::instance/*", "arn:aws:sso:::permissionSet/*/*", "arn:aws:sso::*:application/*/*",
		"arn:aws:secretsmanager:*:123456789012:secret:plain-??????", "arn:aws:secretsmanager:*:123456789012:secret:ssosync/scim-token-??????",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:part-??????", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:whole-AbCdEf",
		"arn:aws:ssm:*:123456789012:parameter/a/b", "arn:aws:ssm:*:123456789012:parameter/c", "arn:aws:ssm:eu-west-1:123456789012:parameter/d",
		"arn:aws:s3:::acme-ssosync/prod/*", "arn:aws:s3:::acme-ssosync", "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := own.JSON(); !bytes.Contains(text, []byte(`"s3:prefix": [`)) || !bytes.Contains(text, []byte(`"prod/*"`)) || !bytes.Contains(text, []byte(`"kms:ViaService"`)) {
		t.Errorf("a condition is missing:\n%s", text)
	}
}
