package config

import (
	"net/url"
	"slices"
	"strings"

	"ssosync/internal/secret"
)

// derive works out the settings that follow from others.
func (l *loader) derive() {
	c := &l.cfg
	if c.SyncMethod == MethodUsersGroups {
		preset := Origin{Layer: FromDerived, Name: "preset users_groups"}
		c.LeaveUnknownMembers = true
		l.unlessGiven("group-name", &c.GroupName, NameOfEmail, preset)
		l.unlessGiven("deprovision-groups", &c.DeprovisionGroups, Keep, preset)
	}
	if c.RetainUnmatched {
		l.retain()
	}
	if c.Debug && c.LogLevel != "trace" {
		c.LogLevel = "debug"
		l.sources["log-level"] = Origin{Layer: FromDerived, Name: l.sources["debug"].String()}
	}
	if len(c.ProtectPresets) == 1 && c.ProtectPresets[0] == "none" {
		c.ProtectPresets = nil
	}
	l.region()
}

// unlessGiven sets a setting that nobody has set.
func (l *loader) unlessGiven(name string, field *string, value string, from Origin) {
	if l.sources[name].Layer == FromDefault {
		*field, l.sources[name] = value, from
	}
}

// retain makes --retain-unmatched what it stands for. It conflicts with
// another wish for the same thing: the operator must say which one holds.
func (l *loader) retain() {
	from := l.sources["retain-unmatched"].String()
	for _, name := range []string{"deprovision-users", "deprovision-groups"} {
		o, _ := find(name)
		field := o.field(&l.cfg).(*string)
		if s := l.sources[name]; s.Layer != FromDefault && *field != Keep {
			l.problem(&Error{
				Option: name, From: s.String(),
				Text: "retain-unmatched (from " + from + ") contradicts " + name,
				Hint: "take one of them away",
			})
			continue
		}
		l.unlessGiven(name, field, Keep, Origin{Layer: FromDerived, Name: from})
	}
}

// region takes the Region from the SCIM host when it is not given, or else
// from the variables of the SDK. Another Region than the host's is legal, for
// reading a replica, but rarely meant: SCIM is in the primary Region only.
func (l *loader) region() {
	label := RegionOf(l.cfg.Endpoint)
	switch {
	case l.cfg.Region != "":
		if label != "" && label != l.cfg.Region {
			shown := l.cfg.Region
			if l.sources["region"].Ref != "" || !isRegion(shown) {
				shown = masked // it may be another secret than was meant
			}
			l.warn("region", "the region %q (from %s) is not that of the SCIM endpoint, %q", shown, l.sources["region"], label)
		}
	case label != "":
		l.cfg.Region, l.sources["region"] = label, Origin{Layer: FromDerived, Name: "SCIM endpoint"}
	default:
		o, _ := find("region")
		if g, ok := l.asLast(o); ok {
			l.cfg.Region, l.sources["region"] = o.text(g), g.origin
		}
	}
}

// RegionOf returns the Region in the name of a SCIM host, or "": the label
// after "scim.", in whatever partition (SCIM guide: endpoints). It asks no list
// of Regions, which would be out of date.
func RegionOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	labels := strings.Split(strings.ToLower(u.Hostname()), ".")
	if len(labels) > 3 && labels[0] == "scim" && isRegion(labels[1]) {
		return labels[1]
	}
	return ""
}

// isRegion reports whether s has the form of a Region's name, such as
// us-gov-west-1: words, and a number at last.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	n := len(parts)
	if n < 3 || len(parts[0]) < 2 {
		return false
	}
	for i, part := range parts {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			if i == n-1 {
				return r < '0' || r > '9'
			}
			return r < 'a' || r > 'z'
		}) {
			return false
		}
	}
	return true
}

// endpointOfGoogle refuses to send what logs in to Google to a server that only a
// file in the current directory names, but to this very machine.
func (l *loader) endpointOfGoogle() {
	u, err := url.Parse(l.cfg.GoogleEndpoint)
	if from := l.sources["google-endpoint"]; err == nil && u.Host != "" && l.unasked(from) && !isLoopback(u.Hostname()) {
		l.problem(&Error{Option: "google-endpoint", From: from.String(), Text: "google-endpoint is in a file that nobody has named", Hint: "say it with --google-endpoint, or name the file with --config or --env-file"})
	}
}

// awsKeys takes AWS credentials from .env when the environment has none of any
// kind, and then all three together, never a mixture of two sets.
func (l *loader) awsKeys() {
	for _, name := range []string{awsKeyID, awsSecretKey, awsSession} {
		l.sources[name] = Origin{}
		if v, ok := l.environ[name]; ok && v.value != "" {
			l.sources[name] = Origin{Layer: FromEnvironment, Name: name}
		}
	}
	if v, ok := l.dotEnv[awsProfile]; ok && v.value != "" && l.environ[awsProfile].value == "" {
		l.warn("", "%s in %s is not read: export it, or set keys there", awsProfile, l.cfg.EnvFile)
	}
	if slices.ContainsFunc([]string{
		awsKeyID, awsSecretKey, awsSession, awsProfile,
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	}, func(name string) bool { return l.environ[name].value != "" }) {
		return
	}
	id, key := l.dotEnv[awsKeyID], l.dotEnv[awsSecretKey]
	if (id.value == "") != (key.value == "") {
		l.problem(&Error{Text: l.cfg.EnvFile + " has one of " + awsKeyID + " and " + awsSecretKey + ", but not the other"})
		return
	}
	for name, field := range map[string]*secret.String{awsKeyID: &l.cfg.AWSAccessKeyID, awsSecretKey: &l.cfg.AWSSecretAccessKey, awsSession: &l.cfg.AWSSessionToken} {
		if v := l.dotEnv[name]; id.value != "" && v.value != "" {
			*field = secret.New(v.value)
			l.sources[name] = Origin{Layer: FromDotEnv, Name: l.cfg.EnvFile, Line: v.line}
		}
	}
}
