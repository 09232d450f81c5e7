package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func raceTests(t *testing.T, s subject) {
	t.Run("of many who consume one row exactly one gets it", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"kind": "token"})
		var won atomic.Int64
		f.noErrors(race(racers, func(int) error {
			res, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["sample"], Where: db.Where{db.By("kind", "token")}, Returning: true})
			won.Add(int64(len(res.Rows)))
			return err
		}))
		f.same(int64(1), won.Load())
	})
	t.Run("of many who consume several rows at once one gets them all", func(t *testing.T) {
		f := s.begin(t)
		for _, label := range []string{"a", "b", "a", "c"} {
			f.insert("sample", db.Row{"text": label})
		}
		where := db.Where{{Field: "text", Op: db.In, Value: []any{"b", "a"}}}
		var shares, won atomic.Int64
		f.noErrors(race(racers, func(int) error {
			res, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["sample"], Where: where, Returning: true})
			if len(res.Rows) > 0 {
				shares.Add(1)
			}
			won.Add(int64(len(res.Rows)))
			return err
		}))
		f.same([]int64{1, 3}, []int64{shares.Load(), won.Load()})
		f.same([]string{"c"}, f.labels(f.selectAll(db.Query{Table: f.tables["sample"]})))
	})
	t.Run("what is consumed in a transaction that fails is there for the next", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"kind": "token"})
		failed := errors.New("of the transaction")
		var won atomic.Int64
		f.noErrors(race(racers, func(i int) error {
			var got int64
			err := f.a.Tx(f.ctx, func(ctx context.Context) error {
				res, err := f.a.Delete(ctx, db.Removal{Table: f.tables["sample"], Where: db.Where{db.By("kind", "token")}, Returning: true})
				if got = res.Count; err == nil && got > 0 && i%2 == 0 {
					return failed
				}
				return err
			})
			if errors.Is(err, failed) {
				return nil
			}
			won.Add(got)
			return err
		}))
		f.same(int64(1), won.Load())
		f.wantCount(0, "sample")
	})
	t.Run("of many who change a state exactly one does", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"kind": "pending"})
		var won atomic.Int64
		f.noErrors(race(racers, func(int) error {
			res, err := f.a.Update(f.ctx, db.Change{
				Table: f.tables["sample"], Where: db.Where{db.By("kind", "pending")}, Set: db.Row{"kind": "accepted"}, Returning: true,
			})
			won.Add(int64(len(res.Rows)))
			return err
		}))
		f.same(int64(1), won.Load())
	})
	t.Run("no increment is lost", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"count": 0})
		f.noErrors(race(racers, func(int) error {
			_, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: db.Row{"count": db.Increment(1)}})
			return err
		}))
		f.same(int64(racers), f.one("sample")["count"])
	})
	t.Run("a guarded counter lets exactly as many pass as it allows", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"count": 0})
		var won atomic.Int64
		f.noErrors(race(racers, func(int) error {
			res, err := f.a.Update(f.ctx, db.Change{
				Table: f.tables["sample"], Where: db.Where{{Field: "count", Op: db.Lt, Value: 3}}, Set: db.Row{"count": db.Increment(1)},
			})
			won.Add(res.Count)
			return err
		}))
		f.same(int64(3), won.Load())
	})
	t.Run("of many rows with one unique value exactly one is inserted", func(t *testing.T) {
		f := s.begin(t)
		errs := race(racers, func(int) error {
			_, err := f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{"email": "same@example.com"}))
			return err
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			f.wantUnique(err, "user", "email")
		}
		f.same(1, won)
		f.wantCount(1, "user")
	})
	t.Run("many writers at once all succeed", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		f.noErrors(race(racers, func(int) error {
			_, err := f.a.Insert(f.ctx, f.tables["session"], f.row("session", db.Row{"userId": u[db.ID]}))
			return err
		}))
		f.wantCount(racers, "session")
	})
	t.Run("many transactions at once all succeed", func(t *testing.T) {
		f := s.begin(t)
		f.noErrors(race(racers, func(i int) error {
			return f.a.Tx(f.ctx, func(ctx context.Context) error {
				email := fmt.Sprintf("racer%d@example.com", i)
				if n, err := f.a.Count(ctx, f.tables["user"], db.Where{db.By("email", email)}); err != nil || n != 0 {
					return errors.Join(err, fmt.Errorf("%d users before", n))
				}
				u, err := f.a.Insert(ctx, f.tables["user"], f.row("user", db.Row{"email": email}))
				if err != nil {
					return err
				}
				_, err = f.a.Insert(ctx, f.tables["account"], f.row("account", db.Row{"userId": u[db.ID]}))
				return err
			})
		}))
		f.wantCount(racers, "user")
		f.wantCount(racers, "account")
	})
	t.Run("a lock makes counting and then inserting safe", func(t *testing.T) {
		f := s.begin(t)
		const limit = 3
		f.noErrors(race(racers, func(int) error {
			return f.a.Tx(f.ctx, func(ctx context.Context) error {
				if err := f.a.Lock(ctx, "members of one organization"); err != nil {
					return err
				}
				n, err := f.a.Count(ctx, f.tables["sample"], db.Where{db.By("kind", "member")})
				if err != nil || n >= limit {
					return err
				}
				_, err = f.a.Insert(ctx, f.tables["sample"], f.row("sample", db.Row{"kind": "member"}))
				return err
			})
		}))
		f.wantCount(limit, "sample")
	})
	t.Run("a read with joins sees one moment", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", db.Row{"name": ""})
		sessions := db.Join{Table: f.tables["session"], Local: db.ID, Foreign: "userId", Many: true}
		f.noErrors(race(racers, func(i int) error {
			if i%2 == 0 {
				return f.a.Tx(f.ctx, func(ctx context.Context) error {
					// The row is locked first, so that no two count alike.
					rows, err := f.a.Select(ctx, db.Query{Table: f.tables["user"], ForUpdate: true})
					if err != nil {
						return err
					}
					if _, err := f.a.Insert(ctx, f.tables["session"], f.row("session", db.Row{"userId": u[db.ID]})); err != nil {
						return err
					}
					name, _ := rows[0]["name"].(string)
					_, err = f.a.Update(ctx, db.Change{Table: f.tables["user"], Set: db.Row{"name": name + "x"}})
					return err
				})
			}
			rows, err := f.a.Select(f.ctx, db.Query{Table: f.tables["user"], Joins: []db.Join{sessions}})
			if err != nil {
				return err
			}
			name, _ := rows[0]["name"].(string)
			if list, ok := rows[0]["session"].([]db.Row); !ok || len(list) != len(name) {
				return fmt.Errorf("%d sessions where there were %d", len(list), len(name))
			}
			return nil
		}))
	})
	t.Run("readers beside writers see whole transactions", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"text": "a", "count": 0})
		f.insert("sample", db.Row{"text": "b", "count": 0})
		f.noErrors(race(racers, func(i int) error {
			if i%2 == 0 {
				return f.a.Tx(f.ctx, func(ctx context.Context) error {
					for _, label := range []string{"a", "b"} {
						change := db.Change{Table: f.tables["sample"], Where: db.Where{db.By("text", label)}, Set: db.Row{"count": db.Increment(1)}}
						if _, err := f.a.Update(ctx, change); err != nil {
							return err
						}
					}
					return nil
				})
			}
			rows, err := f.a.Select(f.ctx, db.Query{Table: f.tables["sample"]})
			if err == nil && (len(rows) != 2 || rows[0]["count"] != rows[1]["count"]) {
				err = errors.New("half of a transaction was read")
			}
			return err
		}))
	})
}
