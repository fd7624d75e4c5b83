package setup

import (
	"fmt"
	"strings"
)

// Scopes returns what ssosync asks Google for: to read users, and to read groups
// and their members.
func Scopes() []string {
	return []string{
		"https://www.googleapis.com/auth/admin.directory.user.readonly",
		"https://www.googleapis.com/auth/admin.directory.group.readonly",
	}
}

// services are the APIs of Google Cloud that this takes.
func (a Answers) services() []string {
	all := []string{"admin.googleapis.com"}
	if a.Access.Keyless() {
		all = append(all, "iam.googleapis.com", "iamcredentials.googleapis.com")
	}
	if a.Federated() {
		all = append(all, "sts.googleapis.com")
	}
	return all
}

// A guide is google-setup.md as it comes about.
type guide struct {
	text string
	step int
}

func (g *guide) heading(text string) {
	g.step++
	g.text += fmt.Sprintf("\n## %d. %s\n\n", g.step, text)
}

func (g *guide) say(lines ...string) { g.text += strings.Join(lines, "\n") + "\n" }

func (g *guide) run(lines ...string) {
	g.text += "\n```sh\n" + strings.Join(lines, "\n") + "\n```\n\n"
}

// Google returns google-setup.md: what to do in Google Cloud and in the Admin
// console, with the values of the answers.
func Google(a Answers) string {
	g := &guide{text: "# What to do in Google\n\n" + intro(a)}
	g.cloud(a)
	switch {
	case a.Federated():
		g.federate(a)
	case a.Access.Keyless():
		g.person(a)
	default:
		g.key(a)
	}
	if a.Access.Delegated() {
		g.delegate(a)
	} else {
		g.role(a)
	}
	g.heading("Look whether it works")
	g.say("`ssosync doctor` checks each of these steps, and says what is missing. A new delegation or role counts after a few", "minutes, and after a day at the latest.")
	return strings.ReplaceAll(g.text, "\n\n\n", "\n\n")
}

func intro(a Answers) string {
	text := "ssosync reads the directory "
	if a.Access.Delegated() {
		text += "as " + or(a.Admin, "an administrator") + ", through a service account that may act as that administrator"
	} else {
		text += "as a service account that has an admin role of its own"
	}
	if a.Access.Keyless() {
		text += ". It has no key.\n"
	} else {
		text += ". It logs in with a key file.\n"
	}
	text += "You need the rights to make a service account in a project of Google Cloud, and a super administrator of Google\nWorkspace for the step in the Admin console. What is written in CAPITALS is for you to fill in.\n"
	if a.Federated() {
		text += "\n`" + TerraformFile + "` does the steps in Google Cloud, if you would rather have that: `terraform init && terraform apply`.\n"
	}
	return text
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// cloud makes the service account.
func (g *guide) cloud(a Answers) {
	g.heading("Google Cloud: the APIs, and a service account")
	g.say("In the Cloud Shell, or where gcloud is installed. Any project will do. The service account needs no role in it.")
	g.run(
		"gcloud services enable "+strings.Join(a.services(), " ")+" --project="+a.project(),
		"gcloud iam service-accounts create "+a.account()+" --project="+a.project()+" --display-name=ssosync",
	)
	g.say("Its numeric id (\"Unique ID\"), which the Admin console asks for, is:")
	if a.ClientID != "" {
		g.say("", "    "+a.ClientID)
		return
	}
	g.run("gcloud iam service-accounts describe " + a.email() + " --format='value(uniqueId)'")
}

// key makes a key.
func (g *guide) key(a Answers) {
	g.heading("Google Cloud: a key")
	if a.ClientID != "" {
		g.say("There is one already, of " + a.email() + ". Keep it as you keep a password.")
		return
	}
	g.run("gcloud iam service-accounts keys create key.json --iam-account=" + a.email())
	g.say("Keep it as you keep a password, where `google-credentials` in "+SettingsFile+" says.",
		"If Google refuses, your organization forbids keys (`iam.disableServiceAccountKeyCreation`, the default since May 2024):",
		"run `ssosync init` again and choose to do without one.")
}

// person lets somebody act as the service account from their machine.
func (g *guide) person(a Answers) {
	g.heading("Google Cloud: you may act as the service account")
	g.run(
		"gcloud iam service-accounts add-iam-policy-binding "+a.email()+" \\",
		"  --role=roles/iam.serviceAccountTokenCreator --member=user:YOU@YOUR_DOMAIN",
		"gcloud auth application-default login",
	)
	g.say("The last command is for the machine that ssosync runs on, and has to be repeated when your session ends. For a server",
		"that runs unattended, use `ssosync init --runs-on` with where it is: there somebody else vouches for it.")
}

// federate lets AWS or GitHub vouch for ssosync.
func (g *guide) federate(a Answers) {
	number, pool, provider := a.federation()
	project := " --project=" + a.project() + " --location=global"
	who := "AWS"
	if a.Place == GitHub {
		who = "GitHub"
	}
	g.heading("Google Cloud: " + who + " vouches for ssosync")
	if number == "PROJECT_NUMBER" {
		g.say("PROJECT_NUMBER is what this prints:")
		g.run("gcloud projects describe " + a.project() + " --format='value(projectNumber)'")
	}
	lines := []string{"gcloud iam workload-identity-pools create " + pool + project}
	if a.Place == GitHub {
		lines = append(
			lines,
			"gcloud iam workload-identity-pools providers create-oidc "+provider+project+" --workload-identity-pool="+pool+" \\",
			"  --issuer-uri=https://token.actions.githubusercontent.com \\",
			"  --attribute-mapping=google.subject=assertion.sub,attribute.repository=assertion.repository \\",
			"  --attribute-condition=\""+a.condition()+"\"",
		)
	} else {
		_, account, _ := a.role()
		lines = append(
			lines,
			"gcloud iam workload-identity-pools providers create-aws "+provider+project+" --workload-identity-pool="+pool+" \\",
			"  --account-id="+account+" \\",
			"  --attribute-condition=\""+a.condition()+"\"",
		)
	}
	lines = append(
		lines,
		"gcloud iam service-accounts add-iam-policy-binding "+a.email()+" \\",
		"  --role=roles/iam.serviceAccountTokenCreator \\",
		"  --member=\""+a.trusted("projects/"+number+"/locations/global/workloadIdentityPools/"+pool)+"\"",
	)
	g.run(lines...)
	if a.Place == GitHub {
		g.say("The job of the workflow needs `permissions: {id-token: write}`. Every branch of "+a.repository()+" is trusted: to trust one",
			"only, add `&& assertion.ref == 'refs/heads/main'` to the condition.")
	} else {
		g.say("Only the role " + a.assumed() + " is trusted, whoever else the account has.")
	}
}

// condition is what has to hold of whoever comes, in CEL.
func (a Answers) condition() string {
	if a.Place == GitHub {
		return "assertion.repository == '" + a.repository() + "'"
	}
	return "assertion.arn.startsWith('" + a.assumed() + "/')"
}

// delegate lets the service account act as an administrator.
func (g *guide) delegate(a Answers) {
	g.heading("Admin console: domain-wide delegation")
	g.say("1. Open <https://admin.google.com/ac/owl/domainwidedelegation>, or go to Security > Access and data control > API controls >",
		"   Manage Domain Wide Delegation.",
		"2. Add new. Client ID: "+or(a.ClientID, "the numeric id of step 1")+", not the address.",
		"3. OAuth scopes, all in one line, exactly:", "",
		"       "+strings.Join(Scopes(), ","), "",
		"4. Authorize.", "",
		or(a.Admin, "The administrator")+" must be a person who has logged in once, is not suspended, and may read users and groups: a super",
		"administrator, or somebody with a role that has the privileges Admin API > Users > Read and Admin API > Groups > Read.",
		"With delegation the service account can act as anybody in the company within these scopes. They only read.")
}

// role gives the service account an admin role.
func (g *guide) role(a Answers) {
	g.heading("Admin console: a role that only reads")
	g.say("1. Open <https://admin.google.com/ac/roles>, or go to Account > Admin roles. Create new role, with the name ssosync.",
		"2. Under Admin API privileges, tick Users > Read and Groups > Read, and nothing else.",
		"3. Create role. Assign service accounts, and enter:", "",
		"       "+a.email(), "",
		"4. The customer id is in Account > Account settings: "+or(a.Customer, "C followed by eight letters and digits")+".",
		"   "+SettingsFile+" must name it, because a service account has no customer of its own.", "",
		"Such a role lets nobody act as somebody else, and cannot change anything. Google does not say in writing that it suffices for a",
		"service account: if `ssosync doctor` still says Not Authorized after a day, assign the pre-built role Groups Reader as well, and",
		"after that User Management Admin, which may change users.")
}
