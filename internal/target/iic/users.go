package iic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"ssosync/internal/identity"
)

// CreateUser creates u and returns its id. If u is there already, because an
// earlier answer was lost, or may be adopted, it is changed to be like u
// instead. A taken name is an error that wraps [identity.ErrConflict] and says
// who has it.
func (t *Target) CreateUser(ctx context.Context, u identity.User) (string, error) {
	if u.UserName == "" {
		return "", fmt.Errorf("a user needs a user name: %w", identity.ErrRejected)
	}
	var made map[string]any
	err := t.do(ctx, request{op: opCreateUser, method: http.MethodPost, path: users, body: encode(u)}, &made)
	if errors.Is(err, identity.ErrConflict) {
		return t.adoptUser(ctx, u, err)
	}
	if err != nil {
		return "", err
	}
	id := decodeRecord(made).ID
	if id == "" {
		return "", fmt.Errorf("%s: the answer has no id", opCreateUser)
	}
	t.known.putUser(id, u)
	return id, nil
}

// UpdateUser changes what differs between before and after, in one PATCH; an
// empty value is removed. If the service will not have a part, all the others
// are done, and the error says which it was.
func (t *Target) UpdateUser(ctx context.Context, id string, before, after identity.User) error {
	fs := facets(before, after)
	if len(fs) == 0 {
		return nil
	}
	if after.UserName == "" {
		return fmt.Errorf("a user needs a user name: %w", identity.ErrRejected)
	}
	var ops []operation
	for _, f := range fs {
		ops = append(ops, f.ops(t.form(f), before, after)...)
	}
	got, err := t.patchUser(ctx, id, ops)
	if err != nil && (!refused(err) || errors.Is(err, identity.ErrNotFound)) {
		return err
	}
	tried := err == nil || len(fs) == 1
	if err == nil { // what is left is what was ignored
		fs = slices.DeleteFunc(fs, func(f facet) bool { return got == nil || !f.ignored(*got, before, after) })
	}
	if err := t.piecemeal(ctx, id, fs, before, after, tried, err); err != nil {
		return t.nameHolder(id, after, err)
	}
	t.known.putUser(id, after)
	return nil
}

// piecemeal changes one facet after the other, so that each of them that the
// service takes is done. What it refuses is named.
func (t *Target) piecemeal(ctx context.Context, id string, todo []facet, before, after identity.User, tried bool, last error) error {
	var errs []error
	for _, f := range todo {
		err := t.settle(ctx, id, f, before, after, tried, last)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.head, err))
		}
		if err != nil && !refused(err) {
			break
		}
	}
	return errors.Join(errs...)
}

// settle finds a form in which the service takes one facet. Tried says that the
// preferred one has been tried; last is what came of it.
func (t *Target) settle(ctx context.Context, id string, f facet, before, after identity.User, tried bool, last error) error {
	for _, form := range t.untried(f, tried, last) {
		got, err := t.patchUser(ctx, id, f.ops(form, before, after))
		switch {
		case err == nil && (got == nil || !f.ignored(*got, before, after)):
			t.forms[f.family()].Store(int32(form)) //nolint:gosec // there are four
			t.log.Debug("PATCH form found", "attribute", f.head, "form", form)
			return nil
		case err != nil && !errors.Is(err, identity.ErrRejected):
			return err
		default:
			last = err
		}
	}
	// The change may have been made by a request whose answer was lost.
	if got, err := t.getUser(ctx, id); err == nil && f.reached(got, after) {
		return nil
	}
	if last == nil {
		last = fmt.Errorf("%s: the service answered well, but did not change it: %w", opPatchUser, identity.ErrRejected)
	}
	return last
}

// untried returns the forms to try, beginning with the one that the service took
// last.
func (t *Target) untried(f facet, tried bool, last error) []int {
	var forms []int
	for i := range f.forms() {
		forms = append(forms, (t.form(f)+i)%f.forms())
	}
	switch {
	case tried && errors.Is(last, identity.ErrConflict):
		return nil // the form is not at fault
	case tried:
		return forms[1:]
	default:
		return forms
	}
}

func (t *Target) form(f facet) int { return int(t.forms[f.family()].Load()) }

// patchUser returns the user as it is now, if the answer says.
func (t *Target) patchUser(ctx context.Context, id string, ops []operation) (*identity.User, error) {
	var obj map[string]any
	err := t.do(ctx, request{op: opPatchUser, method: http.MethodPatch, path: at(users, id), body: patchOf(ops)}, &obj)
	if err != nil || obj["userName"] == nil {
		return nil, err
	}
	u := decodeUser(obj)
	return &u, nil
}

// DeleteUser deletes a user for good, with all assignments. One that is gone is
// no error.
func (t *Target) DeleteUser(ctx context.Context, id string) error {
	return t.remove(ctx, opDeleteUser, at(users, id))
}
