package identity_test

import (
	"encoding/json"
	"testing"

	"ssosync/internal/identity"
)

// Whatever is read as a user is written and read as the same.
func FuzzUser(f *testing.F) {
	for _, text := range []string{`{"active":true}`, `{"active":false,"userName":"a","manager":"7"}`, `{"active":1}`, `[]`, `{"active":true,"x":"y"}`, ``, `null`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var u, again identity.User
		if json.Unmarshal([]byte(text), &u) != nil {
			return
		}
		written, err := json.Marshal(u)
		if err == nil {
			err = json.Unmarshal(written, &again)
		}
		if err != nil || u != again {
			t.Errorf("%s: %v: %+v, then %+v", text, err, u, again)
		}
	})
}
