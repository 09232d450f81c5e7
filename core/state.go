package core

// State is a value of a feature's own that lives as long as a call, for what
// one hook leaves to another, or a handler to a database hook, which reaches
// the call by From. A feature makes one when it is made itself:
//
//	challenged: core.NewState[bool](),
type State[T any] struct {
	zero T
	_    byte // two of them never have one address
}

// NewState makes a State. Each has values of its own, also of the same type.
func NewState[T any]() *State[T] { return new(State[T]) }

// Of returns the value of a call, or the zero value when there is none yet.
func (s *State[T]) Of(c *Ctx) T {
	if v, ok := c.state[s].(T); ok {
		return v
	}
	return s.zero
}

// Set keeps a value for the rest of the call.
func (s *State[T]) Set(c *Ctx, v T) {
	if c.state == nil {
		c.state = map[any]any{}
	}
	c.state[s] = v
}
