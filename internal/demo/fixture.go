package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"ssosync/internal/emulator/google"
)

// look is how often a fixture is looked at.
const look = 300 * time.Millisecond

// directory is the one to serve.
func directory(o Options) (*google.Directory, error) {
	switch {
	case o.Fixture == "" && o.WriteFixture:
		return nil, errors.New("write the company of the demo: the name of a file is missing")
	case o.Load != Load{} && o.Fixture != "":
		return nil, errors.New("make up a company: the directory is to be read from a file as well")
	case o.Load != Load{}:
		return google.Generate(google.Load{Domain: Domain, Users: o.Load.Users, Groups: o.Load.Groups, MembersPerGroup: o.Load.Members}), nil
	case o.Fixture == "":
		return Company(), nil
	case o.WriteFixture:
		if err := writeFixture(o.Fixture); err != nil {
			return nil, fmt.Errorf("write the company of the demo: %w", err)
		}
	}
	d, err := google.LoadFile(o.Fixture)
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	return d, nil
}

// writeFixture writes the company as a file that people can edit, in the place
// of no other file. Ids are in it, so that a new address is a new address and
// not a new person; members have their address as well, for people to read.
func writeFixture(path string) error {
	company := Company().Fixture()
	address := map[string]string{}
	for _, u := range company.Users {
		address[u.ID] = u.PrimaryEmail
	}
	for _, g := range company.Groups {
		address[g.ID] = g.Email
	}
	for _, g := range company.Groups {
		for i := range g.Members {
			m := &g.Members[i]
			m.Email = cmp.Or(address[m.ID], m.Email)
		}
	}
	data, err := json.MarshalIndent(company, "", "  ")
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: it is the operator's to name.
	if err != nil {
		return err //nolint:wrapcheck // It says all: open PATH: file exists.
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}

// watch reads the fixture again whenever its size or time changes, until ctx
// ends, and says what came of it.
func (l *lab) watch(ctx context.Context, path string, say func(error)) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	last := mark(path)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := mark(path); now != last {
			last = now
			say(l.reload(path))
		}
	}
}

func mark(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

// reload puts the content of a file in the place of the directory's, all at
// once. The service account is let in as before. On an error the directory
// stays as it is.
func (l *lab) reload(path string) error {
	fresh, err := google.LoadFile(path)
	if err != nil {
		return err //nolint:wrapcheck // It names the file and what is wrong.
	}
	if _, err := l.grant(fresh); err != nil {
		return err
	}
	data, err := fresh.MarshalJSON()
	if err == nil {
		err = l.dir.UnmarshalJSON(data)
	}
	if err != nil {
		return fmt.Errorf("take over %s: %w", path, err)
	}
	return nil
}
