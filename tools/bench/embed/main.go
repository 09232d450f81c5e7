// Command embed is an application with Gatehouse in it and nothing else: what its
// size is by the build tags, the libraries behind them cost.
//
//	embed -config FILE
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"

	"github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
)

func main() {
	file := flag.String("config", "", "configuration")
	flag.Parse()
	if err := run(context.Background(), *file); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file string) error {
	cfg, err := config.Load(file, config.Source{Env: os.LookupEnv, Deliver: func(context.Context, config.Message) error { return nil }})
	if err != nil {
		return err
	}
	stores, err := database.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = stores.Close(ctx) }()
	auth, err := gatehouse.New(cfg.Options)
	if err != nil {
		return err
	}
	return http.ListenAndServe(cfg.Server.Addr, auth) //nolint:gosec // it is measured, and serves nobody
}
