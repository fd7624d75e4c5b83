package apply

import "ssosync/internal/identity"

// A claim is a change that gives up unique names and takes others, one of
// each sort: a user's name and address, a group's name.
type claim struct {
	before, after []string // folded; "" is no name
	task          *task    // takes the new names
	// aside makes a task that gives up the old names for ones that nobody
	// has; nil where there is nothing to give up.
	aside func() *task
}

func fold(names ...string) []string {
	folded := make([]string, len(names))
	for i, n := range names {
		folded[i] = identity.Fold(n)
	}
	return folded
}

// sequence makes each task wait for those that give up the names that it
// takes, and returns the tasks that break rings, such as a swap: there,
// somebody has to step aside first.
func sequence(claims []*claim) []*task {
	rest := givers(claims)
	asides := map[*claim]*task{}
	for c := range rings(claims, rest) {
		asides[c] = c.aside() // the others wait for it, and c for the others
	}
	var first []*task
	for _, c := range claims {
		if t := asides[c]; t != nil {
			first = append(first, t)
		}
		for _, o := range rest(c) {
			if t := asides[o]; t != nil {
				c.task.needs = append(c.task.needs, t)
			} else {
				c.task.needs = append(c.task.needs, o.task)
			}
		}
	}
	return first
}

// givers returns a function that finds the claims that give up what a claim
// takes.
func givers(claims []*claim) func(*claim) []*claim {
	type name struct {
		sort int
		text string
	}
	owner := map[name]*claim{}
	for _, c := range claims {
		for sort, text := range c.before {
			if text != "" && c.after[sort] != text {
				owner[name{sort, text}] = c
			}
		}
	}
	return func(c *claim) []*claim {
		var on []*claim
		for sort, text := range c.after {
			if o := owner[name{sort, text}]; o != nil {
				on = append(on, o)
			}
		}
		return on
	}
}

// rings returns claims so that every ring has one of them in it.
func rings(claims []*claim, rest func(*claim) []*claim) map[*claim]bool {
	const onPath, settled = 1, 2
	state := map[*claim]int{}
	broken := map[*claim]bool{}
	var walk func(c *claim)
	walk = func(c *claim) {
		state[c] = onPath
		for _, o := range rest(c) {
			switch state[o] {
			case 0:
				walk(o)
			case onPath:
				broken[o] = true
			}
		}
		state[c] = settled
	}
	for _, c := range claims {
		if state[c] == 0 {
			walk(c)
		}
	}
	return broken
}
