package wire_test

import (
	"errors"
	"testing"

	"ssosync/internal/emulator/iic"
	target "ssosync/internal/target/iic"
)

// The second token takes over when the first is refused, and a run that has
// neither ends as one whose rights are wrong.
func TestASecondTokenClosesTheGap(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	w.env["SCIM_TOKEN"] = "the-one-that-was-deleted"
	if _, err := w.sync(); !errors.Is(err, target.ErrUnauthorized) {
		t.Fatal(err)
	}
	w.env["SCIM_ACCESS_TOKEN_FALLBACK"] = scimToken
	w.mustSync()
	w.quiet()
	w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}})
}
