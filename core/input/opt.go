package input

import (
	"reflect"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Opt is a value that may be absent or null, and tells the two apart: "leave it
// as it is" from "clear it" in an update.
//
//	absent   Set false, Null false
//	null     Set true,  Null true
//	a value  Set true,  Null false, Value
type Opt[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// Some returns an Opt that holds v.
func Some[T any](v T) Opt[T] { return Opt[T]{Set: true, Value: v} }

// Null returns an Opt that is null.
func Null[T any]() Opt[T] { return Opt[T]{Set: true, Null: true} }

// Get returns the value, and false when it is absent or null.
func (o Opt[T]) Get() (T, bool) { return o.Value, o.Set && !o.Null }

// Or returns the value, or other when it is absent or null.
func (o Opt[T]) Or(other T) T {
	if v, ok := o.Get(); ok {
		return v
	}
	return other
}

// IsZero reports whether the value is absent; with the json option omitzero it
// is then left out of the output.
func (o Opt[T]) IsZero() bool { return !o.Set }

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if v, ok := o.Get(); ok {
		return wire.Marshal(v)
	}
	return []byte("null"), nil
}

// isOpt reports whether t is an Opt of some type. A method would not tell: a
// struct that embeds an Opt has its methods too.
func isOpt(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "Opt[") &&
		t.PkgPath() == reflect.TypeFor[Opt[any]]().PkgPath()
}
