package iic

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/identity"
)

// readers is how many groups are asked for their members at a time. What may be
// asked per second is the pacer's business.
const readers = 48

// A lane is a way to list what there is. Each func is called with a page; an
// object may be in more than one.
type lane interface {
	name() Reader
	blind() []string
	users(ctx context.Context, each func([]user) error) error
	groups(ctx context.Context, each func([]group) error) error
	// members returns an error that wraps identity.ErrNotFound if the group is
	// gone. Who is only an id has no record.
	members(ctx context.Context, id string, each func([]user) error) error
}

type user struct {
	id  string
	rec identity.Record
	is  identity.User
}

type group struct {
	rec identity.Record
	is  identity.Group
}

// Read returns everything that Identity Center holds, under its own ids, or an
// error: never a part. It takes ⌈U/100⌉ calls for the users, ⌈G/100⌉ for the
// groups and at least one per group for its members, side by side.
func (t *Target) Read(ctx context.Context) (identity.Held, error) {
	why := "as chosen"
	if t.o.Reader == ReaderAuto {
		why = "it does, as long as the endpoint pages by cursor"
	}
	var l lane = &scimLane{t: t, ready: make(chan struct{})}
	if t.o.Reader == ReaderIdentityStore {
		store, err := t.storeLane(ctx)
		if err != nil {
			return identity.Held{}, err
		}
		l = store
	}
	held, err := t.readBy(ctx, l, why)
	if t.o.Reader == ReaderAuto && errors.Is(err, ErrNoCursor) {
		return t.readOtherwise(ctx, err)
	}
	return held, err
}

// readOtherwise reads by the Identity Store because SCIM cannot.
func (t *Target) readOtherwise(ctx context.Context, why error) (identity.Held, error) {
	l, err := t.storeLane(ctx)
	if err != nil {
		return identity.Held{}, fmt.Errorf("%w: %w; give AWS credentials with rights to read the identity store (%w)", ErrNoReader, why, err)
	}
	return t.readBy(ctx, l, why.Error())
}

func (t *Target) readBy(ctx context.Context, l lane, why string) (identity.Held, error) {
	t.log.Debug("reading Identity Center", "reader", string(l.name()), "why", why)
	b := &building{held: identity.NewHeld(), gone: map[identity.Key]bool{}}
	b.held.Blind = l.blind()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers + 2)
	g.Go(func() error {
		if err := l.users(ctx, b.addUsers); err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		err := l.groups(ctx, func(page []group) error {
			for _, gr := range b.addGroups(page) {
				g.Go(func() error { return b.readMembers(ctx, l, gr) })
			}
			return ctx.Err()
		})
		if err != nil {
			return fmt.Errorf("list groups: %w", err)
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return identity.Held{}, err
	}
	held := b.finish()
	t.known.reset(held)
	return held, nil
}

// A building is a Held that many add to.
type building struct {
	mu   sync.Mutex
	held identity.Held
	gone map[identity.Key]bool // groups that were deleted while we read
}

func (b *building) addUsers(page []user) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range page {
		if u.id == "" {
			return errors.New("a user has no id")
		}
		b.held.Users[identity.Key(u.id)] = u.is
		b.held.Records.Users[identity.Key(u.id)] = u.rec
	}
	return nil
}

// addGroups returns those groups that are new.
func (b *building) addGroups(page []group) (fresh []group) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range page {
		k := identity.Key(g.rec.ID)
		if _, known := b.held.Groups[k]; !known {
			fresh = append(fresh, g)
		}
		b.held.Groups[k], b.held.Records.Groups[k] = g.is, g.rec
	}
	return fresh
}

func (b *building) readMembers(ctx context.Context, l lane, g group) error {
	k := identity.Key(g.rec.ID)
	err := l.members(ctx, g.rec.ID, func(page []user) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, u := range page {
			b.held.Members[identity.Membership{Group: k, User: identity.Key(u.id)}] = true
			if _, known := b.held.Users[identity.Key(u.id)]; !known && u.rec.ID != "" {
				b.held.Users[identity.Key(u.id)], b.held.Records.Users[identity.Key(u.id)] = u.is, u.rec
			}
		}
		return nil
	})
	if errors.Is(err, identity.ErrNotFound) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.gone[k] = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("list members of group %q: %w", g.is.Name, err)
	}
	return nil
}

// finish drops groups that are gone, and members who are: the lists were read
// one after the other, while others may have been at work.
func (b *building) finish() identity.Held {
	for k := range b.gone {
		delete(b.held.Groups, k)
		delete(b.held.Records.Groups, k)
	}
	for m := range b.held.Members {
		_, user := b.held.Users[m.User]
		_, group := b.held.Groups[m.Group]
		if !user || !group {
			delete(b.held.Members, m)
		}
	}
	return b.held
}
