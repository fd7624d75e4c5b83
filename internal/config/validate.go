package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"ssosync/internal/secret"
)

// Validate returns everything that is missing or wrong, as joined [*Error]s,
// without asking anybody else. What [Load] has complained about already is not
// called missing again. The checks of others, such as those of attribute
// names, may be passed in to be reported together.
func (c Config) Validate(checks ...func(Config) error) error {
	v := validator{cfg: c}
	v.google()
	v.aws()
	v.enums()
	v.guards()
	v.attributes()
	v.times()
	v.state()
	for _, check := range checks {
		v.problems = append(v.problems, check(c))
	}
	return errors.Join(v.problems...)
}

type validator struct {
	cfg      Config
	problems []error
}

// wrong notes a problem, unless reading the setting has failed before.
func (v *validator) wrong(option, text, hint string) {
	if !v.cfg.broken[option] {
		p := &Error{Option: option, Text: text, Hint: hint}
		if from := v.cfg.sources[option]; from.Layer != FromDefault {
			p.From = from.String()
		}
		v.problems = append(v.problems, p)
	}
}

// missing notes that a setting must be given.
func (v *validator) missing(option, what string) {
	o, _ := find(option)
	flag := "--" + o.Name
	if o.Short != "" {
		flag += " (-" + o.Short + ")"
	}
	v.wrong(option, what+" is missing", "set "+flag+" or "+o.Env[0])
}

// unknown reports whether one of these settings is kept where nobody has looked.
func (v *validator) unknown(options ...string) bool {
	return v.cfg.unread && slices.ContainsFunc(options, func(o string) bool { return v.cfg.elsewhere[o].Scheme != "" })
}

// mustHave checks that a secret is there.
func (v *validator) mustHave(option, what string, value secret.String) {
	if value.Empty() && !v.unknown(option) {
		v.missing(option, what)
	}
}

func (v *validator) aws() {
	c := v.cfg
	if v.unknown("endpoint") {
		// then nobody knows
	} else if c.Endpoint == "" {
		v.missing("endpoint", "the SCIM endpoint")
	} else if u, text := checkURL(c.Endpoint); text != "" {
		v.wrong("endpoint", "endpoint "+text, "")
	} else if !strings.HasSuffix(u.Path, "/scim/v2") {
		v.wrong("endpoint", "endpoint does not end in /scim/v2", "copy it from IAM Identity Center > Settings > Automatic provisioning")
	}
	v.token("access-token", "the SCIM access token", c.AccessToken)
	v.token("access-token-fallback", "the second SCIM access token", c.FallbackToken)
	v.role()
	if c.Region != "" && !isRegion(c.Region) {
		v.wrong("region", "region does not look like us-east-1", "")
	}
	if c.Read == ReadStore && c.Region == "" && !v.unknown("region", "endpoint") {
		v.missing("region", "the Region of the identity store")
	}
}

func (v *validator) token(option, what string, token secret.String) {
	switch {
	case token.Empty() && option == "access-token" && !v.unknown(option):
		v.missing(option, what)
	case !printable(token):
		v.wrong(option, what+" has characters in it that no token has", "is it complete, and on one line?")
	}
}

// role checks the role to ask AWS as (IAM reference: identifiers).
func (v *validator) role() {
	c := v.cfg
	parts := strings.SplitN(c.AssumeRole, ":", 6)
	switch {
	case c.AssumeRole == "" && !c.ExternalID.Empty():
		v.wrong("assume-role-external-id", "assume-role-external-id has no effect without assume-role", "")
	case c.AssumeRole == "":
	case len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/"):
		v.wrong("assume-role", "assume-role is not the ARN of a role, arn:aws:iam::123456789012:role/NAME", "")
	}
}

// printable reports whether a header may hold the secret.
func printable(s secret.String) bool {
	return !strings.ContainsFunc(s.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' })
}

// enums checks the settings with a fixed choice of values.
func (v *validator) enums() {
	for _, o := range Options {
		var values []string
		switch f := o.field(&v.cfg).(type) {
		case *string:
			values = []string{*f}
		case *[]string:
			values = *f
		}
		for _, value := range values {
			if o.Values != nil && !slices.Contains(o.Values, value) {
				v.wrong(o.Name, o.Name+" is none of "+strings.Join(o.Values, ", "), meant(value, o.Values))
			}
		}
	}
	if slices.Contains(v.cfg.ProtectPresets, "none") {
		v.wrong("protect-presets", "protect-presets is none and something else", "")
	}
}

// meant asks about a near miss, without repeating the value itself.
func meant(value string, values []string) string {
	if best := nearest(value, values); best != "" {
		return "do you mean " + best + "?"
	}
	return ""
}

// guards checks the names and the forms of limits.
func (v *validator) guards() {
	for _, name := range slices.Sorted(maps.Keys(v.cfg.Guards)) {
		if slices.Contains(AcceptNames(), name) && !slices.Contains(GuardNames(), name) {
			v.wrong("guard", fmt.Sprintf("guard: there is no limit to set for %q", name), "")
			continue
		}
		if !slices.Contains(GuardNames(), name) {
			v.wrong("guard", fmt.Sprintf("guard: there is no guard %q, only %s", name, strings.Join(GuardNames(), ", ")), meant(name, GuardNames()))
			continue
		}
	}
}

// attributes checks that there are some. Which there are is not known here.
func (v *validator) attributes() {
	if len(v.cfg.Attributes) == 0 {
		v.wrong("attributes", "attributes is empty", "write core, all, or names")
	}
}

// checkURL returns the parsed URL of a server, or what is wrong with it. Plain
// http would show the token to the network, so only this machine may have it.
func checkURL(s string) (*url.URL, string) {
	u, err := url.Parse(s)
	if err == nil {
		u.Host = strings.ToLower(u.Host) // as the transport compares it
	}
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, "is not a URL such as https://host/path"
	case u.User != nil:
		return nil, "has a user name or password in it"
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, "has a ? or # in it"
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, ""
	}
	return nil, "does not begin with https://"
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// times checks how long things may take.
func (v *validator) times() {
	for option, text := range map[string]string{"delete-after": v.cfg.DeleteAfter, "timeout": v.cfg.Timeout} {
		if text == "" && option == "timeout" || text == Never && option == "delete-after" {
			continue
		}
		d, err := ParseTime(text)
		switch {
		case err != nil:
			v.wrong(option, option+" is no time such as 30d, 12h or 10m", "")
		case option == "timeout" && d <= 0:
			v.wrong(option, "timeout leaves no time at all", "")
		}
	}
	v.tokenCreated()
}

// tokenCreated checks the date of the token. One that is still to come would
// silence all warnings.
func (v *validator) tokenCreated() {
	made, err := ParseDate(v.cfg.TokenCreated)
	switch {
	case v.cfg.TokenCreated == "":
	case err != nil:
		v.wrong("access-token-created", "access-token-created is no date such as 2026-11-26", "")
	case time.Until(made) > 24*time.Hour: // somewhere it is tomorrow
		v.wrong("access-token-created", "access-token-created is a day that is still to come", "")
	}
}

// state checks where the memory between runs is to be.
func (v *validator) state() {
	scheme, rest, ok := strings.Cut(v.cfg.State, "://")
	switch {
	case !ok:
	case scheme != "s3":
		v.wrong("state", fmt.Sprintf("state is neither a directory nor s3://BUCKET/PREFIX: %s:// is not supported", scheme), "")
	case strings.Trim(rest, "/") == "" || strings.HasPrefix(rest, "/"):
		v.wrong("state", "state names no bucket", "it looks like s3://my-bucket/ssosync")
	}
}
