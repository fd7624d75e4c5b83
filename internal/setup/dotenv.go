package setup

import "strings"

// tokenVariable is the name that the guides use.
const tokenVariable = "SCIM_TOKEN"

// DotEnv returns .env with the token at its end: what is there stays as it is.
// Without a token there is a line to fill in.
func DotEnv(env string, a Answers) string {
	if env != "" && !strings.HasSuffix(env, "\n") {
		env += "\n"
	}
	if a.TokenText.Empty() {
		return env + "# The SCIM access token: IAM Identity Center > Settings > Automatic provisioning > Generate token.\n" + tokenVariable + "=\n"
	}
	return env + "# The SCIM access token. It lives for a year.\n" + tokenVariable + "=" + quoted(a.TokenText.Reveal()) + "\n"
}

// quoted returns a value so that shells and our own reader of .env see the same
// text. What has nothing special in it stays as it is.
func quoted(s string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+=:@"
	switch {
	case strings.Trim(s, plain) == "":
		return s
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(s) + `"`
}
