package config

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVariablesThatAreNotOurs(t *testing.T) {
	for name, want := range map[string]string{ // "" for a warning only, "-" for silence
		"SSOSYNC_DRYRUN":           "do you mean SSOSYNC_DRY_RUN?",
		"SSOSYNC_DRY_RUNN":         "do you mean SSOSYNC_DRY_RUN?",
		"SSO_SYNC_DRY_RUN":         "do you mean SSOSYNC_DRY_RUN?",
		"ssosync_dry_run":          "do you mean SSOSYNC_DRY_RUN?",
		"SSOSYNC_DYR_RUN":          "do you mean SSOSYNC_DRY_RUN?",
		"SSOSYNC_GROUPS_MATCH":     "do you mean SSOSYNC_GROUP_MATCH?",
		"SSOSYNC_IGNORE_USER":      "do you mean SSOSYNC_IGNORE_USERS?",
		"SSOSYNC_ENDPOINT":         "do you mean SSOSYNC_SCIM_ENDPOINT?",
		"SSOSYNC_ACCESS_TOKEN":     "do you mean SSOSYNC_SCIM_ACCESS_TOKEN?",
		"SSOSYNC_TOKEN":            "do you mean SSOSYNC_GOOGLE_ACCESS_TOKEN or SSOSYNC_SCIM_ACCESS_TOKEN?",
		"SSOSYNC_SUSPENDED":        "do you mean SSOSYNC_SYNC_SUSPENDED?",
		"SSOSYNC_PRECACHE_OUS":     "do you mean SSOSYNC_PRECACHE_ORG_UNITS?",
		"SSOSYNC_GUARDS":           "do you mean SSOSYNC_GUARD?",
		"SSOSYNC_ACCEPT":           "--accept is a flag only",
		"SSOSYNC_MAPPING":          "mapping is set in the file only",
		"SSOSYNC_RENT":             "", // two letters of four are no slip
		"SSOSYNC_USERS":            "", // of several
		"SSOSYNC_SERVICE_HOST":     "", // Kubernetes makes these for a service called ssosync
		"SSOSYNC_PORT_80_TCP_PORT": "",
		"SSOSYNC_VERSION":          "",
		"SSOSYNC_COLOUR":           "",
		"SSOSYNC_DRY_RUN":          "-",
		"SSOSYNCER":                "-",
		"DRYRUN":                   "-",
		"PATH":                     "-",
	} {
		for _, place := range []string{"environment", ".env"} {
			w := world{}
			from := "environment " + name
			if place == "environment" {
				w.env = map[string]string{name: "true"}
			} else {
				w.files, from = map[string]string{".env": "\nexport " + name + "=true\n"}, ".env line 2"
			}
			_, _, warnings, err := w.load(t)
			switch want {
			case "-":
				if err != nil || len(warnings) > 0 {
					t.Errorf("%s: got %v, %q", name, err, warnings)
				}
			case "":
				if err != nil || len(warnings) != 1 || warnings[0].Text != "unknown variable "+name+" is ignored (from "+from+")" {
					t.Errorf("%s: got %v, %q", name, err, warnings)
				}
			default:
				if err == nil || err.Error() != "unknown variable "+name+" (from "+from+"); "+want {
					t.Errorf("%s: got %v, want %q", name, err, want)
				}
			}
		}
	}
}

// The distance by its definition: what is left after the first letters are
// kept, dropped, added, replaced or swapped, whichever is nearest.
func TestEditDistance(t *testing.T) {
	var distance func(a, b string) int
	distance = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		if a[0] == b[0] {
			return distance(a[1:], b[1:])
		}
		d := 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))
		if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
			d = min(d, 1+distance(a[2:], b[2:]))
		}
		return d
	}
	word := rapid.StringMatching(`[AB_]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := editDistance(a, b), distance(a, b); got != want {
			t.Errorf("%q, %q: got %d, want %d", a, b, got, want)
		}
	})
}

func TestBooleans(t *testing.T) {
	for text, want := range map[string]string{"true": "true", "TRUE": "true", "1": "true", "Yes": "true", "false": "false", "No": "false", "0": "false", " true ": "true", "": "false", "on": "", "2": "", "t": "", "y": ""} {
		c, _, _, err := world{env: map[string]string{"SSOSYNC_DRY_RUN": text}}.load(t)
		got := show(&c.DryRun)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

// fields is strings.Fields, with nil for nothing.
func fields(s string) []string { return strings.Fields(s) }
