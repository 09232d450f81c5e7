package postgres_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
)

func TestFaultsOfTheServer(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]sqlbun.Kind{
		"23505": sqlbun.Unique,
		"23503": sqlbun.Reference, "23001": sqlbun.Reference,
		"23502": sqlbun.Required,
		"22003": sqlbun.Range, "22001": sqlbun.Range, "22P02": sqlbun.Range,
		"42P01": sqlbun.Schema, "42703": sqlbun.Schema,
		"40001": sqlbun.Retry, "40P01": sqlbun.Retry,
		"53100": sqlbun.Unavailable, "53200": sqlbun.Unavailable, "53300": sqlbun.Unavailable, "57P01": sqlbun.Unavailable,
		"57P02": sqlbun.Unavailable, "57P03": sqlbun.Unavailable, "08006": sqlbun.Unavailable, "55P03": sqlbun.Unavailable,
		"25006": sqlbun.Unavailable, "57014": sqlbun.Unavailable,
		"42601": sqlbun.Other, "25P02": sqlbun.Other, "XX000": sqlbun.Other,
	} {
		err := fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, Message: "secret", Hint: "secret"})
		if diff := cmp.Diff(sqlbun.Fault{Kind: want, Code: code}, postgres.Dialect{}.Fault(err)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func TestFaultsOfTheConnection(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"reset":          &net.OpError{Op: "read", Err: errors.New("connection reset by peer")},
		"cut":            fmt.Errorf("unexpected: %w", io.ErrUnexpectedEOF),
		"closed":         net.ErrClosed,
		"cannot connect": &pgconn.ConnectError{},
	} {
		if f := (postgres.Dialect{}).Fault(err); f.Kind != sqlbun.Unavailable {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestTheColumnOfAUniqueIndexIsReadAndNoValue(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		`Key (email)=(ann@example.com) already exists.`:            "email",
		`Schlüssel »(email)=(ann@example.com)« existiert bereits.`: "email",
		`Key ("userId")=(1) already exists.`:                       "userId",
		`Key ("e-mail")=(x) already exists.`:                       "e-mail",
		`Key ("a""b")=(x) already exists.`:                         `a"b`,
		`Key (email)=(")=(") already exists.`:                      "email",
		`Key (email)=() already exists.`:                           "email",
		`Key ("a)=(b")=(x) already exists.`:                        "a)=(b",
		`Key (a, b)=(1, 2) already exists.`:                        "",
		`Key ("aB", b)=(1, 2) already exists.`:                     "",
		`Key (lower(email))=(ann) already exists.`:                 "",
		`Key ((a || b))=(ann) already exists.`:                     "",
		`Key ("aB`:                                                 "",
		`Key (email`:                                               "",
		``:                                                         "",
	} {
		f := postgres.Dialect{}.Fault(&pgconn.PgError{Code: "23505", Detail: detail, ConstraintName: "name"})
		if f.Column != want {
			t.Errorf("%s: column %q, want %q", detail, f.Column, want)
		}
		if f.Index != "name" {
			t.Errorf("%s: index %q", detail, f.Index)
		}
	}
}
