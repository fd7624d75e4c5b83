package identity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/identity"
)

func user(t *rapid.T) identity.User {
	var u identity.User
	u.Active = rapid.Bool().Draw(t, "active")
	for _, a := range identity.Attrs {
		*a.Field(&u) = rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, a.Name)
	}
	return u
}

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := user(t)
		text, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		back := identity.User{UserName: "of old", Title: "Boss", Active: true}
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(u, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWhatHasNoValueIsNotWritten(t *testing.T) {
	u := identity.User{UserName: "<ann>", Active: true, Manager: "7"}
	text, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(text), "{\"userName\":\"\\u003cann\\u003e\",\"manager\":\"7\",\"active\":true}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]string{
		`{"active":true,"shoeSize":"45"}`: `no attribute "shoeSize"`,
		`{"userName":"a"}`:                "active is <nil>",
		`{"active":true,"userName":5}`:    "userName is 5, not a text",
		`[]`:                              "decode user",
	} {
		var u identity.User
		if err := json.Unmarshal([]byte(text), &u); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", text, err, want)
		}
	}
}

func TestFold(t *testing.T) {
	same := [][2]string{{"Ann@Example.com", "ann@example.com"}, {"Ärzte", "ärzte"}, {"e\u0301a", "\u00e9A"}, {"STRASSE", "straße"}, {"AZaz", "azAZ"}, {"\uab70", "\u13a0"}, {"\u1e9e", "ss"}}
	for _, p := range same {
		if identity.Fold(p[0]) != identity.Fold(p[1]) {
			t.Errorf("%q and %q are the same name", p[0], p[1])
		}
	}
	if identity.Fold("ann") == identity.Fold("anne") {
		t.Error("ann is not anne")
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if once := identity.Fold(s); identity.Fold(once) != once {
			t.Errorf("folding %q twice gives another name", s)
		}
		if identity.Fold(strings.ToUpper("x"+s)) == "" {
			t.Error("a name folds to nothing")
		}
	})
}
