// Package setup makes the files that a new installation begins with out of a few
// answers: settings, the AWS policy, the steps in Google, Terraform for a login
// without a key. It asks nobody, reads and writes no file, and puts no secret
// into any file but .env.
package setup

import (
	"io/fs"
	"strings"

	"ssosync/internal/config"
	"ssosync/internal/secret"
)

// A Place is where ssosync will run.
type Place string

// The places.
const (
	Machine    Place = "machine"        // this one: a laptop, a server, a VM
	Lambda     Place = "lambda"         // AWS Lambda
	Kubernetes Place = "kubernetes"     // a CronJob, on EKS if it is keyless
	GitHub     Place = "github-actions" // a scheduled workflow
)

// An Access is how ssosync gets to read Google's directory.
type Access string

// The ways in.
const (
	// KeylessRole is a service account with an admin role of its own, and
	// somebody whom Google trusts to act as it.
	KeylessRole Access = "keyless-role"
	// KeylessDelegation is one that may act as an administrator, for whom it signs
	// through IAM Credentials.
	KeylessDelegation Access = "keyless-delegation"
	// KeyDelegation is one that may act as an administrator, with a key file.
	KeyDelegation Access = "key-delegation"
	// KeyRole is one with an admin role of its own, and a key file.
	KeyRole Access = "key-role"
)

// Keyless reports whether there is no key file.
func (a Access) Keyless() bool { return a == KeylessRole || a == KeylessDelegation }

// Delegated reports whether the service account acts as an administrator.
func (a Access) Delegated() bool { return a == KeylessDelegation || a == KeyDelegation }

// Answers are all that the files are made from. What is settled elsewhere, such
// as in .env, is in Elsewhere, too.
type Answers struct {
	Place  Place
	Access Access

	Admin    string // address of the Google administrator, if delegated
	Customer string // Google customer id; "" or my_customer if delegated
	Key      string // google-credentials as the file has it: a path or a reference
	// ServiceAccount is its address, ClientID its numeric id. Of a key at hand both
	// are known; else the latter is "".
	ServiceAccount, ClientID string
	// Provider is the full name of the workload identity provider, if it is
	// keyless and not on this machine; see [Provider].
	Provider string
	// AWSRole is the ARN of the role that ssosync runs as, Repository the
	// OWNER/NAME whose workflows do: whom the provider is to trust.
	AWSRole, Repository string

	Endpoint  string        // SCIM
	Token     string        // access-token as the file has it: a reference; "" is .env
	TokenText secret.String // for .env; empty if it is there, or still to come

	GroupsOnly bool     // users arrive by something else
	Groups     []string // group-match
	// DeprovisionUsers and DeprovisionGroups are values of those settings, and
	// DeleteAfter a time, or [config.Never].
	DeprovisionUsers, DeprovisionGroups, DeleteAfter string

	State string // [config.StateAuto], a directory, s3://…, or "" for nothing

	StoreID      string
	Read, Impact string // as of [config.Config]; "" is the default
	AssumeRole   string
	KMSKey       string // ARN of a key of one's own that secrets, state or store are encrypted with

	// References are values that are kept somewhere: as settings refer to them,
	// beside Token and Key.
	References []string
	// Extra are other settings, by option, that shall go into the file as well.
	Extra []Setting
	// Elsewhere says, by option, where something is set that therefore does not go
	// into the file.
	Elsewhere map[string]string
}

// A Setting is one of the others: texts for what is text or a list, or pairs.
type Setting struct {
	Option string
	Values []string
	Pairs  map[string]string
}

// A File is one to be written.
type File struct {
	Name string
	Data []byte
	Mode fs.FileMode
	What string // what it is for, in a line
}

// The names of the files, beside [config.SchemaFile].
const (
	SettingsFile   = "ssosync.yaml"
	DotEnvFile     = ".env"
	PolicyFile     = "aws-policy.json"
	RolePolicyFile = "aws-policy-assumed-role.json"
	GoogleFile     = "google-setup.md"
	TerraformFile  = "wif.tf"
)

// Files returns the files for these answers, in the order in which people should
// look at them. env is what .env holds by now, "" if there is none.
func Files(a Answers, env string) []File {
	files := []File{
		{SettingsFile, []byte(Settings(a)), 0o644, "the settings"},
		{config.SchemaFile, config.Schema(), 0o644, "from which editors complete and check them"},
	}
	if a.keepsToken() {
		files = append(files, File{DotEnvFile, []byte(DotEnv(env, a)), 0o600, "the SCIM token: give it to nobody, and do not commit it"})
	}
	files = append(files, File{GoogleFile, []byte(Google(a)), 0o644, "what to do in Google, click by click"})
	if a.Federated() {
		files = append(files, File{TerraformFile, []byte(Terraform(a)), 0o644, "the same in Terraform, as far as it is Google Cloud"})
	}
	own, assumed := Policies(a)
	if !own.Empty() {
		files = append(files, File{PolicyFile, own.JSON(), 0o644, "what ssosync may do in AWS, for the role or user that it runs as"})
	}
	if !assumed.Empty() {
		files = append(files, File{RolePolicyFile, assumed.JSON(), 0o644, "the same for the role that it assumes"})
	}
	return files
}

// Federated reports whether somebody outside of Google vouches for ssosync.
func (a Answers) Federated() bool { return a.Access.Keyless() && a.Place != Machine }

// keepsToken reports whether the token goes into .env.
func (a Answers) keepsToken() bool {
	return a.Place == Machine && a.Token == "" && a.Elsewhere["access-token"] == ""
}

// Provider returns the name of the provider that the files make in a project,
// of which number is the number.
func Provider(number string, place Place) string {
	return "projects/" + number + "/locations/global/workloadIdentityPools/ssosync/providers/" + providerID(place)
}

func providerID(place Place) string {
	if place == GitHub {
		return "github"
	}
	return "aws"
}

// pool and provider are the ids in a.Provider, and number the project's.
func (a Answers) federation() (number, pool, provider string) {
	parts := strings.Split(a.Provider, "/")
	if len(parts) != 8 { // nobody has said
		return "PROJECT_NUMBER", "ssosync", providerID(a.Place)
	}
	return parts[1], parts[5], parts[7]
}

// project is the id of the Google Cloud project of the service account.
func (a Answers) project() string {
	_, domain, _ := strings.Cut(a.ServiceAccount, "@")
	if id, ok := strings.CutSuffix(domain, ".iam.gserviceaccount.com"); ok && id != "" {
		return id
	}
	return "PROJECT_ID"
}

// account is the name of the service account within its project.
func (a Answers) account() string {
	name, _, _ := strings.Cut(a.ServiceAccount, "@")
	if name == "" {
		return "ssosync"
	}
	return name
}

// email is the address of the service account.
func (a Answers) email() string {
	if a.ServiceAccount != "" {
		return a.ServiceAccount
	}
	return a.account() + "@" + a.project() + ".iam.gserviceaccount.com"
}

// role takes the ARN of the AWS role apart.
func (a Answers) role() (partition, account, name string) {
	parts := strings.SplitN(a.AWSRole, ":", 6)
	if len(parts) != 6 {
		return a.partition(), "AWS_ACCOUNT", "ROLE"
	}
	return parts[1], parts[4], parts[5][strings.LastIndexByte(parts[5], '/')+1:]
}

// assumed is how AWS calls a session of the role, without the session's name
// (IAM reference: identifiers).
func (a Answers) assumed() string {
	partition, account, name := a.role()
	return "arn:" + partition + ":sts::" + account + ":assumed-role/" + name
}

// partition of AWS, by the Region in the SCIM host (AWS General Reference: ARNs).
func (a Answers) partition() string {
	switch region := config.RegionOf(a.Endpoint); {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// trusted is whom the service account trusts, as IAM of Google Cloud writes it
// (IAM guide: principal identifiers).
func (a Answers) trusted(pool string) string {
	if a.Place == GitHub {
		return "principalSet://iam.googleapis.com/" + pool + "/attribute.repository/" + a.repository()
	}
	return "principalSet://iam.googleapis.com/" + pool + "/attribute.aws_role/" + a.assumed()
}

func (a Answers) repository() string {
	if a.Repository == "" {
		return "OWNER/REPOSITORY"
	}
	return a.Repository
}
