package core

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Ownership says which record a call names, and whose it must be.
type Ownership struct {
	// Model is that of the record, such as "passkey".
	Model string
	// Owner is the record's field with the id of its user; default "userId".
	Owner string
	// Body or Query is the member of the body, or the parameter of the query,
	// that holds the record's id. A call in process has no query.
	Body, Query string
	// NotFound answers where there is no such record, Forbidden where it belongs
	// to somebody else: a bare 404 and 403 unless set. Set both to one error, and
	// nobody can find out which records exist.
	NotFound, Forbidden *Error
}

// RequireOwner is the middleware of endpoints that act on a record of the
// signed-in user. It stands behind RequireSession or one of its kind. The
// record stands in Ctx.Owned afterwards.
//
// The record can still change or go before the endpoint acts: a change of it
// carries the owner in its own condition.
func RequireOwner(o Ownership) Middleware {
	return func(c *Ctx) error {
		if c.session == nil {
			return NewError(http.StatusUnauthorized, "", "")
		}
		var given any = c.Query().Get(o.Query)
		name := o.Query
		if o.Body != "" {
			given, _ = c.BodyObject().Get(o.Body)
			name = o.Body
		}
		if !wire.Truthy(given) {
			return NewError(http.StatusBadRequest, "", "Missing required parameter: "+name)
		}
		id, _ := given.(string) // anything else names no record
		owned, err := c.ownedRecord(o, id)
		c.owned = owned
		return err
	}
}

// Owned is the record that RequireOwner has found, as its table has it, or nil.
func (c *Ctx) Owned() db.Row { return c.owned }

func (c *Ctx) ownedRecord(o Ownership, id string) (db.Row, error) {
	t := c.Auth.tables.by[o.Model]
	if t == nil {
		return nil, fmt.Errorf("ownership: there is no table %q", o.Model)
	}
	if id == "" {
		return nil, orError(o.NotFound, http.StatusNotFound)
	}
	row, err := c.Auth.store.First(c.ctx, db.Query{Table: t, Where: db.Where{db.By(db.ID, id)}})
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, orError(o.NotFound, http.StatusNotFound)
	}
	field := o.Owner
	if field == "" {
		field = "userId"
	}
	if owner, _ := row[field].(string); owner == "" || owner != c.session.User.ID {
		return nil, orError(o.Forbidden, http.StatusForbidden)
	}
	return row, nil
}

func orError(e *Error, status int) error {
	if e == nil {
		return NewError(status, "", "")
	}
	return e
}
