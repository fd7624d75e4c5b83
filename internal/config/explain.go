package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"ssosync/internal/secret"
)

// What is shown in place of a secret.
const (
	masked   = "[set]"
	unmasked = "[not set]"
	unread   = "[not read]" // it is kept elsewhere
)

// A Row is one setting as it is in effect.
type Row struct {
	Option string `json:"option"`
	Value  string `json:"value"` // secrets are "[set]" or "[not set]"
	From   string `json:"from"`  // see [Origin.String]
}

// Explain lists every setting with the value in effect and where that comes
// from, in the order of [Options].
func Explain(c Config, sources Sources) []Row {
	var rows []Row
	for _, o := range Options {
		if o.Kind == Pairs {
			rows = append(rows, explainPairs(c, o, sources)...)
			continue
		}
		value := show(o.field(&c))
		if o.Name == "endpoint" || o.Name == "google-endpoint" {
			value = withoutSecrets(value)
		}
		if c.unread && c.elsewhere[o.Name].Scheme != "" {
			value = unread
		}
		rows = append(rows, Row{o.Name, value, sources[o.Name].String()})
	}
	for name, key := range map[string]secret.String{awsKeyID: c.AWSAccessKeyID, awsSecretKey: c.AWSSecretAccessKey, awsSession: c.AWSSessionToken} {
		from := sources[name]
		row := Row{name, show(&key), from.String()}
		if from.Layer == FromEnvironment {
			row.Value = masked
		}
		rows = append(rows, row)
	}
	// The three keys come last, in the order of their names.
	slices.SortStableFunc(rows[len(rows)-3:], func(a, b Row) int { return strings.Compare(a.Option, b.Option) })
	return rows
}

// explainPairs gives each name of a merged setting its row.
func explainPairs(c Config, o Option, sources Sources) []Row {
	pairs := *o.field(&c).(*map[string]string)
	if len(pairs) == 0 {
		return []Row{{o.Name, "", sources[o.Name].String()}}
	}
	var rows []Row
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		rows = append(rows, Row{o.Name + " " + name, pairs[name], sources[o.Name+" "+name].String()})
	}
	return rows
}

// withoutSecrets hides what does not belong into the URL of a server and may be a
// password or a token: a user, a query, a fragment.
func withoutSecrets(s string) string {
	if !strings.ContainsAny(s, "@?#") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return masked
	}
	if u.User != nil {
		u.User = url.User("xxxxx")
	}
	if u.RawQuery != "" {
		u.RawQuery = "xxxxx"
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = "xxxxx", ""
	}
	return u.String()
}

// show returns the value of a field as text.
func show(field any) string {
	switch f := field.(type) {
	case *secret.String:
		if f.Empty() {
			return unmasked
		}
		return masked
	case *string:
		return *f
	case *bool:
		if *f {
			return "true"
		}
		return "false"
	case *[]string:
		return strings.Join(*f, ",")
	}
	return ""
}
