package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ssosync/internal/cli"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ssosync": func() {
		ctx, stop := cli.UntilSignal(context.Background())
		code := cli.Main(ctx, os.Args[1:], cli.Env{Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ()})
		stop()
		os.Exit(code)
	}})
}

// The scripts run the program as people do. They know these commands beside
// those of testscript:
//
//	emulate [FILE]         start both sides; export what a user needs, or write it to FILE, a .env
//	exits CODE COMMAND…    run a command and expect its exit code
//	signal NAME OP         send a signal to the command in the background, once AWS is asked for OP
//	signals NAME OP        go on sending it until there is nobody to get it
//	asked OP               wait until AWS is asked for OP
//	exited CODE            expect the exit code of the command that was sent a signal
//	google …               change the directory: see below
//	aws …                  change Identity Center: see below
//	calls SIDE OP N        expect that many calls of an operation; OP * is all of them
//	writes N               expect that many writes to Identity Center, since the last time
//	holds FILE             expect Identity Center to hold what the file says
//	damage FILE flip|cut   change a byte in the middle of a file, or cut some lines off; FILE may have a *
//	json FILE              expect valid JSON
//	none FILE              expect that there is no such file; FILE may have a *
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: os.Getenv("UPDATE") != "", RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			tb := env.T().(testing.TB)
			w := newWorld(tb)
			w.listen(tb, env.Defer)
			env.Values["world"] = w
			env.Setenv("CLIENT_ID", w.clientID(tb))
			env.Setenv("SCIM_BARE", strings.TrimSuffix(w.env["SCIM_ENDPOINT"], "/"))
			env.Setenv("TOKEN", scimToken)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Setenv("GORACE", "atexit_sleep_ms=0") // or else each command takes a second with -race
			return os.WriteFile(filepath.Join(env.WorkDir, "key.json"), []byte(w.key), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"emulate": emulate, "exits": exits, "signal": onSignal, "signals": onSignals, "exited": exited, "google": onGoogle, "aws": onAWS, "calls": calls, "writes": writes, "holds": holds,
			"asked": asked, "damage": damage, "json": isJSON, "none": none,
		},
	})
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value("world").(*world) }

func emulate(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	for _, name := range []string{"SSOSYNC_GOOGLE_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED"} {
		ts.Setenv(name, w.env[name])
	}
	if len(args) == 0 {
		for name, value := range w.env {
			ts.Setenv(name, value)
		}
		return
	}
	var b strings.Builder
	for _, name := range []string{
		"GOOGLE_CREDENTIALS_JSON", "GOOGLE_USER", "SCIM_ENDPOINT", "SCIM_TOKEN", "AWS_IDENTITY_STORE_ID", "AWS_DEFAULT_REGION",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
	} {
		b.WriteString(name + "=" + w.env[name] + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("# .env example\n"+b.String()), 0o600))
}

// exits expects an exit code, which "! exec" cannot tell from another.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if e, ok := err.(interface{ ExitCode() int }); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// onGoogle changes the directory:
//
//	google env FORM                       export the key in another form
//	google dotenv FORM FILE               write it to a .env, beside all else
//	google user EMAIL GIVEN FAMILY        google group EMAIL NAME [MEMBER…]
//	google regroup EMAIL NAME [MEMBER…]   (a group that was made anew: its id is another)
//	google join GROUP WHO                 google leave GROUP WHO
//	google staff GROUP N                  add so many people
//	google desert GROUP N                 delete so many of them
//	google rename WHO EMAIL
//	google suspend|delete|forget WHO      (forget: a group)
//	google delegate SCOPE…                google undelegate
//	google fault KIND [OP]                google heal
func onGoogle(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	switch args[0] {
	case "env":
		ts.Setenv("GOOGLE_CREDENTIALS_JSON", keyAs(w.key, args[1]))
	case "dotenv":
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte("A=1\nGOOGLE_CREDENTIALS_JSON="+keyAs(w.key, args[1])+"\nB=2\n"), 0o600))
	case "delegate":
		w.dir.Delegate(robot, args[1:]...)
	case "user":
		_, err := w.dir.AddUser(person(args[1], args[2], args[3]))
		ts.Check(err)
	case "group", "regroup":
		g := google.Group{Email: args[1], Name: args[2]}
		if args[0] == "regroup" {
			g.ID = "01anew000000000"
		}
		for _, m := range args[3:] {
			g.Members = append(g.Members, google.Member{Email: m})
		}
		_, err := w.dir.AddGroup(g)
		ts.Check(err)
	case "join":
		ts.Check(w.dir.AddMember(args[1], google.Member{Email: args[2]}))
	case "leave":
		ts.Check(w.dir.RemoveMember(args[1], args[2]))
	case "staff", "desert":
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		for i := range n {
			email := fmt.Sprintf("staff%02d@example.com", i)
			if args[0] == "desert" {
				ts.Check(w.dir.DeleteUser(email))
				continue
			}
			_, err := w.dir.AddUser(person(email, "Staff", strconv.Itoa(i)))
			ts.Check(err)
			ts.Check(w.dir.AddMember(args[1], google.Member{Email: email}))
		}
	case "rename":
		ts.Check(w.dir.RenameUser(args[1], args[2]))
	case "heal":
		w.google.ClearFaults()
	case "suspend":
		ts.Check(w.dir.Suspend(args[1], true))
	case "delete":
		ts.Check(w.dir.DeleteUser(args[1]))
	case "forget":
		ts.Check(w.dir.DeleteGroup(args[1]))
	case "undelegate":
		w.dir.Delegate(robot)
	case "fault":
		f := google.Fault{Kind: google.FaultKind(args[1]), Status: 404, Text: "nothing here"}
		if len(args) > 2 {
			f.Op = args[2]
		}
		w.google.Inject(f)
	default:
		ts.Fatalf("google: unknown verb %s", args[0])
	}
}

// onAWS changes Identity Center:
//
//	aws user NAME [EXTERNAL-ID]      aws group NAME [MEMBER…]
//	aws deactivate NAME              somebody does so by hand
//	aws expire                       the token is not valid any more
//	aws renew                        it is again
//	aws deny                         nor are the AWS keys
//	aws nocursor                     lists are not paged
//	aws slow DURATION                every answer takes that long
//	aws instances N                  so many instances are found
func onAWS(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	switch args[0] {
	case "user":
		external := ""
		if len(args) > 2 {
			external = args[2]
		}
		ts.Check(w.aws.Seed(iic.State{Users: []iic.User{iic.Person(args[1], "Some", "Body", external)}}))
	case "group":
		ts.Check(w.aws.Seed(iic.State{Groups: []iic.Group{{DisplayName: args[1], Members: args[2:]}}}))
	case "deactivate":
		ts.Check(w.aws.By("arn:aws:iam::111122223333:user/kim").SetActive(args[1], false))
	case "expire":
		w.aws.Update(func(o *iic.Options) { o.Tokens[0].Expires = time.Unix(1, 0) })
	case "renew":
		w.aws.Update(func(o *iic.Options) { o.Tokens[0].Expires = time.Time{} })
	case "deny":
		w.aws.Update(func(o *iic.Options) { o.Deny = func(string) *iic.Denial { return iic.NotAuthorized() } })
	case "nocursor":
		w.aws.Update(func(o *iic.Options) { o.Switches.NoCursor = true })
	case "instances":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		w.aws.Update(func(o *iic.Options) {
			o.Instances = []iic.Instance{}
			for i := range n {
				o.Instances = append(o.Instances, iic.Instance{IdentityStoreID: fmt.Sprintf("d-000000000%d", i)})
			}
		})
	case "slow":
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		w.aws.Update(func(o *iic.Options) { o.Latency = d })
	default:
		ts.Fatalf("aws: unknown verb %s", args[0])
	}
}

func calls(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	counts := w.google.Calls()
	if args[0] == "aws" {
		counts = w.aws.Calls()
	}
	got := 0
	for op, n := range counts {
		if ok, err := filepath.Match(args[1], op); ok && err == nil {
			got += n
		}
	}
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	if (got == want) == neg {
		ts.Fatalf("%d calls of %s; all: %v", got, args[1], counts)
	}
}

func writes(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	journal := w.aws.Journal()
	w.aws.ResetCalls()
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(journal) != want {
		for _, e := range journal {
			ts.Logf("%s %s %d %s", e.Operation, e.Path, e.Status, e.Body)
		}
		ts.Fatalf("%d writes, want %d", len(journal), want)
	}
}

func holds(ts *testscript.TestScript, _ bool, args []string) {
	want, got := ts.ReadFile(args[0]), worldOf(ts).inAWS()
	if want != got {
		ts.Fatalf("Identity Center holds\n%swant\n%s", got, want)
	}
}

// onSignal waits for an operation to arrive, so that a script need not sleep.
func onSignal(ts *testscript.TestScript, _ bool, args []string) {
	send(ts, args, false)
}

func onSignals(ts *testscript.TestScript, _ bool, args []string) {
	send(ts, args, true)
}

// asked waits for an operation to arrive.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	for i := 0; w.aws.Calls()[args[0]] == w.seen[args[0]]; i++ {
		if i > 1000 {
			ts.Fatalf("AWS was not asked for %s: %v", args[0], w.aws.Calls())
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.seen = w.aws.Calls()
}

func send(ts *testscript.TestScript, args []string, often bool) {
	w := worldOf(ts)
	names := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	asked(ts, false, args[1:])
	w.signalled = ts.BackgroundCmds()[0]
	ts.Check(w.signalled.Process.Signal(names[args[0]]))
	for often && w.signalled.Process.Signal(names[args[0]]) == nil {
		time.Sleep(5 * time.Millisecond)
	}
}

func exited(ts *testscript.TestScript, _ bool, args []string) {
	if got := worldOf(ts).signalled.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// matching returns the files of a pattern.
func matching(ts *testscript.TestScript, pattern string) []string {
	names, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	return names
}

func damage(ts *testscript.TestScript, _ bool, args []string) {
	names := matching(ts, args[0])
	if len(names) != 1 {
		ts.Fatalf("%d files", len(names))
	}
	data, err := os.ReadFile(names[0])
	ts.Check(err)
	if args[1] == "flip" {
		data[len(data)/2] ^= 1
	} else {
		lines := bytes.SplitAfter(data, []byte("\n"))
		data = bytes.Join(lines[:len(lines)-min(3, len(lines))], nil) // the last one is empty
	}
	ts.Check(os.WriteFile(names[0], data, 0o600))
}

func isJSON(ts *testscript.TestScript, _ bool, args []string) {
	if !json.Valid([]byte(ts.ReadFile(args[0]))) {
		ts.Fatalf("%s is not JSON", args[0])
	}
}

func none(ts *testscript.TestScript, _ bool, args []string) {
	if names := matching(ts, args[0]); len(names) > 0 {
		ts.Fatalf("there is %v", names)
	}
}
