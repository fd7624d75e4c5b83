// Command ssosync keeps AWS IAM Identity Center like a Google Workspace
// directory. It does nothing besides turning signals into the end of a context
// and an exit code into that of the process.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ssosync/internal/cli"
)

func main() {
	os.Exit(run())
}

// run ends in good order at the first signal, and at once at the second. That
// nobody reads its output is no reason to stop in the middle of a sync.
func run() int {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Main(ctx, os.Args[1:], cli.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Executable: os.Args[0],
	})
}
