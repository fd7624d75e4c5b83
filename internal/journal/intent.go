package journal

import (
	"encoding/json"
	"fmt"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// intents are the changes of a plan: users, groups, who joins, who leaves.
func intents(p plan.Plan) ([]intentRecord, error) {
	all := make([]intentRecord, 0, p.Size())
	for _, c := range p.Users {
		op := apply.Op(c.Op)
		if c.Op == plan.Update && plan.Revokes(c) {
			op = apply.Deactivate
		}
		in, err := objectIntent(c, op, identity.KindUser, p.Subjects.Users)
		if err != nil {
			return nil, err
		}
		in.Evidence = p.Evidence[c.Key]
		all = append(all, in)
	}
	for _, c := range p.Groups {
		in, err := objectIntent(c, apply.Op(c.Op), identity.KindGroup, p.Subjects.Groups)
		if err != nil {
			return nil, err
		}
		in.Evidence = p.Evidence[c.Key]
		all = append(all, in)
	}
	for _, m := range p.Join {
		all = append(all, moveIntent(m, apply.Join, p.Subjects))
	}
	for _, m := range p.Leave {
		all = append(all, moveIntent(m, apply.Leave, p.Subjects))
	}
	return all, nil
}

func objectIntent[T any](c plan.Change[T], op apply.Op, kind identity.Kind, subjects map[identity.Key]plan.Subject) (in intentRecord, err error) {
	s := subjects[c.Key]
	in = intentRecord{Op: op, Kind: kind, Key: c.Key, ID: s.ID, Name: s.Name, Cause: c.Cause}
	if c.Op != plan.Create {
		in.Before, err = json.Marshal(c.Before)
	}
	if c.Op != plan.Delete && err == nil {
		in.After, err = json.Marshal(c.After)
	}
	if err != nil {
		return in, fmt.Errorf("take down %s %s: %w", kind, c.Key, err)
	}
	return in, nil
}

// moveIntent is about the user; the group stands beside.
func moveIntent(m plan.Move, op apply.Op, s plan.Subjects) intentRecord {
	user, group := s.Users[m.User], s.Groups[m.Group]
	return intentRecord{
		Op: op, Kind: identity.KindUser, Key: m.User, ID: user.ID, Name: user.Name,
		Group: m.Group, GroupID: group.ID, GroupName: group.Name, Cause: m.Cause, Evidence: m.Evidence,
	}
}

// key is how a result names the change.
func (in intentRecord) key() changeKey {
	switch {
	case in.Op == apply.Join, in.Op == apply.Leave:
		return changeKey{in.Op, in.Key, in.Group}
	case in.Kind == identity.KindUser:
		return changeKey{in.Op, in.Key, ""}
	default:
		return changeKey{in.Op, "", in.Key}
	}
}
