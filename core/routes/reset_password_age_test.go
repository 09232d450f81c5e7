package routes_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// SQLite gives the highest id again when its row is gone.
func TestAResetLinkForAnIDThatWasReused(t *testing.T) {
	f := newForgetful(t, func(o *core.Options) { o.Verification.DisableCleanup = true })
	token := f.token(t)
	f.Clock.Advance(time.Second)
	update(t, f.Server, "user", db.Row{"createdAt": f.Clock.Now()}) // the id is somebody else's from now on
	answers(t, f.reset(token), http.StatusBadRequest, badToken)
	if !passwordWorks(t, f.Server, password) {
		t.Error("the password was reset")
	}
}

func TestStatelessServersHaveNoSerials(t *testing.T) {
	_, err := authtest.Try(t, func(o *core.Options) { o.Database, o.Advanced.Database.GenerateID = nil, db.IDSerial })
	if err == nil {
		t.Error("it starts")
	}
}
