package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Fingerprint returns a short digest of the settings in some groups, equal for
// equal settings wherever they come from. Secrets count only as being set or
// not, so that it may be shown, and what is accepted for one run not at all.
func Fingerprint(c Config, groups ...Group) string {
	in := map[string]bool{}
	for _, o := range Options {
		for _, g := range groups {
			if o.Group == g && o.Name != "accept" {
				in[o.Name] = true
			}
		}
	}
	sum := sha256.New()
	for _, o := range Options {
		if !in[o.Name] {
			continue
		}
		for _, row := range explainOption(c, o) {
			_, _ = fmt.Fprintf(sum, "%q=%q\n", row.Option, row.Value) // a hash takes everything
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

func explainOption(c Config, o Option) []Row {
	if o.Kind == Pairs {
		return explainPairs(c, o, Sources{})
	}
	return []Row{{Option: o.Name, Value: show(o.field(&c))}}
}
