package iic

import (
	"maps"
	"slices"
)

// table holds rows by id, and the ids in order: pages must be stable while rows come and go. Rows are replaced, never changed.
type table[T any] struct {
	rows map[string]*T
	ids  []string
}

func newTable[T any]() *table[T] { return &table[T]{rows: map[string]*T{}} }

func (t *table[T]) put(id string, row *T) {
	if _, ok := t.rows[id]; !ok {
		i, _ := slices.BinarySearch(t.ids, id)
		t.ids = slices.Insert(t.ids, i, id)
	}
	t.rows[id] = row
}

func (t *table[T]) remove(id string) {
	if _, ok := t.rows[id]; ok {
		delete(t.rows, id)
		i, _ := slices.BinarySearch(t.ids, id)
		t.ids = slices.Delete(t.ids, i, i+1)
	}
}

// has is false on a nil table, which stands for an empty one.
func (t *table[T]) has(id string) bool {
	if t == nil {
		return false
	}
	_, ok := t.rows[id]
	return ok
}

// keys is empty on a nil table.
func (t *table[T]) keys() []string {
	if t == nil {
		return nil
	}
	return t.ids
}

func (t *table[T]) clone() *table[T] {
	return &table[T]{rows: maps.Clone(t.rows), ids: slices.Clone(t.ids)}
}
