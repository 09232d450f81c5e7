// Package dbtest is the conformance suite of db.Adapter. An adapter's tests
// call Run with a function that opens an empty database. Tests of what stands on
// an adapter get at its calls with a Watched.
//
// Nothing in the suite sleeps or asserts a time: races start at a barrier and
// the outcome, not the order, is judged.
package dbtest

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Open gives an adapter over an empty database in which the tables exist. It
// closes what it opened with t.Cleanup. It is called once for every test.
type Open func(t *testing.T, tables []*db.Table) db.Adapter

// Options say what one storage has beyond, or short of, the others.
type Options struct {
	// OneConnection opens the same storage with a pool of a single connection,
	// which must never wait for itself. Nil where there is no pool.
	OneConnection Open
	// WholeNumbers says that number columns hold no fractions.
	WholeNumbers bool
	// Timestamps says that dates begin with 1970.
	Timestamps bool
	// ShortText says that text which is unique, sortable or indexed is at most 255
	// characters long.
	ShortText bool
}

// Run runs the suite.
func Run(t *testing.T, open Open) { Options{}.Run(t, open) }

// Run runs the suite with what the options add.
func (o Options) Run(t *testing.T, open Open) {
	everything := func(o Options, open Open) []group {
		return []group{
			{"rows", rowTests},
			{"values", o.valueTests},
			{"conditions", conditionTests},
			{"order", orderTests},
			{"joins", joinTests},
			{"changes", changeTests},
			{"references", referenceTests},
			{"races", raceTests},
			{"transactions", transactionTests},
			{"contexts", contextTests},
			{"hostile text", o.hostileTests},
			{"unknown names", unknownTests},
			{"ids", idTests},
		}
	}
	for _, g := range everything(o, open) {
		t.Run(g.name, func(t *testing.T) { g.run(t, subject{open, db.IDText}) })
	}
	for name, ids := range map[string]db.IDKind{"uuid ids": db.IDUUID, "serial ids": db.IDSerial} {
		t.Run(name, func(t *testing.T) {
			for _, g := range []group{{"rows", rowTests}, {"joins", joinTests}, {"references", referenceTests}, {"ids", idTests}} {
				t.Run(g.name, func(t *testing.T) { g.run(t, subject{open, ids}) })
			}
		})
	}
	if o.OneConnection != nil {
		t.Run("one connection", func(t *testing.T) {
			for _, g := range everything(o, o.OneConnection) {
				t.Run(g.name, func(t *testing.T) { g.run(t, subject{o.OneConnection, db.IDText}) })
			}
		})
	}
}

type group struct {
	name string
	run  func(t *testing.T, s subject)
}

// subject is the storage under test and the id strategy of its tables.
type subject struct {
	open Open
	ids  db.IDKind
}
