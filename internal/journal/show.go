package journal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Latest stands for the newest run.
const Latest = "latest"

// Show returns everything of one run, which is named by its id, by an
// unambiguous beginning of that, or by [Latest]. An error says which runs are
// near, or between which there is to choose.
func Show(r io.Reader, run string) (RunRecord, error) {
	if run == "" {
		return RunRecord{}, errors.New("read a run: which one? Give its id, or " + Latest)
	}
	var found RunRecord
	var ids, matching []string
	meant := func(id string) bool { return run == Latest || strings.HasPrefix(id, strings.ToUpper(run)) }
	err := eachRun(r, meant, func(rec RunRecord) error {
		ids = append(ids, rec.ID)
		if run == Latest {
			matching = nil // the one before was not
		}
		if meant(rec.ID) {
			found, matching = rec, append(matching, rec.ID)
		}
		return nil
	})
	switch {
	case err != nil:
		return RunRecord{}, fmt.Errorf("read run %s: %w", bounded(run), err)
	case len(ids) == 0:
		return RunRecord{}, errors.New("read a run: the journal has none so far")
	case len(matching) == 0:
		return RunRecord{}, fmt.Errorf("read a run: there is no %q; near it are %s", bounded(run), few(nearest(ids, strings.ToUpper(run))))
	case len(matching) > 1:
		return RunRecord{}, fmt.Errorf("read a run: %q is the beginning of %d: %s", bounded(run), len(matching), few(matching))
	}
	return found, nil
}

// most is how many of many are listed.
const most = 5

// few lists the last of some ids, which are the newest.
func few(ids []string) string {
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return "…, " + strings.Join(ids[len(ids)-most:], ", ")
}

// nearest returns the ids that have most of their beginning in common with
// what was asked for, in their order.
func nearest(ids []string, asked string) []string {
	var near []string
	longest := 0
	for _, id := range ids {
		n := 0
		for n < min(len(id), len(asked)) && id[n] == asked[n] {
			n++
		}
		if n > longest {
			near, longest = nil, n
		}
		if n == longest {
			near = append(near, id)
		}
	}
	return slices.Clip(near)
}
