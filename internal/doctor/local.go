package doctor

import (
	"context"
	"errors"
	"io/fs"
)

// A Memory is where a run keeps what outlives it.
type Memory interface {
	// Look says where it is, and what was found out about it, such as that it can
	// be written to. Held says who holds its lock; "" is nobody.
	Look(ctx context.Context) (where, held string, err error)
}

// Local is what there is to check on this machine.
type Local struct {
	Memory  Memory // nil: nothing is kept
	Why     string // … for this reason
	EnvFile string // the .env that was read; "" is none
	// Mode returns the permissions of a file.
	Mode func(name string) (fs.FileMode, error)
}

func local(ctx context.Context, in Input) []Finding {
	return through(ctx, in, LocalSide, []check{
		{id: "local.state", name: "state", do: in.state},
		{id: "local.env", name: ".env", do: in.env},
	})
}

func (in Input) state(ctx context.Context) Finding {
	if in.Local.Memory == nil {
		return Finding{
			Status: Warning, Fact: "none: " + in.Local.Why, Cause: "nothing is remembered between runs, and nothing keeps two of them apart",
			Remedy: "name a directory, or s3://BUCKET/PREFIX, with --state",
		}
	}
	where, held, err := in.Local.Memory.Look(ctx)
	if err != nil {
		f := in.broken(err)
		if f.Status == Error && f.Remedy == "" {
			f.Remedy = "let this user read and write there, or choose another place with --state"
		}
		return f
	}
	if held != "" {
		return Finding{
			Status: Warning, Fact: where + ", locked by " + held, Cause: "another run is under way",
			Remedy: "wait for its end; the lock of a run that was killed is taken over by itself",
		}
	}
	return ok("%s, not locked", where)
}

// others are the permissions of everybody but the owner.
const others = 0o077

func (in Input) env(context.Context) Finding {
	name := in.Local.EnvFile
	if name == "" || in.Local.Mode == nil {
		return Finding{}
	}
	mode, err := in.Local.Mode(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Finding{}
	case err != nil:
		return in.as(Warning, err)
	case mode&others != 0:
		return Finding{
			Status: Warning, Fact: name + " has the permissions " + mode.Perm().String(),
			Cause: "others on this machine can read the secrets in it", Remedy: "chmod 600 " + name,
		}
	}
	return ok("%s is for its owner only", name)
}
