package iic

import (
	"context"
	"errors"
	"sync"

	"ssosync/internal/identity"
)

// A scimLane reads by cursor pagination. Groups wait for the first page of
// users, which shows whether the endpoint has cursors at all, unless that is
// known.
type scimLane struct {
	t     *Target
	ready chan struct{}
	once  sync.Once
}

func (l *scimLane) name() Reader    { return ReaderSCIM }
func (l *scimLane) blind() []string { return []string{unseen} }

func (l *scimLane) users(ctx context.Context, each func([]user) error) error {
	if l.t.pages.Load() {
		l.once.Do(func() { close(l.ready) })
	}
	return l.t.list(ctx, opListUsers, users, "", func(objs []map[string]any) error {
		l.t.pages.Store(true)
		l.once.Do(func() { close(l.ready) })
		return each(decodeUsers(objs))
	})
}

func (l *scimLane) groups(ctx context.Context, each func([]group) error) error {
	select {
	case <-l.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	return l.t.list(ctx, opListGroups, groups, "", func(objs []map[string]any) error {
		page := make([]group, 0, len(objs))
		for _, obj := range objs {
			g := group{decodeRecord(obj), decodeGroup(obj)}
			if g.rec.ID == "" {
				return errors.New("a group has no id")
			}
			page = append(page, g)
		}
		return each(page)
	})
}

// members asks again when the service says 404: whether it does so for a group
// without members is not documented.
func (l *scimLane) members(ctx context.Context, id string, each func([]user) error) error {
	err := l.t.membersOf(ctx, id, func(objs []map[string]any) error {
		page := decodeUsers(objs)
		for _, u := range page {
			if u.id == "" {
				return errors.New("a member has no id")
			}
		}
		return each(page)
	})
	if errors.Is(err, identity.ErrNotFound) {
		_, err = l.t.getGroup(ctx, id)
	}
	return err
}

func decodeUsers(objs []map[string]any) []user {
	page := make([]user, 0, len(objs))
	for _, obj := range objs {
		rec := decodeRecord(obj)
		page = append(page, user{id: rec.ID, rec: rec, is: decodeUser(obj)})
	}
	return page
}
