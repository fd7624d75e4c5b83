// Command gendocs writes the reference to the file that it is told. It makes
// nothing up: all of it comes from the tables of the program.
package main

import (
	"fmt"
	"os"

	"ssosync/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gendocs FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(cli.Reference()), 0o644); err != nil { //nolint:gosec // G306: documentation is for all to read.
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
