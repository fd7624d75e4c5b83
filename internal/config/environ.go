package config

import (
	"slices"
	"strings"
)

// prefix begins the names of our own variables.
const prefix = "SSOSYNC_"

// The variables that are not settings but are read all the same. The three
// keys come from a .env file only: the SDK reads the environment itself.
const (
	awsKeyID       = "AWS_ACCESS_KEY_ID"
	awsSecretKey   = "AWS_SECRET_ACCESS_KEY" // #nosec G101 -- the name of a variable
	awsSession     = "AWS_SESSION_TOKEN"
	awsProfile     = "AWS_PROFILE"
	impersonateVar = "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"
)

// isEnvName reports whether a variable of that name in a .env file concerns
// us. Everything else there is left alone.
func isEnvName(name string) bool {
	if slices.Contains([]string{awsKeyID, awsSecretKey, awsSession, awsProfile, impersonateVar}, name) || isOurs(name) {
		return true
	}
	return slices.ContainsFunc(Options, func(o Option) bool {
		return slices.Contains(o.Env, name) || slices.Contains(o.Last, name)
	})
}

// isOurs reports whether a variable is meant for ssosync by its name, however
// that is spelled.
func isOurs(name string) bool {
	name = strings.ToUpper(name)
	return strings.HasPrefix(name, prefix) || strings.HasPrefix(name, "SSO_SYNC_")
}

// names looks for variables that are meant for us but are not read. A near
// miss of a known name is a problem, because a setting such as
// SSOSYNC_DRYRUN=true must not be passed over in silence; others are warned of.
func (l *loader) names(vars map[string]variable, origin func(name string, line int) Origin) {
	for _, name := range sorted(vars) {
		if !isOurs(name) || slices.ContainsFunc(Options, func(o Option) bool { return slices.Contains(o.Env, name) }) {
			continue
		}
		from := origin(name, vars[name].line).String()
		if hint := nearMiss(name); hint != "" {
			l.problem(&Error{From: from, Text: "unknown variable " + name, Hint: hint})
			continue
		}
		l.warnings = append(l.warnings, Warning{Variable: name, Text: "unknown variable " + name + " is ignored (from " + from + ")"})
	}
}

// nearMiss says what was probably meant by an unknown name of ours, or "".
func nearMiss(name string) string {
	var known, ending []string
	for _, o := range Options {
		same := squeeze(o.Name) == squeeze(name)
		switch {
		case same && o.NoFlag:
			return o.Name + " is set in the file only"
		case same && len(o.Env) == 0:
			return "--" + o.Name + " is a flag only"
		case same:
			return "do you mean " + o.Env[0] + "?"
		case len(o.Env) == 0:
			continue
		}
		known = append(known, o.Env[0])
		if strings.HasSuffix(o.Env[0], "_"+strings.TrimPrefix(strings.ToUpper(name), prefix)) {
			ending = append(ending, o.Env[0])
		}
	}
	best := nearest(name, known)
	if n := len(ending); best == "" && (n == 1 || n == 2) {
		best = strings.Join(ending, " or ")
	}
	if best == "" {
		return ""
	}
	return "do you mean " + best + "?"
}

// squeeze returns what is left of a name without prefix, separators and case.
func squeeze(name string) string {
	name = strings.ToUpper(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return strings.TrimPrefix(name, "SSOSYNC")
}

// nearest returns the candidate that is one or two slips away from s, or "".
func nearest(s string, candidates []string) string {
	best, distance := "", 3
	if s = squeeze(s); len(s) > 64 {
		return ""
	}
	for _, c := range candidates {
		if d := editDistance(s, squeeze(c)); d < distance && d <= max(1, len(s)/4) {
			best, distance = c, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, substitutions and swaps of
// neighbours between a and b (optimal string alignment).
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			substitute := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				substitute++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, substitute)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
