package iic

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// groupEdit is a group in the middle of a PATCH.
type groupEdit struct {
	group   *Group
	members map[string]bool
	steps   int // done so far
}

// groupStep is one operation of a PATCH of a group, checked for its form.
type groupStep struct {
	op, attr string // attr: displayname, externalid, members
	value    any
	members  []string
}

// patchGroup: SCIM guide, PatchGroup. The answer is 204 without a body.
func (s *Server) patchGroup(q *request) (response, error) {
	g, err := s.groupAt(q)
	if err != nil {
		return response{}, err
	}
	steps, changes, err := s.groupSteps(q)
	if err != nil {
		return response{}, err
	}
	if err := s.throttleMembers(q, changes); err != nil {
		return response{}, err
	}
	e := &groupEdit{group: g.clone(), members: map[string]bool{}}
	for _, id := range s.store.members[g.ID].ids {
		e.members[id] = true
	}
	for _, step := range steps {
		if err = s.doStep(e, step); err != nil {
			break
		}
	}
	if err == nil || (s.options.Switches.PartialPatch && e.steps > 0) {
		s.commit(q, g, e)
	}
	return response{status: http.StatusNoContent}, err
}

// groupSteps checks the request as a whole and counts its membership changes.
func (s *Server) groupSteps(q *request) ([]groupStep, int, error) {
	ops, err := s.patchOps(q)
	if err != nil {
		return nil, 0, err
	}
	var steps []groupStep
	var changes int
	verbs := map[string]bool{}
	for _, op := range ops {
		step, err := s.groupStep(op)
		if err != nil {
			return nil, 0, err
		}
		if step.attr == "members" {
			verbs[op.op] = true
			changes += len(step.members)
		}
		steps = append(steps, step)
	}
	if changes > maxMembers {
		return nil, 0, invalid("Maximum of %d membership changes are allowed in a single request", maxMembers)
	}
	if s.options.Switches.RejectMixed && verbs["add"] && verbs["remove"] {
		return nil, 0, invalid("members are added and removed in one PATCH request")
	}
	return steps, changes, nil
}

func (s *Server) groupStep(op patchOp) (groupStep, error) {
	if op.path == "" {
		return groupStep{}, invalid("Missing path in PATCH request")
	}
	step := groupStep{op: op.op, attr: strings.ToLower(op.path), value: op.value}
	switch step.attr {
	case "displayname", "externalid":
		if op.op != "remove" && op.value == nil {
			return groupStep{}, invalid("Missing value in PATCH request")
		}
		if op.op == "remove" && step.attr == "displayname" {
			return groupStep{}, invalid("Remove is not supported for displayName")
		}
		return step, nil
	case "members":
		return s.memberStep(step)
	}
	return groupStep{}, invalid("unsupported attribute '%s'", op.path)
}

// memberStep refuses to replace or to remove all members, and empty lists (SCIM guide: PatchGroup, "Not supported").
func (s *Server) memberStep(step groupStep) (groupStep, error) {
	if step.op == "replace" && !s.options.Switches.ReplaceMembers {
		return step, invalid("Replacing all members is not supported")
	}
	if step.op == "remove" && step.value == nil {
		if !s.options.Switches.RemoveAllMembers {
			return step, invalid("Removing all members is not supported")
		}
		step.op = "replace"
		return step, nil
	}
	if step.value == nil {
		return step, invalid("Missing value in PATCH request")
	}
	ids, err := memberIDs(step.value)
	if err == nil && len(ids) == 0 {
		err = invalid("members must not be empty")
	}
	step.members = ids
	return step, err
}

func (s *Server) doStep(e *groupEdit, step groupStep) error {
	switch {
	case step.attr == "members":
		return s.doMembers(e, step)
	case step.attr == "displayname":
		return s.doRename(e, step.value)
	case step.op == "remove":
		e.group.ExternalID = ""
	default:
		changed := *e.group
		if err := s.setGroupExternal(&changed, step.value); err != nil {
			return err
		}
		if attribute := s.store.duplicateGroup(&changed, s.options.Switches.SharedGroupExternal); attribute != "" {
			return duplicate(attribute)
		}
		*e.group = changed
	}
	e.steps++
	return nil
}

// doRename answers a taken name with a conflict, which the guide does not list among the errors of PatchGroup.
func (s *Server) doRename(e *groupEdit, value any) error {
	changed := *e.group
	if err := s.setGroupName(&changed, value); err != nil {
		return err
	}
	if attribute := s.store.duplicateGroup(&changed, true); attribute != "" {
		if s.options.Switches.RenameTakenIs400 {
			return invalid("Duplicate %s", attribute)
		}
		return duplicate(attribute)
	}
	*e.group = changed
	e.steps++
	return nil
}

func (s *Server) doMembers(e *groupEdit, step groupStep) error {
	if step.op == "replace" {
		if err := s.knownMembers(step.members); err != nil {
			return err
		}
		clear(e.members)
		for _, id := range step.members {
			e.members[id] = true
		}
		e.steps++
		return nil
	}
	add := step.op == "add"
	for _, id := range step.members {
		if err := s.knownMembers([]string{id}); err != nil {
			return err
		}
		if e.members[id] == add {
			if err := s.noChange(add, id); err != nil {
				return err
			}
		}
		e.members[id] = add
		e.steps++
	}
	return nil
}

// noChange is what adding a member that is there, or removing one that is not, comes to.
func (s *Server) noChange(add bool, id string) error {
	outcome, what := s.options.Switches.RemoveMissing, "is not a member"
	if add {
		outcome, what = s.options.Switches.AddExisting, "is already a member"
	}
	switch outcome {
	case NotFound:
		return notFound("USER", id)
	case Conflict:
		return &apiError{kind: conflictException, detail: id + " " + what, public: "Refused to create a new, duplicate resource."}
	case BadRequest:
		return invalid("%s %s", id, what)
	case NoContent:
	}
	return nil
}

// commit stores the edit.
func (s *Server) commit(q *request, before *Group, e *groupEdit) {
	moved := s.commitMembers(q, before, e)
	renamed := e.group.DisplayName != before.DisplayName || e.group.ExternalID != before.ExternalID
	if renamed || (moved && s.options.Switches.TouchOnMembership) {
		s.storeGroup(q, e.group)
	}
	s.store.written(q.now)
}

// commitMembers makes the members what the edit says, and tells whether that was anything new.
func (s *Server) commitMembers(q *request, before *Group, e *groupEdit) (moved bool) {
	for _, id := range slices.Sorted(maps.Keys(e.members)) {
		is := s.store.members[before.ID].has(id)
		switch {
		case e.members[id] && !is:
			s.join(q, before.ID, id)
		case !e.members[id] && is:
			s.part(q, before.ID, id)
		default:
			continue
		}
		moved = true
	}
	for _, id := range slices.Clone(s.store.members[before.ID].ids) {
		if _, named := e.members[id]; !named {
			s.part(q, before.ID, id)
			moved = true
		}
	}
	return moved
}
