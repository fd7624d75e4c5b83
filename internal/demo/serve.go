package demo

import (
	"context"
	"fmt"

	"ssosync/internal/emulator/google"
)

// Serve runs both emulators until ctx ends, which is no error. It writes
// commands for a shell to Out that set all variables that ssosync needs.
func Serve(ctx context.Context, o Options) error {
	o = o.withDefaults()
	dir := Company()
	if o.Fixture != "" {
		var err error
		if dir, err = google.LoadFile(o.Fixture); err != nil {
			return fmt.Errorf("read the directory: %w", err)
		}
	}
	l, err := open(ctx, dir, ports{o.GooglePort, o.AWSPort})
	if err != nil {
		return err
	}
	defer l.close(ctx)
	for _, v := range l.environment() {
		if _, err := fmt.Fprintf(o.Out, "export %s='%s'\n", v.name, v.value); err != nil {
			return fmt.Errorf("write the variables: %w", err)
		}
	}
	<-ctx.Done()
	return nil
}
