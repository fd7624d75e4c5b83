package planfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// An Object is a user or a group; with Group, the membership of a user in it.
type Object struct {
	Kind  identity.Kind `json:"kind"` // of what Name names
	Name  string        `json:"name"`
	Group string        `json:"group,omitempty"` // the name of the group that Name is or would be a member of
}

// String returns such as `group "Dev"` or `member "ann@example.com" of "Dev"`.
// What a terminal would obey is escaped, and long names are cut.
func (o Object) String() string {
	if o.Group != "" {
		return "member " + quoted(o.Name) + " of " + quoted(o.Group)
	}
	return string(o.Kind) + " " + quoted(o.Name)
}

// A rest is what one change rests on.
type rest struct {
	Object
	Digest string `json:"digest"` // the first half of the SHA-256 of a fact
}

// A fact is one change of a plan and all that it rests on: what a person saw
// who approved it, and what the target was like. Causes and the texts of
// evidence are words about it, and no part of it.
type fact struct {
	Kind identity.Kind `json:"kind"` // KindUser for a membership
	Key  identity.Key  `json:"key"`
	In   identity.Key  `json:"in,omitempty"` // the group, of a membership
	Op   string        `json:"op"`           // create, update, delete, join or leave

	Before map[string]string `json:"before,omitempty"` // attributes that have a value
	After  map[string]string `json:"after,omitempty"`
	Fields []plan.Field      `json:"fields,omitempty"`

	Subject  plan.Subject `json:"subject"`
	Group    plan.Subject `json:"group,omitzero"`
	Managers [2]string    `json:"managers"` // the ids of those in Before and After

	Proof plan.Proof `json:"proof,omitempty"`
	// Emptied says that the group of a membership loses all of its members, and
	// GroupProof is the proof of that.
	Emptied    bool       `json:"emptied,omitempty"`
	GroupProof plan.Proof `json:"groupProof,omitempty"`
}

// A slot is what there can be one change of.
type slot struct {
	kind    identity.Kind
	key, in identity.Key
}

func (f fact) slot() slot { return slot{f.Kind, f.Key, f.In} }

func (f fact) object() Object { return Object{f.Kind, f.Subject.Name, f.Group.Name} }

func (f fact) digest() string {
	text, err := json.Marshal(f)
	if err != nil {
		return "" // there is nothing in it that could not be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:sha256.Size/2])
}

// rests are those of all changes of a plan, in its order.
func rests(p plan.Plan) []rest {
	all := make([]rest, 0, p.Size())
	for _, f := range facts(p) {
		all = append(all, rest{f.object(), f.digest()})
	}
	return all
}

// facts are those of all changes of a plan, in its order.
func facts(p plan.Plan) []fact {
	all := make([]fact, 0, p.Size())
	for _, c := range p.Users {
		f := factOf(identity.KindUser, c, p.Subjects.Users, userValues)
		f.Proof = p.Evidence[c.Key].Proof
		f.Managers = [2]string{
			p.Subjects.Users[identity.Key(c.Before.Manager)].ID, p.Subjects.Users[identity.Key(c.After.Manager)].ID,
		}
		all = append(all, f)
	}
	for _, c := range p.Groups {
		f := factOf(identity.KindGroup, c, p.Subjects.Groups, groupValues)
		f.Proof = p.Evidence[c.Key].Proof
		all = append(all, f)
	}
	emptied := map[identity.Key]bool{}
	for _, key := range p.Emptied {
		emptied[key] = true
	}
	for _, m := range p.Join {
		all = append(all, memberFact("join", m, p.Subjects))
	}
	for _, m := range p.Leave {
		f := memberFact("leave", m, p.Subjects)
		if f.Emptied = emptied[m.Group]; f.Emptied {
			f.GroupProof = p.Evidence[m.Group].Proof
		}
		all = append(all, f)
	}
	return all
}

func factOf[T any](kind identity.Kind, c plan.Change[T], subjects map[identity.Key]plan.Subject, values func(T) map[string]string) fact {
	return fact{
		Kind: kind, Key: c.Key, Op: string(c.Op), Before: values(c.Before), After: values(c.After),
		Fields: slices.Clip(c.Fields), Subject: subjects[c.Key],
	}
}

func memberFact(op string, m plan.Move, s plan.Subjects) fact {
	return fact{
		Kind: identity.KindUser, Key: m.User, In: m.Group, Op: op,
		Subject: s.Users[m.User], Group: s.Groups[m.Group], Proof: m.Evidence.Proof,
	}
}

func userValues(u identity.User) map[string]string {
	values := map[string]string{"active": strconv.FormatBool(u.Active)}
	for _, a := range identity.Attrs {
		if v := *a.Field(&u); v != "" {
			values[a.Name] = v
		}
	}
	return values
}

func groupValues(g identity.Group) map[string]string {
	return map[string]string{"externalId": g.ExternalID, "displayName": g.Name}
}
