package reconcile

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/directory"
)

// A Witness answers about single objects of a source, past every listing. What
// is not found is so by the source's own word; whatever else keeps a question
// from being answered is an error, and proves nothing.
type Witness interface {
	// Account and Group ask by the immutable id, AccountByAddress by any
	// address of a person.
	Account(ctx context.Context, id string) (a directory.Account, found bool, err error)
	AccountByAddress(ctx context.Context, address string) (a directory.Account, found bool, err error)
	Group(ctx context.Context, id string) (g directory.Group, found bool, err error)
	// GroupMembers lists the direct members of a group once more.
	GroupMembers(ctx context.Context, id string) (ms []directory.Member, found bool, err error)
	// HasMember asks whether a group has a person in it, at any depth.
	HasMember(ctx context.Context, group, user string) (bool, error)
	// GroupsOf lists the ids of the groups that a person is directly in.
	GroupsOf(ctx context.Context, user string) ([]string, error)
	// Groups lists all groups once more.
	Groups(ctx context.Context) ([]directory.Group, error)
}

// A question is one that a witness can answer.
type question struct {
	about subject
	a, b  string
}

// A subject is what a question is about.
type subject int

const (
	aboutUser     subject = iota // a: the person's id
	aboutAddress                 // a: an address
	aboutGroup                   // a: the group's id
	aboutMembers                 // a: the group's id
	aboutMember                  // a: the group's id, b: the person's
	aboutGroupsOf                // a: the person's id
	aboutNames                   // of all groups
)

// An answer is what the witness said. Only the fields of its question count.
type answer struct {
	found   bool // for aboutMember: is a member
	account directory.Account
	group   directory.Group
	members []directory.Member
	groups  []directory.Group
	ids     []string
	err     error
}

// atOnce is how many questions are open at a time; the pace is the source's.
const atOnce = 16

// errNoTime is why a question was not answered.
var errNoTime = errors.New("there was no time to ask")

// ask has questions answered for as long as asking lasts. It fails only when ctx
// ends: a question that could not be answered is an answer as well.
func ask(ctx, asking context.Context, w Witness, open []question) ([]answer, error) {
	answers := make([]answer, len(open))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, q := range open {
		g.Go(func() error {
			if answers[i].err = errNoTime; asking.Err() == nil {
				answers[i] = q.put(asking, w)
			}
			return nil
		})
	}
	_ = g.Wait() // nobody returns an error
	if len(open) > 0 && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return answers, nil
}

func (q question) put(ctx context.Context, w Witness) (a answer) {
	switch q.about {
	case aboutUser:
		a.account, a.found, a.err = w.Account(ctx, q.a)
	case aboutAddress:
		a.account, a.found, a.err = w.AccountByAddress(ctx, q.a)
	case aboutGroup:
		a.group, a.found, a.err = w.Group(ctx, q.a)
	case aboutMembers:
		a.members, a.found, a.err = w.GroupMembers(ctx, q.a)
	case aboutMember:
		a.found, a.err = w.HasMember(ctx, q.a, q.b)
	case aboutGroupsOf:
		a.ids, a.err = w.GroupsOf(ctx, q.a)
	case aboutNames:
		a.groups, a.err = w.Groups(ctx)
	}
	return a
}
