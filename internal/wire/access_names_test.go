package wire_test

import (
	"testing"

	"ssosync/internal/emulator/google"
)

// Guest flips: an account becomes a guest.
// The address of a suspended user in scope goes to a newcomer (should work).
func TestAccessAddressPassesInScope(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.RenameUser("cy@example.com", "cy.left@example.com"))
		must(w, w.dir.EditUser("cy.left@example.com", func(u *google.User) { u.Aliases = nil }))
		must(w, w.dir.Suspend("cy.left@example.com", true))
		_, err := w.dir.AddUser(person("cy@example.com", "Cyril", "New"))
		must(w, err)
		must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "cy@example.com"}))
		w.mustSync()
		w.quiet()
	})
}
