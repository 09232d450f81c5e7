package racetest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// Action is a call in process that a race makes on its servers, in whichever
// process they are. What goes in and what comes out travels as JSON, also within
// one process, so that a race does the same everywhere. Race.Actions lists it.
type Action[In, Out any] struct {
	Name string // no other action of the same race has it
	// Do makes the call. Of what a loser gets, Out tells: an error fails the test.
	Do func(ctx context.Context, s *authtest.Server, in In) (Out, error)
}

// On makes the call on the server that is sent the request with this number.
func (a Action[In, Out]) On(r *Round, i int, in In) (out Out, err error) {
	text, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	if text, err = r.server(i).perform(a.Name, text); err != nil {
		return out, err
	}
	return out, json.Unmarshal(text, &out)
}

// Callable is an Action of any type.
type Callable interface {
	named() string
	perform(ctx context.Context, s *authtest.Server, in json.RawMessage) (out json.RawMessage, err error)
}

func (a Action[In, Out]) named() string { return a.Name }

func (a Action[In, Out]) perform(ctx context.Context, s *authtest.Server, text json.RawMessage) (json.RawMessage, error) {
	var in In
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	out, err := a.Do(ctx, s, in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// perform makes the call of a name.
func perform(ctx context.Context, s *authtest.Server, actions []Callable, name string, in json.RawMessage) (json.RawMessage, error) {
	for _, a := range actions {
		if a.named() == name {
			return a.perform(ctx, s, in)
		}
	}
	return nil, fmt.Errorf("the race has no action %q", name)
}

// PluginOf is the plugin of a type on one server, for actions: every server of a
// race has a value of its own.
func PluginOf[P core.Plugin](s *authtest.Server) (P, error) {
	for _, plugin := range s.Options().Plugins {
		if p, ok := plugin.(P); ok {
			return p, nil
		}
	}
	var none P
	return none, fmt.Errorf("the server has no plugin %T", none)
}
