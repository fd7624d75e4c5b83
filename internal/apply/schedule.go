package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A lane is one of the target's operations. Each has a pace of its own, so none
// may keep another waiting.
type lane int

const (
	createUser lane = iota
	patchUser
	createGroup
	patchGroup
	remove
	lanes
)

// A task is one step, and what it has to wait for.
type task struct {
	lane lane
	do   func(ctx context.Context) error
	// skip is told when the task is not tried.
	skip func(why error)
	// after are tasks that must have ended; needs are tasks that must have
	// succeeded; parts too, and their failure is the failure of this task.
	after, needs, parts []*task
	err                 error
}

// execute runs tasks, width at a time in each lane, each after those that it
// waits for, and in the order given where there is a choice. Every task is
// tried or skipped. There must be no cycle.
func execute(stop, ctx context.Context, tasks []*task, width int) {
	q := newQueue(tasks)
	var all sync.WaitGroup
	all.Add(len(tasks))
	for _, ready := range q.ready {
		for range min(width, cap(ready)) {
			go func() {
				for t := range ready {
					t.attempt(stop, ctx)
					q.done(t)
					all.Done()
				}
			}()
		}
	}
	all.Wait()
	for _, ready := range q.ready {
		close(ready)
	}
}

// A queue hands out tasks when all that they wait for has ended.
type queue struct {
	mu      sync.Mutex
	waiting map[*task]int
	next    map[*task][]*task
	ready   [lanes]chan *task // each has room for all of its tasks
}

func newQueue(tasks []*task) *queue {
	q := &queue{waiting: make(map[*task]int, len(tasks)), next: map[*task][]*task{}}
	known := make(map[*task]bool, len(tasks))
	var n [lanes]int
	for _, t := range tasks {
		known[t] = true
		n[t.lane]++
	}
	for l := range q.ready {
		q.ready[l] = make(chan *task, n[l])
	}
	for _, t := range tasks {
		for _, deps := range [][]*task{t.after, t.needs, t.parts} {
			for _, d := range deps {
				if known[d] {
					q.waiting[t]++
					q.next[d] = append(q.next[d], t)
				}
			}
		}
	}
	for _, t := range tasks {
		if q.waiting[t] == 0 {
			q.ready[t.lane] <- t
		}
	}
	return q
}

func (q *queue) done(t *task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, n := range q.next[t] {
		if q.waiting[n]--; q.waiting[n] == 0 {
			q.ready[n.lane] <- n
		}
	}
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
		why := ErrStopped
		if errors.Is(context.Cause(stop), ErrBudget) {
			why = ErrBudget
		}
		return fmt.Errorf("%w: %w", ErrSkipped, why)
	}
	for _, n := range t.needs {
		if n.err != nil {
			return fmt.Errorf("%w: it has to wait for something that failed: %w", ErrSkipped, n.err)
		}
	}
	return nil
}
