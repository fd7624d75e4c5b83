package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/guard"
	"ssosync/internal/report"
)

// A story is what has happened so far.
type story struct {
	*lab
	*teller
	o Options
}

// run is one run of ssosync.
func (s *story) run(ctx context.Context, dryRun bool, progress func(done, of int)) (report.Report, error) {
	r, err := s.reconciler(s.o.Version, dryRun, progress)
	if err != nil {
		return report.Report{}, err
	}
	s.aws.ResetCalls()
	return r.Run(ctx)
}

// places says what is where.
func (s *story) places(context.Context) error {
	s.say("A demonstration. It happens on this machine alone, and leaves nothing behind.")
	s.title("1  A company in Google, and an AWS organization", "")
	s.where(s.lab)
	s.item("Google has nested groups, a group of everybody, two groups of one name, a contractor of another company, " +
		"someone suspended, someone archived, a name of one word, accents, an apostrophe, an alias.")
	s.item("AWS has the groups of Control Tower, a user for emergencies, and a group \"Cloud Admins\" that somebody made by hand.")
	return nil
}

// where says at which address both services are, and how much is in them.
func (t *teller) where(l *lab) {
	f, st := l.dir.Fixture(), l.aws.State()
	t.write(fmt.Sprintf("  Google Workspace     %s  %3d people, %2d groups\n", l.googleURL, len(f.Users), len(f.Groups)))
	t.write(fmt.Sprintf("  IAM Identity Center  %s  %3d users,  %2d groups\n", l.awsURL, len(st.Users), len(st.Groups)))
}

// plan shows what would be done.
func (s *story) plan(ctx context.Context) error {
	s.title("2  What would a sync do?", s.o.Executable+" plan")
	rep, err := s.run(ctx, true, nil)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	s.report(rep, cut{"Users": 2, "Groups": 5, "Notes": 0, "Read": 0, "API calls": 0})
	return nil
}

// sync does it.
func (s *story) sync(ctx context.Context) error {
	s.title("3  Do it, as fast as AWS allows", s.o.Executable)
	b := &bar{teller: s.teller}
	rep, err := s.run(ctx, false, b.step)
	b.end()
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	s.say("%s", report.Line(rep))
	return nil
}

// again does it once more.
func (s *story) again(ctx context.Context) error {
	s.title("4  Once more", s.o.Executable)
	rep, err := s.run(ctx, false, nil)
	if err != nil {
		return fmt.Errorf("second sync: %w", err)
	}
	s.say("%s AWS was asked %d times and written to %d times.", report.Line(rep), requests(s.aws), len(s.aws.Journal()))
	return nil
}

func requests(s *iic.Server) int {
	n := 0
	for _, calls := range s.Calls() {
		n += calls
	}
	return n
}

// A change is something that an administrator does in Google.
type change struct {
	says string
	do   func(*google.Directory) error
}

func news() []change {
	const renamed, joiner = "elif.brandt@" + Domain, "juniper.ashgrove@" + Domain
	return []change{
		{"jamal.whitcombe leaves the company, and is suspended.", func(d *google.Directory) error { return d.Suspend("jamal.whitcombe@"+Domain, true) }},
		{"jose.munoz is taken out of On-call.", func(d *google.Directory) error { return d.RemoveMember("oncall@"+Domain, "jose.munoz@"+Domain) }},
		{"elif.karatas marries, and gets a new name and address.", func(d *google.Directory) error {
			return errors.Join(d.RenameUser("elif.karatas@"+Domain, renamed), d.EditUser(renamed, func(u *google.User) {
				u.Name = google.Name{GivenName: "Elif", FamilyName: "Brandt", FullName: "Elif Brandt"}
			}))
		}},
		{"juniper.ashgrove joins, in the group Platform.", func(d *google.Directory) error {
			_, err := d.AddUser(person{"juniper.ashgrove", "Juniper", "Ashgrove", "Platform Engineer", "Platform", "hanneke.vroomen"}.account())
			return errors.Join(err, d.AddMember("platform@"+Domain, google.Member{Email: joiner}))
		}},
		{`The group Data is now called "Data & Insights".`, func(d *google.Directory) error {
			return d.RenameGroup("data@"+Domain, "Data & Insights", "")
		}},
	}
}

// changes shows what becomes of changes in Google.
func (s *story) changes(ctx context.Context) error {
	s.title("5  A day later, after some work in Google", s.o.Executable)
	for _, c := range news() {
		if err := c.do(s.dir); err != nil {
			return fmt.Errorf("change the directory: %w", err)
		}
		s.item("%s", c.says)
	}
	s.gap()
	before := s.aws.State()
	rep, err := s.run(ctx, false, nil)
	if err != nil {
		return fmt.Errorf("sync of the changes: %w", err)
	}
	s.report(rep, cut{counts: 0, "Notes": 0, "Read": 0, "API calls": 0})
	return s.sameIDs(before, s.aws.State())
}

// sameIDs says, and checks, that what was renamed is still the same to AWS.
func (s *story) sameIDs(before, after iic.State) error {
	group, _ := before.Group("Data")
	user, _ := before.User("elif.karatas@" + Domain)
	groupNow, _ := after.Group("Data & Insights")
	userNow, _ := after.User("elif.brandt@" + Domain)
	if group.ID == "" || group.ID != groupNow.ID || user.ID == "" || user.ID != userNow.ID {
		return errors.New("something that was renamed is another object in AWS now")
	}
	s.say("Who and what was renamed kept the id in AWS, and so the permission sets.")
	return nil
}

// half lets Google lose half of its groups.
func (s *story) half(ctx context.Context) error {
	s.title("6  One night, Google lists half of its groups", s.o.Executable)
	before := s.aws.State()
	s.google.Inject(google.Fault{Kind: google.HalfRows, Op: "groups.list"})
	rep, err := s.run(ctx, false, nil)
	if _, refused := errors.AsType[*guard.RefusedError](err); !refused {
		return fmt.Errorf("half of the groups were missing, and that was not refused: %w", err)
	}
	s.refusals(rep)
	was, is := access(before), access(s.aws.State())
	if was != is {
		return fmt.Errorf("a refused run changed AWS from %s to %s", was, is)
	}
	s.say("Each of those %d was asked for by its id, and Google has them all: nothing was removed, and the exit code "+
		"would be 4. AWS has what it had: %s. Had Google said that they are gone, the guards for users and groups "+
		"would have spoken, each of which can be accepted by name, for one run", len(rep.Whole.Unproven), is)
	return nil
}

// refusals shows what each guard said, first.
func (s *story) refusals(rep report.Report) {
	spoken := map[string]bool{}
	for _, r := range rep.Refusals {
		if !spoken[r.Guard] {
			s.wrap("  ! ", "    ", fmt.Sprintf("guard %s: %s", r.Guard, r.Text))
		}
		spoken[r.Guard] = true
	}
}

// access says who may do how much.
func access(st iic.State) string {
	active, members := 0, 0
	for _, u := range st.Users {
		if u.Active {
			active++
		}
	}
	for _, g := range st.Groups {
		members += len(g.Members)
	}
	return fmt.Sprintf("%d active users with %d memberships", active, members)
}

// end says how to go on.
func (s *story) end(context.Context) error {
	s.title("Now you", "")
	s.command(s.o.Executable + " emulator")
	s.wrap("    ", "    ", "keeps both services running, and prints the variables for all other commands.")
	s.say("With a Google Workspace and an AWS organization of your own, the README goes on.")
	return nil
}

// A bar grows to the right as a run goes on. It needs no terminal.
type bar struct {
	*teller
	drawn int
	begun bool
}

const barWidth = 50

// step draws as much as is done.
func (b *bar) step(done, of int) {
	if !b.begun {
		b.begun = true
		b.write("  [")
	}
	n := barWidth * done / max(of, 1)
	b.write(strings.Repeat("=", max(0, n-b.drawn)))
	b.drawn = max(b.drawn, n)
	if done == of {
		b.write(fmt.Sprintf("] %d of %d", done, of))
	}
}

// end ends the line.
func (b *bar) end() {
	if b.begun {
		b.gap()
	}
}
