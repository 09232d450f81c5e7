package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestTLSThatCannotWorkIsToldAtOnce(t *testing.T) {
	sqltest.TLS{Greet: answerTLS, Open: openWithTLS, Parameter: "sslmode"}.Run(t)
}

// answerTLS hears an SSLRequest, which is a length and a code, and says yes or no.
func answerTLS(conn net.Conn, offers bool) error {
	if _, err := io.ReadFull(conn, make([]byte, 8)); err != nil {
		return err
	}
	_, err := conn.Write([]byte(map[bool]string{true: "S", false: "N"}[offers]))
	return err
}

// Where sslmode leaves something else to try, it is the end of that which counts.
func TestAServerWithoutTLSThatHangsUpIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = answerTLS(conn, false)
			_ = conn.Close()
		}
	}()
	if err := openBy(t.Context(), listener.Addr().String(), "prefer"); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("the error is %v, want db.ErrUnavailable", err)
	}
}

func openWithTLS(ctx context.Context, addr string, verify bool) error {
	return openBy(ctx, addr, map[bool]string{true: "verify-full", false: "require"}[verify])
}

func openBy(ctx context.Context, addr, mode string) error {
	a, err := postgres.Open(ctx, "postgres://u@"+addr+"/x?sslmode="+mode, postgres.Options{})
	if err == nil {
		err = a.Close(ctx)
	}
	return err
}
