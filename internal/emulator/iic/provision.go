package iic

import "fmt"

// Provision writes users as the provisioning of another program does, past the API: a user of the same name is
// overwritten, its external id too, and any other is made (user guide: gs-gwp). So does Google's own AWS app, which writes no groups;
// the form of its external ids is not documented. An error, and then what came before it is done, is ErrTaken.
func (h Hand) Provision(users ...User) error {
	for _, u := range users {
		h.s.mu.Lock()
		err := h.provision(u)
		h.s.mu.Unlock()
		if err != nil {
			return fmt.Errorf("provision: %w", err)
		}
	}
	return nil
}

func (h Hand) provision(u User) error {
	made := u.clone()
	before := h.s.store.users.rows[h.s.store.names[fold(u.UserName)]]
	if before == nil {
		made.ID, made.CreatedAt, made.CreatedBy, made.Revision = h.s.newID(), h.s.options.Clock(), h.by, 0
		return h.keepUser(made)
	}
	made.ID, made.CreatedAt, made.CreatedBy, made.Revision = before.ID, before.CreatedAt, before.CreatedBy, before.Revision
	return h.keepUser(made)
}
