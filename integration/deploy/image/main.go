// Command image writes a container image of ssosync as an OCI layout, without a
// daemon and from nothing: it holds the program, the certificates of Mozilla's
// root program, and no more. It refuses to push; crane push does that.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1) //nolint:forbidigo // This is main.
	}
}

// run reads the command line: image -out DIR -version V -date RFC3339
// linux/amd64=PATH linux/arm64=PATH.
func run(args []string, stderr io.Writer) error {
	var l Labels
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "dist/image", "`directory` of the OCI layout; it must not be there yet")
	flags.StringVar(&l.Version, "version", "", "`version` of the program")
	flags.StringVar(&l.Revision, "revision", "", "`commit` it was built from")
	flags.StringVar(&l.Source, "source", "", "`URL` of the repository")
	date := flags.String("date", "", "`time` of that commit, RFC 3339: the same commit makes the same bytes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *date != "" {
		at, err := time.Parse(time.RFC3339, *date)
		if err != nil {
			return fmt.Errorf("read -date: %w", err)
		}
		l.Created = at
	}
	programs := map[string]string{}
	for _, arg := range flags.Args() {
		platform, path, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not PLATFORM=PATH, such as linux/arm64=dist/ssosync", arg)
		}
		programs[platform] = path
	}
	if len(programs) == 0 {
		return fmt.Errorf("name the programs: linux/amd64=PATH linux/arm64=PATH")
	}
	return Write(*out, programs, l)
}
