package routestest

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// RunSecondary runs the races that use a secondary storage on a given one, with
// one server and with two that share it. The database is in memory. open returns
// an empty storage, which it closes with the test. The servers' clocks are those
// of authtest: a storage that counts for the rate limit takes the time that it is
// given.
func RunSecondary(t *testing.T, open func(t *testing.T) secondary.Storage) {
	for _, servers := range []struct {
		name   string
		number int
	}{
		{"one server", 1},
		{"two servers", 2},
	} {
		for _, tc := range races(&application{}) {
			if !tc.usesSecondary() || tc.alone && servers.number > 1 {
				continue
			}
			t.Run(servers.name+": "+tc.name, func(t *testing.T) {
				runOn(t, servers.number, func(*testing.T) db.Adapter { return memory.New() }, func(o *core.Options) {
					tc.configure(o)
					o.SecondaryStorage = open(t)
				}, tc.run)
			})
		}
	}
}

// usesSecondary tells whether a race is about a secondary storage.
func (tc raceCase) usesSecondary() bool {
	if tc.configure == nil {
		return false
	}
	var o core.Options
	tc.configure(&o)
	return o.SecondaryStorage != nil
}
