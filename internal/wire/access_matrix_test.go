package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/report"
)

func mid(t *testing.T) *google.Directory {
	d := company(t)
	d.Update(func(f *google.Fixture) {
		for i := range 12 {
			f.Users = append(f.Users, person(fmt.Sprintf("u%02d@example.com", i), "U", fmt.Sprint(i)))
		}
		for i := range 4 {
			g := google.Group{Email: fmt.Sprintf("t%d@example.com", i), Name: fmt.Sprintf("T%d", i)}
			for k := range 3 {
				g.Members = append(g.Members, google.Member{Email: fmt.Sprintf("u%02d@example.com", i*3+k)})
			}
			f.Groups = append(f.Groups, g)
		}
		f.Groups = append(f.Groups, google.Group{Email: "nest@example.com", Name: "Nest", Members: members("t0@example.com", "t1@example.com", "t2@example.com", "t3@example.com", "ann@example.com", "bo@example.com")})
	})
	return d
}

// Every kind of fault of Google × operation × nth: nobody may lose anything, for nothing has changed.
func TestAccessGoogleFaultMatrix(t *testing.T) {
	kinds := []google.FaultKind{}
	fields := []string{"suspended", "archived", "id", "primaryEmail", "email", "type", "name", "directMembersCount", "aliases", "nextPageToken"}
	type kf struct {
		k google.FaultKind
		f string
	}
	var all []kf
	for _, k := range kinds {
		all = append(all, kf{k, ""})
	}
	for _, f := range fields {
		all = append(all, kf{google.MissingField, f})
	}
	for _, k := range all {
		for _, op := range []string{"users.list", "users.get", "groups.list", "groups.get", "members.list", ""} {
			for _, after := range []int{0} {
				for _, times := range []int{0} {
					for _, args := range [][]string{nil} {
						t.Run("x", func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) {
								w := newWorld(t, mid(t), iic.Options{})
								w.mustSync(args...)
								before := w.aws.State()
								w.google.Inject(google.Fault{Kind: k.k, Field: k.f, Op: op, After: after, Times: times})
								rep, err := w.sync(args...)
								w.compare(before, fmt.Sprint(k, " ", op, " after ", after, " times ", times, " ", args, " err ", err), rep)
							})
						})
					}
				}
			}
		}
	}
}

func (w *world) compare(before iic.State, what string, rep report.Report) {
	after := w.aws.State()
	var lost []string
	for _, u := range before.Users {
		i := slices.IndexFunc(after.Users, func(x iic.User) bool { return x.ID == u.ID })
		switch {
		case i < 0:
			lost = append(lost, "user gone "+u.UserName)
		case u.Active && !after.Users[i].Active:
			lost = append(lost, "deactivated "+u.UserName)
		case u.UserName != after.Users[i].UserName || u.Name != after.Users[i].Name:
			lost = append(lost, fmt.Sprint("changed ", u.UserName, u.Name, after.Users[i].Name))
		}
	}
	for _, g := range before.Groups {
		i := slices.IndexFunc(after.Groups, func(x iic.Group) bool { return x.ID == g.ID })
		if i < 0 {
			lost = append(lost, "group gone "+g.DisplayName)
			continue
		}
		for _, m := range g.Members {
			if !slices.Contains(after.Groups[i].Members, m) {
				lost = append(lost, "left "+g.DisplayName)
			}
		}
		if g.DisplayName != after.Groups[i].DisplayName {
			lost = append(lost, "renamed "+g.DisplayName+" "+after.Groups[i].DisplayName)
		}
	}
	if len(lost) > 0 {
		w.Errorf("%s: %d lost: %v", what, len(lost), lost[:min(len(lost), 4)])
	}
	_ = rep
}

// drop loses rows of AWS's lists: n-th row of each page.
func drop(n int) fault.Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		body, _ := io.ReadAll(rec.Body)
		var m map[string]any
		if json.Unmarshal(body, &m) == nil {
			if rs, ok := m["Resources"].([]any); ok && len(rs) > n {
				m["Resources"] = slices.Delete(rs, n, n+1)
			}
		}
		b, _ := json.Marshal(m)
		for k, v := range rec.Header() {
			if k != "Content-Length" {
				w.Header()[k] = v
			}
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(b)
	}
}

// AWS's lists lose a row: users, groups, members. Nothing may be lost, and later all is as it should be.
func TestAccessAWSPartialLists(t *testing.T) {
	for _, match := range []string{"Users", "Groups", "members"} {
		for n := range 6 {
			for _, rename := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, mid(t), iic.Options{})
					w.mustSync()
					before := w.aws.State()
					if rename {
						must(w, w.dir.RenameUser("ann@example.com", "anna@example.com"))
						must(w, w.dir.RenameUser("bo@example.com", "ann2@example.com"))
						must(w, w.dir.RenameGroup("dev@example.com", "Devs", ""))
						before = iic.State{}
					}
					w.toAWS.Add(&fault.Rule{Op: "List*", Match: func(r *http.Request) bool {
						f := strings.Contains(r.URL.RawQuery, "groups.value")
						if match == "members" {
							return f
						}
						return !f && strings.HasSuffix(r.URL.Path, match) && !strings.Contains(r.URL.RawQuery, "filter")
					}, Do: drop(n)})
					rep, err := w.sync()
					w.compare(before, fmt.Sprint(match, n, rename, err), rep)
					w.toAWS.Clear()
					w.mustSync()
					w.mirrors(map[string][]string{"T0": {"u00@example.com", "u01@example.com", "u02@example.com"}})
					w.quiet()
				})
			}
		}
	}
}

// users_groups together with groups-only: a leaver whose AWS user carries another provider's id stays.
func TestAccessUsersGroupsGroupsOnlyLeaver(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.aws.Seed(iic.State{Users: []iic.User{iic.Person("ann@example.com", "A.", "A.", "google-app-1"), iic.Person("bo@example.com", "B.", "B.", "google-app-2")}}))
		args := []string{"SYNC_METHOD", "users_groups", "MANAGE", "groups"}
		w.mustSync(args...)
		must(w, w.dir.RemoveMember("dev@example.com", "ann@example.com")) // in no group any more
		w.mustSync(args...)
		w.mustSync(args...)
		w.mirrors(map[string][]string{"dev@example.com": {"bo@example.com"}})
	})
}

// accept one guard while another speaks.
func TestAccessAcceptOneOfTwo(t *testing.T) {
	for _, acc := range []string{"users", "groups", "leaves", "group-leaves", "shrink"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, generated(60, 12, 12), iic.Options{})
			w.mustSync()
			before := w.aws.State()
			w.dir.Update(func(f *google.Fixture) {
				for i := range f.Groups {
					if i%2 == 0 {
						f.Groups[i].Members = nil
					}
				}
				f.Groups = f.Groups[:8]
			})
			r := w.reconciler("DEPROVISION_USERS", "delete", "DEPROVISION_GROUPS", "delete")
			r.Accept = []string{acc}
			rep, err := r.Run(context.Background())
			w.compare(before, acc+fmt.Sprint(err), rep)
		})
	}
}
