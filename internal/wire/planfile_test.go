package wire_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
)

// A plan from a file sends what it shows, each write of it and no other, and
// what a sync would have sent; and nothing at all once anything is different.
func TestPlanFileOverHTTP(t *testing.T) {
	prepared := func(t *testing.T) (w *world, root string) {
		w, root = newWorld(t, mid(t), iic.Options{}), t.TempDir()
		w.remember(root)
		must(t, w.dir.RenameGroup("dev@example.com", "Builders", ""))
		must(t, w.dir.Suspend("cy@example.com", true))
		must(t, w.dir.DeleteUser("u00@example.com"))
		must(t, w.dir.RemoveMember("t1@example.com", "u03@example.com"))
		_, err := w.dir.AddUser(person("di@example.com", "Di", "Dale"))
		must(t, err)
		must(t, w.dir.AddMember("t1@example.com", google.Member{Email: "di@example.com"}))
		must(t, w.dir.DeleteGroup("all@example.com"))
		w.aws.ResetCalls()
		return w, root
	}
	saved := func(w *world, root string) planfile.File {
		r := w.remembering(root, "DRY_RUN", "true")
		rep, err := r.Run(context.Background())
		must(w, err)
		f, err := r.NewFile(rep, time.Hour)
		must(w, err)
		data, err := f.Encode()
		must(w, err)
		f, err = planfile.Decode(data)
		must(w, err)
		if n := w.writes(); len(n) > 0 {
			w.Errorf("a plan wrote %v", n)
		}
		return f
	}
	sent := map[bool][]string{}
	for _, fromFile := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w, root := prepared(t)
			if !fromFile {
				w.remember(root)
			} else {
				f := saved(w, root)
				time.Sleep(59 * time.Minute)
				rep, err := w.remembering(root).Apply(context.Background(), f)
				if err != nil {
					t.Fatalf("%v: %+v", err, rep.Failed())
				}
				if diff := cmp.Diff(shown(f.Plan), done(w)); diff != "" {
					t.Errorf("what is shown is not what is sent: %s", diff)
				}
			}
			st := w.aws.State()
			for _, text := range done(w) {
				sent[fromFile] = append(sent[fromFile], idRE.ReplaceAllStringFunc(text, func(id string) string { return nameOf(st, id) }))
			}
			w.quiet()
		})
	}
	slices.Sort(sent[true])
	slices.Sort(sent[false])
	if diff := cmp.Diff(sent[false], sent[true]); diff != "" || len(sent[true]) == 0 {
		t.Errorf("a sync would have sent something else: %s", diff)
	}
	for what, change := range map[string]func(w *world){
		"somebody came back": func(w *world) { must(w, w.dir.Suspend("cy@example.com", false)) },
		"somebody joined":    func(w *world) { must(w, w.dir.AddMember("t1@example.com", google.Member{Email: "u03@example.com"})) },
		"AWS is another":     func(w *world) { must(w, w.aws.By("arn").RenameGroup("Dev", "Devs")) },
		"it is too late":     func(*world) { time.Sleep(time.Hour) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w, root := prepared(t)
			f := saved(w, root)
			change(w)
			_, err := w.remembering(root).Apply(context.Background(), f)
			if _, stale := errors.AsType[*planfile.StaleError](err); !stale || len(w.writes()) > 0 {
				t.Errorf("%s: %v, %v", what, err, w.writes())
			}
		})
	}
}

// shown is what a plan says that it does, in words.
func shown(p plan.Plan) []string {
	var all []string
	for _, c := range p.Users {
		all = append(all, fmt.Sprintf("%s user %s", c.Op, p.Subjects.Users[c.Key].ID))
	}
	for _, c := range p.Groups {
		all = append(all, fmt.Sprintf("%s group %s", c.Op, p.Subjects.Groups[c.Key].ID))
	}
	for _, m := range p.Join {
		all = append(all, "join "+p.Subjects.Groups[m.Group].ID+" "+p.Subjects.Users[m.User].ID)
	}
	for _, m := range p.Leave {
		all = append(all, "leave "+p.Subjects.Groups[m.Group].ID+" "+p.Subjects.Users[m.User].ID)
	}
	slices.Sort(all)
	return all
}

// done is what AWS was told to do, in the same words. Who is new has no id in
// a plan.
func done(w *world) []string {
	var all []string
	fresh := map[string]bool{}
	for _, e := range w.aws.Journal() {
		if e.Status >= 300 {
			continue
		}
		switch e.Operation {
		case "CreateUser", "CreateGroup":
			fresh[e.ID] = true
			all = append(all, "create "+strings.ToLower(e.Operation[len("Create"):])+" ")
		case "PatchUser":
			all = append(all, "update user "+e.ID)
		case "PatchGroup":
			if strings.Contains(e.Body, "displayName") {
				all = append(all, "update group "+e.ID)
			}
		default:
			all = append(all, e.Operation+" "+e.ID)
		}
		for _, id := range e.Added {
			if fresh[id] {
				id = ""
			}
			all = append(all, "join "+e.ID+" "+id)
		}
		for _, id := range e.Removed {
			all = append(all, "leave "+e.ID+" "+id)
		}
	}
	slices.Sort(all)
	return all
}
