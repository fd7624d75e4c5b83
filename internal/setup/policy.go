package setup

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"ssosync/internal/config"
	"ssosync/internal/secret"
)

// A Policy is one of AWS IAM (IAM reference: grammar of the JSON policy
// language).
type Policy struct{ Statements []Statement }

// A Statement allows actions on resources.
type Statement struct {
	Sid       string                         `json:"Sid"`
	Effect    string                         `json:"Effect"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:"Resource"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// Empty reports whether it allows nothing, which AWS takes for no policy.
func (p Policy) Empty() bool { return len(p.Statements) == 0 }

// JSON returns the policy as the console and the aws command take it.
func (p Policy) JSON() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(struct { // texts always encode
		Version   string
		Statement []Statement
	}{"2012-10-17", p.Statements})
	return b.Bytes()
}

func (p *Policy) allow(sid string, actions, resources []string) *Statement {
	p.Statements = append(p.Statements, Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources})
	return &p.Statements[len(p.Statements)-1]
}

// Policies returns what the identity that ssosync runs as may do, and what the
// role may that it assumes, if there is one: what the program can call with
// these settings, and nothing else. SCIM needs none of it, only its token. Which
// resources an action takes is from the Service Authorization Reference; sso's
// lists take "*", because the instance is not known before one has asked, and
// sts:GetCallerIdentity takes no permission.
func Policies(a Answers) (own, assumed Policy) {
	center := &own
	if a.AssumeRole != "" {
		own.allow("AssumeRole", []string{"sts:AssumeRole"}, []string{a.AssumeRole})
		center = &assumed
	}
	center.store(a)
	center.impact(a)
	own.secrets(a)
	own.state(a)
	own.keys(a)
	assumed.keys(a)
	return own, assumed
}

// store allows to read the identity store, which is read unless SCIM alone is.
func (p *Policy) store(a Answers) {
	reads := a.Read != config.ReadSCIM
	if a.StoreID == "" && reads || a.shows() {
		p.allow("FindInstance", []string{"sso:ListInstances"}, []string{"*"})
	}
	if reads || a.shows() { // ssosync doctor looks whether it keeps SCIM out
		p.allow("ReadNetworkControls", []string{"identitystore:DescribeIdentityStore"}, []string{a.storeARN()})
	}
	if reads {
		objects := "arn:" + a.partition() + ":identitystore:::"
		p.allow(
			"ReadIdentityStore",
			[]string{"identitystore:ListGroupMemberships", "identitystore:ListGroups", "identitystore:ListUsers"},
			[]string{a.storeARN(), objects + "group/*", objects + "membership/*", objects + "user/*"},
		)
	}
}

// storeARN is the ARN of the identity store, in whatever account. Its id may be
// an ARN already.
func (a Answers) storeARN() string {
	store := a.StoreID[strings.LastIndexByte(a.StoreID, '/')+1:]
	if store == "" {
		store = "*"
	}
	return "arn:" + a.partition() + ":identitystore::*:identitystore/" + store
}

// shows reports whether plans show what stands behind users and groups.
func (a Answers) shows() bool { return a.Impact != config.ImpactOff }

// impact allows to see what stands behind users and groups.
func (p *Policy) impact(a Answers) {
	if !a.shows() {
		return
	}
	p.allow("ShowAssignments", []string{"sso:ListAccountAssignmentsForPrincipal", "sso:ListApplicationAssignmentsForPrincipal"}, []string{"*"})
	sso := "arn:" + a.partition() + ":sso::"
	p.allow("NamePermissionSets", []string{"sso:DescribePermissionSet"}, []string{sso + ":instance/*", sso + ":permissionSet/*/*"})
	p.allow("NameApplications", []string{"sso:DescribeApplication"}, []string{sso + "*:application/*/*"})
}

// references are the values that are kept in AWS.
func (a Answers) references() []secret.Reference {
	var refs []secret.Reference
	for _, v := range append([]string{a.Token, a.Key}, a.References...) {
		if ref, ok, err := secret.ParseReference(v); ok && err == nil {
			refs = append(refs, ref)
		}
	}
	return refs
}

// secrets allows to read the secrets that settings refer to, each by itself.
func (p *Policy) secrets(a Answers) {
	var secrets, parameters []string
	for _, ref := range a.references() {
		switch ref.Scheme {
		case secret.SecretsManager:
			secrets = append(secrets, a.secretARN(ref))
		case secret.SSM:
			parameters = append(parameters, a.parameterARN(ref))
		}
	}
	if len(secrets) > 0 {
		p.allow("ReadSecrets", []string{"secretsmanager:GetSecretValue"}, unique(secrets))
	}
	if len(parameters) > 0 {
		p.allow("ReadParameters", []string{"ssm:GetParameter"}, unique(parameters))
	}
}

func unique(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

var suffixRE = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// secretARN returns the ARN of a secret. AWS puts a hyphen and six characters
// behind the name (Secrets Manager User Guide: ARN of a secret).
func (a Answers) secretARN(ref secret.Reference) string {
	arn := ref.Name
	if ref.Region == "" {
		arn = "arn:" + a.partition() + ":secretsmanager:*:" + a.keeper() + ":secret:" + ref.Name
	} else if suffixRE.MatchString(arn) {
		return arn
	}
	return arn + "-??????"
}

// parameterARN returns the ARN of a parameter, without the version of it that may
// be asked for. It has one slash before the name (Systems Manager User Guide:
// restricting access to parameters).
func (a Answers) parameterARN(ref secret.Reference) string {
	if ref.Region != "" {
		prefix, name, _ := strings.Cut(ref.Name, ":parameter/")
		name, _, _ = strings.Cut(name, ":")
		return prefix + ":parameter/" + name
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(ref.Name, "/"), ":")
	return "arn:" + a.partition() + ":ssm:*:" + a.keeper() + ":parameter/" + name
}

// keeper is the account that keeps what is named without one: our own.
func (a Answers) keeper() string {
	if a.AWSRole == "" {
		return "*"
	}
	_, account, _ := a.role()
	return account
}

// bucket returns where the memory is, if it is in S3.
func (a Answers) bucket() (name, prefix string) {
	rest, ok := strings.CutPrefix(a.State, "s3://")
	if !ok {
		return "", ""
	}
	name, prefix, _ = strings.Cut(rest, "/")
	return name, strings.Trim(prefix, "/")
}

// state allows to keep the memory in a bucket, below its prefix (S3 User Guide:
// required permissions for API operations).
func (p *Policy) state(a Answers) {
	name, prefix := a.bucket()
	if name == "" {
		return
	}
	arn, under := "arn:"+a.partition()+":s3:::"+name, "*"
	if prefix != "" {
		under = prefix + "/*"
	}
	p.allow("KeepState", []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}, []string{arn + "/" + under})
	p.allow("ListState", []string{"s3:ListBucket"}, []string{arn}).Condition = map[string]map[string][]string{
		"StringLike": {"s3:prefix": {under}},
	}
}

// keys allows to use a key of one's own, through the services that use it for us
// (KMS developer guide: kms:ViaService).
func (p *Policy) keys(a Answers) {
	if a.KMSKey == "" {
		return
	}
	via, actions := map[string]bool{}, []string{"kms:Decrypt"}
	for _, s := range p.Statements {
		service, _, _ := strings.Cut(s.Action[0], ":")
		via[service] = true
	}
	var services []string
	for _, service := range []string{"identitystore", "s3", "secretsmanager", "ssm", "sso"} {
		if via[service] {
			services = append(services, service+".*."+a.suffix())
		}
	}
	if via["s3"] {
		actions = append(actions, "kms:GenerateDataKey")
	}
	if len(services) > 0 {
		p.allow("UseKey", actions, []string{a.KMSKey}).Condition = map[string]map[string][]string{"StringLike": {"kms:ViaService": services}}
	}
}

// suffix is what hosts of AWS end in.
func (a Answers) suffix() string {
	if a.partition() == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
