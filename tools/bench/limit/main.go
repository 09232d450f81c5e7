// Command limit is what Gatehouse is measured against: handlers written by hand
// that do what the answer needs and nothing else. They check no origin, count no
// requests, run no hooks, and know one configuration. No application should.
//
//	BENCH_SECRET=… limit -do session -database DSN -addr 127.0.0.1:3000
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"
)

// options are those of the command line.
type options struct {
	do, addr, database, redis, prefix, token string
	pool                                     int
}

func main() {
	var o options
	flag.StringVar(&o.do, "do", "session", "session, body, redis, sign-in or sign-up")
	flag.StringVar(&o.addr, "addr", "127.0.0.1:3000", "address to listen on")
	flag.StringVar(&o.database, "database", "", "PostgreSQL, as a URL")
	flag.IntVar(&o.pool, "pool", 10, "connections to it")
	flag.StringVar(&o.redis, "redis", "", "Redis, as a URL, for -do redis")
	flag.StringVar(&o.prefix, "prefix", "", "of its keys")
	flag.StringVar(&o.token, "token", "", "of the session that -do body answers with")
	flag.Parse()
	// As much room for garbage as the program gives itself, so that the difference is
	// what the handlers do.
	debug.SetGCPercent(1000)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		os.Exit(1)
	}
}

// limit is the server.
type limit struct {
	secret []byte
	pool   *pgxpool.Pool
	slots  chan struct{} // for passwords that are hashed at once
}

func run(ctx context.Context, o options) error {
	config, err := pgxpool.ParseConfig(o.database)
	if err != nil {
		return err
	}
	config.MaxConns = int32(o.pool) //nolint:gosec // a small number
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	l := &limit{secret: []byte(os.Getenv("BENCH_SECRET")), pool: pool, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/auth/ok", func(w http.ResponseWriter, _ *http.Request) { answer(w, []byte(`{"ok":true}`)) })
	switch o.do {
	case "session":
		mux.HandleFunc("GET /api/auth/get-session", l.getSession)
	case "body":
		body, err := l.find(ctx, o.token)
		if err != nil {
			return err
		}
		mux.HandleFunc("GET /api/auth/get-session", func(w http.ResponseWriter, _ *http.Request) { answer(w, body) })
	case "redis":
		handle, err := l.fromRedis(o.redis, o.prefix)
		if err != nil {
			return err
		}
		mux.HandleFunc("GET /api/auth/get-session", handle)
	case "sign-in":
		mux.HandleFunc("POST /api/auth/sign-in/email", l.signIn)
	case "sign-up":
		mux.HandleFunc("POST /api/auth/sign-up/email", l.signUp)
	default:
		return fmt.Errorf("-do: there is no %q", o.do)
	}
	server := &http.Server{Addr: o.addr, Handler: mux} //nolint:gosec // no bounds on time: they are what a limit leaves out
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}

// answer writes JSON. A client that is gone needs none.
func answer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) //nolint:gosec // it is JSON, and says so
}
