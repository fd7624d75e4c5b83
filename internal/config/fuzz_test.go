package config

import (
	"strings"
	"testing"
)

// Whatever is in a .env file: no panic, no name that nobody asked for, no line
// that the file does not have, and no value in what is said of it.
func FuzzDotEnv(f *testing.F) {
	for _, text := range []string{"A=1\n", "export SCIM_TOKEN='a b'\n", "SCIM_TOKEN={\n\"a\": 1\n}\n", "SCIM_TOKEN=\"\\n\n", "\ufeffA=1", "\xff\xfe", "=\n#\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		vars, problems := parseDotEnv(text, isEnvName)
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for name, v := range vars {
			if !isEnvName(name) || v.line < 1 || v.line > lines {
				t.Errorf("%q has %q in line %d of %d", text, name, v.line, lines)
			}
		}
		for _, p := range problems {
			if p.line < 1 || p.line > lines {
				t.Errorf("%q: line %d of %d: %s", text, p.line, lines, p.text)
			}
		}
	})
}
