package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// fromEvent is where a setting is from.
const fromEvent = "the event"

// overrides are the settings that an event brings, as flags. The zero value
// brings none.
type overrides struct {
	flags *pflag.FlagSet
	given map[string][]string // what they say, by setting
}

// unset are the settings of the function that do not count: what belongs to its
// own endpoint does not belong to that of an event.
func (o overrides) unset() []string {
	if len(o.given["endpoint"]) == 0 {
		return nil
	}
	return []string{"access-token-fallback", "access-token-created", "identity-store-id", "region", "assume-role", "assume-role-external-id"}
}

// direct are the keys that need no "settings" around them, and what they set.
func direct() map[string]string {
	return map[string]string{
		"dry_run": "dry-run", "group_match": "group-match", "user_match": "user-match", "only_groups": "include-groups",
		"accept": "accept", "config": "config", "endpoint": "endpoint",
	}
}

// anotherDirectory is why who may invoke the function does not choose whom it
// believes: they would put themselves into any group.
const anotherDirectory = "the people of another directory would get access"

// barred are the settings that no event may make: whoever may send one would
// learn what the function knows, or make it forget.
func barred() map[string]string {
	return map[string]string{
		"google-endpoint": "the function's credentials would be sent there",
		"google-login":    anotherDirectory, "google-admin": anotherDirectory, "customer-id": anotherDirectory, "google-credentials": anotherDirectory,
		"google-access-token": anotherDirectory, "google-impersonate-service-account": anotherDirectory,
		"google-workload-identity-provider": anotherDirectory, "google-workload-identity-from": anotherDirectory,
		"assume-role": "the function would ask in another account", "assume-role-external-id": "the function would ask in another account",
		"state":    "the function's memory would be another one",
		"env-file": "a function has variables", "no-env-file": "a function has variables",
	}
}

// A reader gathers overrides and what is wrong with them.
type reader struct {
	flags *pflag.FlagSet
	given map[string][]string // by setting
	wrong []error
}

// readOverrides reads the settings of an event. Its error names every key that
// is unknown or wrong.
func readOverrides(object map[string]json.RawMessage) (overrides, error) {
	r := reader{flags: pflag.NewFlagSet("event", pflag.ContinueOnError), given: map[string][]string{}}
	config.Flags(r.flags)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name, known := direct()[key]
		switch {
		case known:
			r.set(option(name), object[key])
		case key == "settings":
			r.settings(object[key])
		default:
			r.unknown(key, slices.Concat(slices.Sorted(maps.Keys(direct())), []string{"settings"}))
		}
	}
	r.endpoint()
	if raw, only := object["only_groups"]; only {
		if strings.TrimSpace(strings.Join(r.given["include-groups"], "")) == "" && string(raw) != "null" {
			r.complain(&config.Error{Text: "only_groups names no group", Hint: "leave it out to have all of them"})
		}
		r.leaveOthers()
	}
	if len(r.wrong) > 0 {
		return overrides{}, problems("event", r.wrong...)
	}
	return overrides{flags: r.flags, given: r.given}, nil
}

// settings reads the settings by their keys in ssosync.yaml.
func (r *reader) settings(raw json.RawMessage) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		r.complain(&config.Error{Text: "settings is not an object", Hint: `write {"settings": {"dry-run": true}}`})
		return
	}
	var keys []string
	for _, o := range config.Options {
		keys = append(keys, o.FileKey())
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		at := slices.Index(keys, key)
		if key == "" || at < 0 {
			r.unknown("settings."+key, keys)
			continue
		}
		r.set(config.Options[at], object[key])
	}
}

// set makes one setting.
func (r *reader) set(o config.Option, raw json.RawMessage) {
	if why, no := barred()[o.Name]; no {
		r.complain(&config.Error{Option: o.Name, Text: o.Name + " cannot be set by an event: " + why, Hint: "set " + o.Env[0] + " of the function"})
		return
	}
	flag := r.flags.Lookup(o.Name)
	if flag == nil {
		r.complain(&config.Error{Option: o.Name, Text: o.Name + " can be set in ssosync.yaml only", Hint: `name the file: {"config": "tenant.yaml"}`})
		return
	}
	if r.has(o.Name) {
		r.complain(&config.Error{Option: o.Name, Text: o.Name + " is set twice by the event"})
		return
	}
	values, err := texts(o, raw)
	if err != nil {
		r.wrong = append(r.wrong, err)
		return
	}
	r.given[o.Name] = values
	for _, text := range values {
		if e := mayBe(o, text); e != nil {
			r.complain(e)
			return
		}
		if err := r.flags.Set(o.Name, text); err != nil {
			r.complain(&config.Error{Option: o.Name, Text: o.Name + " cannot be set"}) // config's flags take any text
		}
	}
}

// mayBe reports what is wrong with a value from an event. Secrets come by
// reference, since events are kept in many places. No event may have the
// function run a command, or read what is its own: what was read could be sent
// somewhere.
func mayBe(o config.Option, text string) *config.Error {
	switch {
	case o.Name == "config" && !filepath.IsLocal(text):
		return &config.Error{Option: o.Name, Text: "config is no path within the function's package"}
	case !o.Elsewhere:
		return nil
	}
	ref, ok, err := secret.ParseReference(text)
	switch {
	case err != nil:
		return &config.Error{Option: o.Name, Text: o.Name + ": " + err.Error()}
	case ok && ref.Scheme != secret.SecretsManager && ref.Scheme != secret.SSM:
		return &config.Error{Option: o.Name, Text: o.Name + ": an event may refer to Secrets Manager and Parameter Store only", Hint: "write secretsmanager:NAME, ssm:NAME, or an ARN"}
	case ok && !o.Secret && o.Name != "endpoint":
		return &config.Error{Option: o.Name, Text: o.Name + " is no secret, and an event must say it itself", Hint: "what is looked up for it would be shown"}
	case !ok && o.Secret:
		return &config.Error{Option: o.Name, Text: o.Name + " is a secret, which events may refer to, but not hold", Hint: "write secretsmanager:NAME, ssm:NAME, or an ARN"}
	}
	return nil
}

func (r *reader) has(name string) bool { return len(r.given[name]) > 0 }

// endpoint checks that an endpoint of the event does not get the function's own
// token. That it is one of AWS is checked once it is known: see [load].
func (r *reader) endpoint() {
	if r.has("endpoint") && !r.has("access-token") {
		r.complain(&config.Error{Option: "endpoint", Text: "endpoint is set without access-token", Hint: `add {"settings": {"access-token": "secretsmanager:NAME"}}: the function's own token is for its own endpoint`})
	}
}

// isSCIM reports whether a URL is that of AWS's SCIM, in whatever partition, or
// on this machine (SCIM guide: endpoints; AWS SDKs: partitions). Other hosts of
// AWS's are anybody's: what answers at an API Gateway belongs to who made it.
func isSCIM(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if httpx.Loopback(host) {
		return true
	}
	region := config.RegionOf(endpoint)
	return u.Port() == "" && region != "" && slices.ContainsFunc(
		[]string{".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".api.amazonwebservices.com.cn"},
		func(suffix string) bool { return host == "scim."+region+suffix },
	)
}

// leaveOthers has a run that is about some groups leave all else as it is.
func (r *reader) leaveOthers() {
	for _, name := range []string{"deprovision-users", "deprovision-groups"} {
		if !r.has(name) {
			_ = r.flags.Set(name, config.Keep) // config's flags take any text
		}
	}
}

func (r *reader) complain(e *config.Error) {
	e.From = fromEvent
	r.wrong = append(r.wrong, e)
}

// plainKey is what a key looks like that may be shown: anything else may be a
// value that came loose.
var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,50}$`)

// unknown reports a key that means nothing, and the one that it may stand for.
func (r *reader) unknown(key string, known []string) {
	e := &config.Error{Text: "a key of it is not known"}
	if plainKey.MatchString(key) {
		e.Text = fmt.Sprintf("unknown key %q", key)
	}
	if at := slices.IndexFunc(known, func(k string) bool { return k != "" && squeeze(k) == squeeze(strings.TrimPrefix(key, "settings.")) }); at >= 0 {
		e.Hint = "do you mean " + known[at] + "?"
	} else if o := slices.IndexFunc(config.Options, func(o config.Option) bool { return o.FileKey() != "" && squeeze(o.FileKey()) == squeeze(key) }); o >= 0 {
		e.Hint = fmt.Sprintf(`write {"settings": {%q: …}}`, config.Options[o].FileKey())
	}
	r.complain(e)
}

// squeeze returns the letters of a key.
func squeeze(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(key))
}

// option returns the option of a name that is in the table.
func option(name string) config.Option {
	return config.Options[slices.IndexFunc(config.Options, func(o config.Option) bool { return o.Name == name })]
}

// A configurationError is everything that is wrong with what the function was
// given, found before anything was sent.
type configurationError struct {
	what string // "configuration", "event"
	all  []error
}

func problems(what string, all ...error) error {
	if len(all) == 0 {
		return nil
	}
	return &configurationError{what: what, all: all}
}

func (e *configurationError) Error() string {
	return e.what + ": " + strings.ReplaceAll(errors.Join(e.all...).Error(), "\n", "; ")
}

func (e *configurationError) Unwrap() []error { return e.all }
