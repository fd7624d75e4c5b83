// Command ssosync keeps AWS IAM Identity Center like a Google Workspace
// directory. It hands the process over to package cli, and ends it with the
// exit code that comes back; it does nothing else.
package main

import (
	"context"
	"os"

	"ssosync/internal/cli"
)

func main() {
	ctx, stop := cli.UntilSignal(context.Background())
	code := cli.Main(ctx, os.Args[1:], cli.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Executable: os.Args[0],
	})
	stop()
	os.Exit(code)
}
