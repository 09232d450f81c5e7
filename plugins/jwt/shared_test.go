package jwt_test

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// sharedDatabase is one database of several servers.
type sharedDatabase struct{ adapter db.Adapter }

func (d *sharedDatabase) use(o *core.Options) {
	if d.adapter == nil {
		d.adapter = o.Database
	}
	o.Database = d.adapter
}
