package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/outbox"
	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/server"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// What `gatehouse dev` keeps in the current directory.
const (
	devDatabase = "gatehouse.db"
	devSecret   = ".gatehouse-secret" //nolint:gosec // a file name
)

type devCommand struct {
	Addr string `default:"localhost:3000" placeholder:"HOST:PORT" help:"Address to listen on (${default})."`
}

// Run serves until a signal comes.
func (c *devCommand) Run(ctx context.Context, t *terminal) error {
	ctx, stop := signals(ctx)
	defer stop()
	listeners, err := server.Listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	port := server.Port(listeners[0])
	secret, err := keptSecret(devSecret)
	if err != nil {
		return err
	}
	box := &outbox.Outbox{}
	cfg, err := devConfig(port, secret, box.Deliver)
	if err != nil {
		return err
	}
	cfg.Options.Logger.Handler = slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn})
	s, err := open(ctx, cfg, box, t.waiting)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.migrate(ctx, nil); err != nil {
		return err
	}
	t.welcome(listeners, port)
	return s.run(ctx, listeners, server.Config{Log: slog.New(cfg.Options.Logger.Handler)})
}

// devConfig is the configuration of a server for development. The secret is
// not part of the text, where it would be subject to the expansion of variables.
func devConfig(port, secret string, deliver config.Deliver) (*config.Config, error) {
	text, err := wire.Marshal(map[string]any{
		"baseURL":           "http://localhost:" + port,
		"trustedOrigins":    []string{"http://localhost:" + port, "http://127.0.0.1:" + port},
		"emailAndPassword":  map[string]any{"enabled": true, "sendResetPassword": true},
		"emailVerification": map[string]any{"sendVerificationEmail": true, "sendOnSignUp": true},
		"user": map[string]any{
			"changeEmail": map[string]any{"enabled": true, "sendChangeEmailConfirmation": true},
			"deleteUser":  map[string]any{"enabled": true, "sendDeleteAccountVerification": true},
		},
		"database": map[string]any{"dialect": "sqlite", "dsn": devDatabase},
	})
	if err != nil {
		return nil, fmt.Errorf("configuration for development: %w", err)
	}
	cfg, err := config.Parse(text, config.Source{Deliver: deliver})
	if err != nil {
		return nil, fmt.Errorf("configuration for development: %w", err)
	}
	cfg.Options.Secret = secret
	return cfg, nil
}

// welcome says what to do next.
func (t *terminal) welcome(listeners []net.Listener, port string) {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	t.printf(`Gatehouse is running, for development only.

  Start page   http://localhost:%[1]s
  API          http://localhost:%[1]s/api/auth
  Outbox       http://localhost:%[1]s/dev/outbox (mail is kept there, none is sent)
  Data         %[2]s
  Secret       %[3]s
               Keep both files out of version control. Delete them to start afresh.

Point the better-auth client at it:  createAuthClient({ baseURL: "http://localhost:%[1]s" })
Stop with Ctrl+C.
`, port, filepath.Join(dir, devDatabase), filepath.Join(dir, devSecret))
	for _, addr := range exposed(listeners) {
		t.notef("Warning: %s "+exposure+".\n", addr)
	}
}
