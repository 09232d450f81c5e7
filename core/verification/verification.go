// Package verification holds the record of a pending proof, such as a reset
// token, and the only code that touches its table.
package verification

import (
	"context"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// ModelName is upstream's name of the model.
const ModelName = "verification"

// Verification is one pending proof. The identifier says what it is for.
type Verification struct {
	ID         string         `db:"id"`               // empty where only a secondary storage has it
	Identifier string         `db:"identifier,index"` // as it is stored: see Storage
	Value      string         `db:"value"`
	ExpiresAt  time.Time      `db:"expiresAt"`
	CreatedAt  time.Time      `db:"createdAt,now"`
	UpdatedAt  time.Time      `db:"updatedAt,now,touch"`
	Extra      map[string]any `db:",extra"`
}

// NewModel declares the verification table with the given clock.
func NewModel(now func() time.Time) (*db.Model[Verification], error) {
	return db.NewModel[Verification](ModelName, now)
}

// Purpose is a kind of proof. A record of one purpose is no record of any
// other: nothing that one endpoint has issued can be redeemed at another.
//
// Prefixes keep the purposes apart. Where upstream has none, or one that another
// one begins with, what is a key of the one can be a whole identifier of the
// other: both need a Shape then, and no value may have the shape of both.
type Purpose struct {
	// Prefix starts the identifier of every record, such as "reset-password:".
	Prefix string
	// Shape tells whether a value is one of this kind. A record with another
	// value counts as absent and stays where it is: whoever wrote it meant
	// something else by it.
	Shape func(value string) bool
}

// IsID is the Shape of values that are the id of a record, of whatever form the
// application gives to ids. It refuses upstream's other values: JSON, and a code
// with the number of attempts, such as "123456:0".
func IsID(value string) bool {
	code, attempts, pair := strings.Cut(value, ":")
	if pair && isDigits(code) && isDigits(attempts) {
		return false
	}
	return value != "" && !strings.ContainsAny(value, "{}[]\" \t\r\n")
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// Config says where and how records are kept.
type Config struct {
	Default   Storage    // of identifiers that no override is for
	Overrides []Override // the first that matches wins
	// Secondary keeps the records instead of the database, or beside it when
	// InDatabase says so. The database then decides who redeems a record.
	Secondary  secondary.Storage
	InDatabase bool
	// Now is the server's clock.
	Now func() time.Time
	// Background runs the clean-up of expired records; nil leaves them.
	Background func(name string, fn func(context.Context) error)
}

// Store reads and writes verifications.
type Store struct {
	db    *db.Store
	model *db.Model[Verification]
	own   int // fields that the model itself declares
	cfg   Config

	cleanup db.Cleanup
}

// NewStore returns the store of the verification table.
func NewStore(s *db.Store, m *db.Model[Verification], cfg Config) *Store {
	return &Store{db: s, model: m, own: m.Declared(), cfg: cfg}
}

// Table returns the declared table.
func (s *Store) Table() *db.Table { return s.model.Table }

// inDatabase tells whether the database has the last word.
func (s *Store) inDatabase() bool { return s.cfg.Secondary == nil || s.cfg.InDatabase }

// Create writes a proof: of the purpose, under a key that its holder presents,
// with a value that only the server sees.
func (s *Store) Create(ctx context.Context, p Purpose, key, value string, expiresAt time.Time) (Verification, error) {
	stored, err := s.stored(p.Prefix + key)
	if err != nil {
		return Verification{}, err
	}
	row := db.Row{"identifier": stored, "value": value, "expiresAt": expiresAt}
	write := s.db.Adapter().Insert
	switch {
	case !s.inDatabase():
		write = s.insertSecondary
	case s.cfg.Secondary != nil:
		write = s.insertBoth
	}
	if row, err = s.db.CreateIn(ctx, s.model.Table, row, write); err != nil {
		return Verification{}, err
	}
	return s.model.Record(row)
}

// Find looks at a proof without redeeming it. ok is false when there is none,
// or none any more.
func (s *Store) Find(ctx context.Context, p Purpose, key string) (rec Verification, ok bool, err error) {
	stored, err := s.candidates(p, key)
	if err != nil {
		return Verification{}, false, err
	}
	if s.cfg.Secondary != nil {
		for _, identifier := range stored {
			text, err := s.cfg.Secondary.Get(ctx, secondaryKey(identifier))
			if err != nil {
				return Verification{}, false, err
			}
			if rec, ok := s.decode(identifier, text); ok && s.live(p, rec) {
				return rec, true, nil
			}
		}
		if !s.cfg.InDatabase {
			return Verification{}, false, nil
		}
	}
	s.cleanUp()
	rows, err := s.db.Select(ctx, db.Query{
		Table: s.model.Table, Where: db.Where{oneOf(stored)},
		Order: []db.Order{{Field: "createdAt", Desc: true}}, Limit: 1,
	})
	if err != nil || len(rows) == 0 {
		return Verification{}, false, err
	}
	rec, err = s.model.Record(rows[0])
	return rec, err == nil && s.live(p, rec), err
}

// Redeem takes a proof away and returns it: of many callers at once, exactly
// one gets it. ok is false when there is none, none any more, or a database
// hook keeps it. Inside a transaction that fails it is there again, unless only
// a secondary storage had it.
func (s *Store) Redeem(ctx context.Context, p Purpose, key string) (rec Verification, ok bool, err error) {
	return s.redeem(ctx, p, key, nil)
}

// RedeemOf is Redeem for a proof that must have a certain value. One with
// another value stays.
func (s *Store) RedeemOf(ctx context.Context, p Purpose, key, value string) (rec Verification, ok bool, err error) {
	return s.redeem(ctx, p, key, &value)
}

// live tells whether a record is of the purpose and has not expired.
func (s *Store) live(p Purpose, rec Verification) bool {
	return rec.ExpiresAt.After(s.cfg.Now()) && (p.Shape == nil || p.Shape(rec.Value))
}

func oneOf(identifiers []string) db.Cond {
	values := make([]any, len(identifiers))
	for i, identifier := range identifiers {
		values[i] = identifier
	}
	return db.Cond{Field: "identifier", Op: db.In, Value: values}
}
