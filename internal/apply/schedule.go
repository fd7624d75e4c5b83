package apply

import (
	"context"
	"fmt"
	"sync"
)

// A task is one step, and what it has to wait for.
type task struct {
	do func(ctx context.Context) error
	// skip is told when the task is not tried.
	skip func(why error)
	// after are tasks that must have ended; needs are tasks that must have
	// succeeded; parts too, and their failure is the failure of this task.
	after, needs, parts []*task
	err                 error
}

// execute runs tasks, width at a time and each after those that it waits for,
// in the order given where there is a choice. Every task is tried or skipped.
// There must be no cycle.
func execute(stop, ctx context.Context, tasks []*task, width int) {
	waiting := make(map[*task]int, len(tasks))
	next := map[*task][]*task{}
	ready := make(chan *task, len(tasks))
	known := make(map[*task]bool, len(tasks))
	for _, t := range tasks {
		known[t] = true
	}
	for _, t := range tasks {
		for _, deps := range [][]*task{t.after, t.needs, t.parts} {
			for _, d := range deps {
				if known[d] {
					waiting[t]++
					next[d] = append(next[d], t)
				}
			}
		}
	}
	for _, t := range tasks {
		if waiting[t] == 0 {
			ready <- t
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	all.Add(len(tasks))
	for range min(width, len(tasks)) {
		go func() {
			for t := range ready {
				t.attempt(stop, ctx)
				mu.Lock()
				for _, n := range next[t] {
					if waiting[n]--; waiting[n] == 0 {
						ready <- n
					}
				}
				mu.Unlock()
				all.Done()
			}
		}()
	}
	all.Wait()
	close(ready)
}

// attempt runs the task, unless the run was stopped or what it needs failed.
func (t *task) attempt(stop, ctx context.Context) {
	if t.err = t.obstacle(stop); t.err != nil {
		t.skip(t.err)
		return
	}
	t.err = t.do(ctx)
}

func (t *task) obstacle(stop context.Context) error {
	for _, p := range t.parts {
		if p.err != nil {
			return p.err
		}
	}
	if stop.Err() != nil {
		return fmt.Errorf("%w: %w", ErrSkipped, ErrStopped)
	}
	for _, n := range t.needs {
		if n.err != nil {
			return fmt.Errorf("%w: it has to wait for something that failed: %w", ErrSkipped, n.err)
		}
	}
	return nil
}
