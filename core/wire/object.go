// Package wire reads and writes JSON the way JavaScript does, because the
// other end of every connection is a JavaScript client and often a JavaScript
// server that shares the database.
//
// A decoded value is one of nil, bool, string, float64, []any and *Object.
// Everything that a request carries goes through [Decode]; everything that a
// response carries goes through [Marshal].
package wire

import (
	"iter"
	"slices"
)

// Object is a JSON object that keeps the order of its members.
//
// The order is that of a JavaScript object: keys that are array indices
// ("0" to "4294967294", written without leading zeros) come first, ascending;
// all other keys follow in the order in which they were first set. Replacing
// the value of a key keeps its place. [Object.Keys], [Object.All] and
// [Object.MarshalJSON] all follow it, so that a body which passes through
// Gatehouse comes out as it would have come out of JSON.stringify.
//
// Keys are case-sensitive, and "__proto__" is a key like any other. Values are
// nil, bool, string, float64, []any and *Object when the object comes from
// [Decode]; on output everything that [Marshal] accepts.
//
// The zero value is an empty object. Reading a nil *Object is like reading an
// empty one; writing to it panics. An Object must not be written while another
// goroutine uses it.
type Object struct {
	indexed []indexedMember // ascending by number
	named   []member        // in order of insertion
	lookup  map[string]int  // key to position in named; nil while named is short
}

type member struct {
	key   string
	value any
}

type indexedMember struct {
	number uint32
	value  any
	key    string
}

// Below this many members a scan beats a map, and most bodies stay below it.
const lookupFrom = 16

// NewObject returns an empty object.
func NewObject() *Object { return &Object{} }

// ObjectOf returns an object of texts, given as names and values in turn. A last
// name without a value is left out.
func ObjectOf(pairs ...string) *Object {
	o := NewObject()
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(pairs[i], pairs[i+1])
	}
	return o
}

// Get returns the value of key, and whether the object has it. A member whose
// value is null yields (nil, true).
func (o *Object) Get(key string) (any, bool) {
	if o == nil {
		return nil, false
	}
	if number, ok := arrayIndex(key); ok {
		if at, found := o.searchIndexed(number); found {
			return o.indexed[at].value, true
		}
		return nil, false
	}
	if at := o.searchNamed(key); at >= 0 {
		return o.named[at].value, true
	}
	return nil, false
}

// Has reports whether the object has key, whatever its value.
func (o *Object) Has(key string) bool {
	_, ok := o.Get(key)
	return ok
}

// Set gives key the value v. A key that the object already has keeps its place.
func (o *Object) Set(key string, v any) {
	if number, ok := arrayIndex(key); ok {
		at, found := o.searchIndexed(number)
		if found {
			o.indexed[at].value = v
			return
		}
		o.indexed = slices.Insert(o.indexed, at, indexedMember{number: number, value: v, key: key})
		return
	}
	if at := o.searchNamed(key); at >= 0 {
		o.named[at].value = v
		return
	}
	o.named = append(o.named, member{key: key, value: v})
	switch {
	case o.lookup != nil:
		o.lookup[key] = len(o.named) - 1
	case len(o.named) > lookupFrom:
		o.buildLookup()
	}
}

// Delete removes key. It does nothing when the object does not have it.
func (o *Object) Delete(key string) {
	if o == nil {
		return
	}
	if number, ok := arrayIndex(key); ok {
		if at, found := o.searchIndexed(number); found {
			o.indexed = slices.Delete(o.indexed, at, at+1)
		}
		return
	}
	at := o.searchNamed(key)
	if at < 0 {
		return
	}
	o.named = slices.Delete(o.named, at, at+1)
	o.lookup = nil
	if len(o.named) > lookupFrom {
		o.buildLookup()
	}
}

// Len returns the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.indexed) + len(o.named)
}

// Keys returns the keys in order, as a slice that the caller owns.
func (o *Object) Keys() []string {
	keys := make([]string, 0, o.Len())
	for key := range o.All() {
		keys = append(keys, key)
	}
	return keys
}

// All iterates over the members in order. The object must not be written
// during the iteration.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for i := range o.indexed {
			if !yield(o.indexed[i].key, o.indexed[i].value) {
				return
			}
		}
		for i := range o.named {
			if !yield(o.named[i].key, o.named[i].value) {
				return
			}
		}
	}
}

// Clone returns a deep copy: objects and arrays inside are copied too, every
// other value is shared. The clone of nil is nil.
func (o *Object) Clone() *Object {
	if o == nil {
		return nil
	}
	c := &Object{indexed: slices.Clone(o.indexed), named: slices.Clone(o.named)}
	for i := range c.indexed {
		c.indexed[i].value = cloneValue(c.indexed[i].value)
	}
	for i := range c.named {
		c.named[i].value = cloneValue(c.named[i].value)
	}
	if len(c.named) > lookupFrom {
		c.buildLookup()
	}
	return c
}

// MarshalJSON writes the object as [Marshal] does.
func (o *Object) MarshalJSON() ([]byte, error) { return Marshal(o) }

func cloneValue(v any) any {
	switch v := v.(type) {
	case *Object:
		return v.Clone()
	case []any:
		if v == nil {
			return v
		}
		c := make([]any, len(v))
		for i := range v {
			c[i] = cloneValue(v[i])
		}
		return c
	}
	return v
}

func (o *Object) searchIndexed(number uint32) (int, bool) {
	return slices.BinarySearchFunc(o.indexed, number, func(m indexedMember, n uint32) int {
		switch {
		case m.number < n:
			return -1
		case m.number > n:
			return 1
		}
		return 0
	})
}

func (o *Object) searchNamed(key string) int {
	if o.lookup != nil {
		if at, ok := o.lookup[key]; ok {
			return at
		}
		return -1
	}
	for i := range o.named {
		if o.named[i].key == key {
			return i
		}
	}
	return -1
}

func (o *Object) buildLookup() {
	o.lookup = make(map[string]int, 2*len(o.named))
	for i := range o.named {
		o.lookup[o.named[i].key] = i
	}
}

// arrayIndex reports whether key is an array index in the sense of ECMA-262
// (6.1.7): the canonical decimal form of an integer from 0 to 2^32-2.
func arrayIndex(key string) (uint32, bool) {
	if key == "" || len(key) > 10 || (key[0] == '0' && len(key) > 1) {
		return 0, false
	}
	var n uint64
	for i := range len(key) {
		c := key[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > 1<<32-2 {
		return 0, false
	}
	return uint32(n), true
}
