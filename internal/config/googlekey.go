package config

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"ssosync/internal/secret"
)

// googleKey resolves --google-credentials to the content of a key. If nothing
// gives one, credentials.json in the current directory is taken, and if there
// is none, what GOOGLE_APPLICATION_CREDENTIALS names.
func (l *loader) googleKey() {
	o, _ := find("google-credentials")
	g, ok := l.strongest(o)
	if !ok && l.usualKey {
		g, ok = l.keptKey(pending{option: o, refs: secret.Fixed(secret.KindKey), origin: Origin{Layer: FromDerived, Name: "secret"}, usual: true})
	}
	if !ok {
		data, err := l.in.ReadFile(o.Default)
		last, found := l.asLast(o)
		switch {
		case err == nil:
			g = given{[]string{string(data)}, Origin{Layer: FromDerived, Name: "file " + o.Default}}
		case !errors.Is(err, fs.ErrNotExist):
			l.problem(&Error{Option: o.Name, Text: fmt.Sprintf("read %s: %v", o.Default, cause(err))})
			return
		case found:
			g = last
		default:
			l.sources[o.Name] = Origin{}
			return
		}
	}
	l.sources[o.Name] = g.origin
	if ref, elsewhere := l.refer(o, g); elsewhere {
		g, ok = l.keptKey(pending{option: o, origin: g.origin, refs: []secret.Reference{ref}})
		if !ok {
			return
		}
	} else if l.cfg.broken[o.Name] {
		return
	}
	key, err := l.keyText(g.texts[len(g.texts)-1], g.origin)
	if err != nil {
		err.Option, err.From = o.Name, l.sources[o.Name].String()
		l.problem(err)
		return
	}
	l.cfg.GoogleCredentials = secret.New(key)
}

// keptKey fetches a key that is kept elsewhere. It is taken as it is: what names
// a file there is none.
func (l *loader) keptKey(p pending) (given, bool) {
	l.postpone(p)
	if l.cfg.unread {
		return given{}, false
	}
	text, ok := l.fetch(p)
	return given{[]string{text}, Origin{Layer: FromDerived, Ref: p.refs[0].String()}}, ok
}

// keyText returns the JSON that a value holds or names. GOOGLE_CREDENTIALS_JSON
// names no file, and GOOGLE_APPLICATION_CREDENTIALS nothing else.
func (l *loader) keyText(value string, from Origin) (string, *Error) {
	if text, ok, p := inlineKey(value); ok || p != nil {
		return text, p
	}
	name := strings.TrimSpace(value)
	switch {
	case from.Layer == FromDerived:
		return "", &Error{Text: "the Google key is not JSON"}
	case strings.HasSuffix(from.Name, "_JSON") || l.isJSONVariable(from):
		return "", &Error{Text: "the Google key is neither JSON nor base64 of JSON", Hint: "make it with: base64 < key.json"}
	case len(name) > 1024 || strings.ContainsAny(name, "\r\n\x00"):
		return "", &Error{Text: "the Google key is neither JSON, nor base64 of JSON, nor the name of a file", Hint: "is it complete?"}
	}
	data, err := l.in.ReadFile(name)
	if err != nil {
		return "", &Error{Text: fmt.Sprintf("read the Google key%s: %v", shownPath(name), cause(err)), Hint: "give the name of a key file, JSON, or base64 of JSON"}
	}
	if text, ok, p := inlineKey(string(data)); ok || p != nil {
		return text, p
	}
	return "", &Error{Text: fmt.Sprintf("the Google key file%s holds neither JSON nor base64 of JSON", shownPath(name))}
}

// isJSONVariable reports whether the value at a line of .env is that of
// GOOGLE_CREDENTIALS_JSON.
func (l *loader) isJSONVariable(from Origin) bool {
	return from.Layer == FromDotEnv && l.dotEnv["GOOGLE_CREDENTIALS_JSON"].line == from.Line
}

// shownPath returns a path for a message, if it is certainly one and not part
// of a key: neither JSON nor base64 end like that.
func shownPath(name string) string {
	if strings.HasSuffix(strings.ToLower(name), ".json") && !strings.ContainsAny(name, "{}\"") {
		return " " + name
	}
	return ""
}

// inlineKey returns the JSON object in s, which may be quoted, or encoded in
// any kind of base64, with line breaks and without padding. If s is an object
// but a damaged one, it says so.
func inlineKey(s string) (text string, ok bool, p *Error) {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = strings.TrimSpace(s[1 : n-1])
	}
	if !strings.HasPrefix(s, "{") {
		data, decoded := decodeBase64(s)
		if !decoded {
			return "", false, nil
		}
		if s = strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff")); !strings.HasPrefix(s, "{") {
			return "", false, nil
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s), &object); err != nil {
		// The decoder's own text would quote a character of the key.
		return "", false, &Error{Text: "the Google key is damaged JSON", Hint: "is it complete, and are its \\n still \\n?"}
	}
	return s, true, nil
}

// decodeBase64 decodes standard and URL-safe base64, padded or not, with white
// space anywhere.
func decodeBase64(s string) ([]byte, bool) {
	s = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "-", "+", "_", "/").Replace(s)
	data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return data, err == nil && len(data) > 0
}

// isBase64 reports whether s is nothing but one line of base64.
func isBase64(s string) bool {
	for _, c := range []byte(strings.TrimRight(s, "=")) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("+/-_", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
