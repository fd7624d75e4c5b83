package setup

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"ssosync/internal/config"
)

// Settings returns ssosync.yaml: what differs from the defaults and the few
// settings that people change, each with a line about what it does.
func Settings(a Answers) string {
	w := &sheet{elsewhere: a.Elsewhere}
	w.text = "# yaml-language-server: $schema=" + config.SchemaFile + "\n" +
		"# Settings of ssosync, made by ssosync init. ssosync config explain shows all of them, what is in effect,\n" +
		"# and from where: a flag or a variable of the environment wins over this file, this file over .env.\n" +
		"# No secret belongs in here. What begins with env:, file:, exec:, secretsmanager: or ssm: says where it is.\n"
	w.google(a)
	w.aws(a)
	w.scope(a)
	w.leavers(a)
	w.rest(a)
	return w.text
}

// A sheet is ssosync.yaml as it comes about.
type sheet struct {
	text      string
	elsewhere map[string]string
}

func (w *sheet) heading(text string) { w.text += "\n# --- " + text + "\n" }

// set writes a setting under its comment, or where it is set if that is
// elsewhere. One without a value is left out.
func (w *sheet) set(option, value, comment string) {
	if from := w.elsewhere[option]; from != "" {
		w.text += "# " + option + " is set in " + from + ".\n"
		return
	}
	if value != "" {
		w.text += "# " + comment + "\n" + option + ": " + scalar(value) + "\n"
	}
}

func (w *sheet) google(a Answers) {
	w.heading("Google Workspace: what there is to do there is in " + GoogleFile)
	if a.Access.Delegated() {
		w.set("google-admin", a.Admin, "The directory is read in the name of this administrator. When that account goes, ssosync stops.")
	}
	if a.Access.Delegated() {
		w.set("customer-id", differs(a.Customer, config.DefaultCustomer), "The Google customer. The administrator's own would do.")
	} else {
		w.set("customer-id", a.Customer, "A service account has no customer of its own, so it has to be named: Admin console > Account > Account settings.")
	}
	if !a.Access.Keyless() {
		w.set("google-credentials", a.Key, "The key of the service account. Whoever has it can read what ssosync reads: replace it at times.")
		return
	}
	w.set("google-impersonate-service-account", a.ServiceAccount, "Google is read as this service account, without a key.")
	if a.Federated() {
		w.set("google-workload-identity-provider", a.Provider, "It vouches for ssosync at Google. No key exists that could leak.")
		return
	}
	w.set("google-login", config.LoginADC, "You log in with: gcloud auth application-default login. That lasts as long as your own session does.")
}

func (w *sheet) aws(a Answers) {
	w.heading("AWS IAM Identity Center")
	region := ""
	if r := config.RegionOf(a.Endpoint); r != "" {
		region = " It is in " + r + "."
	}
	w.set("endpoint", a.Endpoint, "From IAM Identity Center > Settings > Automatic provisioning."+region)
	w.set("access-token", a.Token, "Where its token is. It lives for a year; two may exist, so that one can be replaced without a gap.")
	if a.keepsToken() {
		w.text += "# access-token is SCIM_TOKEN in " + DotEnvFile + ". It lives for a year.\n"
	}
	w.set("identity-store-id", a.StoreID, "Otherwise it is found out.")
	w.set("assume-role", a.AssumeRole, "Who asks AWS what stands behind users and groups. "+RolePolicyFile+" is what it may do.")
}

func (w *sheet) scope(a Answers) {
	w.heading("Who is synced")
	if from := w.elsewhere["group-match"]; from != "" {
		w.text += "# group-match is set in " + from + ".\n"
	} else {
		w.text += "# Groups that match, and the people in them. * is all, and everybody in them gets a user in AWS.\n" +
			"group-match: " + list(a.Groups) + "\n"
	}
	if a.GroupsOnly {
		w.set("manage", config.ManageGroups, "Users are made by something else, such as Google's own provisioning; ssosync keeps groups and who is in them.")
	}
	w.text += "# What ssosync did not make, and does not find in Google, is left alone: delete-unmanaged: true would end that.\n"
}

func (w *sheet) leavers(a Answers) {
	w.heading("Who and what is gone from Google, or from the groups above")
	w.set("deprovision-users", a.DeprovisionUsers, map[string]string{
		config.Deactivate: "They are deactivated at once and leave their groups. The user stays, and can come back.",
		config.Delete:     "They are deleted at once. Who comes back gets a new user, without the old assignments.",
		config.Keep:       "They keep their users in AWS, active. Who is suspended in Google is still deactivated.",
	}[a.DeprovisionUsers])
	w.set("deprovision-groups", a.DeprovisionGroups, map[string]string{
		config.EmptyGroup: "Groups are emptied at once. They keep their permission sets.",
		config.Delete:     "Groups are deleted at once, and their assignments with them.",
		config.Keep:       "Groups stay as they are, with everybody in them.",
	}[a.DeprovisionGroups])
	if a.DeprovisionUsers != config.Keep || a.DeprovisionGroups != config.Keep {
		w.set("delete-after", a.DeleteAfter, "What has been gone for so long is deleted for good; never keeps it. A time such as 30d.")
	}
}

func (w *sheet) rest(a Answers) {
	if a.State != config.StateAuto || w.elsewhere["state"] != "" {
		w.heading("Memory between runs: since when who is gone, the journal, the lock")
	}
	switch {
	case w.elsewhere["state"] != "":
		w.set("state", "", "")
	case a.State == "":
		w.text += "# Nothing is kept: no restore, no lock, and only AWS knows since when somebody is gone.\nstate: \"\"\n"
	case a.State != config.StateAuto:
		w.set("state", a.State, "Without it there would be no restore, and no lock between two runs.")
	}
	if len(a.Extra) > 0 {
		w.heading("Given to ssosync init besides, or taken over from the file that was there")
	}
	for _, s := range a.Extra {
		w.extra(s)
	}
}

func (w *sheet) extra(s Setting) {
	switch {
	case s.Pairs != nil:
		w.text += key(s.Option) + ":\n"
		for _, name := range slices.Sorted(maps.Keys(s.Pairs)) {
			w.text += "  " + scalar(name) + ": " + scalar(s.Pairs[name]) + "\n"
		}
	case len(s.Values) == 1:
		w.text += s.Option + ": " + s.one() + "\n"
	default:
		w.text += s.Option + ": " + list(s.Values) + "\n"
	}
}

// key is the key of an option in the file.
func key(option string) string {
	for _, o := range config.Options {
		if o.Name == option {
			return o.FileKey()
		}
	}
	return option
}

// one is the only value of a setting. What is true or false needs no quotes.
func (s Setting) one() string {
	for _, o := range config.Options {
		if o.Name == s.Option && o.Kind == config.Bool {
			return s.Values[0]
		}
	}
	return scalar(s.Values[0])
}

func differs(value, from string) string {
	if value == from {
		return ""
	}
	return value
}

// list is a list of texts: one is written as one.
func list(values []string) string {
	if len(values) == 1 {
		return scalar(values[0])
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = scalar(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// plainRE is what needs no quotes, wherever it stands, and is no number, no time
// and no word that YAML knows (YAML 1.2.2 §7.3.3, §10.3.2).
var plainRE = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9_.@/-]*(?::[A-Za-z0-9_.@/-]+)*|\d{1,4}[dwhms]|\d{1,3}%/\d{1,6})$`)

// scalar returns a text as YAML has it: '…' has nothing special in it but '
// (YAML 1.2.2 §7.3.2).
func scalar(s string) string {
	words := []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
	if plainRE.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
