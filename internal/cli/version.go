package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, where it was built from, and with what",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

// printVersion prints one line: ssosync v1.2.3 (commit 0123456789ab of
// 2026-11-23, modified), go1.26.8 linux/amd64.
func (a *app) printVersion() error {
	commit, at, modified := a.commit()
	origin := ""
	if commit != "" {
		origin = " (commit " + commit[:min(len(commit), 12)]
		if at != "" {
			origin += " of " + at
		}
		if modified {
			origin += ", modified"
		}
		origin += ")"
	}
	line := fmt.Sprintf("ssosync %s%s, %s %s/%s\n", a.version(), origin, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	_, err := a.stdout.Write([]byte(line))
	return err
}

// version is what Go wrote into the program: a tag, or a pseudo-version made
// from the commit (Go modules reference: version numbers). Without either,
// because it was built outside of version control, it says so.
func (a *app) version() string {
	info, ok := a.env.BuildInfo()
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	commit, _, _ := a.commit()
	return cmp.Or(commit, "unversioned")
}

// commit is what the program was built from.
func (a *app) commit() (revision, at string, modified bool) {
	info, ok := a.env.BuildInfo()
	if !ok {
		return "", "", false
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.time":
			at, _, _ = strings.Cut(s.Value, "T")
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	return revision, at, modified
}
