package config

import "strings"

// reference reports a value that names a secret kept elsewhere. Such a value
// must not be taken literally: it would be sent to a server as a token.
func reference(o Option, value string) *Error {
	if o.Group != Google && o.Group != AWS {
		return nil
	}
	value = strings.TrimSpace(value)
	what := ""
	switch {
	case strings.HasPrefix(value, "arn:") && (o.Secret || strings.Contains(value, ":secretsmanager:") || strings.Contains(value, ":ssm:")):
		what = "the ARN of a secret"
	case strings.HasPrefix(value, "SSOSync") && !strings.ContainsAny(value, "@/:."):
		what = "the name of a secret"
	default:
		for _, scheme := range []string{"secretsmanager:", "ssm:", "env:", "file:", "exec:"} {
			if strings.HasPrefix(value, scheme) {
				what = "a reference to a secret (" + scheme + ")"
			}
		}
	}
	if what == "" {
		return nil
	}
	return &Error{Option: o.Name, Text: o.Name + " is " + what + ", which this version does not look up", Hint: "give the value itself"}
}
