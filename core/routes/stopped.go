package routes

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// stopped words what a database hook has stopped as refusal. What the hook has
// worded itself, and any other error, stays as it is. Upstream answers success,
// and the client believes in what is stored nowhere.
func stopped(err error, refusal *core.Error) error {
	if _, worded := errors.AsType[*core.Error](err); !worded && errors.Is(err, db.ErrStopped) {
		return refusal.WithCause(err)
	}
	return err
}
