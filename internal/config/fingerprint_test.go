package config

import (
	"strings"
	"testing"

	"ssosync/internal/secret"
)

// Each setting of a group makes another fingerprint; others, secrets and where
// a value comes from do not.
func TestFingerprint(t *testing.T) {
	all := []Group{Google, AWS, Scope, Semantics, Guards}
	c := defaults()
	was := Fingerprint(c, all...)
	if was != Fingerprint(defaults(), all...) || len(was) != 16 {
		t.Errorf("got %q", was)
	}
	for _, d := range documented {
		if d.flags == nil || strings.HasSuffix(d.value, ".yaml") || strings.HasSuffix(d.value, ".env") {
			continue // of files, what is in them counts
		}
		o, _ := find(strings.TrimPrefix(d.flags[0], "--"))
		c := defaults()
		d.want(&c)
		counts := o.Group != Output && o.Group != Files && o.Name != "accept"
		if changed := Fingerprint(c, all...) != was; changed != counts {
			t.Errorf("--%s=%s changes the fingerprint: %v", o.Name, d.value, changed)
		}
	}
	c.AccessToken = secret.New("one")
	one := Fingerprint(c, all...)
	c.AccessToken = secret.New("another")
	if Fingerprint(c, all...) != one {
		t.Error("a secret counts")
	}
	c.Guards = map[string]string{"users": "1%/1"}
	if Fingerprint(c, Scope) != Fingerprint(defaults(), Scope) || Fingerprint(c, Guards) == Fingerprint(defaults(), Guards) {
		t.Error("a group counts for another")
	}
}
