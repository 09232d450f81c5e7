package memory

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// record is one row in the list of its table, which is in order of insertion.
// A row map is never changed once it is linked.
type record struct {
	row        db.Row
	seq        uint64
	live       bool
	prev, next *record
}

type table struct {
	def     *db.Table
	names   []string // of def
	root    record   // of the ring of records
	seq     uint64
	serial  int64
	indexes map[string]*index // by field; always one of the id
}

type index struct {
	unique bool
	by     map[any]map[*record]struct{}
}

// table finds or makes the table, and its indexes anew if the declaration has changed.
func (a *Adapter) table(t *db.Table) (*table, error) {
	tb := a.tables[t.Model]
	if tb == nil {
		tb = &table{}
		tb.root.prev, tb.root.next = &tb.root, &tb.root
		a.tables[t.Model] = tb
		a.models = slices.Sorted(maps.Keys(a.tables))
	}
	if tb.def == t {
		return tb, nil
	}
	if tb.def == nil || !slices.EqualFunc(tb.def.Fields, t.Fields, sameField) {
		if err := tb.reindex(t); err != nil {
			return nil, err
		}
	}
	tb.def, tb.names = t, t.Names()
	return tb, nil
}

func sameField(a, b *db.Field) bool {
	return a.Name == b.Name && a.Unique == b.Unique && indexed(a) == indexed(b)
}

// indexed includes references, which a removal of their target looks up.
func indexed(f *db.Field) bool { return f.Unique || f.Index || f.References != nil }

func (tb *table) reindex(t *db.Table) error {
	indexes := map[string]*index{db.ID: {unique: true, by: map[any]map[*record]struct{}{}}}
	for _, f := range t.Fields {
		if indexed(f) {
			indexes[f.Name] = &index{unique: f.Unique, by: map[any]map[*record]struct{}{}}
		}
	}
	for r := tb.root.next; r != &tb.root; r = r.next {
		for name, ix := range indexes {
			if ix.refuses(r.row[name]) {
				return fmt.Errorf("%s.%s cannot be made unique: rows have the same value", t.Model, name)
			}
			ix.add(r.row[name], r)
		}
	}
	tb.indexes = indexes
	return nil
}

// key is the comparable form of a canonical value.
func key(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UnixMilli()
	case []string, []float64, []any, *wire.Object:
		text, err := value.FormatJSON(v)
		if err != nil {
			return err // cannot be: the value is canonical
		}
		return text
	}
	return v
}

func (ix *index) refuses(v any) bool { return ix.unique && v != nil && len(ix.by[key(v)]) > 0 }

func (ix *index) add(v any, r *record) {
	k := key(v)
	set := ix.by[k]
	if set == nil {
		set = make(map[*record]struct{}, 1)
		ix.by[k] = set
	}
	set[r] = struct{}{}
}

func (ix *index) drop(v any, r *record) {
	k := key(v)
	delete(ix.by[k], r)
	if len(ix.by[k]) == 0 {
		delete(ix.by, k)
	}
}

// unique finds the field whose unique index refuses next.
// old is the row that next replaces, nil for a new one.
func (tb *table) unique(next, old db.Row) error {
	for _, name := range tb.names {
		ix := tb.indexes[name]
		if ix == nil || !ix.refuses(next[name]) || old != nil && key(old[name]) == key(next[name]) {
			continue
		}
		return &db.UniqueError{Model: tb.def.Model, Field: name}
	}
	return nil
}

// link appends a record and remembers how to undo that.
func (a *Adapter) link(tb *table, r *record) error {
	if err := tb.unique(r.row, nil); err != nil {
		return err
	}
	if tb.def.IDs == db.IDSerial {
		// Never taken back: an id that was given out once is not given out again.
		tb.serial = max(tb.serial, r.row[db.ID].(int64))
	}
	tb.seq++
	r.seq = tb.seq
	r.prev, r.next = tb.root.prev, &tb.root
	tb.attach(r)
	a.undo = append(a.undo, func() { tb.detach(r) })
	return nil
}

func (a *Adapter) unlink(tb *table, r *record) {
	tb.detach(r)
	a.undo = append(a.undo, func() { tb.attach(r) })
}

// attach puts a record between the neighbours that it names. Undoing runs in
// reverse, so the neighbours of a removed record are again what they were.
func (tb *table) attach(r *record) {
	r.prev.next, r.next.prev, r.live = r, r, true
	for name, ix := range tb.indexes {
		ix.add(r.row[name], r)
	}
}

func (tb *table) detach(r *record) {
	r.prev.next, r.next.prev, r.live = r.next, r.prev, false
	for name, ix := range tb.indexes {
		ix.drop(r.row[name], r)
	}
}

// replace gives a record another row and remembers how to undo that.
func (a *Adapter) replace(tb *table, r *record, next db.Row) error {
	old := r.row
	if err := tb.unique(next, old); err != nil {
		return err
	}
	if err := a.keyUnused(tb, old, next); err != nil {
		return err
	}
	tb.swap(r, next)
	a.undo = append(a.undo, func() { tb.swap(r, old) })
	return nil
}

func (tb *table) swap(r *record, next db.Row) {
	for name, ix := range tb.indexes {
		ix.drop(r.row[name], r)
		ix.add(next[name], r)
	}
	r.row = next
}
