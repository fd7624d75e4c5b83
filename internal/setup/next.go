package setup

import (
	"strings"

	"ssosync/internal/secret"
)

// Next returns what to do now, one step each. program is how ssosync is called.
func Next(a Answers, program string) []string {
	steps := []string{"Do in Google what " + GoogleFile + " says, unless that is done."}
	if a.keepsToken() && a.TokenText.Empty() {
		steps = append(steps, "Write the SCIM token into "+DotEnvFile+", behind "+tokenVariable+"=.")
	}
	for _, s := range []struct{ what, value string }{{"the SCIM token", a.Token}, {"the Google key", a.Key}} {
		if step := store(s.what, s.value); step != "" {
			steps = append(steps, step)
		}
	}
	switch a.Place {
	case Machine:
	case Lambda:
		steps = append(steps, "Give the function's role what "+PolicyFile+" allows, and put "+SettingsFile+" beside bootstrap.")
	case Kubernetes:
		steps = append(steps, "Give the pod "+SettingsFile+" in a ConfigMap, and what "+PolicyFile+" allows through its service account.")
	case GitHub:
		steps = append(steps, "Commit "+SettingsFile+" to the repository of the workflow: no secret is in it.")
	}
	return append(
		steps,
		program+" doctor    says what does not work yet, and how to put it right",
		program+" plan      shows what a sync would do, and changes nothing",
	)
}

// store says how to put a secret where a setting says that it is.
func store(what, value string) string {
	ref, ok, err := secret.ParseReference(value)
	if !ok || err != nil || ref.Key != "" || ref.Region != "" {
		return "" // it is one member of something, or has been made by somebody
	}
	switch ref.Scheme {
	case secret.SecretsManager:
		return "Store " + what + ": aws secretsmanager create-secret --name " + word(ref.Name) + " --secret-string file://FILE"
	case secret.SSM:
		return "Store " + what + ": aws ssm put-parameter --type SecureString --name " + word(ref.Name) + " --value file://FILE"
	case secret.Env:
		return "See to it that the variable " + ref.Name + " has " + what + " where ssosync runs."
	}
	return ""
}

// word is a name as a shell takes it for one word (POSIX: Shell Command Language,
// 2.2.2).
func word(s string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-"
	if strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
