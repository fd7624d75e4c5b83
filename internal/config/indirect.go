package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ssosync/internal/secret"
)

// Found is what a reference leads to.
type Found struct {
	Text    secret.String
	Changed time.Time // when this value was stored, zero if unknown
}

// A pending setting is one whose value is kept elsewhere.
type pending struct {
	option Option
	origin Origin
	refs   []secret.Reference // in this order: the first that there is
	usual  bool               // nobody named it: it is where the old tool looks
}

// kinds are the settings that the old tool's Lambda function looks up, and what
// they are about.
func kinds() map[string]secret.Kind {
	return map[string]secret.Kind{
		"access-token": secret.KindToken, "access-token-fallback": secret.KindToken, "google-credentials": secret.KindKey,
		"google-admin": secret.KindAdmin, "endpoint": secret.KindURL, "customer-id": secret.KindCustomer,
		"identity-store-id": secret.KindStore, "region": secret.KindRegion,
	}
}

// refer returns the reference that a value is, if it is one. It reports one that
// is damaged.
func (l *loader) refer(o Option, g given) (ref secret.Reference, ok bool) {
	if len(g.texts) == 0 {
		return secret.Reference{}, false
	}
	value := g.texts[len(g.texts)-1]
	if !o.Elsewhere || !o.Secret && isOtherARN(value) {
		return secret.Reference{}, false
	}
	ref, ok, err := secret.ParseReference(value)
	if err != nil {
		l.problem(&Error{Option: o.Name, From: g.origin.String(), Text: o.Name + ": " + err.Error()})
		return secret.Reference{}, false
	}
	kind, known := kinds()[o.Name]
	switch {
	case ok && ref.Scheme == secret.Exec && l.unasked(g.origin):
		l.problem(&Error{Option: o.Name, From: g.origin.String(), Text: o.Name + " names a command, in a file that nobody has named", Hint: "name the file with --" + map[Layer]string{FromFile: "config", FromDotEnv: "env-file"}[g.origin.Layer] + ", if it is yours"})
		return secret.Reference{}, false
	case ok || !known:
		return ref, ok
	}
	return l.bare(o, g, kind)
}

// bare reads the bare name of a secret, as a Lambda function has it. Elsewhere it
// is a slip, if it can be nothing else.
func (l *loader) bare(o Option, g given, kind secret.Kind) (secret.Reference, bool) {
	ref, ok := secret.Bare(g.texts[len(g.texts)-1], kind)
	if l.in.Mode == Lambda || !ok || !strings.HasPrefix(ref.Name, "SSOSync") {
		return ref, ok && l.in.Mode == Lambda
	}
	l.problem(&Error{Option: o.Name, From: g.origin.String(), Text: o.Name + " is the name of a secret", Hint: "write secretsmanager:" + ref.Name + " to have it looked up"})
	return secret.Reference{}, false
}

// unasked reports whether a value stands in a file that lies in the current
// directory, and that nobody has named: it may have come with somebody else's
// files.
func (l *loader) unasked(from Origin) bool {
	option := map[Layer]string{FromFile: "config", FromDotEnv: "env-file"}[from.Layer]
	return option != "" && l.sources[option].Layer == FromDefault
}

// isOtherARN reports whether a value is an ARN that is meant as such: that of an
// identity store, say.
func isOtherARN(value string) bool {
	parts := strings.SplitN(strings.TrimSpace(value), ":", 4)
	return len(parts) == 4 && parts[0] == "arn" && parts[2] != secret.SecretsManager && parts[2] != secret.SSM
}

// postpone notes a setting that has to be looked up.
func (l *loader) postpone(p pending) {
	p.origin.Ref = p.refs[0].String()
	l.sources[p.option.Name] = p.origin
	l.cfg.elsewhere[p.option.Name] = p.refs[0]
	l.pending = append(l.pending, p)
}

// lookUp fetches what has been postponed. Without a way to do so, the settings
// stay empty, and are known to be elsewhere.
func (l *loader) lookUp() {
	l.cfg.unread = l.in.Lookup == nil
	if l.cfg.unread {
		return
	}
	l.usual()
	l.way = l.cfg
	if o, _ := find("region"); l.way.Region == "" {
		last, _ := l.asLast(o)
		l.way.Region = RegionOf(l.cfg.Endpoint)
		if len(last.texts) > 0 {
			l.way.Region = o.text(last)
		}
	}
	for _, p := range l.pending {
		text, ok := l.fetch(p)
		if !ok {
			continue
		}
		if err := l.set(p.option, given{[]string{text}, l.sources[p.option.Name]}); err != nil {
			l.problem(err)
		}
	}
}

// fetch returns what the first of the references leads to that leads anywhere.
func (l *loader) fetch(p pending) (string, bool) {
	var failed error
	for _, ref := range p.refs {
		found, err := l.in.Lookup(l.way, ref)
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		p.origin.Ref = ref.String()
		l.sources[p.option.Name] = p.origin
		if p.option.Name == "access-token" {
			l.cfg.TokenStored = found.Changed
		}
		if p.usual {
			l.warn(p.option.Name, "%s is not set: taken from the secret %s, as awslabs/ssosync does", p.option.Name, ref.Name)
		}
		return found.Text.Reveal(), true
	}
	if p.usual {
		delete(l.cfg.elsewhere, p.option.Name)
		l.sources[p.option.Name] = Origin{}
		if p.option.Name == "endpoint" {
			l.warn("endpoint", "nothing says how to reach the two sides, and the secrets that awslabs/ssosync looks for are not there: %v", failed)
		}
		return "", false
	}
	l.problem(&Error{Option: p.option.Name, From: l.sources[p.option.Name].String(), Text: p.option.Name + ": " + failed.Error()})
	return "", false
}

// usual looks where the old tool's Lambda function looks when it is told
// nothing at all.
func (l *loader) usual() {
	needed := []string{"endpoint", "access-token", "google-admin", "google-credentials", "google-workload-identity-provider", "google-access-token"}
	if l.in.Mode != Lambda || slices.ContainsFunc(needed, l.given) {
		return
	}
	for _, name := range append(needed[:3:3], "identity-store-id", "region") {
		o, _ := find(name)
		if !l.given(name) {
			l.postpone(pending{option: o, refs: secret.Fixed(kinds()[name]), origin: Origin{Layer: FromDerived, Name: "secret"}, usual: true})
		}
	}
	l.usualKey = true
}
