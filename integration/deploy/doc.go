// Package deploy tries the files of deploy/ as their users would, as far as a
// machine without a cloud allows: with the vendors' own linters, types, schemas
// and interpreters, and with the built program. It refuses to import the
// program's packages, and to skip what it lacks a tool for.
package deploy
