package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Error is a failure of Redis or of the way there. Whether the call has happened
// is not known. What the server said stays out of it but for the code: it can
// quote a key, and keys are tokens.
type Error struct {
	// Op is "open", "ping", "get", "set", "delete", "compare and set" or "limit".
	Op string
	// Code is the first word of the server's answer, such as "READONLY"; empty
	// where there was none.
	Code string
	away bool
	way  error // what went wrong on the way; nil where the server has answered
}

// Error says what failed in words of our own.
func (e *Error) Error() string {
	what := "the server reported an error"
	switch {
	case e.away:
		what = db.ErrUnavailable.Error()
		if hint := hints[e.Code]; hint != "" {
			what += ": " + hint
		}
	case slices.Contains([]string{"NOAUTH", "WRONGPASS", "NOPERM"}, e.Code):
		what = "the server refuses the user; look at the name, the password and the rights in its ACL"
	case e.Code == "WRONGTYPE":
		what = "another program keeps something else under the key; set another key prefix"
	}
	if e.Code != "" {
		what += " (" + e.Code + ")"
	}
	if e.way != nil {
		what += ": " + e.way.Error()
	}
	return "redis: " + e.Op + ": " + what
}

// Is matches db.ErrUnavailable where trying again later may help.
func (e *Error) Is(target error) bool { return target == db.ErrUnavailable && e.away }

// passing are the answers of a server that cannot serve for now.
var passing = []string{
	"LOADING", "READONLY", "OOM", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "MISCONF", "BUSY", "UNKILLABLE",
}

// refusals are what servers say, without a code, of a command in a script that the
// user has no right to: since Redis 7, and before.
var refusals = []string{"ACL failure in script", "The user executing the script can't run this command"}

// isAnswer tells whether an error is what the server said.
func isAnswer(err error) bool {
	_, ok := errors.AsType[*rueidis.RedisError](err)
	return ok
}

// hints say what to do about answers that may not pass by themselves.
var hints = map[string]string{
	"READONLY": "the server is a replica that takes no writes; name the master in the URL",
	"OOM":      "the server has no memory left; raise its maxmemory or remove what it need not keep",
}

// failed turns an error of rueidis into ours. ctx is the caller's: the timeout of
// one call, and the end of somebody else's who waited for the same connection,
// mean that Redis is away.
func failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("redis: %s: %w", op, ended)
	}
	answer, ok := errors.AsType[*rueidis.RedisError](err)
	if !ok {
		return &Error{Op: op, away: true, way: err}
	}
	text := answer.Error()
	code, _, _ := strings.Cut(text, " ")
	if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		code = ""
	}
	e := &Error{Op: op, Code: code, away: slices.Contains(passing, code) || strings.HasPrefix(text, "ERR max number of clients")}
	for _, code := range passing {
		if strings.Contains(text, "-"+code+" ") { // of a script, before Redis 7
			e.Code, e.away = code, true
		}
	}
	for _, refusal := range refusals {
		if strings.Contains(text, refusal) {
			e.Code, e.away = "NOPERM", false
		}
	}
	return e
}
