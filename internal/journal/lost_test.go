package journal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/journal"
)

// An event is an intent and its result, in a few words.
type event struct {
	op, kind, key, name, group, status string
	before, after                      string // fields of the values
}

// tell writes a journal of runs.
func tell(runs ...[]event) []byte {
	var all []string
	add := func(run int, kind, more string) { all = append(all, rec(len(all)+1, run, kind, more)) }
	for i, events := range runs {
		add(i, "run", "")
		for n, e := range events {
			more := fmt.Sprintf(`"n":%d,"op":%q,"kind":%q,"key":%q,"id":"id-%s","name":%q,"cause":"gone","evidence":{"proof":"gone","text":"404"}`, n+1, e.op, e.kind, e.key, e.key, e.name)
			if e.group != "" {
				more += fmt.Sprintf(`,"group":%q,"groupId":"id-%s","groupName":"Group %s"`, e.group, e.group, e.group)
			}
			if e.before != "" {
				more += `,"before":{` + e.before + `}`
			}
			if e.after != "" {
				more += `,"after":{` + e.after + `}`
			}
			add(i, "intent", more)
		}
		for n, e := range events {
			if e.status != "" {
				add(i, "result", fmt.Sprintf(`"n":%d,"status":%q`, n+1, e.status))
			}
		}
		add(i, "end", "")
	}
	return forge(all...)
}

// told says what was lost, in a few words.
func told(changes []journal.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Run[len(c.Run)-1:], c.Op, c.Key, c.Group)))
	}
	return all
}

func TestLostByScope(t *testing.T) {
	const on, off = `"userName":"Ann@Example.com","active":true`, `"userName":"Ann@Example.com","active":false`
	deactivated := event{"deactivate", "user", "a", "Ann@Example.com", "", "done", on, off}
	data := tell(
		[]event{ // 0: somebody else of that name, long ago
			{"delete", "user", "old", "Ann@Example.com", "", "done", on, ""},
			{"leave", "user", "old", "Ann@Example.com", "h", "done", "", ""},
		},
		[]event{ // 1
			deactivated,
			{"create", "user", "n", "new", "", "done", "", off},
			{"update", "user", "r", "renamed", "", "done", `"userName":"before","active":true`, `"userName":"renamed","active":true`},
			{"deactivate", "user", "m", "Max", "", "failed", `"userName":"Max","active":true`, `"userName":"Max","active":false`},
			{"delete", "group", "h", "Group h", "", "", `"displayName":"Group h"`, ""},
			{"update", "group", "g", "Group g", "", "done", `"displayName":"G"`, `"displayName":"Group g"`},
			{"join", "user", "n", "new", "g", "done", "", ""},
			{"leave", "user", "a", "Ann@Example.com", "g", "done", "", ""},
			{"leave", "user", "a", "Ann@Example.com", "h", "", "", ""},
			{"leave", "user", "b", "bob", "g", "failed", "", ""},
			{"leave", "user", "c", "cid", "g", "skipped", "", ""},
			{"leave", "user", "d", "dan", "g", "done", "", ""},
		},
		[]event{ // 2: tried in vain, and nothing that was lost
			{"delete", "user", "a", "Ann@Example.com", "", "failed", off, ""},
			{"delete", "group", "g", "Group g", "", "skipped", `"displayName":"Group g"`, ""},
			{"update", "user", "a", "Ann@Example.com", "", "done", off, off},
			{"join", "user", "d", "dan", "g", "done", "", ""},
			{"join", "user", "a", "Ann@Example.com", "g", "done", "", ""},
			{"update", "group", "g", "Group g", "", "done", `"displayName":"G"`, `"displayName":"Group g"`},
		},
	)
	for _, c := range []struct {
		scope journal.Scope
		want  []string
	}{
		{journal.Scope{Run: runID(1)}, []string{"1 deactivate a", "1 update r", "1 delete h", "1 update g", "1 leave a g", "1 leave a h", "1 leave d g"}},
		{journal.Scope{Run: "latest"}, []string{"2 update a", "2 update g"}},
		{journal.Scope{User: "ann@example.COM"}, []string{"1 deactivate a", "1 leave a g", "1 leave a h"}},
		{journal.Scope{User: "a"}, []string{"1 deactivate a", "1 leave a g", "1 leave a h"}},
		{journal.Scope{User: "id-a"}, []string{"1 deactivate a", "1 leave a g", "1 leave a h"}},
		{journal.Scope{User: "old"}, []string{"0 delete old", "0 leave old h"}},
		{journal.Scope{User: "dan"}, []string{"1 leave d g"}},
		{journal.Scope{User: "bob"}, nil},
		{journal.Scope{User: "cid"}, nil},
		{journal.Scope{User: "max"}, nil},
		{journal.Scope{User: "renamed"}, nil},
		{journal.Scope{User: "h"}, nil}, // a group's key
		{journal.Scope{User: "nobody"}, nil},
		{journal.Scope{Group: "group G"}, []string{"1 leave a g", "1 leave d g"}},
		{journal.Scope{Group: "g"}, []string{"1 leave a g", "1 leave d g"}},
		{journal.Scope{Group: "id-h"}, []string{"1 delete h", "1 leave a h"}},
		{journal.Scope{Group: "a"}, nil},   // a user's key
		{journal.Scope{Group: "old"}, nil}, // a user's, who was deleted
	} {
		got, err := journal.Lost(bytes.NewReader(data), c.scope)
		if err != nil {
			t.Errorf("%+v: %v", c.scope, err)
		}
		if diff := cmp.Diff(c.want, told(got)); diff != "" {
			t.Errorf("%+v: %s", c.scope, diff)
		}
		for _, l := range got {
			if l.Cause != "gone" || l.Evidence.Text != "404" || l.At.IsZero() {
				t.Errorf("it does not say when and why: %+v", l)
			}
		}
	}
	for _, s := range []journal.Scope{{}, {Run: "latest", User: "a"}, {User: "a", Group: "g"}, {Run: "latest", Group: "g"}} {
		if _, err := journal.Lost(bytes.NewReader(data), s); err == nil || !strings.Contains(err.Error(), "name one run, user or group") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if _, err := journal.Lost(bytes.NewReader(data), journal.Scope{Run: "01KBX"}); err == nil || !strings.Contains(err.Error(), "near it are") {
		t.Errorf("got %v", err)
	}
}

// Somebody is known by the names from before and after the run, too.
func TestLostUnderAnotherName(t *testing.T) {
	data := tell([]event{
		{"deactivate", "user", "a", "a", "", "done", `"userName":"was","active":true`, `"userName":"Is","active":false`},
		{"delete", "group", "g", "g", "", "done", `"displayName":"Gone"`, ""},
	})
	for _, s := range []journal.Scope{{User: "WAS"}, {User: "is"}, {Group: "gone"}} {
		if got, err := journal.Lost(bytes.NewReader(data), s); err != nil || len(got) != 1 {
			t.Errorf("%+v: %v, %v", s, got, err)
		}
	}
}

func TestANameOfTwoIsAmbiguous(t *testing.T) {
	data := tell([]event{
		{"delete", "user", "a1", "Ann", "", "done", `"userName":"ann","active":true`, ""},
		{"delete", "user", "a2", "ann", "", "done", `"userName":"ann","active":true`, ""},
	})
	if got, err := journal.Lost(bytes.NewReader(data), journal.Scope{User: "ANN"}); got != nil || err == nil || !strings.Contains(err.Error(), "knew 2 of that name; ask for one by its key: a1, a2") {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := journal.Lost(bytes.NewReader(data), journal.Scope{User: "a2"}); err != nil || len(got) != 1 || got[0].Key != "a2" {
		t.Errorf("%v, %v", got, err)
	}
}

// What takes several requests may be done in part although it failed as a
// whole, or was not tried any more: see package apply.
func TestWhatTakesSeveralRequestsMayHaveHappened(t *testing.T) {
	const ann, eng = `"userName":"ann","email":"ann","manager":"m","title":"t","active":true`, `"displayName":"eng","externalId":"1"`
	for _, c := range []struct {
		op, kind, before, after string
		lost                    int
	}{
		{"deactivate", "user", ann, `"userName":"ann","email":"ann","manager":"m","title":"t","active":false`, 0},
		{"deactivate", "user", ann, `"userName":"eve","email":"ann","manager":"m","title":"t","active":false`, 1},
		{"update", "user", ann, `"userName":"ann","email":"ann","manager":"m","title":"u","active":true`, 0},
		{"update", "user", ann, `"userName":"eve","email":"ann","manager":"m","title":"t","active":true`, 1},
		{"update", "user", ann, `"userName":"ann","email":"eve","manager":"m","title":"t","active":true`, 1},
		{"update", "user", ann, `"userName":"ann","email":"ann","manager":"n","title":"t","active":true`, 1},
		{"update", "group", eng, `"displayName":"eng","externalId":"2"`, 0},
		{"update", "group", eng, `"displayName":"ops","externalId":"1"`, 1},
		{"delete", "user", ann, "", 0},
		{"delete", "group", eng, "", 0},
	} {
		for _, status := range []string{"failed", "skipped"} {
			data := tell([]event{{c.op, c.kind, "a", "ann", "", status, c.before, c.after}})
			got, err := journal.Lost(bytes.NewReader(data), journal.Scope{Run: "latest"})
			if err != nil || len(got) != c.lost {
				t.Errorf("%s, %s: %v, %v", c.after, status, told(got), err)
			}
		}
	}
}

// Deleting takes all memberships along, whether or not asking for their end
// worked. A deletion that failed takes none.
func TestADeletionEndsMemberships(t *testing.T) {
	for _, status := range []string{"failed", "skipped"} {
		data := tell([]event{
			{"delete", "user", "a", "ann", "", "done", `"userName":"ann","active":true`, ""},
			{"delete", "user", "b", "bob", "", "failed", `"userName":"bob","active":true`, ""},
			{"delete", "group", "g", "eng", "", "", `"displayName":"eng"`, ""},
			{"leave", "user", "a", "ann", "h", status, "", ""},
			{"leave", "user", "b", "bob", "g", status, "", ""},
			{"leave", "user", "b", "bob", "h", status, "", ""},
			{"leave", "user", "g", "of a group's key", "h", status, "", ""},
			{"leave", "user", "c", "cid", "a", status, "", ""},
		})
		for _, c := range []struct {
			scope journal.Scope
			want  []string
		}{
			{journal.Scope{Run: "latest"}, []string{"0 delete a", "0 delete g", "0 leave a h", "0 leave b g"}},
			{journal.Scope{User: "bob"}, []string{"0 leave b g"}},
			{journal.Scope{Group: "h"}, []string{"0 leave a h"}},
		} {
			got, err := journal.Lost(bytes.NewReader(data), c.scope)
			must(t, err)
			if diff := cmp.Diff(c.want, told(got)); diff != "" {
				t.Errorf("%s, %+v: %s", status, c.scope, diff)
			}
		}
	}
}
