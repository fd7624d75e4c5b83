package wire_test

import (
	"strings"
	"testing"

	"ssosync/internal/config"
	"ssosync/internal/wire"
)

// What only policy, guards and queries understand is reported together, and
// before any call.
func TestCheck(t *testing.T) {
	good := config.Config{GroupMatch: []string{"*"}, GroupName: "name", Attributes: []string{"core"}}
	if err := wire.Check(good); err != nil {
		t.Fatal(err)
	}
	bad := config.Config{
		GroupMatch: []string{"name='open"}, UserMatch: []string{"isSuspended=maybe"}, GroupName: "fixed",
		Attributes: []string{"core", "shoeSize"}, Mapping: map[string]string{"title": "organizations[", "hat": "x"},
		ProtectPresets: []string{"aws"}, Guards: map[string]string{"users": "5", "groups": "101%/2"},
	}
	err := wire.Check(bad)
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, part := range []string{
		"group query", "user query", `group name "fixed"`, `there is no "shoeSize"`, "mapping title", `there is no attribute "hat"`,
		`there is no preset "aws"`, `guard users: limit "5": want PERCENT%/FLOOR`, `guard groups: limit "101%/2"`,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in:\n%v", part, err)
		}
	}
	for _, template := range []string{"a{nam}", "{name", "name}{", "", "fixed"} {
		bad := good
		bad.GroupName = template
		if wire.Check(bad) == nil {
			t.Errorf("the group name %q is accepted", template)
		}
	}
}
