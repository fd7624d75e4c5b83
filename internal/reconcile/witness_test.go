package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ssosync/internal/directory"
)

// A source is a directory that tells the truth, listed or asked.
type source struct{ truth directory.Snapshot }

func (s source) Read(context.Context) (directory.Snapshot, error) { return s.truth, nil }

func (s source) Account(_ context.Context, id string) (directory.Account, bool, error) {
	a, found := find(s.truth.Accounts, func(a directory.Account) bool { return a.ID == id })
	return a, found, nil
}

func (s source) AccountByAddress(_ context.Context, address string) (directory.Account, bool, error) {
	a, found := find(s.truth.Accounts, func(a directory.Account) bool { return strings.EqualFold(a.PrimaryEmail, address) })
	return a, found, nil
}

func (s source) Group(_ context.Context, id string) (directory.Group, bool, error) {
	g, found := find(s.truth.Groups, func(g directory.Group) bool { return g.ID == id })
	return g, found, nil
}

func find[T any](all []T, is func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return found, false
}

func (s source) Groups(context.Context) ([]directory.Group, error) { return s.truth.Groups, nil }

func (s source) GroupMembers(ctx context.Context, id string) ([]directory.Member, bool, error) {
	_, found, err := s.Group(ctx, id)
	return s.truth.Members[id], found, err
}

func (s source) HasMember(ctx context.Context, group, user string) (bool, error) {
	seen := map[string]bool{}
	var within func(string) bool
	within = func(g string) bool {
		if seen[g] {
			return false
		}
		seen[g] = true
		return slices.ContainsFunc(s.truth.Members[g], func(m directory.Member) bool {
			return m.ID == user || m.Kind == directory.MemberEveryone || within(m.ID)
		})
	}
	_, found, err := s.Account(ctx, user)
	return found && within(group), err
}

func (s source) GroupsOf(_ context.Context, user string) ([]string, error) {
	var ids []string
	for id, ms := range s.truth.Members {
		if slices.ContainsFunc(ms, func(m directory.Member) bool { return m.ID == user }) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// A liar lists something else than what is true. Asked for single objects it
// says the truth, if it says anything. It counts what it is asked.
type liar struct {
	source
	listed directory.Snapshot
	// stubborn listings of members lie at the second reading, too.
	stubborn bool
	// strict says that people are in other domains than groups, so that they
	// are compared only if they are directly in them.
	strict bool
	// deaf says which questions are not answered; nil: all are.
	deaf func(op, id string) bool

	mu    sync.Mutex
	asked map[string]int
}

var errDeaf = errors.New("503 backendError: try again")

func (l *liar) ask(op, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil {
		l.asked = map[string]int{}
	}
	l.asked[op]++
	if l.deaf != nil && l.deaf(op, id) {
		return fmt.Errorf("%s %s: %w", op, id, errDeaf)
	}
	return nil
}

func (l *liar) Read(context.Context) (directory.Snapshot, error) { return l.listed, nil }

func (l *liar) Account(ctx context.Context, id string) (directory.Account, bool, error) {
	if err := l.ask("users.get", id); err != nil {
		return directory.Account{}, false, err
	}
	return l.source.Account(ctx, id)
}

func (l *liar) AccountByAddress(ctx context.Context, address string) (directory.Account, bool, error) {
	if err := l.ask("users.get", address); err != nil {
		return directory.Account{}, false, err
	}
	return l.source.AccountByAddress(ctx, address)
}

func (l *liar) Group(ctx context.Context, id string) (directory.Group, bool, error) {
	if err := l.ask("groups.get", id); err != nil {
		return directory.Group{}, false, err
	}
	return l.source.Group(ctx, id)
}

func (l *liar) Groups(ctx context.Context) ([]directory.Group, error) {
	if err := l.ask("groups.list", ""); err != nil {
		return nil, err
	}
	return l.source.Groups(ctx)
}

func (l *liar) GroupMembers(ctx context.Context, id string) ([]directory.Member, bool, error) {
	if err := l.ask("members.list", id); err != nil {
		return nil, false, err
	}
	if l.stubborn {
		ms, listed := l.listed.Members[id]
		return ms, listed, nil
	}
	return l.source.GroupMembers(ctx, id)
}

func (l *liar) HasMember(ctx context.Context, group, user string) (bool, error) {
	if err := l.ask("members.hasMember", group+" "+user); err != nil {
		return false, err
	}
	if l.strict && !slices.ContainsFunc(l.truth.Members[group], func(m directory.Member) bool { return m.ID == user }) {
		return false, fmt.Errorf("%w: 400", directory.ErrOtherDomain)
	}
	return l.source.HasMember(ctx, group, user)
}

func (l *liar) GroupsOf(ctx context.Context, user string) ([]string, error) {
	if err := l.ask("groups.list?userKey", user); err != nil {
		return nil, err
	}
	return l.source.GroupsOf(ctx, user)
}
